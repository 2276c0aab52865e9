"""The log ahead of the table: numbered segments, each batch one record, written at the end of the newest.

A segment comes to be under a temporary name, header and all, is synced and then renamed: a segment that has its name
has its header. Every segment but the newest ends with an END record and was synced before its successor appeared.
Never changes a file in place, never cuts off a record that intact records follow, never goes on in a segment after an
OSError (the store sees to that): resume.py leads to the next one.
"""

import re
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from crowkis.interfaces import File, Filesystem
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption
from crowkis.storage.memtable import Memtable
from crowkis.storage.record import (
    BATCH,
    END,
    HEADER_BYTES,
    LOG_MAGIC,
    MARK_BYTES,
    apply_batch,
    check_known,
    encode_end,
    encode_frame,
    encode_header,
    find_frame,
    read_end,
    read_frame,
    read_header,
)
from crowkis.values.limits import MIB

SEGMENT_BYTES_MAX = 64 * MIB
"""A segment beyond this is due to be flushed; beyond twice as much it gets a successor all the same.

Bounds what opening reads and rewrites; one batch may overshoot it.
"""
TEMPORARY_SUFFIX = ".new"

_SEGMENT_NAME = re.compile(r"(\d{6,})\.log")

Entropy = Callable[[int], bytes]
"""As many random bytes as asked for; os.urandom outside of tests."""


def segment_name(number: int) -> str:
    """The file name of a segment."""
    return f"{number:06}.log"


def segment_number(name: str) -> int | None:
    """The number of the segment called `name`, or None for other files."""
    match = _SEGMENT_NAME.fullmatch(name)
    return int(match[1]) if match and segment_name(int(match[1])) == name else None


class Replayed(NamedTuple):
    """What reading one segment found."""

    mark: bytes
    records: int
    kept_bytes: int
    """Header and intact batches, without the END record."""
    cut_bytes: int
    """An unfinished write at the end; only ever in the newest segment."""


def replay_segment(number: int, data: bytes, *, newest: bool, table: Memtable, counts: Counts) -> Replayed:
    """Apply every batch of a segment to `table`. Raises Corruption or UnknownFormat."""
    file, view = segment_name(number), memoryview(data)
    mark = read_header(file, data, LOG_MAGIC, number)
    records, offset = 0, HEADER_BYTES
    while offset < len(data):
        frame = read_frame(data, view, offset, mark)
        if frame is None:
            if not newest:
                raise Corruption(file, offset, "no intact record here, and this is not the newest segment")
            _refuse_if_records_follow(file, data, view, offset, mark)
            return Replayed(mark, records, offset, len(data) - offset)
        check_known(file, frame)
        if frame.kind == END:
            _check_end(file, data, frame.end, read_end(file, data, frame), number)
            return Replayed(mark, records, offset, 0)
        apply_batch(file, data, frame, table, counts)
        records, offset = records + 1, frame.end
    if not newest:
        raise Corruption(file, offset, "ends without its end record: the rest of it is missing")
    return Replayed(mark, records, offset, 0)


def _refuse_if_records_follow(file: str, data: bytes, view: memoryview, offset: int, mark: bytes) -> None:
    """An unfinished write is the last thing in its file; with intact records after it, it is damage."""
    follows_at = find_frame(data, view, offset + 1, mark)
    if follows_at is not None:
        raise Corruption(file, offset, f"no intact record here, but one follows at byte {follows_at}")


def _check_end(file: str, data: bytes, end: int, successor: int, number: int) -> None:
    if successor != number + 1:
        raise Corruption(file, end, f"its end record names segment {successor} as the next")
    if end != len(data):
        raise Corruption(file, end, f"{len(data) - end} bytes follow the end record")


