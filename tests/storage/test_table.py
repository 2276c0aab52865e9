import gc
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import table as table_module
from crowkis.storage.block import MISSING
from crowkis.storage.bloom import places
from crowkis.storage.cache import BlockCache
from crowkis.storage.disk import Directory
from crowkis.storage.errors import Corruption, StorageError, UnknownFormat
from crowkis.storage.ranges import NONE, Ranges
from crowkis.storage.table import Table, TableWriter, table_name, table_number
from crowkis.testing.disk import FaultyDisk

keys = st.binary(max_size=4)
tables = st.dictionaries(keys, st.none() | st.binary(max_size=30), max_size=30)
RANGES = Ranges([(b"m", b"n"), (b"x", None)])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(table_module, "BLOCK_BYTES", 40)


def written(pairs, ranges=NONE, disk=None, number=7):
    disk = disk or FaultyDisk(Random(1))
    writer = TableWriter(disk, number, 1, b"mark")
    for key, value in sorted(pairs.items(), key=lambda pair: pair[0]):
        writer.add(key, value)
    return disk, writer.finish(ranges)


def opened(disk, number=7, cache_bytes=0):
    return Table(disk, number, BlockCache(cache_bytes))


class TestNames:
    def test_a_name_gives_its_number(self):
        assert (12, None, None) == (table_number(table_name(12)), table_number("12.table"), table_number("000012.log"))


class TestReading:
    @given(tables, keys)
    def test_every_key_is_found_and_others_are_missing(self, pairs, other):
        table = opened(written(pairs)[0])

        assert pairs == {key: table.find(key, places(key)) for key in pairs}
        assert pairs.get(other, MISSING) == table.find(other, places(other))

    @given(tables, keys)
    def test_pairs_come_in_order_from_any_key_on(self, pairs, start):
        table = opened(written(pairs)[0])
        ordered = sorted(pairs.items(), key=lambda pair: pair[0])

        assert [pair for pair in ordered if pair[0] >= start] == list(table.pairs(start))

    @given(tables)
    def test_start_and_end_enclose_all_it_speaks_of(self, pairs):
        table = opened(written(pairs, RANGES)[0])

        assert all(table.start <= key for key in [*pairs, b"m"])
        assert table.end is None

    def test_removed_ranges_are_older_than_its_own_pairs(self):
        table = opened(written({b"m1": b"new"}, RANGES)[0])

        assert [b"new", None, None, MISSING] == [table.find(key, places(key)) for key in (b"m1", b"m2", b"xyz", b"a")]

    def test_one_value_larger_than_a_block_is_a_block(self):
        pairs = {b"a": b"1", b"b": bytes(100_000), b"c": b"3"}
        table = opened(written(pairs)[0])

        assert (pairs, 2) == (dict(table.pairs()), table.blocks)

    def test_a_block_read_twice_is_read_once_from_disk(self):
        disk, _ = written({b"a": b"1"})
        table = opened(disk, cache_bytes=10_000)
        table.find(b"a", places(b"a"))
        calls = disk.calls

        assert (b"1", calls) == (table.find(b"a", places(b"a")), disk.calls)

    def test_it_stays_readable_when_its_file_is_removed_and_then_lets_go(self, tmp_path):
        directory = Directory(tmp_path)
        written({b"a": b"1"}, disk=directory)
        table = opened(directory)
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        directory.remove("000007.table")
        found = table.find(b"a", places(b"a"))
        del table
        gc.collect()
        directory.close()

        assert (b"1", True) == (found, len(list(Path("/proc/self/fd").iterdir())) < descriptors)


class TestDamage:
    def test_any_turned_bit_is_named_and_never_served(self):
        pairs = {b"key%02d" % number: b"value %d" % number for number in range(9)} | {b"key10": None}
        disk, _ = written(pairs, RANGES)
        for bit in range(len(disk.files()["000007.table"]) * 8):
            with pytest.raises(StorageError) as caught:
                dict(opened(disk.damaged("000007.table", bit // 8, 1 << bit % 8)).pairs())

            assert "000007.table" == caught.value.file

    def test_any_cut_is_named(self):
        disk, _ = written({b"a": b"1", b"b": bytes(50)}, RANGES)
        data = disk.files()["000007.table"]
        for size_bytes in range(len(data)):
            with pytest.raises(Corruption, match=r"000007\.table"):
                opened(FaultyDisk(Random(1), {"000007.table": data[:size_bytes]}))

    def test_a_missing_file_is_named(self):
        with pytest.raises(Corruption, match=r"000007\.table .* is missing"):
            opened(FaultyDisk(Random(1)))

    def test_a_block_from_another_place_is_not_taken(self):
        """Blocks of the same table, equal in size, exchanged: each checksum knows where its block belongs."""
        disk, _ = written({b"a": os.urandom(60), b"b": os.urandom(60)})
        data = disk.files()["000007.table"]
        table = opened(disk)
        first, second, end = list(table._offsets)
        data = data[:first] + data[second:end] + data[first:second] + data[end:]

        with pytest.raises(Corruption, match="checksum does not agree"):
            opened(FaultyDisk(Random(1), {"000007.table": data})).find(b"a", places(b"a"))

    def test_a_table_of_a_newer_program_is_named(self, monkeypatch):
        monkeypatch.setattr(table_module, "TABLE_VERSION", 2)
        disk, _ = written({b"a": b"1"})
        monkeypatch.undo()
        with pytest.raises(UnknownFormat, match="table version 2; this program reads 1"):
            opened(disk)


class TestWriting:
    def test_facts_are_counted_while_writing(self):
        disk, line = written({b"a": b"12", b"b": None, b"c": b""}, RANGES)
        table = opened(disk)

        assert (3, 1, 5, 1, 7) == (line.facts.entries, line.facts.removed, line.facts.held_bytes, line.facts.level,
                                   line.facts.number)  # fmt: skip
        assert (line.facts, line.size_bytes, line.footer_crc) == (table.facts, table.size_bytes, table.footer_crc)

    def test_a_large_table_is_synced_on_the_way(self, monkeypatch):
        monkeypatch.setattr(table_module, "WRITE_BYTES", 100)
        monkeypatch.setattr(table_module, "SYNC_BYTES", 300)
        disk, _ = written({b"%02d" % number: os.urandom(50) for number in range(20)})

        assert disk.trace.count("sync: 000007.table") > 3

    def test_what_does_not_pack_is_kept_as_it_is(self):
        noise, text = os.urandom(4_000), b"the same words " * 300
        sizes = [written({b"k": value})[1].size_bytes for value in (noise, text)]

        assert sizes[0] > 4_000 > 1_000 > sizes[1]
