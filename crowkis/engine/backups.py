"""What is known of the archives this process has written; INFO and LASTSAVE are printed from it.

One archive is written at a time. Soft state: forgotten at restart. Never touches a disk.
"""

from collections.abc import Callable

from crowkis.engine.outside import Outside
from crowkis.metrics import Metrics
from crowkis.storage.errors import DiskError
from crowkis.storage.store import Store


class Backups:
    """Owned by the actor."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.running = ""
        """The name of the archive being written, or empty."""
        self.started_ms = 0
        """When that one was begun."""
        self.written_ms = 0
        """When the last one became durable; 0: none since the server started."""
        self.written = ""
        """Its name."""
        self.took_ms = -1
        """How long the last attempt took; -1: there was none."""
        self.failure = ""
        """What went wrong in the last attempt, or empty."""
        self._appends_begun = self._appends_saved = 0

    def begin(self, name: str, now_ms: int) -> None:
        """An archive is asked for."""
        assert not self.running
        self.running, self.started_ms = name, now_ms
        self._appends_begun = self._metrics.plain["wal_appends_total"]

    @property
    def unsaved(self) -> int:
        """Batches of changes since the last archive was begun."""
        return max(0, self._metrics.plain["wal_appends_total"] - self._appends_saved)

    def recount(self) -> None:
        """The counters are about to begin anew; what is not saved is still not saved."""
        self._appends_begun = self._appends_saved = -self.unsaved

    def write(
        self,
        name: str,
        store: Store,
        outside: Outside,
        now_ms: Callable[[], int],
        back: Callable[[Exception | None], None] | None,
    ) -> None:
        """Have everything written as of the next flush; the caller sees to it that this flush begins."""

        def done(error: Exception | None) -> None:
            self.end(now_ms(), error)
            if error is not None:
                outside.report("backup", error)
            if back is not None:
                back(error)

        try:
            snapshot = store.begin_snapshot()
        except DiskError as error:
            done(error)
        else:
            outside.back_up(name, snapshot, done)

    def end(self, now_ms: int, error: Exception | None) -> None:
        """It is durable, or there is none."""
        if error is None:
            self.written, self.written_ms = self.running, now_ms
            self._appends_saved = self._appends_begun
        self.took_ms = max(0, now_ms - self.started_ms)
        self.failure = "" if error is None else str(error)
        self._metrics.count_for("backups_total", "written" if error is None else "failed")
        self.running = ""
