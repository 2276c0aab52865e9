"""COMPACT: everything in memory becomes a table, and all tables become one level without what was removed.

Two steps that upkeep.py does when it comes to them: the flush that a snapshot makes due, then a fold of everything.
One at a time. Never touches a disk.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from crowkis.storage.errors import DiskError
from crowkis.storage.snapshot import Snapshot
from crowkis.storage.store import Store


class Size(NamedTuple):
    """What the store takes on disk."""

    tables: int
    disk_bytes: int


class Compacted(NamedTuple):
    """What a compaction did."""

    before: Size
    after: Size
    took_ms: int


class Compaction:
    """Owned by the actor."""

    def __init__(self) -> None:
        self.claimed = False
        """One is asked for or under way."""
        self._began_ms = 0
        self._before = Size(0, 0)
        self._flushed: Snapshot | None = None
        """Settled with the flush that must come first."""
        self._back: Callable[[Any], None] = _nobody

    def begin(self, store: Store, now_ms: int, back: Callable[[Any], None]) -> None:
        """Make the flush due; back(Compacted or DiskError) is called once all is done."""
        self.claimed, self._began_ms, self._back = True, now_ms, back
        self._before = size_of(store)
        try:
            self._flushed = store.begin_snapshot()
        except DiskError as error:
            self.end(store, now_ms, error)

    def fold_due(self, store: Store, now_ms: int) -> bool:
        """Is the flush done, and is there something to fold? Ends where there is not."""
        flushed = self._flushed
        if flushed is None or not flushed.settled:
            return False
        self._flushed = None
        if flushed.failure is not None:
            self.end(store, now_ms, DiskError("flushing the memtable", flushed.failure))
            return False
        if not any(store.tree.version.tables()):
            self.end(store, now_ms, None)
            return False
        return True

    def end(self, store: Store, now_ms: int, error: Exception | None) -> None:
        """It is done, or cannot be."""
        back, self._back, self.claimed = self._back, _nobody, False
        took_ms = max(0, now_ms - self._began_ms)
        back(Compacted(self._before, size_of(store), took_ms) if error is None else error)


def size_of(store: Store) -> Size:
    """What it takes on disk now."""
    return Size(sum(1 for _ in store.tree.version.tables()), store.disk_bytes)


def _nobody(result: Any) -> None:
    """Nobody waits."""
