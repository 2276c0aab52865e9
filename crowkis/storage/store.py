"""Bytes to bytes, durable: the newest changes in memory, the log ahead of them, and sorted tables behind.

A change is visible at once, reaches the log with append() - everything since the last one as a single record, wholly
there after a crash or wholly not - and survives a crash after sync(). Who calls which when is the caller's policy.
One owner thread does everything, except that sync(), begin_flush() and run() may each be in one other thread.
Never knows what keys and values mean, never reads a clock.
After any OSError in the log the store is in doubt: reads go on and show what is in memory, writes are refused until a
ResumeJob has made all of that durable without that log, or the store is opened again.
"""

import os
from collections.abc import Callable, Iterator
from itertools import islice

from crowkis.interfaces import Filesystem
from crowkis.storage.block import MISSING
from crowkis.storage.cache import CACHE_BYTES_MAX, BlockCache
from crowkis.storage.counts import COUNTED_PREFIX_BYTES, Counts
from crowkis.storage.errors import Corruption, DiskError
from crowkis.storage.jobs import FlushJob, FoldJob, Job, ResumeJob
from crowkis.storage.memtable import Memtable, reader
from crowkis.storage.merge import Source, merged
from crowkis.storage.record import PUT, REMOVE, REMOVE_PREFIX, REPLACE, put_head, remove_head
from crowkis.storage.recovery import RecoveryReport, recover
from crowkis.storage.scrub import ScrubJob
from crowkis.storage.snapshot import Promised, Snapshot
from crowkis.storage.tree import Drop, Tree
from crowkis.storage.version import LEVEL0_TABLES_MANY, LEVEL0_TABLES_MAX
from crowkis.storage.wal import SEGMENT_BYTES_MAX, Entropy, Wal
from crowkis.values.limits import MIB

BATCH_BYTES_MAX = 256 * MIB
"""More than this is appended at once, so such a batch becomes several records and may be torn apart by a crash."""
MEMTABLE_BYTES_MAX = 64 * MIB
"""Beyond this the memtable is due to be flushed."""
TOGETHER_BYTES_MAX = 1024 * MIB
"""The same for what `together` holds together."""
DRAIN_KEYS = 1_000
"""Entries of a flushed memtable freed with each append()."""


