"""The slow work of a store, in three steps: begun by the owner, run in a worker thread, finished by the owner.

Never touches the memtable that is being written to.
"""

from crowkis.interfaces import Filesystem
from crowkis.storage.counts import Counts
from crowkis.storage.memtable import Memtable
from crowkis.storage.recovery import remove_covered
from crowkis.storage.tree import Drop, Tree
from crowkis.storage.version import Fold
from crowkis.storage.wal import Wal


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


class ResumeJob:
    """Everything that may be in memory alone, on its way into tables, so that a doubtful log is no longer needed.

    The order is the safety (FORMAT.md, "After a failed write"): leave word that the next segment may begin without an
    end before it, write tables and the manifest that names them and that segment, begin it, remove the older ones. May
    be run again after a failure and goes on where it was. Never appends to, syncs or reads the doubtful segment.
    """

    kind = "resume"
    name = "resuming after a disk error"

    def __init__(self, wal: Wal, memtable: Memtable, counts: Counts, frozen: FlushJob | None) -> None:
        """`memtable` takes no changes while in doubt; `frozen` is what an earlier flush could not write."""
        self.done = False
        self.failure = ""
        self.frozen = frozen
        self._wal = wal
        self._memtable = memtable
        self._counts = counts
        self._flushed = False

    def run(self, filesystem: Filesystem, tree: Tree) -> None:
        """Write what is in memory, then begin a log that can be trusted. Raises OSError."""
        if self.frozen is not None:
            self.frozen.run(filesystem, tree)
        if not self._flushed:
            log_from = self._wal.promise_successor()
            tree.flush(self._memtable, log_from, self._counts.counted, self._counts.snapshot())
            self._flushed = True
        if not self.done:
            self._wal.abandon()
            self.done = True
        remove_covered(filesystem, self._wal.number)


Job = FlushJob | FoldJob | ResumeJob
