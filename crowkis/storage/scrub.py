"""Read one table again from the disk and compare every checksum, so that damage is met before somebody needs the block.

Runs in a worker thread beside everything else. Never uses the block cache, which would hide what the disk holds now;
never changes anything.
"""

from crowkis.interfaces import Filesystem
from crowkis.storage.cache import BlockCache
from crowkis.storage.errors import Corruption, UnknownFormat
from crowkis.storage.table import Table
from crowkis.storage.tree import Tree


class ScrubJob:
    """One table. `damage` is what is wrong with it, once Store.run() is done."""

    kind = "scrub"
    name = "checking a table"

    def __init__(self, table: Table) -> None:
        self.failure = ""
        self.file = table.name
        self.size_bytes = table.size_bytes
        self.damage: list[Corruption | UnknownFormat] = []
        self._table = table

    def run(self, filesystem: Filesystem, tree: Tree) -> None:
        """Header, footer, index, filter and every block. Raises OSError."""
        damage: list[Corruption | UnknownFormat] = []
        try:
            fresh = Table(filesystem, self._table.number, BlockCache(0))
            if fresh.footer_crc != self._table.footer_crc:
                damage.append(Corruption(self.file, 0, "is not the file that was opened"))
            for at in range(fresh.blocks):
                try:
                    fresh.block(at, keep=False)
                except (Corruption, UnknownFormat) as error:
                    damage.append(error)
        except (Corruption, UnknownFormat) as error:
            damage.append(error)
        if self._table in tree.version.tables():  # else a fold has removed it meanwhile
            self.damage = damage
