"""Brings an index's snapshot up to date in a process of its own: `python -m crowkis.replica`, started by snapshots.py.

Copying a graph out of hnswlib holds the interpreter for 1.7 ms per 1,000 vectors, and forking the server takes longer
still (decision 0012). So this process reads the last snapshot, makes the changes the server tells it on standard
input, and writes the next one. It links every new vector once more, on a core the server does not use, at the lowest
priority. Never writes a snapshot unless all changes have arrived; never touches the store.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from crowkis.engine.state import Space, SpaceKey
from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.snapshot import ID_BYTES, SnapshotError, load, save, snapshot_name
from crowkis.interfaces import Filesystem
from crowkis.storage.disk import Directory

CUT_SHORT = 3
"""Exit code where the changes did not arrive in full."""
HEAD_BYTES_MAX = 1 << 20
PRIORITY = 19

Change = tuple[bytes, bytes | None]
"""Entry id, and its vector as float32 bytes or None where it is gone."""


class Order(NamedTuple):
    """What comes before the changes, as one line of JSON."""

    directory: str
    space: SpaceKey
    dimension: int
    follows: bool
    """The changes are those since the snapshot that is there; otherwise they are everything."""
    rows: int


def encode_order(order: Order) -> bytes:
    """The first line."""
    return json.dumps(order._asdict()).encode() + b"\n"


def encode_change(change: Change) -> bytes:
    """One row: id, whether a vector follows, the vector."""
    entry_id, vector = change
    return entry_id + b"\x00" if vector is None else entry_id + b"\x01" + vector


def read_order(stream: BinaryIO) -> Order:
    """The first line of what the server sends. Raises ValueError where it is not whole."""
    facts = json.loads(stream.readline(HEAD_BYTES_MAX))
    return Order(**facts | {"space": tuple(facts["space"])})


def read_changes(stream: BinaryIO, order: Order) -> Iterator[Change]:
    """The rows after the first line. Raises EOFError where there are fewer than told."""
    for _ in range(order.rows):
        head = _exactly(stream, ID_BYTES + 1)
        yield head[:ID_BYTES], _exactly(stream, 4 * order.dimension) if head[ID_BYTES] else None


def bring_up_to_date(filesystem: Filesystem, order: Order, changes: Iterable[Change], writer: int = 0) -> int:
    """Make the next snapshot of a space; gives its size in bytes.

    Raises SnapshotError, OSError and what `changes` raises; then the last snapshot stays.
    """
    if order.follows:
        space = Space.restored(load(filesystem, snapshot_name(order.space)).restored)
    else:
        space = Space(AdaptiveIndex(order.dimension))
    for entry_id, vector in changes:
        if vector is None:
            space.drop(entry_id)
        else:
            space.put(entry_id, np.frombuffer(vector, dtype="<f4"))
    assert isinstance(space.index, AdaptiveIndex)
    return save(filesystem, order.space, space.index, space.labels, writer)


def main() -> int:
    """Do as told on standard input; tells the size on standard output."""
    _step_back()
    try:
        order = read_order(sys.stdin.buffer)
        directory = Directory(Path(order.directory), lock=False)
        size_bytes = bring_up_to_date(directory, order, read_changes(sys.stdin.buffer, order), os.getpid())
    except (EOFError, ValueError):
        return CUT_SHORT
    except (OSError, SnapshotError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    sys.stdout.write(f"{size_bytes}\n")
    return 0


def _step_back() -> None:
    """Let the server go first for the processor, and have this process ended before it when memory runs out."""
    os.nice(PRIORITY)
    with suppress(OSError):  # a system that has no such file or does not allow it
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _exactly(stream: BinaryIO, size_bytes: int) -> bytes:
    data = stream.read(size_bytes)
    if len(data) != size_bytes:
        raise EOFError
    return data


if __name__ == "__main__":
    sys.exit(main())
