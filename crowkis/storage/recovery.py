"""From a directory of files to a tree, a memtable and an open log.

The order is the safety: read everything, then make the newest segment durable again, and only then remove what the
manifest does not name. Never removes a file of strangers, never opens a directory with a gap in its log.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from crowkis.interfaces import Filesystem
from crowkis.storage.checkpoint import checkpoint_name, checkpoint_number, read_checkpoint
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption
from crowkis.storage.manifest import MANIFEST_NAME, Manifest, read_manifest
from crowkis.storage.memtable import Memtable
from crowkis.storage.table import table_number
from crowkis.storage.tree import Tree
from crowkis.storage.wal import (
    SEGMENT_BYTES_MAX,
    TEMPORARY_SUFFIX,
    Entropy,
    Replayed,
    Wal,
    replay_segment,
    segment_name,
    segment_number,
)


class RecoveryReport(NamedTuple):
    """What opening found, for the start-up lines and metrics."""

    tables: int
    table_bytes: int
    checkpoint: str | None
    """The file of format version 1 that was read instead of tables."""
    segments: int
    records: int
    """Batches read from the log."""
    log_bytes: int
    cut_bytes: int
    """An unfinished write at the end of the log: never acknowledged as durable, now gone."""


class Plan(NamedTuple):
    """Which files count and which are left over from a crash."""

    checkpoint: int | None
    segments: list[int]
    """Without a gap; empty in a new directory, and where the log was to begin anew at `first`."""
    leftovers: list[str]
    first: int
    """The segment reading begins with."""


def holds_store(names: Iterable[str]) -> bool:
    """Is there any file here that only a store writes?"""
    kinds = (segment_number, checkpoint_number, table_number)
    return any(name == MANIFEST_NAME or any(kind(name) is not None for kind in kinds) for name in names)


def plan(names: Iterable[str], manifest: Manifest | None = None) -> Plan:
    """Sort out a directory's files by name alone; files of strangers are left alone. Raises Corruption on a gap.

    Where Wal.promise_successor() left word that the log was about to begin anew, its absence is no gap.
    """
    checkpoints, segments, leftovers = {}, {}, []
    live_tables = {line.number for line in manifest.tables} if manifest else set()
    for name in names:
        stem = name.removesuffix(TEMPORARY_SUFFIX)
        number, covers_below, table = segment_number(stem), checkpoint_number(stem), table_number(stem)
        if number is None and covers_below is None and table is None and stem != MANIFEST_NAME:
            continue
        if stem != name or (table is not None and table not in live_tables):
            leftovers.append(name)
        elif number is not None:
            segments[number] = name
        elif covers_below is not None:
            checkpoints[covers_below] = name
    checkpoint = None if manifest else max(checkpoints, default=None)
    first = manifest.log_from if manifest else checkpoint or 1
    leftovers += [name for number, name in sorted(checkpoints.items()) if number != checkpoint]
    leftovers += [name for number, name in sorted(segments.items()) if number < first]
    live = sorted(number for number in segments if number >= first)
    for expected, number in enumerate(live, start=first):
        if number != expected:
            raise Corruption(segment_name(expected), 0, f"is missing, though {segment_name(number)} is there")
    promised = manifest and first - 1 in segments and segment_name(first) + TEMPORARY_SUFFIX in leftovers
    if promised and not live:
        return Plan(checkpoint, live, leftovers, first)
    if not live and (manifest or checkpoint is not None):
        names_it = MANIFEST_NAME if manifest else checkpoint_name(first)
        raise Corruption(segment_name(first), 0, f"is missing, though {names_it} is there")
    if not live and live_tables | {table_number(name) for name in leftovers} - {None}:
        raise Corruption(MANIFEST_NAME, 0, "is missing, and so is the log, though there are tables")
    return Plan(checkpoint, live, leftovers, first)


def recover(
    filesystem: Filesystem,
    entropy: Entropy,
    tree: Tree,
    table: Memtable,
    counted: bytes,
    segment_bytes_max: int = SEGMENT_BYTES_MAX,
) -> tuple[Wal, Counts, RecoveryReport]:
    """Load the tree, fill `table` and open the log for more. Raises OSError, Corruption or UnknownFormat."""
    names = filesystem.names()
    manifest = read_manifest(filesystem.read(MANIFEST_NAME)) if MANIFEST_NAME in names else None
    files = plan(names, manifest)
    counts = Counts(counted, manifest.counts if manifest else None)
    if manifest is not None:
        tree.load(manifest, names)
    else:
        tree.skip_numbers(names)
    if files.checkpoint is not None:
        read_checkpoint(files.checkpoint, filesystem.read(checkpoint_name(files.checkpoint)), table)
    data, found, records, older_bytes = b"", Replayed(b"", 0, 0, 0), 0, {}
    newest = files.segments[-1] if files.segments else files.first
    for number in files.segments:
        data = filesystem.read(segment_name(number))
        found = replay_segment(number, data, newest=number == newest, table=table, counts=counts)
        records += found.records
        if number != newest:
            older_bytes[number] = len(data)
    table.measure()
    wal = Wal(filesystem, entropy, newest, data[: found.kept_bytes], older_bytes, segment_bytes_max)
    try:
        for name in files.leftovers:
            with suppress(FileNotFoundError):  # the newest segment's own temporary file was used up just now
                filesystem.remove(name)
    except OSError:
        wal.close()
        raise
    report = RecoveryReport(
        tables=len(manifest.tables) if manifest else 0,
        table_bytes=sum(line.size_bytes for line in manifest.tables) if manifest else 0,
        checkpoint=None if files.checkpoint is None else checkpoint_name(files.checkpoint),
        segments=max(1, len(files.segments)),
        records=records,
        log_bytes=wal.log_bytes,
        cut_bytes=found.cut_bytes,
    )
    return wal, counts, report


def remove_covered(filesystem: Filesystem, log_from: int) -> None:
    """Remove segments older than `log_from`, and checkpoints: durable tables hold what they did. Raises OSError."""
    for name in filesystem.names():
        older = segment_number(name)
        if (older is not None and older < log_from) or checkpoint_number(name) is not None:
            with suppress(FileNotFoundError):
                filesystem.remove(name)
