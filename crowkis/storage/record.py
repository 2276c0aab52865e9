"""What one header, frame and operation look like on disk; FORMAT.md says it in words.

Reader and writer share this file. It turns bytes into values and back.
It never touches a disk and never decides what damage means: wal.py and checkpoint.py do.
"""

import struct
import zlib
from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption, UnknownFormat
from crowkis.storage.memtable import Memtable

FORMAT_VERSION = 1
RECORD_VERSION = 2
RECORD_VERSIONS_READ = (1, 2)

LOG_MAGIC = b"CROWKLOG"
CHECKPOINT_MAGIC = b"CROWKCKP"
TABLE_MAGIC = b"CROWKTAB"
MANIFEST_MAGIC = b"CROWKMAN"
MARK_BYTES = 4

_HEADER = Struct("<8sIQ4s")
_CRC = Struct("<I")
HEADER_BYTES = _HEADER.size + _CRC.size

_FRAME = Struct("<4sIIBB")
_LABEL = Struct("<IBB")
FRAME_BYTES = _FRAME.size
_CRC_FROM = FRAME_BYTES - _LABEL.size

BATCH = 1
END = 2
TREE = 3
_END_BODY = Struct("<Q")

PUT = 1
REMOVE = 2
REMOVE_PREFIX = 3
REPLACE = 4
_PUT_HEAD = Struct("<BII")
_REMOVE_HEAD = Struct("<BI")
PUT_HEAD_BYTES = _PUT_HEAD.size
REMOVE_HEAD_BYTES = _REMOVE_HEAD.size
put_head = _PUT_HEAD.pack
"""put_head(PUT or REPLACE, key bytes, value bytes): what stands before the key and the value."""
remove_head = _REMOVE_HEAD.pack
"""remove_head(REMOVE or REMOVE_PREFIX, key bytes): what stands before the key."""


class Frame(NamedTuple):
    """Where a whole record lies: its body is data[body_at:end]."""

    kind: int
    version: int
    body_at: int
    end: int


def encode_header(magic: bytes, number: int, mark: bytes) -> bytes:
    """The first HEADER_BYTES of a file. `mark` is random: frames begin with it, and stored values cannot forge it."""
    assert len(mark) == MARK_BYTES
    header = _HEADER.pack(magic, FORMAT_VERSION, number, mark)
    return header + _CRC.pack(zlib.crc32(header))


def read_header(file: str, data: bytes, magic: bytes, number: int) -> bytes:
    """The file's mark. Raises Corruption or UnknownFormat."""
    if len(data) < HEADER_BYTES:
        raise Corruption(file, len(data), f"shorter than its header of {HEADER_BYTES} bytes")
    found_magic, version, found_number, mark = _HEADER.unpack_from(data)
    if found_magic != magic:
        raise Corruption(file, 0, "does not begin like a file of this kind")
    if _CRC.unpack_from(data, _HEADER.size)[0] != zlib.crc32(data[: _HEADER.size]):
        raise Corruption(file, 0, "the header's checksum does not agree")
    if version != FORMAT_VERSION:
        raise UnknownFormat(file, 8, f"format version {version}; this program reads {FORMAT_VERSION}")
    if found_number != number:
        raise Corruption(file, 12, f"was written as number {found_number}: somebody renamed it")
    return bytes(mark)


def encode_frame(mark: bytes, kind: int, pieces: Sequence[bytes]) -> bytes:
    """One record whose body is `pieces` joined."""
    body = b"".join(pieces)
    label = _LABEL.pack(len(body), kind, RECORD_VERSION)
    checksum = zlib.crc32(body, zlib.crc32(label))
    return b"".join((mark, _CRC.pack(checksum), label, body))


def encode_end(mark: bytes, number: int) -> bytes:
    """The record that closes a file, naming the next segment (log) or the count of entries (checkpoint)."""
    return encode_frame(mark, END, (_END_BODY.pack(number),))


def read_frame(data: bytes, view: memoryview, offset: int, mark: bytes) -> Frame | None:
    """The record at `offset`, or None where there is no whole and intact one. `view` is a view of `data`."""
    body_at = offset + FRAME_BYTES
    if body_at > len(data):
        return None
    found_mark, checksum, size_bytes, kind, version = _FRAME.unpack_from(data, offset)
    end = body_at + size_bytes
    if found_mark != mark or end > len(data) or zlib.crc32(view[offset + _CRC_FROM : end]) != checksum:
        return None
    return Frame(kind, version, body_at, end)


def frame_bytes(head: bytes) -> int:
    """How long the record that begins with these FRAME_BYTES says it is, all of it."""
    size_bytes: int = _FRAME.unpack(head)[2]
    return FRAME_BYTES + size_bytes


def find_frame(data: bytes, view: memoryview, offset: int, mark: bytes) -> int | None:
    """Where the first intact record at or after `offset` begins. Quick: only places that hold the mark are tried."""
    offset = data.find(mark, offset)
    while offset >= 0:
        if read_frame(data, view, offset, mark) is not None:
            return offset
        offset = data.find(mark, offset + 1)
    return None


def check_known(file: str, frame: Frame, kinds: Sequence[int] = (BATCH, END)) -> None:
    """Raise UnknownFormat where an intact record is of a kind or version this program does not read."""
    if frame.version not in RECORD_VERSIONS_READ or frame.kind not in kinds:
        text = f"record kind {frame.kind} version {frame.version}, written by a newer program"
        raise UnknownFormat(file, frame.body_at - FRAME_BYTES, text)


def read_end(file: str, data: bytes, frame: Frame) -> int:
    """The number an END record holds."""
    if frame.end - frame.body_at != _END_BODY.size:
        raise Corruption(file, frame.body_at, "an end record of the wrong size")
    number: int = _END_BODY.unpack_from(data, frame.body_at)[0]
    return number


def apply_batch(file: str, data: bytes, frame: Frame, table: Memtable, counts: Counts) -> None:
    """Do to `table` what the batch's operations say. Raises Corruption where they do not fill the body exactly."""
    position, end = frame.body_at, frame.end
    unpack_put, unpack_remove = _PUT_HEAD.unpack_from, _REMOVE_HEAD.unpack_from
    try:
        while position < end:
            started = position
            kind = data[position]
            if kind in (PUT, REPLACE):
                _, key_bytes, value_bytes = unpack_put(data, position)
                key_at = position + PUT_HEAD_BYTES
                value_at = key_at + key_bytes
                position = value_at + value_bytes
                if position > end:
                    raise Corruption(file, started, "a put reaches beyond its batch")
                key = data[key_at:value_at]
                table[key] = data[value_at:position]
                if kind == PUT:
                    counts.add(key)
                continue
            _, key_bytes = unpack_remove(data, position)
            key_at = position + REMOVE_HEAD_BYTES
            position = key_at + key_bytes
            if kind not in (REMOVE, REMOVE_PREFIX) or position > end:
                raise Corruption(file, started, "not an operation")
            key = data[key_at:position]
            if kind == REMOVE:
                table[key] = None
                counts.discard(key)
            else:
                table.remove_prefix(key)
                counts.discard_prefix(key)
    except struct.error:
        raise Corruption(file, position, "an operation is cut short inside its batch") from None
