"""Everything flushed: the tables, the manifest that names them, and the slow work of making others out of them.

flush() and fold() run in worker threads, one of each at a time; find() and sources() in any. What they make counts once
the manifest names it; what went wrong before leaves files that are removed at the next opening.
Never forgets a removal while anything older may lie below it. Never touches the log but for removing segments.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count

from crowkis.interfaces import Filesystem
from crowkis.storage.cache import BlockCache
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption
from crowkis.storage.manifest import LEVELS, Manifest, write_manifest
from crowkis.storage.memtable import Memtable, Pair
from crowkis.storage.merge import Source, merged
from crowkis.storage.ranges import NONE, Ranges, union
from crowkis.storage.record import MARK_BYTES
from crowkis.storage.table import Table, TableWriter, table_name, table_number
from crowkis.storage.version import Fold, Version, check_apart, source
from crowkis.storage.wal import Entropy
from crowkis.values.limits import MIB

TABLE_BYTES_MAX = 32 * MIB
"""What a fold writes is cut into tables of about this size."""
TABLE_ENTRIES_MAX = 250_000

Drop = Callable[[bytes, bytes], bool]
"""May this key and value go, as if removed? Asked while folding, in a worker thread, never for counted keys."""


class Tree:
    """The tables of one directory."""

    def __init__(self, filesystem: Filesystem, entropy: Entropy, cache: BlockCache) -> None:
        self._filesystem = filesystem
        self._entropy = entropy
        self._cache = cache
        self._committing = threading.Lock()
        self.version = Version()
        self.manifest = Manifest(1, b"", {}, ())
        self.written_bytes = 0
        """By flushes and folds since opening."""
        self._numbers = count(1)

    def load(self, manifest: Manifest, names: Iterable[str]) -> None:
        """Open what the manifest names. Raises OSError, Corruption or UnknownFormat."""
        levels: list[list[Table]] = [[] for _ in range(LEVELS)]
        for line in manifest.tables:
            table = self._open(line.number)
            if (line.size_bytes, line.footer_crc) != (table.size_bytes, table.footer_crc) or line.level >= LEVELS:
                raise Corruption(table.name, 0, "is not the file that the manifest names")
            levels[line.level].append(table)
        for level in levels[1:]:
            check_apart(level)
        self.version, self.manifest = Version(levels), manifest
        self.skip_numbers(names)

    def skip_numbers(self, names: Iterable[str]) -> None:
        """Never give a new table a number that a file here has, or had."""
        self._numbers = count(1 + max((table_number(name) or 0 for name in names), default=0))

    def flush(self, frozen: Memtable, log_from: int, counted: bytes, counts: dict[bytes, int]) -> None:
        """Write a memtable that no longer changes into level 0; the log before `log_from` is then superfluous."""
        bottom = not any(self.version.tables())
        ranges = NONE if bottom else frozen.ranges()
        pairs = frozen.in_order()
        tables = self._write(_live(pairs) if bottom else pairs, ranges, 0, whole=True)
        with self._committing:
            self._commit(self.version.flushed(tables), Manifest(log_from, counted, counts, ()))

    def fold(self, fold: Fold, drop: Drop | None = None) -> None:
        """Merge tables into the next level and remove them. `drop` must spare counted keys."""
        silenced = union(table.ranges for table in fold.upper)
        lower = [table for table in fold.lower if not silenced.covers_all(table.start, table.end)]
        sources = [Source(table.pairs(), table.ranges) for table in fold.upper] + [source(lower)]
        pairs: Iterable[Pair] = merged(sources)
        if drop is not None:
            pairs = _without(pairs, drop)
        ranges = NONE if fold.bottom else union(each.ranges for each in sources)
        tables = self._write(_live(pairs) if fold.bottom else pairs, ranges, fold.level, whole=False)
        with self._committing:
            self._commit(self.version.folded(fold, tables), self.manifest)
        for table in (*fold.upper, *fold.lower):
            self.remove(table.name)

    def build(self, pairs: Iterable[Pair], counts: Counts) -> None:
        """Make sorted pairs the only tables of an empty directory. `counts` has been told of them when they end."""
        assert not any(self.version.tables())
        tables = self._write(pairs, NONE, LEVELS - 1, whole=False)
        self._commit(Version(((), (), tables)), Manifest(1, counts.counted, counts.snapshot(), ()))

    def remove(self, name: str) -> None:
        """Delete a file that no longer counts, if it is still there."""
        with suppress(FileNotFoundError):
            self._filesystem.remove(name)

    def _commit(self, version: Version, manifest: Manifest) -> None:
        manifest = manifest._replace(tables=version.lines())
        write_manifest(self._filesystem, self._entropy, manifest)
        self.version, self.manifest = version, manifest

    def _open(self, number: int) -> Table:
        return Table(self._filesystem, number, self._cache)

    def _write(self, pairs: Iterable[Pair], ranges: Ranges, level: int, *, whole: bool) -> list[Table]:
        """Write the stream as tables, cut where they are large unless `whole`; none where there is nothing to say."""
        writers: list[TableWriter] = []
        numbers: list[int] = []
        start = b""
        try:
            for key, value in pairs:
                if not writers or (not whole and _full(writers[-1])):
                    if writers:
                        self._finish(writers[-1], ranges.within(start, key))
                        start = key
                    numbers.append(next(self._numbers))
                    writers.append(TableWriter(self._filesystem, numbers[-1], level, self._entropy(MARK_BYTES)))
                writers[-1].add(key, value)
            if not writers and ranges:
                numbers.append(next(self._numbers))
                writers.append(TableWriter(self._filesystem, numbers[-1], level, self._entropy(MARK_BYTES)))
            if writers:
                self._finish(writers[-1], ranges.within(start, None))
            return [self._open(number) for number in numbers]
        except BaseException:
            for writer in writers[-1:]:
                writer.give_up()
            for number in numbers:
                with suppress(OSError):  # only to give the room back; the next opening removes it otherwise
                    self._filesystem.remove(table_name(number))
            raise

    def _finish(self, writer: TableWriter, ranges: Ranges) -> None:
        self.written_bytes += writer.finish(ranges).size_bytes


def _full(writer: TableWriter) -> bool:
    return writer.size_bytes >= TABLE_BYTES_MAX or writer.entries >= TABLE_ENTRIES_MAX


def _live(pairs: Iterable[Pair]) -> Iterable[Pair]:
    return (pair for pair in pairs if pair[1] is not None)


def _without(pairs: Iterable[Pair], drop: Drop) -> Iterable[Pair]:
    """What may go turns into a removal, so that nothing older comes back in its place."""
    return ((key, None if value is not None and drop(key, value) else value) for key, value in pairs)
