from random import Random

import pytest

from crowkis.storage import version as version_module
from crowkis.storage.cache import BlockCache
from crowkis.storage.errors import Corruption
from crowkis.storage.ranges import NONE, Ranges
from crowkis.storage.table import Table, TableWriter
from crowkis.storage.version import Version, check_apart, source
from crowkis.testing.disk import FaultyDisk


@pytest.fixture
def make():
    disk, numbers = FaultyDisk(Random(1)), iter(range(1, 99))

    def table(keys, value=b"", ranges=NONE):
        number = next(numbers)
        writer = TableWriter(disk, number, 0, b"mark")
        for key in sorted(keys):
            writer.add(key, value)
        writer.finish(ranges)
        return Table(disk, number, BlockCache())

    return table


class TestFinding:
    def test_a_newer_table_has_the_word(self, make):
        old, new = make([b"a", b"b"], b"old"), make([b"a"], b"new")
        version = Version([(new, old), (make([b"c"], b"1"), make([b"d"], b"2")), (make([b"a", b"e"], b"3"),)])

        assert [b"new", b"old", b"1", b"2", b"3", None] == [
            version.find(key) for key in (b"a", b"b", b"c", b"d", b"e", b"f")
        ]

    def test_a_removed_range_hides_lower_levels(self, make):
        version = Version([(make([b"m1"], b"new", Ranges([(b"m", b"n")])),), (make([b"m2"], b"old"),), ()])

        assert [b"new", None] == [version.find(key) for key in (b"m1", b"m2")]


class TestFolds:
    def test_nothing_is_due_at_first(self, make):
        assert Version([(make([b"a"]),), (), ()]).next_fold() is None

    def test_level_0_goes_with_what_lies_between_its_ends(self, make):
        """A table of level 1 between two of level 0 must take part: the outcome may span it."""
        newest = [make([b"a"]), make([b"z"]), make([b"b"]), make([b"c"])]
        between, after = make([b"m"]), make([b"zz"])
        fold = Version([newest, (between, after), ()]).next_fold()

        assert ((between,), 1, True) == (fold.lower, fold.level, fold.bottom)

    def test_it_is_not_the_bottom_while_a_deeper_level_overlaps(self, make):
        newest = [make([b"a"]) for _ in range(4)]

        assert [False, True] == [Version([newest, (), (make([key]),)]).next_fold().bottom for key in (b"a", b"b")]

    def test_the_oldest_table_of_a_full_level_1_goes_down(self, make, monkeypatch):
        monkeypatch.setattr(version_module, "LEVEL1_BYTES_MIN", 100)
        oldest, other, below = make([b"m"]), make([b"a"]), make([b"l", b"n"])
        fold = Version([(), (other, oldest), (below, make([b"x"]))]).next_fold()

        assert ((oldest,), (below,), 2, True) == fold

    def test_tables_with_removed_ranges_go_down_at_once(self, make):
        ranged = make([], ranges=Ranges([(b"a", b"c")]))

        assert [1, 2] == [
            Version(levels).next_fold().level for levels in ([(ranged,), (), ()], [(), (ranged, make([b"d"])), ()])
        ]

    def test_outcome_takes_the_place_of_what_was_folded_and_newer_tables_stay(self, make):
        newest, below, flushed, outcome = [make([b"a"]) for _ in range(4)], make([b"a"]), make([b"b"]), make([b"a"])
        version = Version([newest, (below,), ()])
        after = version.flushed([flushed]).folded(version.next_fold(), [outcome])

        assert ((flushed,), (outcome,), ()) == after.levels
        assert [line.number for line in after.lines()] == [flushed.number, outcome.number]


def test_overlap_within_a_level_is_damage(make):
    with pytest.raises(Corruption, match="overlaps"):
        check_apart([make([b"a", b"c"]), make([b"b"])])


def test_a_levels_tables_are_one_stream(make):
    level = [make([b"a", b"b"]), make([b"c"], ranges=Ranges([(b"c", b"d")]))]
    stream = source(level, b"b")

    assert ([b"b", b"c"], True) == ([key for key, _ in stream.pairs], stream.ranges.covers(b"cc"))
