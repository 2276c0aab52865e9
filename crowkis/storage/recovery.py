"""From a directory of files to a table and an open log.

The order is the safety: read everything, then make the newest segment durable again, and only then remove what a
durable checkpoint covers. Never removes a file it did not write, never opens a directory with a gap in its log.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from crowkis.interfaces import Filesystem
from crowkis.storage.checkpoint import checkpoint_name, checkpoint_number, read_checkpoint
from crowkis.storage.errors import Corruption
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

    entries: int
    checkpoint: str | None
    checkpoint_bytes: int
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
    """Without a gap; empty in a new directory."""
    leftovers: list[str]


def plan(names: Iterable[str]) -> Plan:
    """Sort out a directory's files by name alone; files of strangers are left alone. Raises Corruption on a gap."""
    checkpoints, segments, leftovers = {}, {}, []
    for name in names:
        stem = name.removesuffix(TEMPORARY_SUFFIX)
        number, covers_below = segment_number(stem), checkpoint_number(stem)
        if number is None and covers_below is None:
            continue
        if stem != name:
            leftovers.append(name)
        elif number is not None:
            segments[number] = name
        elif covers_below is not None:
            checkpoints[covers_below] = name
    checkpoint = max(checkpoints, default=None)
    first = checkpoint or 1
    leftovers += [name for number, name in sorted(checkpoints.items()) if number != checkpoint]
    leftovers += [name for number, name in sorted(segments.items()) if number < first]
    live = sorted(number for number in segments if number >= first)
    for expected, number in enumerate(live, start=first):
        if number != expected:
            raise Corruption(segment_name(expected), 0, f"is missing, though {segment_name(number)} is there")
    if checkpoint is not None and not live:
        raise Corruption(segment_name(first), 0, f"is missing, though {checkpoint_name(first)} is there")
    return Plan(checkpoint, live, leftovers)


def recover(
    filesystem: Filesystem,
    entropy: Entropy,
    table: dict[bytes, bytes],
    segment_bytes_max: int = SEGMENT_BYTES_MAX,
) -> tuple[Wal, RecoveryReport]:
    """Fill `table` and open the log for more. Raises OSError, Corruption or UnknownFormat."""
    files = plan(filesystem.names())
    checkpoint_bytes = 0
    if files.checkpoint is not None:
        data = filesystem.read(checkpoint_name(files.checkpoint))
        checkpoint_bytes = len(data)
        read_checkpoint(files.checkpoint, data, table)
    data, found, records, older_bytes = b"", Replayed(b"", 0, 0, 0), 0, {}
    newest = files.segments[-1] if files.segments else 1
    for number in files.segments:
        data = filesystem.read(segment_name(number))
        found = replay_segment(number, data, newest=number == newest, table=table)
        records += found.records
        if number != newest:
            older_bytes[number] = len(data)
    wal = Wal(filesystem, entropy, newest, data[: found.kept_bytes], older_bytes, segment_bytes_max)
    try:
        for name in files.leftovers:
            with suppress(FileNotFoundError):  # the newest segment's own temporary file was used up just now
                filesystem.remove(name)
    except OSError:
        wal.close()
        raise
    report = RecoveryReport(
        entries=len(table),
        checkpoint=None if files.checkpoint is None else checkpoint_name(files.checkpoint),
        checkpoint_bytes=checkpoint_bytes,
        segments=max(1, len(files.segments)),
        records=records,
        log_bytes=wal.log_bytes,
        cut_bytes=found.cut_bytes,
    )
    return wal, report
