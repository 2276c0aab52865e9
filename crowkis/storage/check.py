"""Is everything on disk what was written? Looks at all of it and says what is wrong; changes nothing.

Checks every checksum, the order of keys, that levels do not overlap, that filters know their keys, what the manifest
says against the files, and the log. Never opens a directory for writing, never repairs: repair.py does.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crowkis.interfaces import Filesystem
from crowkis.storage import bloom
from crowkis.storage.cache import BlockCache
from crowkis.storage.checkpoint import checkpoint_name, read_checkpoint
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption, UnknownFormat
from crowkis.storage.manifest import LEVELS, MANIFEST_NAME, Manifest, read_manifest
from crowkis.storage.memtable import Memtable
from crowkis.storage.merge import merged
from crowkis.storage.recovery import plan
from crowkis.storage.table import Table, table_name, table_number
from crowkis.storage.version import Version, check_apart
from crowkis.storage.wal import replay_segment, segment_name, segment_number


class Finding(NamedTuple):
    """One thing that is not as it should be."""

    file: str
    offset: int
    what: str
    harmless: bool = False
    """A crash leaves such things behind and the next opening puts them right."""


def verify(filesystem: Filesystem) -> list[Finding]:
    """Everything there is to say about a directory nobody has open; nothing where all is well. Raises OSError."""
    return list(_Check(filesystem).findings())


def nothing_below(key: bytes) -> None:
    """What is below a memtable that stands alone."""
    return


class _Check:
    def __init__(self, filesystem: Filesystem) -> None:
        self._filesystem = filesystem
        self._names = filesystem.names()
        self._cache = BlockCache(0)

    def findings(self) -> Iterator[Finding]:
        manifest = None
        if MANIFEST_NAME in self._names:
            try:
                manifest = read_manifest(self._filesystem.read(MANIFEST_NAME))
            except (Corruption, UnknownFormat) as error:
                yield _finding(error)
                yield from self._everything_by_name()
                return
        try:
            files = plan(self._names, manifest)
        except Corruption as error:
            yield _finding(error)
            yield from self._everything_by_name()
            return
        yield from (Finding(name, 0, "left over from a crash", harmless=True) for name in files.leftovers)
        if manifest is not None:
            yield from self._tree(manifest)
        if files.checkpoint is not None:
            try:
                data = self._filesystem.read(checkpoint_name(files.checkpoint))
                read_checkpoint(files.checkpoint, data, Memtable(nothing_below))
            except (Corruption, UnknownFormat) as error:
                yield _finding(error)
        for number in files.segments:
            yield from self._segment(number, newest=number == files.segments[-1])

    def _everything_by_name(self) -> Iterator[Finding]:
        """What can be checked without knowing which files count."""
        segments = [number for number in map(segment_number, self._names) if number is not None]
        for number in segments:
            yield from self._segment(number, newest=number == max(segments))
        for number in [number for number in map(table_number, self._names) if number is not None]:
            yield from self._table(number)[1]

    def _tree(self, manifest: Manifest) -> Iterator[Finding]:
        levels: list[list[Table]] = [[] for _ in range(LEVELS)]
        whole = True
        for line in manifest.tables:
            table, findings = self._table(line.number)
            yield from findings
            whole = whole and table is not None and not findings
            if table is None:
                continue
            if (line.size_bytes, line.footer_crc) != (table.size_bytes, table.footer_crc) or line.level >= LEVELS:
                yield Finding(table.name, 0, "is not the file that the manifest names")
                whole = False
            levels[min(line.level, LEVELS - 1)].append(table)
        for level in levels[1:]:
            try:
                check_apart(level)
            except Corruption as error:
                whole = False
                yield _finding(error)
        if whole:
            counts = Counts(manifest.counted)
            for key, value in merged(Version(levels).sources(b"")):
                if value is not None:
                    counts.add(key)
            if counts.snapshot() != manifest.counts:
                yield Finding(MANIFEST_NAME, 0, "says another number of keys than there are")

    def _table(self, number: int) -> tuple[Table | None, list[Finding]]:
        try:
            table = Table(self._filesystem, number, self._cache)
        except (Corruption, UnknownFormat) as error:
            return None, [_finding(error)]
        except FileNotFoundError:
            return None, [Finding(table_name(number), 0, "is missing")]
        return table, list(check_table(table))

    def _segment(self, number: int, *, newest: bool) -> Iterator[Finding]:
        data = self._filesystem.read(segment_name(number))
        try:
            found = replay_segment(number, data, newest=newest, table=Memtable(nothing_below), counts=Counts(b""))
        except (Corruption, UnknownFormat) as error:
            yield _finding(error)
            return
        if found.cut_bytes:
            what = f"an unfinished write of {found.cut_bytes} bytes"
            yield Finding(segment_name(number), found.kept_bytes, what, harmless=True)


def check_table(table: Table) -> Iterator[Finding]:
    """What is wrong within a table that opened. Raises OSError."""
    last, entries, removed, held_bytes, broken = None, 0, 0, 0, False
    for at in range(table.blocks):
        try:
            pairs = list(table.block(at, keep=False).pairs())
        except (Corruption, UnknownFormat) as error:
            yield _finding(error)
            broken = True
            continue
        for key, value in pairs:
            if last is not None and key <= last:
                yield Finding(table.name, 0, f"the keys of block {at} are not in order")
            if not table.may_hold(bloom.places(key)):
                yield Finding(table.name, 0, f"the filter does not know a key of block {at}")
            last = key
            entries += 1
            removed += value is None
            held_bytes += len(key) + len(value or b"")
    facts = table.facts
    if not broken and (entries, removed, held_bytes) != (facts.entries, facts.removed, facts.held_bytes):
        yield Finding(table.name, 0, f"holds {entries} entries; its footer says {facts.entries}")
    if not broken and entries and last != table.last:
        yield Finding(table.name, 0, "its index names another last key")


def _finding(error: Corruption | UnknownFormat) -> Finding:
    return Finding(error.file, error.offset, error.what)
