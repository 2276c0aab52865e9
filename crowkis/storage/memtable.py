"""The newest changes in memory: keys to values, removed keys to None, and the prefixes removed as a whole.

It is a dict, so that a key found here costs one look-up; a key that is not goes on to `below`. What it holds is newer
than its own removed prefixes, and both are newer than everything below. Never touches a disk.
"""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice

from crowkis.storage.order import KeyOrder
from crowkis.storage.ranges import NONE, Ranges, prefix_end

ENTRY_BYTES = 160
"""What Python needs for an entry besides the bytes of key and value, roughly."""
SORT_KEYS = 1_024
"""Keys sorted at one stretch in the background: sorting lets no other thread run."""

Pair = tuple[bytes, bytes | None]


class Memtable(dict[bytes, bytes | None]):
    """Changes since a moment. `table[key]` is the way to read it; get() does not look below."""

    __slots__ = ("_lengths", "below", "held_bytes", "order", "prefixes")

    def __init__(self, below: Callable[[bytes], bytes | None]) -> None:
        super().__init__()
        self.below = below
        self.prefixes: set[bytes] = set()
        self._lengths: tuple[int, ...] = ()
        self.held_bytes = 0
        """Keys and values together."""
        self.order = KeyOrder(self)

    def __missing__(self, key: bytes) -> bytes | None:
        return None if self._lengths and self.covers(key) else self.below(key)

    @property
    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return self.held_bytes + ENTRY_BYTES * (len(self) + len(self.prefixes))

    def covers(self, key: bytes) -> bool:
        """Does `key` begin with a removed prefix?"""
        prefixes = self.prefixes
        return any(key[:length] in prefixes for length in self._lengths)

    def remove_prefix(self, prefix: bytes) -> None:
        """Forget all keys that begin with `prefix`, here and below. Looks at every key held here."""
        gone = list(self) if not prefix else [key for key in self if key.startswith(prefix)]
        if len(gone) == len(self):
            self.clear()
            self.order.forget()
            self.held_bytes = 0
        else:
            for key in gone:
                self.held_bytes -= len(key) + len(self.pop(key) or b"")
                self.order.discard(key)
        if any(length > len(prefix) for length in self._lengths):
            self.prefixes = {kept for kept in self.prefixes if not kept.startswith(prefix)}
        self.prefixes.add(prefix)
        self._lengths = tuple({len(kept) for kept in self.prefixes})

    def drain(self, keys: int) -> bool:
        """Free up to `keys` entries of a memtable nobody reads any more: all at once would hold every thread.

        True when nothing is left.
        """
        for _ in range(min(len(self), keys)):
            self.popitem()
        if not self:
            self.clear()
            self.order.forget()
        return not self

    def measure(self) -> None:
        """Work out `held_bytes` anew, after changes made past the store."""
        self.held_bytes = sum(map(len, self)) + sum(len(value) for value in self.values() if value)

    def ranges(self) -> Ranges:
        """The removed prefixes as intervals."""
        return Ranges((prefix, prefix_end(prefix)) for prefix in self.prefixes) if self.prefixes else NONE

    def in_order(self) -> Iterator[Pair]:
        """Every pair in key order; for a memtable that no longer changes, in any thread, never long at a stretch."""
        keys = iter(self)
        runs = []
        while run := list(islice(keys, SORT_KEYS)):
            run.sort()
            runs.append(run)
        return ((key, self[key]) for key in (runs[0] if len(runs) == 1 else merge(*runs)))

    def pairs(self, prefix: bytes, after: bytes | None) -> Iterator[Pair]:
        """Pairs whose key begins with `prefix`, in key order, from the first one greater than `after`."""
        return ((key, self[key]) for key in self.order.keys(prefix, after))


def reader(memtable: Memtable) -> tuple[Callable[[bytes], bytes | None], Callable[[Memtable], None]]:
    """A look-up that stays the same callable, and a way to put another memtable behind it without a copy."""

    def get(key: bytes) -> bytes | None:
        return memtable[key]

    def serve_from(fresh: Memtable) -> None:
        nonlocal memtable
        memtable = fresh

    return get, serve_from
