"""Which tables make up the tree, where the log goes on and how many keys there are: one small file, replaced whole.

What it does not name is not part of the store. It gets its name by renaming, after it and everything it names is
durable. Never written in place; any damage in it refuses opening.
"""

import struct
from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from crowkis.interfaces import Filesystem
from crowkis.storage.errors import Corruption
from crowkis.storage.record import (
    END,
    HEADER_BYTES,
    MANIFEST_MAGIC,
    MARK_BYTES,
    TREE,
    check_known,
    encode_end,
    encode_frame,
    encode_header,
    read_end,
    read_frame,
    read_header,
)
from crowkis.storage.wal import TEMPORARY_SUFFIX

MANIFEST_NAME = "MANIFEST"
LEVELS = 3
_NUMBER = 1

_HEAD = Struct("<QBHI")
_COUNT = Struct("<BQ")
_TABLE = Struct("<BQQI")


class TableLine(NamedTuple):
    """One table as the manifest names it."""

    level: int
    number: int
    size_bytes: int
    footer_crc: int


class Manifest(NamedTuple):
    """Everything it says."""

    log_from: int
    """The segment to go on reading with: the tables hold what older ones did."""
    counted: bytes
    """The key spaces that are counted."""
    counts: dict[bytes, int]
    """Live keys by prefix, as of the beginning of that segment."""
    tables: tuple[TableLine, ...]
    """By level; level 0 newest first, the others in key order."""


def write_manifest(filesystem: Filesystem, entropy: Callable[[int], bytes], manifest: Manifest) -> None:
    """Replace the manifest, durable when this returns; what it names must be synced already. Raises OSError."""
    mark = entropy(MARK_BYTES)
    pieces = [_HEAD.pack(manifest.log_from, len(manifest.counted), len(manifest.counts), len(manifest.tables))]
    pieces.append(manifest.counted)
    for prefix, count in sorted(manifest.counts.items()):
        pieces += (_COUNT.pack(len(prefix), count), prefix)
    pieces += (_TABLE.pack(*line) for line in manifest.tables)
    file = filesystem.create(MANIFEST_NAME + TEMPORARY_SUFFIX)
    try:
        file.append(
            encode_header(MANIFEST_MAGIC, _NUMBER, mark)
            + encode_frame(mark, TREE, pieces)
            + encode_end(mark, len(manifest.tables))
        )
        file.sync()
    finally:
        file.close()
    filesystem.sync_directory()
    filesystem.rename(MANIFEST_NAME + TEMPORARY_SUFFIX, MANIFEST_NAME)
    filesystem.sync_directory()


def read_manifest(data: bytes) -> Manifest:
    """What a manifest's bytes say. Raises Corruption or UnknownFormat."""
    file, view = MANIFEST_NAME, memoryview(data)
    mark = read_header(file, data, MANIFEST_MAGIC, _NUMBER)
    frame = read_frame(data, view, HEADER_BYTES, mark)
    if frame is None:
        raise Corruption(file, HEADER_BYTES, "no intact record here")
    check_known(file, frame, (TREE,))
    end = read_frame(data, view, frame.end, mark)
    if frame.kind != TREE or end is None or end.kind != END or end.end != len(data):
        raise Corruption(file, frame.end, "does not end like a manifest")
    try:
        manifest = _decoded(data[frame.body_at : frame.end])
    except (struct.error, IndexError) as error:
        raise Corruption(file, frame.body_at, f"not the body of a manifest: {error}") from error
    if read_end(file, data, end) != len(manifest.tables):
        raise Corruption(file, end.body_at, "its end record names another number of tables")
    return manifest


def _decoded(body: bytes) -> Manifest:
    log_from, counted_bytes, prefixes, tables = _HEAD.unpack_from(body)
    at = _HEAD.size + counted_bytes
    counted = body[_HEAD.size : at]
    counts = {}
    for _ in range(prefixes):
        prefix_bytes, count = _COUNT.unpack_from(body, at)
        at += _COUNT.size + prefix_bytes
        counts[body[at - prefix_bytes : at]] = count
    lines = []
    for _ in range(tables):
        lines.append(TableLine(*_TABLE.unpack_from(body, at)))
        at += _TABLE.size
    if at != len(body):
        raise IndexError("it does not fill its record")
    return Manifest(log_from, counted, counts, tuple(lines))