class Wal:
    """The open end of the log. One owner thread appends and rotates; sync() may run in any one other thread."""

    def __init__(
        self,
        filesystem: Filesystem,
        entropy: Entropy,
        number: int,
        kept: bytes,
        older_bytes: dict[int, int],
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
    ) -> None:
        """Begin segment `number` with `kept` (a header and batches) or, where that is empty, a fresh header.

        What was read may exist in the page cache alone, even after a failed sync: writing it again is what makes
        it durable, and leaves an unfinished write behind. See FORMAT.md, "After a failed write". Raises OSError.
        """
        self._filesystem = filesystem
        self._entropy = entropy
        self._segment_bytes_max = segment_bytes_max
        self._syncing = threading.Lock()
        self._segment_bytes = dict(older_bytes)
        self._appended_bytes = 0
        self._synced_bytes = 0
        self._file: File
        self._begin_segment(number, kept)

    @property
    def number(self) -> int:
        """The newest segment."""
        return self._number

    @property
    def log_bytes(self) -> int:
        """The size of all segments together."""
        return sum(self._segment_bytes.values())

    @property
    def segment_full(self) -> bool:
        """Is it time to flush what the newest segment holds, and begin another?"""
        return self._segment_bytes[self._number] >= self._segment_bytes_max

    @property
    def unsynced_bytes(self) -> int:
        """Appended, and lost if power fails now."""
        return self._appended_bytes - self._synced_bytes

    def append(self, pieces: Sequence[bytes]) -> None:
        """Write one batch with one call; it is durable only after sync(). Raises OSError."""
        if self._segment_bytes[self._number] >= 2 * self._segment_bytes_max:
            self.rotate()
        self._append(encode_frame(self._mark, BATCH, pieces))

    def _append(self, frame: bytes) -> None:
        self._file.append(frame)
        self._segment_bytes[self._number] += len(frame)
        self._appended_bytes += len(frame)

    def sync(self) -> None:
        """Make everything appended before the call durable. Raises OSError."""
        with self._syncing:
            appended_bytes = self._appended_bytes
            if appended_bytes != self._synced_bytes:
                self._file.sync()
                self._synced_bytes = appended_bytes

    def rotate(self) -> None:
        """Close the newest segment for good, durable, and begin the next. Raises OSError."""
        self._append(encode_end(self._mark, self._number + 1))
        self.sync()
        with self._syncing:
            self._file.close()
            self._begin_segment(self._number + 1, b"")

    def _begin_segment(self, number: int, kept: bytes) -> None:
        if not kept:
            kept = encode_header(LOG_MAGIC, number, self._entropy(MARK_BYTES))
        name = segment_name(number)
        file = self._filesystem.create(name + TEMPORARY_SUFFIX)
        try:
            file.append(kept)
            file.sync()
            self._filesystem.rename(name + TEMPORARY_SUFFIX, name)
            self._filesystem.sync_directory()
        except OSError:
            file.close()
            raise
        self._file = file
        self._number = number
        self._mark = read_header(name, kept, LOG_MAGIC, number)
        self._segment_bytes[number] = len(kept)

    def promise_successor(self) -> int:
        """Leave word, durable, that the next segment may begin though the newest has no end; gives its number.

        The word is the next segment's temporary name. It counts once the manifest lets the log go on there, and
        recovery.plan() then takes it for an empty segment. Raises OSError.
        """
        number = self._number + 1
        self._filesystem.create(segment_name(number) + TEMPORARY_SUFFIX).close()
        self._filesystem.sync_directory()
        return number

    def abandon(self) -> None:
        """Leave the newest segment as it is, whatever that is, and begin the promised one.

        The manifest must say already that the log goes on there. May be called again after an OSError.
        """
        with self._syncing:
            self._file.close()
            self._begin_segment(self._number + 1, b"")
            self._synced_bytes = self._appended_bytes
            self.forget_before(self._number)

    def forget_before(self, number: int) -> None:
        """No longer count the segments older than `number`: a durable checkpoint covers them."""
        self._segment_bytes = {old: size for old, size in self._segment_bytes.items() if old >= number}

    def close(self) -> None:
        """Let go of the file without syncing it."""
        self._file.close()
