"""Checking tables again and again, one at a time and slowly: what was found, and when which is next.

Soft state: a restart begins with the oldest table. Never touches a disk: upkeep.py sends a ScrubJob out.
"""

from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.storage.errors import Corruption, StorageError
from crowkis.storage.scrub import ScrubJob
from crowkis.storage.store import Store
from crowkis.storage.table import Table
from crowkis.values.limits import MIB

FIRST_MS = 5_000
"""How long after the start the first table is checked."""
REST_MS = 3_600_000
"""How long after the last table of a round the next round begins."""

MET_MAX = 1_000
"""Things met by commands that are remembered, to be logged once each."""


class Scrub:
    """Owned by the actor."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._number = 0
        """The table checked last in this round; they are taken in the order of their numbers."""
        self._next_ms: int | None = None
        self.running = False
        self.rounds = 0
        """Finished since the start."""
        self.checked_ms = 0
        """When the last table was checked; 0: none has been."""
        self._damaged: dict[str, str] = {}
        self._met: set[str] = set()

    def begin_due(self, store: Store, now_ms: int) -> ScrubJob | None:
        """The next table's job, when its time has come."""
        rate_mib = self._settings.scrub_mib_per_s
        if self._next_ms is None or self._next_ms > now_ms + REST_MS:  # or the clock was put back
            self._next_ms = now_ms + FIRST_MS
        if not rate_mib or self.running or now_ms < self._next_ms:
            return None
        table = self._next_table(store)
        if table is None:
            self._end_round(now_ms)
            return None
        self.running = True
        self._number = table.number
        self._next_ms = now_ms + 1_000 * table.size_bytes // (rate_mib * MIB)
        return ScrubJob(table)

    def end(self, job: ScrubJob, now_ms: int, error: Exception | None) -> str:
        """The job is over; tells its result: sound, damaged, or unread where the disk did not give the table."""
        self.running = False
        self.checked_ms = now_ms
        result = "unread" if error is not None else "damaged" if job.damage else "sound"
        if job.damage:
            self._damaged[job.file] = str(job.damage[0])
        elif error is None:
            self._damaged.pop(job.file, None)
        self._metrics.count_for("scrubbed_tables_total", result)
        return result

    def meet(self, error: StorageError) -> bool:
        """A command came upon it; True where that is worth a line in the log: the first time, up to MET_MAX."""
        if isinstance(error, Corruption):
            self._damaged.setdefault(error.file, str(error))
        if str(error) in self._met or len(self._met) >= MET_MAX:
            return False
        self._met.add(str(error))
        return True

    def damaged(self, store: Store) -> dict[str, str]:
        """What is wrong with tables that still count, by file."""
        if self._damaged:
            names = {table.name for table in store.tree.version.tables()}
            self._damaged = {name: what for name, what in self._damaged.items() if name in names}
        return self._damaged

    def _next_table(self, store: Store) -> Table | None:
        later = (table for table in store.tree.version.tables() if table.number > self._number)
        return min(later, key=lambda table: table.number, default=None)

    def _end_round(self, now_ms: int) -> None:
        if self._number:
            self.rounds += 1
        self._number = 0
        self._next_ms = now_ms + REST_MS
