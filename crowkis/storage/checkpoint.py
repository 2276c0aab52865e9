"""The whole table in one file, so that the log before it can go.

NNNNNN.checkpoint holds what segments below NNNNNN did; reading goes on with NNNNNN.log. It has the name only once it is
whole and synced. Any damage in it refuses opening: there is no unfinished write to excuse here.
Never writes to the log; removes the segments that a durable checkpoint covers.
"""

import re
from collections.abc import Mapping
from contextlib import suppress

from crowkis.interfaces import File, Filesystem
from crowkis.storage.errors import Corruption
from crowkis.storage.record import (
    BATCH,
    CHECKPOINT_MAGIC,
    END,
    HEADER_BYTES,
    PUT,
    PUT_HEAD_BYTES,
    apply_batch,
    check_known,
    encode_end,
    encode_frame,
    encode_header,
    put_head,
    read_end,
    read_frame,
    read_header,
)
from crowkis.storage.wal import TEMPORARY_SUFFIX, segment_number
from crowkis.values.limits import KIB

CHUNK_BYTES = 128 * KIB
"""A record is written when it holds this much; between two the writer lets other threads run."""

_CHECKPOINT_NAME = re.compile(r"(\d{6,})\.checkpoint")


def checkpoint_name(number: int) -> str:
    """The file name of the checkpoint that covers every segment below `number`."""
    return f"{number:06}.checkpoint"


def checkpoint_number(name: str) -> int | None:
    """The number of the checkpoint called `name`, or None for other files."""
    match = _CHECKPOINT_NAME.fullmatch(name)
    return int(match[1]) if match and checkpoint_name(int(match[1])) == name else None


def write_checkpoint(filesystem: Filesystem, number: int, mark: bytes, table: Mapping[bytes, bytes]) -> int:
    """Write `table`, durable under its name when this returns; gives its size in bytes. Raises OSError."""
    name = checkpoint_name(number)
    file = filesystem.create(name + TEMPORARY_SUFFIX)
    try:
        written_bytes = _write_table(file, number, mark, table)
        file.sync()
    except OSError:
        with suppress(OSError):  # only to give the room back; opening removes it otherwise
            filesystem.remove(name + TEMPORARY_SUFFIX)
        raise
    finally:
        file.close()
    filesystem.rename(name + TEMPORARY_SUFFIX, name)
    filesystem.sync_directory()
    return written_bytes


def _write_table(file: File, number: int, mark: bytes, table: Mapping[bytes, bytes]) -> int:
    header = encode_header(CHECKPOINT_MAGIC, number, mark)
    file.append(header)
    written_bytes = len(header)
    pieces: list[bytes] = []
    held_bytes = 0
    for key, value in table.items():
        pieces += (put_head(PUT, len(key), len(value)), key, value)
        held_bytes += PUT_HEAD_BYTES + len(key) + len(value)
        if held_bytes >= CHUNK_BYTES:
            written_bytes += _append(file, encode_frame(mark, BATCH, pieces))
            pieces.clear()
            held_bytes = 0
    if pieces:
        written_bytes += _append(file, encode_frame(mark, BATCH, pieces))
    return written_bytes + _append(file, encode_end(mark, len(table)))


def _append(file: File, frame: bytes) -> int:
    file.append(frame)
    return len(frame)


def remove_covered(filesystem: Filesystem, number: int) -> None:
    """Remove the segments and checkpoints older than the durable checkpoint `number`. Raises OSError."""
    for name in filesystem.names():
        older = segment_number(name) or checkpoint_number(name)
        if older is not None and older < number:
            filesystem.remove(name)


def read_checkpoint(number: int, data: bytes, table: dict[bytes, bytes]) -> None:
    """Fill the empty `table` from a checkpoint's bytes. Raises Corruption or UnknownFormat."""
    assert not table
    file, view = checkpoint_name(number), memoryview(data)
    mark = read_header(file, data, CHECKPOINT_MAGIC, number)
    offset = HEADER_BYTES
    while True:
        frame = read_frame(data, view, offset, mark)
        if frame is None:
            raise Corruption(file, offset, "no intact record here")
        check_known(file, frame)
        if frame.kind == END:
            break
        apply_batch(file, data, frame, table)
        offset = frame.end
    entries = read_end(file, data, frame)
    if entries != len(table):
        raise Corruption(file, offset, f"{entries} entries were written, {len(table)} are here")
    if frame.end != len(data):
        raise Corruption(file, frame.end, f"{len(data) - frame.end} bytes follow the end record")
