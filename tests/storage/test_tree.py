from random import Random

import pytest

from crowkis.storage import tree as tree_module
from crowkis.storage.cache import BlockCache
from crowkis.storage.errors import Corruption
from crowkis.storage.manifest import TableLine, read_manifest
from crowkis.storage.memtable import Memtable
from crowkis.storage.tree import Tree
from crowkis.testing.disk import FaultyDisk


@pytest.fixture
def disk():
    return FaultyDisk(Random(1))


@pytest.fixture
def tree(disk):
    return Tree(disk, lambda size_bytes: b"mark"[:size_bytes], BlockCache())


def flush(tree, pairs, prefixes=()):
    table = Memtable(tree.version.find)
    for prefix in prefixes:
        table.remove_prefix(prefix)
    table.update(pairs)
    tree.flush(table, 2, b"", {})


def reloaded(disk):
    tree = Tree(disk, lambda size_bytes: b"mark"[:size_bytes], BlockCache())
    tree.load(read_manifest(disk.read("MANIFEST")), disk.names())
    return tree


def test_a_first_flush_forgets_removals_as_nothing_lies_below(disk, tree):
    flush(tree, {b"a": b"1", b"b": None}, [b"c"])
    table = tree.version.levels[0][0]

    assert (1, 0, False) == (table.facts.entries, table.facts.removed, bool(table.ranges))


def test_later_flushes_keep_removals_until_the_bottom(disk, tree):
    flush(tree, {b"a": b"1", b"b": b"1", b"c": b"1"})
    flush(tree, {b"a": None}, [b"b"])
    kept = (tree.version.levels[0][0].facts.removed, tree.version.levels[0][0].ranges.covers(b"b"))
    tree.fold(tree.version.whole_fold())

    assert ((1, True), [(b"c", b"1")]) == (kept, list(tree.version.levels[2][0].pairs()))


def test_a_fold_is_cut_into_tables_that_do_not_overlap_and_ranges_are_cut_with_them(disk, tree, monkeypatch):
    monkeypatch.setattr(tree_module, "TABLE_ENTRIES_MAX", 10)
    flush(tree, {b"%02d" % number: b"old" for number in range(99)})
    tree.fold(tree.version.whole_fold())
    flush(tree, {b"%02d" % number: b"new" for number in range(30)}, [b"2", b"5", b"9"])
    tree.fold(tree.version.next_fold())
    again = reloaded(disk)
    expected = {b"%02d" % number: b"new" if number < 30 else b"old" for number in range(99) if number < 30 or
                number // 10 not in (5, 9)}  # fmt: skip

    assert len(again.version.levels[1]) == 3
    assert {b"%02d" % number: expected.get(b"%02d" % number) for number in range(99)} == {
        b"%02d" % number: again.version.find(b"%02d" % number) for number in range(99)
    }


def test_a_table_covered_by_a_newer_range_is_dropped_unread(disk, tree):
    flush(tree, {b"a%d" % number: b"x" for number in range(9)})
    flush(tree, {}, [b"a"])
    fold = tree.version.next_fold()
    calls = disk.calls
    tree.fold(fold._replace(upper=fold.upper[:1], lower=fold.upper[1:]))

    assert [0, 0, 0] == [len(level) for level in tree.version.levels]
    assert disk.calls - calls < 12


def test_a_number_is_never_given_twice(disk, tree):
    flush(tree, {b"a": b"1"})
    disk.create("000009.table")
    again = reloaded(disk)
    flush(again, {b"b": b"2"})

    assert "000010.table" in disk.names()


@pytest.mark.parametrize("change", [{"size_bytes": 1}, {"footer_crc": 1}, {"level": 3}])
def test_a_table_that_is_not_the_one_named_is_refused(disk, tree, change):
    flush(tree, {b"a": b"1"})
    manifest = read_manifest(disk.read("MANIFEST"))
    other = manifest._replace(tables=(manifest.tables[0]._replace(**change),))

    with pytest.raises((Corruption, IndexError), match=r"000001\.table|index"):
        tree.load(other, disk.names())
    assert TableLine is type(manifest.tables[0])


def test_written_bytes_are_those_of_every_table(disk, tree):
    flush(tree, {b"a": b"1"})

    assert len(disk.files()["000001.table"]) == tree.written_bytes
