"""What a batch does besides its calls: expiry, eviction, the commit, flushes and folds, resuming after a disk error.

Owned and called by the actor. Each step is bounded, so that no batch takes long; what is left keeps `wanted` true and
the next batch goes on.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from crowkis.engine.engine import Engine
from crowkis.engine.evict import EVICTIONS_PER_WRITE, EVICTIONS_STEP
from crowkis.engine.outside import Outside
from crowkis.storage.errors import DiskError, StorageError
from crowkis.storage.jobs import FoldJob, Job, ResumeJob
from crowkis.storage.scrub import ScrubJob
from crowkis.values.errors import CommandError, unreadable, writes_stopped
from crowkis.values.record import Change, Record

EXPIRE_BATCH_MAX = 64
"""Things whose time is up removed per batch: a removal takes up to 0.05 ms. While there are more, the next follows."""
QUOTA_STEP = 16
"""Answers of tenants over their quota removed per batch."""
LAG_PAUSE_S = 0.02
"""While flushes and folds lag behind, a batch that writes is answered this much later: writers slow down first."""
SYNC_EVERY_MS = 1_000
"""How often the log is synced under wal_sync=everysec."""
WORK_REST_MS = 5_000
"""How long after a failed flush or fold none is begun."""


class Upkeep:
    """The chores of one engine."""

    def __init__(self, engine: Engine, outside: Outside, tick: Callable[[], None]) -> None:
        self.tick_due = False
        """The regular chores are to be done with the next batch."""
        self._engine = engine
        self._outside = outside
        self._tick = tick
        """Makes the actor run a batch soon, chores included."""
        self._crowded = False
        """Answers are still to be evicted."""
        self._folding = ""
        """What is being folded: the "whole" of the tables, "part" of them, or nothing."""
        self._synced_ms = 0
        self._work_from_ms = 0
        """No flush or fold begins before; later than now after one has failed."""

    @property
    def wanted(self) -> bool:
        """Is there anything to do even if no call comes?"""
        return self.tick_due or self._crowded

    def run(self, stored: int) -> None:
        """Remove what must leave; `stored` is how many changes the batch made."""
        if self.tick_due:
            self._engine.pulse.beat(self._engine.now_ms)
            self._engine.live.settle()
            self._expire()
        self._make_room(stored)

    def _expire(self) -> None:
        self.tick_due = False
        engine = self._engine
        if not engine.house.writable:
            return
        engine.memory.observe()
        due = engine.state.due(engine.now_ms, EXPIRE_BATCH_MAX)
        self._remove(due)
        elements = [len(record.drop) for record in due if isinstance(record, Change)]
        whole = len(due) - len(elements)
        over = engine.over_quotas(QUOTA_STEP)
        self._remove(over)
        self.tick_due = (whole + sum(elements) >= EXPIRE_BATCH_MAX or bool(over)) and engine.house.writable
        engine.metrics.count("expired_total", whole)
        engine.metrics.count("expired_fields_total", sum(elements))

    def _make_room(self, stored: int) -> None:
        """Where memory runs short, evict more answers than were stored; refuse writes only when none is left."""
        engine = self._engine
        self._crowded = False
        if not engine.house.writable:
            return
        self._remove(engine.make_room(EVICTIONS_STEP + EVICTIONS_PER_WRITE * stored))
        evictable = engine.state.residents.evictable > 0 and engine.house.writable
        self._crowded = engine.memory.making_room and evictable
        full = engine.memory.full and not evictable
        engine.house.memory_full_bytes = engine.memory.limit_bytes if full else 0

    def _remove(self, records: Sequence[Record]) -> None:
        try:
            for record in records:
                self._engine.state.apply(record)
        except DiskError as error:
            self.stop_writing(error)

    async def commit(self, stored: int) -> CommandError | None:
        """Append, sync as the setting says, begin a due flush or fold; what went wrong, if anything did."""
        engine, failed = self._engine, None
        if not engine.house.loaded:
            return None
        store = engine.state.store
        if engine.outage.try_due(engine.now_ms):
            self._try_resuming()
        if store.in_doubt is not None:
            return writes_stopped(engine.house.writes_stopped)
        try:
            await self._make_durable()
            if engine.now_ms >= self._work_from_ms:
                await self._begin_due()
        except DiskError as error:
            failed = self.stop_writing(error)
        if stored and store.lagging:
            await asyncio.sleep(LAG_PAUSE_S)
        engine.house.congested = store.congested
        return failed

    async def _begin_due(self) -> None:
        engine = self._engine
        store, compaction = engine.state.store, engine.compaction
        if store.flush_due:
            self._begin(await self._outside.begin_flush())
        if not self._folding and compaction.fold_due(store, engine.now_ms):
            self._folding = "whole"
            self._begin(store.begin_fold(whole=True))
        elif store.fold_due:
            self._folding = "part"
            self._begin(store.begin_fold())
        checking = engine.scrub.begin_due(store, engine.now_ms)
        if checking is not None:
            self._outside.work(checking, partial(self._checked, checking))

    async def _make_durable(self) -> None:
        engine = self._engine
        store, metrics, mode = engine.state.store, engine.metrics.plain, engine.settings.wal_sync
        if store.append():
            metrics["wal_appends_total"] += 1
        due = mode == "always" or (mode == "everysec" and engine.now_ms - self._synced_ms >= SYNC_EVERY_MS)
        if due and store.unsynced_bytes:
            await self._outside.sync()
            self._synced_ms = engine.now_ms
            metrics["wal_syncs_total"] += 1

    def _begin(self, job: Job) -> None:
        self._outside.work(job, partial(self._worked, job))

    def _worked(self, job: Job, error: Exception | None) -> None:
        """A job is over. A flush or fold that failed costs only disk: log and older tables still hold everything."""
        store = self._engine.state.store
        store.finish(job)
        self._engine.house.congested = store.congested
        if error is None:
            self._engine.metrics.count_for("storage_jobs_total", job.kind)
        if isinstance(job, FoldJob):
            folded, self._folding = self._folding, ""
            if folded == "whole":
                self._engine.compaction.end(store, self._engine.now_ms, error)
        if isinstance(job, ResumeJob):
            self._tried(error)
        elif error is not None:
            self._work_from_ms = self._engine.now_ms + WORK_REST_MS
            self._outside.report(job.name, error)
        self._tick()

    def _checked(self, job: ScrubJob, error: Exception | None) -> None:
        """A table has been read again; nobody is served what is damaged, so telling is all there is to do."""
        result = self._engine.scrub.end(job, self._engine.now_ms, error)
        for damage in job.damage:
            self._outside.note(
                "damaged", level="error", file=damage.file, offset=damage.offset, error=damage.what,
                what_to_do="stop the server, copy the directory, then crowkis check --repair, or restore a backup",
            )  # fmt: skip
        if result == "unread":
            self._outside.note("checking failed", level="warning", file=job.file, error=str(error))

    def unreadable(self, error: StorageError) -> CommandError:
        """A command did not get what is stored; the error to tell its client. Each thing is logged once."""
        if self._engine.scrub.meet(error):
            self._outside.note("unreadable", level="error", error=str(error))
        return unreadable(str(error))

    def stop_writing(self, error: DiskError) -> CommandError:
        """Refuse every further write until writing resumes; the error to tell those who wrote."""
        engine = self._engine
        if engine.outage.begin(str(error), engine.now_ms):
            self._outside.note(
                "writing stopped", level="error", error=str(error), effect="reads go on, writes are answered MISCONF",
                what_to_do="make room on the disk or mend it; writing resumes by itself",
            )  # fmt: skip
        return writes_stopped(engine.house.writes_stopped)

    def _try_resuming(self) -> None:
        store = self._engine.state.store
        if store.resume_due:
            self._begin(store.begin_resume())
        elif store.in_doubt is None:  # a table was not read: nothing was written that could be in doubt
            self._resumed()

    def _tried(self, error: Exception | None) -> None:
        """A ResumeJob is over; where only its clearing up failed, writing resumes all the same."""
        engine = self._engine
        if engine.state.store.in_doubt is None:
            self._resumed()
            return
        pause_ms = engine.outage.go_on(str(error), engine.now_ms)
        self._outside.note("resuming failed", level="warning", error=str(error), next_try_in_ms=pause_ms)

    def _resumed(self) -> None:
        engine = self._engine
        outage = engine.outage
        self._outside.note(
            "writing resumed", stopped_ms=max(0, engine.now_ms - outage.began_ms), failed_tries=outage.tries
        )
        outage.end()