class Store:
    """What the engine keeps. Open with Store.open(); a key in the memtable costs a dict's look-up."""

    get: Callable[[bytes], bytes | None]
    """The value, or None; in any thread. Stays the same callable as long as the store lives: bind it once.

    Raises DiskError or Corruption where a table does not give it.
    """

    def __init__(
        self,
        filesystem: Filesystem,
        entropy: Entropy,
        segment_bytes_max: int,
        counted: bytes,
        drop: Drop | None,
        cache_bytes_max: int,
        memtable_bytes_max: int,
    ) -> None:
        """Use Store.open(): it says what can go wrong."""
        self._filesystem = filesystem
        self._drop = drop
        self._memtable_bytes_max = memtable_bytes_max
        self.cache = BlockCache(cache_bytes_max)
        self.tree = Tree(filesystem, entropy, self.cache)
        self._memtable = Memtable(self._find_below)
        self._frozen: Memtable | None = None
        self._frozen_counts: dict[bytes, int] = {}
        self._frozen_from = 0
        self._promised = Promised()
        self._leaving: Memtable | None = None
        self._flush: FlushJob | ResumeJob | None = None
        self._fold: FoldJob | None = None
        self._resume: ResumeJob | None = None
        """The one to be run, again where it failed, while in doubt."""
        self._wal: Wal
        self.report: RecoveryReport
        self._wal, self._counts, self.report = recover(
            filesystem, entropy, self.tree, self._memtable, counted, segment_bytes_max
        )
        self.get, self._serve_from = reader(self._memtable)
        if self.tree.manifest.counted != counted or not self.report.tables:
            self._count_anew(counted)
        self._pieces: list[bytes] = []
        self._pending_bytes = 0
        self.together = False
        """While true, a batch is not appended in parts before it exceeds TOGETHER_BYTES_MAX."""
        self._early_failure: OSError | None = None
        """What kept the first part of a large batch from being written; append() tells it."""
        self.in_doubt: str | None = None
        """Why writes are refused, or None."""

    @classmethod
    def open(
        cls,
        filesystem: Filesystem,
        entropy: Entropy = os.urandom,
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
        *,
        counted: bytes = b"",
        drop: Drop | None = None,
        cache_bytes_max: int = CACHE_BYTES_MAX,
        memtable_bytes_max: int = MEMTABLE_BYTES_MAX,
    ) -> "Store":
        """Recover what the directory holds; `report` says what was found. Raises StorageError.

        Keys whose first byte is in `counted` are counted exactly, for which put() must know whether a key is there.
        `drop` is asked about all others while tables are folded.
        """
        try:
            return cls(filesystem, entropy, segment_bytes_max, counted, drop, cache_bytes_max, memtable_bytes_max)
        except OSError as error:
            raise DiskError("opening the store", str(error)) from error

    def __contains__(self, key: bytes) -> bool:
        return self.get(key) is not None

    def items(self, prefix: bytes = b"", after: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Pairs whose key begins with `prefix`, in byte order, from the first one greater than `after`.

        Do not write while iterating. Raises DiskError or Corruption.
        """
        start = prefix if after is None or after < prefix else after + b"\0"
        tables = [table for table in (self._memtable, self._frozen) if table is not None and (table or table.prefixes)]
        sources = [Source(table.pairs(prefix, after), table.ranges()) for table in tables]
        try:
            for key, value in merged(sources + self.tree.version.sources(start)):
                if not key.startswith(prefix):
                    return
                if value is not None:
                    yield key, value
        except OSError as error:
            raise DiskError("reading a table", str(error)) from error

    def scan(self, prefix: bytes, after: bytes | None, limit: int) -> list[bytes]:
        """Up to `limit` keys that begin with `prefix`, in byte order, from the first one greater than `after`."""
        return [key for key, _ in islice(self.items(prefix, after), limit)]

    def count(self, prefix: bytes) -> int:
        """How many keys of the counted spaces begin with `prefix`, which is COUNTED_PREFIX_BYTES long at most."""
        return self._counts.count(prefix)

    @property
    def bytes_held(self) -> int:
        """Keys and values together, on disk before packing; what has not been folded away yet counts too."""
        in_tables = sum(table.facts.held_bytes for table in self.tree.version.tables())
        frozen = self._frozen
        return self._memtable.held_bytes + (frozen.held_bytes if frozen is not None else 0) + in_tables

    @property
    def disk_bytes(self) -> int:
        """Log and tables on disk."""
        return self._wal.log_bytes + sum(table.size_bytes for table in self.tree.version.tables())

    def memory_bytes(self) -> int:
        """What is held in memory, approximately: memtables, block cache, and indexes and filters of tables."""
        frozen = self._frozen
        memtables_bytes = self._memtable.size_bytes + (frozen.size_bytes if frozen is not None else 0)
        return memtables_bytes + self.cache.size_bytes + self.tree.version.memory_bytes

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key` to `value`. Raises DiskError when in doubt."""
        if self.in_doubt is not None:
            raise self._refusal()
        kind, memtable, counts = PUT, self._memtable, self._counts
        if key[:1] in counts.spaces:
            if self._is_there(key):
                kind = REPLACE
            else:
                counts.add(key)
        key_bytes, value_bytes = len(key), len(value)
        old = memtable.get(key, MISSING)
        if old is MISSING:
            memtable.held_bytes += key_bytes + value_bytes
            memtable.order.add(key)
        else:
            memtable.held_bytes += value_bytes - (len(old) if old else 0)
        memtable[key] = value
        self._pieces += (put_head(kind, key_bytes, value_bytes), key, value)
        self._pending_bytes += key_bytes + value_bytes
        if self._pending_bytes > BATCH_BYTES_MAX:
            self._append_early()

    def remove(self, key: bytes) -> bool:
        """Forget `key`; False where it was not there, and then nothing is logged. Raises DiskError when in doubt.

        Where a table cannot be read, a key of the counted spaces is a DiskError too; any other counts as there.
        """
        if self.in_doubt is not None:
            raise self._refusal()
        if not self._is_there(key):
            return False
        memtable = self._memtable
        old = memtable.get(key, MISSING)
        if old is MISSING:
            memtable.held_bytes += len(key)
            memtable.order.add(key)
        else:
            memtable.held_bytes -= len(old) if old else 0
        memtable[key] = None
        self._counts.discard(key)
        self._log_removal(REMOVE, key)
        return True

    def remove_prefix(self, prefix: bytes) -> None:
        """Forget every key that begins with `prefix`, all of them for b"". One operation in the log.

        Looks at the keys in the memtable alone; but a prefix longer than COUNTED_PREFIX_BYTES in a counted space is
        removed key by key.
        """
        if self.in_doubt is not None:
            raise self._refusal()
        if len(prefix) > COUNTED_PREFIX_BYTES and prefix[:1] in self._counts.spaces:
            for key in [key for key, _ in self.items(prefix)]:
                self.remove(key)
            return
        if not self._memtable and self._frozen is None and not any(self.tree.version.tables()):
            return
        self._memtable.remove_prefix(prefix)
        self._counts.discard_prefix(prefix)
        self._log_removal(REMOVE_PREFIX, prefix)

    def append(self) -> bool:
        """Write the changes since the last append as one record, with one call; False where there were none."""
        if self.in_doubt is not None:
            raise self._refusal()
        if self._leaving is not None and self._leaving.drain(DRAIN_KEYS):
            self._leaving = None
        if not self._pieces:
            return False
        self._append_early()
        if self._early_failure is not None:
            raise self._doubt("writing the log", self._early_failure) from self._early_failure
        return True

    def _append_early(self) -> None:
        """Write what there is. A failure waits for append(): who makes several changes in a row makes them all."""
        if self._early_failure is not None or (self.together and self._pending_bytes <= TOGETHER_BYTES_MAX):
            return
        try:
            self._wal.append(self._pieces)
        except OSError as error:
            self._early_failure = error
            return
        self._pieces.clear()
        self._pending_bytes = 0

    def sync(self) -> None:
        """Make everything appended durable. May run in another thread, beside append() too. Raises DiskError."""
        if self.in_doubt is not None:
            raise self._refusal()
        try:
            self._wal.sync()
        except OSError as error:
            raise self._doubt("syncing the log", error) from error

    def commit(self) -> bool:
        """append() and sync(): False where there was nothing to append."""
        appended = self.append()
        self.sync()
        return appended

    @property
    def unsynced_bytes(self) -> int:
        """Appended, and lost if power fails now."""
        return self._wal.unsynced_bytes

    @property
    def log_bytes(self) -> int:
        """The size of the log on disk."""
        return self._wal.log_bytes

    @property
    def lagging(self) -> bool:
        """Should writing slow down, so that flushes and folds keep up?"""
        return self._is_behind(self._memtable_bytes_max, LEVEL0_TABLES_MANY)

    @property
    def congested(self) -> bool:
        """Do flushes and folds lag so far behind, slow as writing is, that it must be refused?"""
        return self._is_behind(2 * self._memtable_bytes_max, LEVEL0_TABLES_MAX)

    def _is_behind(self, memtable_bytes: int, tables: int) -> bool:
        waiting = self._frozen is not None and self._memtable.size_bytes >= memtable_bytes
        return waiting or len(self.tree.version.levels[0]) >= tables

    @property
    def flush_due(self) -> bool:
        """Is the memtable, or the log it stands for, large enough to become a table?"""
        if self._flush is not None or self.in_doubt is not None:
            return False
        full = self._memtable.size_bytes >= self._memtable_bytes_max or self._wal.segment_full
        return full or self._frozen is not None or bool(self._promised.wanted)

    @property
    def fold_due(self) -> bool:
        """Are there tables to be folded?"""
        return self._fold is None and self.in_doubt is None and self.tree.version.next_fold() is not None

    def begin_flush(self) -> FlushJob:
        """First step: append what is pending, begin a log segment, put an empty memtable in front.

        Syncs, so let another thread do it while the owner waits. A memtable whose flush failed is taken up again.
        """
        assert self._flush is None
        if self._frozen is None:
            self.append()
            try:
                self._wal.rotate()
            except OSError as error:
                raise self._doubt("beginning a log segment", error) from error
            self._frozen_counts = self._counts.snapshot()
            self._frozen = self._memtable
            self._frozen_from = self._wal.number
            self._memtable = Memtable(self._find_below)
            self._serve_from(self._memtable)
            self._promised.begin_flush()
        elif self.in_doubt is not None:
            raise self._refusal()
        self._flush = self._frozen_job(self._frozen)
        return self._flush

    def _frozen_job(self, frozen: Memtable) -> FlushJob:
        return FlushJob(frozen, self._frozen_from, self._counts.counted, self._frozen_counts)

    @property
    def resume_due(self) -> bool:
        """Is the store in doubt, with nothing under way that would be in a resuming's way?"""
        return self.in_doubt is not None and self._flush is None

    def begin_resume(self) -> ResumeJob:
        """First step, owner thread, touches no disk: while in doubt, take up what is to lead out of it."""
        assert self.resume_due
        if self._resume is None:
            frozen = None if self._frozen is None else self._frozen_job(self._frozen)
            self._resume = ResumeJob(self._wal, self._memtable, self._counts, frozen)
        self._flush = self._resume
        return self._resume

    def begin_snapshot(self) -> Snapshot:
        """What will be there when the next flush begins, for another thread to read. O(1); makes that flush due.

        Raises DiskError when in doubt; where the flush fails, reading does.
        """
        if self.in_doubt is not None:
            raise self._refusal()
        snapshot = Snapshot()
        if self._memtable or self._memtable.prefixes or self._frozen is not None:
            self._promised.wanted.append(snapshot)
        else:
            snapshot.settle(self.tree.version)
        return snapshot

    def begin_fold(self, *, whole: bool = False) -> FoldJob:
        """First step, owner thread, touches no disk: choose what is due, or everything there is if `whole`."""
        assert self._fold is None
        version = self.tree.version
        choice = version.whole_fold() if whole else version.next_fold()
        assert choice is not None, "nothing to fold"
        self._fold = FoldJob(choice, self._spare_counted(self._drop))
        return self._fold

    def run(self, job: Job | ScrubJob) -> None:
        """Second step, a worker thread: write tables, make them count, remove what they make superfluous.

        A DiskError or Corruption here is no doubt about the log: call the third step all the same.
        """
        try:
            job.run(self._filesystem, self.tree)
        except OSError as error:
            job.failure = str(error)
            raise DiskError(job.name, str(error)) from error

    def finish(self, job: Job) -> None:
        """Third step, owner thread: take note of what the second achieved. Touches no disk."""
        if job is self._fold:
            self._fold = None
            return
        assert job is self._flush
        self._flush = None
        flush = job.frozen if isinstance(job, ResumeJob) else job
        if flush is not None and flush.done and self._frozen is not None:
            self._leaving, self._frozen = self._frozen, None
            self._wal.forget_before(self._frozen_from)
            self._promised.settle(self.tree.version)
        if not job.done:
            self._promised.fail(f"{job.name}: {job.failure}")
        elif isinstance(job, ResumeJob):
            self._leaving, self._memtable = self._memtable, Memtable(self._find_below)
            self._serve_from(self._memtable)
            self._pieces.clear()
            self._pending_bytes = 0
            self._resume = self._early_failure = self.in_doubt = None

    def close(self) -> None:
        """Let go of the log without syncing it; what was not appended is lost."""
        self._promised.fail("the store was closed")
        self._wal.close()

    def _is_there(self, key: bytes) -> bool:
        try:
            return self.get(key) is not None
        except Corruption:
            return True  # something is, and a newer word on it is what makes it readable again
        except DiskError:
            if key[:1] in self._counts.spaces:
                raise
            return True  # perhaps: a removal too many does no harm, one of two that fails would

    def _find_below(self, key: bytes) -> bytes | None:
        """What is older than the memtable. The frozen one is looked at first: once gone, the tables hold it."""
        frozen = self._frozen
        if frozen is not None:
            value = frozen.get(key, MISSING)
            if value is not MISSING:
                return value
            if frozen.prefixes and frozen.covers(key):
                return None
        try:
            return self.tree.version.find(key)
        except OSError as error:
            raise DiskError("reading a table", str(error)) from error

    def _count_anew(self, counted: bytes) -> None:
        self._counts = Counts(counted)
        for at in range(len(counted)):
            for key, _ in self.items(counted[at : at + 1]):
                self._counts.add(key)

    def _spare_counted(self, drop: Drop | None) -> Drop | None:
        spaces = self._counts.spaces
        if drop is None or not spaces:
            return drop
        return lambda key, value: key[:1] not in spaces and drop(key, value)

    def _log_removal(self, kind: int, key: bytes) -> None:
        self._pieces += (remove_head(kind, len(key)), key)
        self._pending_bytes += len(key)
        if self._pending_bytes > BATCH_BYTES_MAX:
            self._append_early()

    def _doubt(self, during: str, error: OSError) -> DiskError:
        self.in_doubt = f"{during}: {error}"
        self._promised.fail(self.in_doubt)
        return DiskError(during, str(error))

    def _refusal(self) -> DiskError:
        return DiskError("writes are stopped after an earlier disk error", self.in_doubt or "")
