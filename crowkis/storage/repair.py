"""Make a damaged directory open again with everything that is intact, and say by name what is lost.

Works on a directory nobody has open. What is intact is never removed: a damaged table or segment is replaced by one
that holds its intact parts. Where a removal is lost, what it removed may come back; the report names the file.
Never guesses at bytes: what a checksum does not vouch for is gone.
"""

import contextlib
import os
from collections.abc import Sequence
from typing import NamedTuple

from crowkis.interfaces import Filesystem
from crowkis.storage.cache import BlockCache
from crowkis.storage.check import check_table, nothing_below, verify
from crowkis.storage.checkpoint import checkpoint_name, checkpoint_number, read_checkpoint
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption
from crowkis.storage.manifest import MANIFEST_NAME, Manifest, TableLine, read_manifest, write_manifest
from crowkis.storage.memtable import Memtable, Pair
from crowkis.storage.ranges import NONE
from crowkis.storage.record import (
    BATCH,
    CHECKPOINT_MAGIC,
    HEADER_BYTES,
    LOG_MAGIC,
    MARK_BYTES,
    TABLE_MAGIC,
    apply_batch,
    encode_end,
    encode_frame,
    encode_header,
    find_frame,
    read_frame,
    read_header,
)
from crowkis.storage.table import (
    Table,
    TableWriter,
    parse_block,
    stored_bytes_at,
    table_name,
    table_number,
    unpack_block,
)
from crowkis.storage.wal import TEMPORARY_SUFFIX, Entropy, replay_segment, segment_name, segment_number


class Loss(NamedTuple):
    """Something that was there and could not be kept."""

    file: str
    what: str


def repair(filesystem: Filesystem, entropy: Entropy = os.urandom) -> list[Loss]:
    """Put right what verify() finds; gives what was lost, nothing where all was well. Raises OSError, UnknownFormat."""
    if all(finding.harmless for finding in verify(filesystem)):
        return []
    return _Repair(filesystem, entropy).run()


