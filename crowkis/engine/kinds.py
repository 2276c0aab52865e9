"""What a key can hold beside a string: for each kind, how its elements are kept in memory and laid out in the store.

A collection in memory is worked out from its elements in the store and can be forgotten at any time. Commands read it
and never change it: they return a Change, which Keys.apply() writes and hands to change().
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from crowkis.engine.hashes import Hash
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


NEW: dict[str, Callable[[], Collection]] = {"hash": Hash, "set": Set, "zset": SortedSet}
"""An empty collection of each kind."""
