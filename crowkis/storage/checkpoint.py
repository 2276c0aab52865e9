"""The whole table in one file, as format version 1 kept it; read once, when a directory of that version is opened.

NNNNNN.checkpoint holds what segments below NNNNNN did; reading goes on with NNNNNN.log. Any damage in it refuses
opening: it got its name only when it was whole. Never writes one: the first flush makes it superfluous.
"""

import re

from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption
from crowkis.storage.memtable import Memtable
from crowkis.storage.record import (
    CHECKPOINT_MAGIC,
    END,
    HEADER_BYTES,
    apply_batch,
    check_known,
    read_end,
    read_frame,
    read_header,
)

_CHECKPOINT_NAME = re.compile(r"(\d{6,})\.checkpoint")


def checkpoint_name(number: int) -> str:
    """The file name of the checkpoint that covers every segment below `number`."""
    return f"{number:06}.checkpoint"


def checkpoint_number(name: str) -> int | None:
    """The number of the checkpoint called `name`, or None for other files."""
    match = _CHECKPOINT_NAME.fullmatch(name)
    return int(match[1]) if match and checkpoint_name(int(match[1])) == name else None


def read_checkpoint(number: int, data: bytes, table: Memtable) -> None:
    """Fill the empty `table` from a checkpoint's bytes. Raises Corruption or UnknownFormat."""
    assert not table
    counts = Counts(b"")
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
        apply_batch(file, data, frame, table, counts)
        offset = frame.end
    entries = read_end(file, data, frame)
    if entries != len(table):
        raise Corruption(file, offset, f"{entries} entries were written, {len(table)} are here")
    if frame.end != len(data):
        raise Corruption(file, frame.end, f"{len(data) - frame.end} bytes follow the end record")
