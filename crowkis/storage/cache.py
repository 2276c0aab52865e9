"""Blocks read lately, kept unpacked, bounded in bytes.

Two generations: what is used moves to the young one; when that holds half of what is allowed, it becomes the old one
and what was old is gone. Nearly what least-recently-used keeps, for one dict look-up a hit, and safe in any thread: the
worst a race does is to forget a block. Never holds what is not on disk.
"""

from crowkis.storage.block import Block
from crowkis.values.limits import MIB

CACHE_BYTES_MAX = 64 * MIB


class BlockCache:
    """Blocks by a number that names table and block."""

    def __init__(self, bytes_max: int = CACHE_BYTES_MAX) -> None:
        """Hold at most `bytes_max`, unless a single block is more than half of that."""
        self.bytes_max = bytes_max
        self._young: dict[int, Block] = {}
        self._old: dict[int, Block] = {}
        self._young_bytes = 0
        self._old_bytes = 0
        self.hits = 0
        self.misses = 0

    @property
    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return self._young_bytes + self._old_bytes

    def find(self, name: int) -> Block | None:
        """The block, if it is here."""
        block = self._young.get(name)
        if block is None:
            block = self._old.pop(name, None)
            if block is None:
                self.misses += 1
                return None
            self._old_bytes -= block.size_bytes
            self.keep(name, block)
        self.hits += 1
        return block

    def keep(self, name: int, block: Block) -> None:
        """Remember a block."""
        half_bytes = self.bytes_max // 2
        if block.size_bytes > half_bytes:
            return
        if self._young_bytes + block.size_bytes > half_bytes:
            self._old, self._old_bytes = self._young, self._young_bytes
            self._young, self._young_bytes = {}, 0
        if name not in self._young:
            self._young[name] = block
            self._young_bytes += block.size_bytes
