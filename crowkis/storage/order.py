"""The keys of a table in byte order, made when somebody asks and kept up to date cheaply after that.

Costs nothing until the first scan; that one sorts every key (FORMAT.md, "Known drawbacks").
Never holds values, never changes the table.
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from sortedcontainers import SortedList

CHANGES_MIN = 1_024


class KeyOrder:
    """Follows a table: tell it of keys that appear and disappear, ask it for keys in order."""

    def __init__(self, table: Mapping[bytes, object]) -> None:
        self._table = table
        self._sorted: Any = None
        self._fresh: set[bytes] = set()
        self._gone: set[bytes] = set()
        self._changes_max = CHANGES_MIN

    def add(self, key: bytes) -> None:
        """`key` was not in the table and now is."""
        if self._sorted is None:
            return
        if key in self._gone:
            self._gone.discard(key)
        else:
            self._fresh.add(key)
            if len(self._fresh) > self._changes_max:
                self.forget()  # sorting anew is quicker than so many insertions, and this bounds the set

    def discard(self, key: bytes) -> None:
        """`key` was in the table and no longer is."""
        if self._sorted is None:
            return
        if key in self._fresh:
            self._fresh.discard(key)
        else:
            self._gone.add(key)

    def forget(self) -> None:
        """Drop the order; the next scan sorts again."""
        self._sorted = None
        self._fresh.clear()
        self._gone.clear()

    def keys(self, prefix: bytes, after: bytes | None) -> Iterator[bytes]:
        """The keys that begin with `prefix`, in byte order, from the first one greater than `after`.

        Do not change the table while iterating.
        """
        self._bring_up_to_date()
        inclusive = after is None or after < prefix
        minimum = prefix if inclusive else after
        found = self._sorted.irange(minimum=minimum, inclusive=(inclusive, True))
        return takewhile(lambda key: key.startswith(prefix), found)

    def _bring_up_to_date(self) -> None:
        if self._sorted is None or len(self._gone) > self._changes_max:
            self.forget()
            self._sorted = SortedList(self._table)
            self._changes_max = max(CHANGES_MIN, len(self._sorted) // 4)
            return
        for key in self._gone:
            self._sorted.remove(key)
        self._sorted.update(self._fresh)
        self._gone.clear()
        self._fresh.clear()
