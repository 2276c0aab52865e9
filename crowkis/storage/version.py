"""The tables that count at one moment, in three levels, and what should be folded next.

Level 0 holds flushed memtables as they came, newest first, and they may overlap; levels 1 and 2 are each in key order
without overlap. A word in a lower-numbered level is newer. Never changes: every flush and fold makes another.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crowkis.storage.block import MISSING
from crowkis.storage.bloom import places
from crowkis.storage.errors import Corruption
from crowkis.storage.manifest import LEVELS, TableLine
from crowkis.storage.memtable import Pair
from crowkis.storage.merge import Source
from crowkis.storage.ranges import reaches, union
from crowkis.storage.table import Table
from crowkis.values.limits import MIB

LEVEL0_TABLES_DUE = 4
"""So many flushed memtables are folded into level 1."""
LEVEL0_TABLES_MANY = 8
"""With so many, writing should slow down: every one of them is asked for a key that is nowhere."""
LEVEL0_TABLES_MAX = 16
"""With so many, writing is refused until a fold is done."""
LEVEL1_BYTES_MIN = 256 * MIB
LEVEL1_SHARE = 8
"""Level 1 may hold an eighth of what level 2 holds, and LEVEL1_BYTES_MIN in any case."""


class Fold(NamedTuple):
    """What to fold: every table of `upper` is newer than all of `lower`."""

    upper: tuple[Table, ...]
    """Newest first."""
    lower: tuple[Table, ...]
    """In key order."""
    level: int
    """Where the outcome goes."""
    bottom: bool
    """Nothing older lies below: what is removed may be forgotten."""


class Version:
    """One state of the tree. Safe to read in any thread for as long as somebody holds it."""

    __slots__ = ("_starts", "levels", "memory_bytes")

    def __init__(self, levels: Iterable[Iterable[Table]] = ((),) * LEVELS) -> None:
        newest, *deeper = (tuple(level) for level in levels)
        self.levels = (newest, *(tuple(sorted(level, key=lambda table: table.start)) for level in deeper))
        self._starts = [[table.start for table in level] for level in self.levels]
        self.memory_bytes = sum(table.memory_bytes for table in self.tables())
        """Held for indexes and filters, approximately."""

    def tables(self) -> Iterator[Table]:
        """Every table, newest level first."""
        return (table for level in self.levels for table in level)

    def lines(self) -> tuple[TableLine, ...]:
        """The tables as the manifest names them."""
        return tuple(
            TableLine(number, table.number, table.size_bytes, table.footer_crc)
            for number, level in enumerate(self.levels)
            for table in level
        )

    def find(self, key: bytes) -> bytes | None:
        """The value of `key`, or None. Raises OSError or Corruption."""
        wanted = places(key)
        for table in self.levels[0]:
            if table.start <= key and (table.end is None or key < table.end):
                found = table.find(key, wanted)
                if found is not MISSING:
                    return found
        for level in range(1, LEVELS):
            at = bisect_right(self._starts[level], key) - 1
            if at >= 0:
                found = self.levels[level][at].find(key, wanted)
                if found is not MISSING:
                    return found
        return None

    def sources(self, start: bytes, *, keep: bool = True) -> list[Source]:
        """What to merge to read from `start` on, newest first; blocks read stay in the cache if `keep`."""
        newest = [Source(table.pairs(start, keep=keep), table.ranges) for table in self.levels[0]]
        return newest + [source(level, start, keep=keep) for level in self.levels[1:] if level]

    def flushed(self, tables: Iterable[Table]) -> "Version":
        """This with a newer table in level 0."""
        return Version(((*tables, *self.levels[0]), *self.levels[1:]))

    def folded(self, fold: Fold, outcome: Iterable[Table]) -> "Version":
        """This with a fold's tables replaced by its outcome."""
        gone = {table.number for table in (*fold.upper, *fold.lower)}
        levels = [[table for table in level if table.number not in gone] for level in self.levels]
        levels[fold.level] += outcome
        return Version(levels)

    def next_fold(self) -> Fold | None:
        """The one strategy: level 0 as a whole into level 1, the oldest table of level 1 into level 2."""
        newest, middle, deepest = self.levels
        if len(newest) >= LEVEL0_TABLES_DUE or any(table.ranges for table in newest):
            return self._fold(newest, 1)
        room_bytes = max(LEVEL1_BYTES_MIN, sum(table.size_bytes for table in deepest) // LEVEL1_SHARE)
        full = sum(table.size_bytes for table in middle) > room_bytes
        ranged = [table for table in middle if table.ranges]
        if full or ranged:
            oldest = min(ranged or middle, key=lambda table: table.number)
            return self._fold((oldest,), 2)
        return None

    def whole_fold(self) -> Fold:
        """Everything into level 2, by hand."""
        newest, middle, deepest = self.levels
        return Fold((*newest, *middle), deepest, 2, bottom=True)

    def _fold(self, upper: tuple[Table, ...], level: int) -> Fold:
        start, end = min(table.start for table in upper), None
        if all(table.end is not None for table in upper):
            end = max(table.end or b"" for table in upper)
        lower = tuple(table for table in self.levels[level] if overlap(table, start, end))
        deeper = (table for tables in self.levels[level + 1 :] for table in tables)
        bottom = not any(overlap(table, each.start, each.end) for table in deeper for each in (*upper, *lower))
        return Fold(upper, lower, level, bottom)


def overlap(table: Table, start: bytes, end: bytes | None) -> bool:
    """May the table speak of a key from `start` to `end`?"""
    return not (_ends_before(table.end, start) or _ends_before(end, table.start))


def _ends_before(end: bytes | None, start: bytes) -> bool:
    return end is not None and end <= start


def source(level: Iterable[Table], start: bytes = b"", *, keep: bool = False) -> Source:
    """One stream of tables in key order that do not overlap, from `start` on."""
    live = [table for table in level if reaches(table.end, start)]
    return Source(_chained(live, start, keep), union(table.ranges for table in live))


def _chained(tables: list[Table], start: bytes, keep: bool) -> Iterator[Pair]:
    for table in tables:
        yield from table.pairs(start, keep=keep)


def check_apart(level: Iterable[Table]) -> None:
    """Raise Corruption where two tables of a level overlap."""
    previous = None
    for table in level:
        if previous is not None and not _ends_before(previous.end, table.start):
            raise Corruption(table.name, 0, f"overlaps {previous.name} in the same level")
        previous = table
