"""The slow work of a store, in three steps: begun by the owner, run in a worker thread, finished by the owner.

Never touches the memtable that is being written to.
"""

from crowkis.interfaces import Filesystem
from crowkis.storage.memtable import Memtable
from crowkis.storage.recovery import remove_covered
from crowkis.storage.tree import Drop, Tree
from crowkis.storage.version import Fold


class FlushJob:
    """A memtable on its way into level 0."""

    kind = "flush"
    name = "flushing the memtable"

    def __init__(self, frozen: Memtable, log_from: int, counted: bytes, counts: dict[bytes, int]) -> None:
        self.done = False
        self.failure = ""
        self._frozen = frozen
        self._log_from = log_from
        self._counted = counted
        self._counts = counts

    def run(self, filesystem: Filesystem, tree: Tree) -> None:
        """Write the table, then remove the log segments it covers. Raises OSError."""
        if not self.done:
            tree.flush(self._frozen, self._log_from, self._counted, self._counts)
            self.done = True
        remove_covered(filesystem, self._log_from)


class FoldJob:
    """Tables on their way into the next level."""

    kind = "fold"
    name = "folding tables"

    def __init__(self, fold: Fold, drop: Drop | None) -> None:
        self.done = False
        self.failure = ""
        self.fold = fold
        self._drop = drop

    def run(self, filesystem: Filesystem, tree: Tree) -> None:
        """Write the tables that replace others. Raises OSError or Corruption."""
        tree.fold(self.fold, self._drop)
        self.done = True


Job = FlushJob | FoldJob
