"""A whole store in one file, to carry away and to bring back; FORMAT.md has its grammar under "Archives".

write() gives the file its name only when it is whole and durable. read() vouches for every byte: what it yields is as
it was written, but only when it ends without an error is it all there is. Both hold no more than a few records at once.
Never knows what keys and values mean, never changes a store.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from struct import Struct
from struct import error as StructError  # noqa: N812 - named as the other exceptions are
from typing import NamedTuple

import lz4.block

from crowkis.interfaces import File, Filesystem, RandomFile
from crowkis.storage.errors import Corruption, DiskError, UnknownFormat
from crowkis.storage.record import (
    FRAME_BYTES,
    HEADER_BYTES,
    MARK_BYTES,
    RECORD_VERSIONS_READ,
    Frame,
    encode_frame,
    encode_header,
    frame_bytes,
    read_frame,
    read_header,
)
from crowkis.storage.wal import TEMPORARY_SUFFIX, Entropy
from crowkis.values.limits import KIB, MIB

SUFFIX = ".crowkbak"
ARCHIVE_MAGIC = b"CROWKBAK"
PACK_BYTES = 128 * KIB
"""A record is closed when its keys and values reach this; one larger value makes a larger record."""
SYNC_BYTES = 8 * MIB
"""Synced so often while written, so that the log's syncs never wait behind a whole archive."""

PACKED = 4
SUMMARY = 5
_NUMBER = 1
_RAW = Struct("<I")
_SIZES = Struct("<II")
_SUMMARY = Struct("<Q16s")
_RATIO_MAX = 256
"""LZ4 packs no tighter than 255 to 1: a record that says more is not worth the memory it asks for."""

Pair = tuple[bytes, bytes]


class Written(NamedTuple):
    """An archive just written."""

    entries: int
    size_bytes: int


def write(pairs: Iterable[Pair], filesystem: Filesystem, name: str, entropy: Entropy = os.urandom) -> Written:
    """Write pairs, in key order, as the archive `name`; durable under that name when this returns.

    Replaces an archive of that name in one step. Raises DiskError and what `pairs` raises; the name is then as before.
    """
    temporary = name + TEMPORARY_SUFFIX
    try:
        file = filesystem.create(temporary)
        try:
            writer = _Writer(file, entropy(MARK_BYTES))
            for key, value in pairs:
                writer.add(key, value)
            written = writer.finish()
        except BaseException:
            with suppress(OSError):  # only to give the room back; the next attempt replaces it otherwise
                filesystem.remove(temporary)
            raise
        finally:
            file.close()
        filesystem.rename(temporary, name)
        filesystem.sync_directory()
    except OSError as error:
        raise DiskError(f"writing {name}", str(error)) from error
    return written


def clear_unfinished(filesystem: Filesystem) -> None:
    """Remove what writers that were killed left behind; there must be none at work. Raises DiskError."""
    try:
        for name in filesystem.names():
            if name.endswith(SUFFIX + TEMPORARY_SUFFIX):
                filesystem.remove(name)
    except OSError as error:
        raise DiskError("clearing unfinished backups", str(error)) from error


def read(
    filesystem: Filesystem, name: str, progress: Callable[[int], object] = lambda read_bytes: None
) -> Iterator[Pair]:
    """The pairs of an archive, in key order. `progress` is told of every record's size.

    Raises FileNotFoundError, DiskError, UnknownFormat, and Corruption naming the byte where damage was met.
    """
    try:
        yield from _Reader(filesystem.open(name), name).pairs(progress)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DiskError(f"reading {name}", str(error)) from error


