"""An index as one file, so that opening need not link its graph again. FORMAT.md has the grammar.

A snapshot is a help and never the truth: the entries in the store are. So a file that is not exactly what was
written is refused as a whole, whoever reads one compares every vector's digest with the entry's, and losing it costs
time alone. It has its name only once it is whole and synced. Never knows where entries come from, never reads a clock.
"""

import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.hnsw import BREADTH_ADD, LINKS
from crowkis.interfaces import Filesystem, Restored
from crowkis.values.limits import MIB

MAGIC = b"CROWKIDX"
VERSION = 1
SUFFIX = ".index"
TEMPORARY_SUFFIX = ".new"
HEAD = struct.Struct("<8sIIQ")
"""Magic, version, size of the facts, size of the arrays; a CRC-32 of it follows."""
CRC = struct.Struct("<I")
ID_BYTES = 16

SpaceName = tuple[str, str, str]
"""Tenant, namespace, fingerprint."""


class SnapshotError(Exception):
    """A snapshot cannot be used; the text says why and names no tenant."""


class IndexFile(NamedTuple):
    """What the file of a snapshot holds."""

    space: SpaceName
    restored: Restored


def snapshot_name(space: SpaceName) -> str:
    """The file name of a space's snapshot: says nothing about whose it is."""
    return blake2b(json.dumps(space).encode(), digest_size=8).hexdigest() + SUFFIX


def made_with() -> str:
    """What decides how a graph looks: a snapshot made with anything else is linked anew."""
    return f"hnswlib {version('hnswlib')}, {LINKS} links, breadth {BREADTH_ADD}"


def save(
    filesystem: Filesystem, space: SpaceName, index: AdaptiveIndex, labels: dict[bytes, int], writer: int = 0
) -> int:
    """Write a snapshot, durable under its name when this returns; gives its size in bytes. Raises OSError.

    Two writers of different numbers may write at the same time: one of the two whole files stays.
    """
    name = snapshot_name(space)
    temporary = f"{name}.{writer}{TEMPORARY_SUFFIX}"
    file = filesystem.create(temporary)
    written_bytes = 0
    try:
        for piece in encode(space, index, labels):
            file.append(piece)
            written_bytes += len(piece)
        file.sync()
    except OSError:
        with suppress(OSError):  # only to give the room back; opening removes it otherwise
            filesystem.remove(temporary)
        raise
    finally:
        file.close()
    filesystem.rename(temporary, name)
    filesystem.sync_directory()
    return written_bytes


def encode(space: SpaceName, index: AdaptiveIndex, labels: dict[bytes, int]) -> Iterator[bytes]:
    """The file in pieces. `labels` must name exactly what the index holds."""
    assert len(labels) == len(index), (len(labels), len(index))
    arrays: dict[str, npt.NDArray[Any]] = {
        "ids": _rows(labels),
        "labels": np.fromiter(labels.values(), np.int64, len(labels)),
        "digests": _rows([index.digest(label) for label in labels.values()]),
    }
    parts = []
    for place, (facts, held) in enumerate(index.dump()):
        parts.append(facts)
        arrays |= {f"{place}/{name}": array for name, array in held.items()}
    facts = {
        "space": space,
        "dimension": index.dimension,
        "made_with": made_with(),
        "parts": parts,
        "arrays": [[name, array.dtype.str, array.shape] for name, array in arrays.items()],
    }
    body = json.dumps(facts, separators=(",", ":")).encode()
    head = HEAD.pack(MAGIC, VERSION, len(body), sum(array.nbytes for array in arrays.values()))
    yield head + CRC.pack(crc32(head)) + body
    check = crc32(body)
    for array in arrays.values():
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        for start in range(0, len(flat), MIB):
            piece = flat[start : start + MIB].tobytes()
            check = crc32(piece, check)
            yield piece
    yield CRC.pack(check)


def load(filesystem: Filesystem, name: str) -> IndexFile:
    """Read a snapshot. Raises SnapshotError where it is not what was written, and OSError."""
    data = filesystem.read(name)
    facts, arrays = _checked(data)
    if facts["made_with"] != made_with():
        raise SnapshotError(f"made with {facts['made_with']}; this server uses {made_with()}")
    try:
        snapshot = _restore(facts, arrays)
    except (KeyError, ValueError, IndexError, TypeError, RuntimeError) as error:
        raise SnapshotError(f"describes no index: {error!r}") from error
    if snapshot_name(snapshot.space) != name:
        raise SnapshotError("lies under another file's name")
    return snapshot


def _checked(data: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The facts and arrays of an intact file of this version."""
    start = HEAD.size + CRC.size
    if len(data) < start or CRC.unpack_from(data, HEAD.size)[0] != crc32(data[: HEAD.size]):
        raise SnapshotError("its beginning is damaged")
    magic, number, facts_bytes, array_bytes = HEAD.unpack_from(data)
    if magic != MAGIC or number != VERSION:
        raise SnapshotError(f"of format version {number}; this server reads {VERSION}")
    end = start + facts_bytes + array_bytes
    if len(data) != end + CRC.size:
        raise SnapshotError(f"has {len(data)} bytes instead of {end + CRC.size}")
    if CRC.unpack_from(data, end)[0] != crc32(memoryview(data)[start:end]):
        raise SnapshotError("its checksum is wrong")
    facts = json.loads(data[start : start + facts_bytes])
    offset, arrays = start + facts_bytes, {}
    for name, kind, shape in facts["arrays"]:
        array = np.frombuffer(data, np.dtype(kind), int(np.prod(shape)), offset).reshape(shape)
        offset += array.nbytes
        # where the graph's large array of bytes begins does not matter; other numbers must lie aligned
        arrays[name] = array if array.itemsize == 1 else array.copy()
    return facts, arrays


def _restore(facts: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> IndexFile:
    ids = _split(arrays["ids"])
    labels = arrays["labels"].tolist()
    digests = dict(zip(labels, _split(arrays["digests"]), strict=True))
    parts = []
    for place, part in enumerate(facts["parts"]):
        prefix = f"{place}/"
        held = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        parts.append((part, held))
    index = AdaptiveIndex.restore(facts["dimension"], parts, digests.__getitem__)
    if set(index.labels()) != digests.keys() or len(set(ids)) != len(digests):
        raise ValueError("its entries are not those of its index")
    restored = Restored(index, dict(zip(ids, labels, strict=True)), dict(zip(ids, digests.values(), strict=True)))
    return IndexFile((facts["space"][0], facts["space"][1], facts["space"][2]), restored)


def _rows(names: Any) -> npt.NDArray[np.uint8]:
    """Names of 16 bytes as an array with one a row."""
    return np.frombuffer(b"".join(names), np.uint8).reshape(-1, ID_BYTES)


def _split(rows: npt.NDArray[np.uint8]) -> list[bytes]:
    data = rows.tobytes()
    return [data[start : start + ID_BYTES] for start in range(0, len(data), ID_BYTES)]