class _Repair:
    def __init__(self, filesystem: Filesystem, entropy: Entropy) -> None:
        self._filesystem = filesystem
        self._entropy = entropy
        self._names = filesystem.names()
        self._losses: list[Loss] = []
        self._next_table = 1 + max((table_number(name) or 0 for name in self._names), default=0)

    def run(self) -> list[Loss]:
        segments = sorted(number for number in map(segment_number, self._names) if number is not None)
        tables = [number for number in map(table_number, self._names) if number is not None]
        checkpoints = [number for number in map(checkpoint_number, self._names) if number is not None]
        manifest = self._manifest(segments, tables, checkpoints)
        first = manifest.log_from if manifest else max(checkpoints, default=1)
        self._log(first, [number for number in segments if number >= first])
        if manifest is not None:
            lines = [self._table(line) for line in manifest.tables]
            kept = tuple(line for line in lines if line is not None)
            uncounted = Manifest(first, b"", {}, kept)  # no counted space is named: the next opening counts anew
            write_manifest(self._filesystem, self._entropy, uncounted)
        elif checkpoints:
            self._checkpoint(first)
        return self._losses

    def _lost(self, file: str, what: str) -> None:
        self._losses.append(Loss(file, what))

    def _manifest(self, segments: Sequence[int], tables: Sequence[int], checkpoints: Sequence[int]) -> Manifest | None:
        """The manifest, or one that names every table there is; None where nothing was ever flushed."""
        if MANIFEST_NAME in self._names:
            try:
                return read_manifest(self._filesystem.read(MANIFEST_NAME))
            except Corruption as error:
                self._lost(MANIFEST_NAME, f"{error.what}; every table is taken, what was removed may come back")
        elif checkpoints or not tables or segments[:1] == [1]:
            return None
        else:
            self._lost(MANIFEST_NAME, "is missing; every table is taken, what was removed may come back")
        found = []
        for number in tables:
            level, size_bytes = 0, 0
            with contextlib.suppress(Corruption):  # such a table is salvaged, or named as lost, later
                table = Table(self._filesystem, number, BlockCache(0))
                level, size_bytes = table.facts.level, table.size_bytes
            found.append((level, -number, size_bytes))
        lines = tuple(TableLine(0, -number, size_bytes, 0) for _, number, size_bytes in sorted(found))
        return Manifest(min(segments, default=1), b"", {}, lines)

    def _table(self, line: TableLine) -> TableLine | None:
        """The table if it is intact, else another with what is; None where nothing is left."""
        name = table_name(line.number)
        try:
            table = Table(self._filesystem, line.number, BlockCache(0))
        except Corruption as error:
            if name not in self._names:
                self._lost(name, "is missing")
                return None
            self._lost(name, f"{error.what} at byte {error.offset}; its intact blocks are kept, removed ranges are not")
            return self._rewritten(line, self._blocks_by_walking(line.number), None)
        findings = list(check_table(table))
        if not findings:
            return TableLine(line.level, table.number, table.size_bytes, table.footer_crc)
        for finding in findings:
            self._lost(name, f"{finding.what} at byte {finding.offset}")
        pairs: list[Pair] = []
        for at in range(table.blocks):
            try:
                pairs += table.block(at, keep=False).pairs()
            except Corruption:
                continue
        return self._rewritten(line, pairs, table)

    def _rewritten(self, line: TableLine, pairs: list[Pair], table: Table | None) -> TableLine | None:
        ranges = table.ranges if table is not None else NONE
        if not pairs and not ranges:
            return None
        writer = TableWriter(self._filesystem, self._next_table, line.level, self._entropy(MARK_BYTES))
        self._next_table += 1
        for key, value in pairs:
            writer.add(key, value)
        written = writer.finish(ranges)
        return TableLine(line.level, written.number, written.size_bytes, written.footer_crc)

    def _blocks_by_walking(self, number: int) -> list[Pair]:
        """Pairs of the intact blocks of a table whose footer or index is damaged, one block after the other."""
        name = table_name(number)
        data = self._filesystem.read(name)
        pairs: list[Pair] = []
        try:
            mark = read_header(name, data, TABLE_MAGIC, number)
        except Corruption:
            return pairs  # without the mark no checksum can be computed
        offset = HEADER_BYTES
        while (size_bytes := stored_bytes_at(data, offset)) is not None:
            try:
                raw = unpack_block(name, data[offset : offset + size_bytes], mark, number, offset, size_bytes)
                block = list(parse_block(name, offset, raw).pairs())
            except Corruption:
                block = []
            if block and pairs and block[0][0] <= pairs[-1][0]:
                break  # the index begins: its keys are those of the blocks again
            pairs += block
            offset += size_bytes
        return pairs

    def _log(self, first: int, segments: list[int]) -> None:
        if not segments:
            if first > 1:
                self._lost(segment_name(first), "is missing")
                self._write_segment(first, [], None)
            return
        for number in range(first, segments[-1] + 1):
            newest = number == segments[-1]
            if number not in segments:
                self._lost(segment_name(number), "is missing")
                self._write_segment(number, [], number + 1)
                continue
            data = self._filesystem.read(segment_name(number))
            try:
                replay_segment(number, data, newest=newest, table=Memtable(nothing_below), counts=Counts(b""))
            except Corruption as error:
                self._lost(segment_name(number), f"{error.what} at byte {error.offset}; its intact batches are kept")
                bodies = _intact_bodies(segment_name(number), data, LOG_MAGIC, number)
                self._write_segment(number, bodies, None if newest else number + 1)

    def _write_segment(self, number: int, bodies: list[bytes], successor: int | None) -> None:
        mark = self._entropy(MARK_BYTES)
        frames = [encode_frame(mark, BATCH, (body,)) for body in bodies]
        if successor is not None:
            frames.append(encode_end(mark, successor))
        self._replace(segment_name(number), encode_header(LOG_MAGIC, number, mark) + b"".join(frames))

    def _checkpoint(self, number: int) -> None:
        name = checkpoint_name(number)
        data = self._filesystem.read(name)
        try:
            read_checkpoint(number, data, Memtable(nothing_below))
            return
        except Corruption as error:
            self._lost(name, f"{error.what} at byte {error.offset}; its intact records are kept")
        mark, body = self._entropy(MARK_BYTES), b"".join(_intact_bodies(name, data, CHECKPOINT_MAGIC, number))
        whole = encode_header(CHECKPOINT_MAGIC, number, mark) + encode_frame(mark, BATCH, (body,))
        frame = read_frame(whole, memoryview(whole), HEADER_BYTES, mark)
        assert frame is not None
        kept = Memtable(nothing_below)
        apply_batch(name, whole, frame, kept, Counts(b""))
        self._replace(name, whole + encode_end(mark, len(kept)))

    def _replace(self, name: str, data: bytes) -> None:
        file = self._filesystem.create(name + TEMPORARY_SUFFIX)
        try:
            file.append(data)
            file.sync()
        finally:
            file.close()
        self._filesystem.rename(name + TEMPORARY_SUFFIX, name)
        self._filesystem.sync_directory()


def _intact_bodies(file: str, data: bytes, magic: bytes, number: int) -> list[bytes]:
    """The bodies of every intact batch of a file whose header is intact."""
    try:
        mark = read_header(file, data, magic, number)
    except Corruption:
        return []  # without the mark no record can be told from what clients stored
    view, bodies, offset = memoryview(data), [], find_frame(data, memoryview(data), HEADER_BYTES, mark)
    while offset is not None:
        frame = read_frame(data, view, offset, mark)
        assert frame is not None
        if frame.kind == BATCH:
            bodies.append(data[frame.body_at : frame.end])
        offset = find_frame(data, view, frame.end, mark)
    return bodies
