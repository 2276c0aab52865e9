"""What a key can hold beside a string: for each kind, how its elements are kept in memory and laid out in the store.

A collection in memory is worked out from its elements in the store and can be forgotten at any time. Commands read it
and never change it: they return a Change, which Keys.apply() writes and hands to change().
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from crowkis.engine.hashes import Hash
from crowkis.engine.lists import List
from crowkis.engine.sets import Set
from crowkis.engine.zsets import SortedSet


class Collection(Protocol):
    """All elements of one key."""

    kind: str
    """As TYPE tells it, and as in codec.KINDS."""
    size_bytes: int
    """Memory held, approximately: the elements' bytes and what Python adds to each."""

    def __len__(self) -> int: ...

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """Take away, then set, elements as the store keeps them: (field, bytes). One that is not there is no error."""


NEW: dict[str, Callable[[], Collection]] = {"hash": Hash, "list": List, "set": Set, "zset": SortedSet}
"""An empty collection of each kind."""


def first_end_ms(held: Collection) -> int:
    """The earliest end of an element that past_fields() has not told yet, Unix milliseconds; 0: there is none."""
    return held.first_end_ms() if isinstance(held, Hash) else 0


def is_over(held: Collection, now_ms: int) -> bool:
    """Is the time of every element up?"""
    return isinstance(held, Hash) and held.is_over(now_ms)


def past_fields(held: Collection, now_ms: int, most: int) -> list[bytes]:
    """Up to `most` elements whose time is up; each is told once."""
    return held.past(now_ms, most) if isinstance(held, Hash) else []


def live_elements(
    held: Collection, elements: Sequence[tuple[bytes, bytes]], now_ms: int
) -> Sequence[tuple[bytes, bytes]]:
    """Those of a collection's elements whose time is not up."""
    if not 0 < first_end_ms(held) <= now_ms or not isinstance(held, Hash):
        return elements
    return [element for element in elements if not 0 < held.ends.get(element[0], 0) <= now_ms]