class _Writer:
    def __init__(self, file: File, mark: bytes) -> None:
        self._file = file
        self._mark = mark
        self._digest = blake2b(digest_size=16)
        self._pieces: list[bytes] = []
        self._raw_bytes = 0
        self._entries = 0
        self._size_bytes = 0
        self._unsynced_bytes = 0
        self._append(encode_header(ARCHIVE_MAGIC, _NUMBER, mark))

    def add(self, key: bytes, value: bytes) -> None:
        self._pieces += (_SIZES.pack(len(key), len(value)), key, value)
        self._raw_bytes += len(key) + len(value)
        self._entries += 1
        if self._raw_bytes >= PACK_BYTES:
            self._pack()

    def finish(self) -> Written:
        if self._pieces:
            self._pack()
        self._append(encode_frame(self._mark, SUMMARY, (_SUMMARY.pack(self._entries, self._digest.digest()),)))
        self._file.sync()
        return Written(self._entries, self._size_bytes)

    def _pack(self) -> None:
        raw = b"".join(self._pieces)
        self._pieces, self._raw_bytes = [], 0
        self._append(encode_frame(self._mark, PACKED, (_RAW.pack(len(raw)), lz4.block.compress(raw, store_size=False))))

    def _append(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.append(data)
        self._size_bytes += len(data)
        self._unsynced_bytes += len(data)
        if self._unsynced_bytes >= SYNC_BYTES:
            self._file.sync()
            self._unsynced_bytes = 0


class _Reader:
    def __init__(self, file: RandomFile, name: str) -> None:
        self._file = file
        self._name = name
        self._digest = blake2b(digest_size=16)

    def pairs(self, progress: Callable[[int], object]) -> Iterator[Pair]:
        header = self._file.read_at(0, HEADER_BYTES)
        mark = read_header(self._name, header, ARCHIVE_MAGIC, _NUMBER)
        self._digest.update(header)
        progress(HEADER_BYTES)
        offset, entries, last = HEADER_BYTES, 0, None
        while True:
            data = self._record_at(offset)
            frame = read_frame(data, memoryview(data), 0, mark)
            if frame is None:
                raise Corruption(self._name, offset, "no intact record here")
            if frame.version not in RECORD_VERSIONS_READ or frame.kind not in (PACKED, SUMMARY):
                text = f"record kind {frame.kind} version {frame.version}, written by a newer program"
                raise UnknownFormat(self._name, offset, text)
            if frame.kind == SUMMARY:
                self._check_summary(data, frame, offset, entries)
                progress(len(data))
                return
            self._digest.update(data)
            for key, value in self._unpacked(data, frame, offset):
                if last is not None and key <= last:
                    raise Corruption(self._name, offset, "keys are not in order")
                last = key
                entries += 1
                yield key, value
            offset += len(data)
            progress(len(data))

    def _record_at(self, offset: int) -> bytes:
        head = self._file.read_at(offset, FRAME_BYTES)
        size_bytes = frame_bytes(head) if len(head) == FRAME_BYTES else FRAME_BYTES
        if offset + size_bytes > self._file.size_bytes:
            raise Corruption(self._name, offset, "ends before its summary: it is damaged here, or was cut short")
        return self._file.read_at(offset, size_bytes)

    def _unpacked(self, data: bytes, frame: Frame, offset: int) -> list[Pair]:
        body = memoryview(data)[frame.body_at : frame.end]
        pairs = []
        try:
            (raw_bytes,) = _RAW.unpack_from(body)
            if raw_bytes > _RATIO_MAX * len(body):
                raise ValueError("it says it holds more than it can")
            raw = lz4.block.decompress(body[_RAW.size :], uncompressed_size=raw_bytes)
            at = 0
            while at < raw_bytes:
                key_bytes, value_bytes = _SIZES.unpack_from(raw, at)
                key_at = at + _SIZES.size
                value_at = key_at + key_bytes
                at = value_at + value_bytes
                pairs.append((raw[key_at:value_at], raw[value_at:at]))
            if at != raw_bytes or len(raw) != raw_bytes:
                raise ValueError("its pairs do not fill it")
        except (StructError, ValueError, lz4.block.LZ4BlockError) as error:
            raise Corruption(self._name, offset, f"a record does not unpack: {error}") from error
        return pairs

    def _check_summary(self, data: bytes, frame: Frame, offset: int, entries: int) -> None:
        if frame.end - frame.body_at != _SUMMARY.size:
            raise Corruption(self._name, offset, "a summary of the wrong size")
        written, digest = _SUMMARY.unpack_from(data, frame.body_at)
        if written != entries:
            raise Corruption(self._name, offset, f"{written} entries were written, {entries} are here")
        if digest != self._digest.digest():
            raise Corruption(self._name, offset, "the checksum of the whole does not agree")
        end = offset + len(data)
        if end != self._file.size_bytes:
            raise Corruption(self._name, end, f"{self._file.size_bytes - end} bytes follow the summary")
