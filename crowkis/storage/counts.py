"""How many live keys there are, exactly, per prefix, for the key spaces whose owner asks for it.

Told of every key that comes and goes; knows no keys itself.
"""

from collections import defaultdict
from collections.abc import Mapping

COUNTED_PREFIX_BYTES = 2
"""How long a prefix is counted."""


class Counts:
    """Counts of the key spaces named by the first bytes in `counted`; other keys are let pass."""

    __slots__ = ("_by_prefix", "counted", "spaces")

    def __init__(self, counted: bytes, by_prefix: Mapping[bytes, int] | None = None) -> None:
        self.counted = counted
        self.spaces = frozenset(counted[at : at + 1] for at in range(len(counted)))
        """As sets of one byte, to test a key's first byte with."""
        self._by_prefix: defaultdict[bytes, int] = defaultdict(int, by_prefix or {})

    def add(self, key: bytes) -> None:
        """`key` was not there and now is."""
        if key[:1] in self.spaces:
            self._by_prefix[key[:COUNTED_PREFIX_BYTES]] += 1

    def discard(self, key: bytes) -> None:
        """`key` was there and no longer is."""
        prefix = key[:COUNTED_PREFIX_BYTES]
        if prefix in self._by_prefix:
            self._by_prefix[prefix] -= 1
            if not self._by_prefix[prefix]:
                del self._by_prefix[prefix]

    def discard_prefix(self, prefix: bytes) -> None:
        """No key begins with `prefix` any more. One too long to be counted must not lie in a counted space."""
        for counted in [counted for counted in self._by_prefix if counted.startswith(prefix)]:
            del self._by_prefix[counted]

    def count(self, prefix: bytes) -> int:
        """How many keys begin with `prefix`, which is COUNTED_PREFIX_BYTES long at most."""
        assert len(prefix) <= COUNTED_PREFIX_BYTES
        if len(prefix) == COUNTED_PREFIX_BYTES:
            return self._by_prefix.get(prefix, 0)
        return sum(count for counted, count in self._by_prefix.items() if counted.startswith(prefix))

    def snapshot(self) -> dict[bytes, int]:
        """The counts as they are now."""
        return dict(self._by_prefix)
