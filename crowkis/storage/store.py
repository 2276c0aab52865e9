"""Bytes to bytes, durable: the table in memory, the log ahead of it and, now and then, a checkpoint.

A change is visible at once, reaches the log with append() - everything since the last one as a single record, wholly
there after a crash or wholly not - and survives a crash after sync(). Who calls which when is the caller's policy.
One owner thread does everything, except that sync() and write_checkpoint() may each run in one other thread.
Never knows what keys and values mean, never reads a clock, never answers a read from disk.
After any OSError in the log the store is in doubt: reads go on, writes are refused until it is opened again.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator

from crowkis.interfaces import Filesystem
from crowkis.storage.checkpoint import remove_covered, write_checkpoint
from crowkis.storage.errors import DiskError
from crowkis.storage.order import KeyOrder
from crowkis.storage.record import MARK_BYTES, PUT, REMOVE, REMOVE_PREFIX, put_head, remove_head
from crowkis.storage.recovery import RecoveryReport, recover
from crowkis.storage.wal import SEGMENT_BYTES_MAX, Entropy, Wal
from crowkis.values.limits import MIB

BATCH_BYTES_MAX = 256 * MIB
"""More than this is appended at once, so such a batch becomes several records and may be torn apart by a crash."""
CHECKPOINT_LOG_BYTES_MIN = 64 * MIB
COUNTED_PREFIX_BYTES = 2
"""How long a prefix count() answers for without looking at keys."""


class CheckpointJob:
    """A checkpoint on its way: made by begin_checkpoint(), written in any thread, finished by the owner."""

    __slots__ = ("mark", "number", "size_bytes", "table", "written")

    def __init__(self, number: int, mark: bytes, table: dict[bytes, bytes]) -> None:
        self.number = number
        self.mark = mark
        self.table = table
        self.written = False
        self.size_bytes = 0


class Store:
    """What the engine keeps. Open with Store.open(); `get` is the table's own, so a look-up costs a dict's."""

    get: Callable[[bytes], bytes | None]
    """The value, or None. Stays the same callable as long as the store lives: bind it once."""

    def __init__(self, filesystem: Filesystem, entropy: Entropy, segment_bytes_max: int) -> None:
        """Use Store.open(): it says what can go wrong."""
        self._filesystem = filesystem
        self._entropy = entropy
        self._table: dict[bytes, bytes] = {}
        self._wal: Wal
        self.report: RecoveryReport
        self._wal, self.report = recover(filesystem, entropy, self._table, segment_bytes_max)
        self.get = self._table.get
        self._order = KeyOrder(self._table)
        self._counts: defaultdict[bytes, int] = defaultdict(int)
        for key in self._table:
            self._counts[key[:COUNTED_PREFIX_BYTES]] += 1
        self.bytes_held = sum(map(len, self._table)) + sum(map(len, self._table.values()))
        """Keys and values together, without what Python needs around them."""
        self._pieces: list[bytes] = []
        self._pending_bytes = 0
        self.in_doubt: str | None = None
        """Why writes are refused, or None."""
        self.checkpoint_bytes = self.report.checkpoint_bytes
        self._covered_bytes = 0
        self._job: CheckpointJob | None = None

    @classmethod
    def open(
        cls, filesystem: Filesystem, entropy: Entropy = os.urandom, segment_bytes_max: int = SEGMENT_BYTES_MAX
    ) -> "Store":
        """Recover what the directory holds; `report` says what was found. Raises StorageError."""
        try:
            return cls(filesystem, entropy, segment_bytes_max)
        except OSError as error:
            raise DiskError("opening the store", str(error)) from error

    def __contains__(self, key: bytes) -> bool:
        return key in self._table

    def __len__(self) -> int:
        return len(self._table)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every pair whose key begins with `prefix`, in no order. Do not write while iterating."""
        if not prefix:
            return iter(self._table.items())
        return ((key, value) for key, value in self._table.items() if key.startswith(prefix))

    def scan(self, prefix: bytes, after: bytes | None, limit: int) -> list[bytes]:
        """Up to `limit` keys that begin with `prefix`, in byte order, from the first one greater than `after`."""
        return self._order.keys(prefix, after, limit)

    def count(self, prefix: bytes) -> int:
        """How many keys begin with `prefix`, which may be COUNTED_PREFIX_BYTES long at most."""
        assert len(prefix) <= COUNTED_PREFIX_BYTES
        if len(prefix) == COUNTED_PREFIX_BYTES:
            return self._counts.get(prefix, 0)
        return sum(count for counted, count in self._counts.items() if counted.startswith(prefix))

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key` to `value`. Raises DiskError when in doubt."""
        if self.in_doubt is not None:
            raise self._refusal()
        key_bytes, value_bytes = len(key), len(value)
        old = self._table.get(key)
        if old is None:
            self.bytes_held += key_bytes + value_bytes
            self._counts[key[:COUNTED_PREFIX_BYTES]] += 1
            self._order.add(key)
        else:
            self.bytes_held += value_bytes - len(old)
        self._table[key] = value
        self._pieces += (put_head(PUT, key_bytes, value_bytes), key, value)
        self._pending_bytes += key_bytes + value_bytes
        if self._pending_bytes > BATCH_BYTES_MAX:
            self.append()

    def remove(self, key: bytes) -> bool:
        """Forget `key`; False where it was not there, and then nothing is logged. Raises DiskError when in doubt."""
        if self.in_doubt is not None:
            raise self._refusal()
        old = self._table.pop(key, None)
        if old is None:
            return False
        self._forget(key, old)
        self._log_removal(REMOVE, key)
        return True

    def remove_prefix(self, prefix: bytes) -> int:
        """Forget every key that begins with `prefix`, all of them for b""; gives how many. One operation in the log.

        Looks at every key there is, unless count() already knows that there is none.
        """
        if self.in_doubt is not None:
            raise self._refusal()
        if not self.count(prefix[:COUNTED_PREFIX_BYTES]):
            return 0
        keys = [key for key in self._table if key.startswith(prefix)]
        if len(keys) == len(self._table):
            self._table.clear()
            self._counts.clear()
            self._order.forget()
            self.bytes_held = 0
        else:
            for key in keys:
                self._forget(key, self._table.pop(key))
        if keys:
            self._log_removal(REMOVE_PREFIX, prefix)
        return len(keys)

    def _log_removal(self, kind: int, key: bytes) -> None:
        self._pieces += (remove_head(kind, len(key)), key)
        self._pending_bytes += len(key)
        if self._pending_bytes > BATCH_BYTES_MAX:
            self.append()

    def _forget(self, key: bytes, old: bytes) -> None:
        self.bytes_held -= len(key) + len(old)
        counted = key[:COUNTED_PREFIX_BYTES]
        self._counts[counted] -= 1
        if not self._counts[counted]:
            del self._counts[counted]
        self._order.discard(key)

    def append(self) -> bool:
        """Write the changes since the last append as one record, with one call; False where there were none."""
        if self.in_doubt is not None:
            raise self._refusal()
        if not self._pieces:
            return False
        try:
            self._wal.append(self._pieces)
        except OSError as error:
            raise self._doubt("writing the log", error) from error
        self._pieces.clear()
        self._pending_bytes = 0
        return True

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
    def checkpoint_due(self) -> bool:
        """Has the log grown enough since the last attempt to be worth a checkpoint?"""
        grown_bytes = self._wal.log_bytes - self._covered_bytes
        return self._job is None and grown_bytes > max(CHECKPOINT_LOG_BYTES_MIN, self.checkpoint_bytes)

    def begin_checkpoint(self) -> CheckpointJob:
        """First step, owner thread: append what is pending, begin a new segment, copy the table's references."""
        assert self._job is None
        self.append()
        self._covered_bytes = self._wal.log_bytes
        try:
            self._wal.rotate()
        except OSError as error:
            raise self._doubt("beginning a log segment", error) from error
        self._job = CheckpointJob(self._wal.number, self._entropy(MARK_BYTES), self._table.copy())
        return self._job

    def write_checkpoint(self, job: CheckpointJob) -> None:
        """Second step, any thread: write the copy, durable, and remove the files it makes superfluous.

        A DiskError here is no doubt about the log: call the third step all the same. What could not be removed goes
        with the next checkpoint or opening.
        """
        try:
            job.size_bytes = write_checkpoint(self._filesystem, job.number, job.mark, job.table)
            job.written = True
        except OSError as error:
            raise DiskError("writing a checkpoint", str(error)) from error
        try:
            remove_covered(self._filesystem, job.number)
        except OSError as error:
            raise DiskError("removing what a checkpoint covers", str(error)) from error

    def finish_checkpoint(self, job: CheckpointJob) -> None:
        """Third step, owner thread: take note of what the second achieved. Touches no disk."""
        assert job is self._job
        self._job = None
        if job.written:
            self.checkpoint_bytes = job.size_bytes
            self._covered_bytes = 0
            self._wal.forget_before(job.number)

    def close(self) -> None:
        """Let go of the log without syncing it; what was not appended is lost."""
        self._wal.close()

    def _doubt(self, during: str, error: OSError) -> DiskError:
        self.in_doubt = f"{during}: {error}"
        return DiskError(during, str(error))

    def _refusal(self) -> DiskError:
        return DiskError("writes are stopped until the store is opened again", self.in_doubt or "")
