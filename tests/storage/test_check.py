from random import Random

import pytest

from crowkis.storage import bloom
from crowkis.storage import table as table_module
from crowkis.storage.cache import BlockCache
from crowkis.storage.check import Finding, check_table, verify
from crowkis.storage.manifest import MANIFEST_NAME, TableLine, read_manifest, write_manifest
from crowkis.storage.ranges import NONE
from crowkis.storage.store import Store
from crowkis.storage.table import Table, TableWriter
from crowkis.testing.disk import FaultyDisk


def entropy(size_bytes):
    return b"mark"[:size_bytes]


@pytest.fixture
def disk():
    disk = FaultyDisk(Random(1))
    store = Store.open(disk, entropy, counted=b"k")
    for turn in range(2):
        for number in range(5):
            store.put(b"k%d" % number, b"%d" % turn)
        job = store.begin_flush()
        store.run(job)
        store.finish(job)
    store.put(b"k9", b"")
    store.commit()
    return disk


def rewritten(disk, **changes):
    manifest = read_manifest(disk.read(MANIFEST_NAME))
    write_manifest(disk, entropy, manifest._replace(**changes))
    return disk


def test_nothing_is_said_where_all_is_well_and_nothing_is_changed(disk):
    files = disk.files()

    assert ([], files) == (verify(disk), disk.files())


def test_an_empty_directory_is_well():
    assert [] == verify(FaultyDisk(Random(1)))


def test_what_a_crash_leaves_is_harmless(disk):
    left = FaultyDisk(Random(1), disk.files() | {"000099.table": b"", "MANIFEST.new": b"", "000001.log": b""})
    left = FaultyDisk(Random(1), left.files() | {"000003.log": disk.files()["000003.log"] + b"torn"})

    assert ({"000099.table", "MANIFEST.new", "000001.log", "000003.log"}, {True}) == (
        {finding.file for finding in verify(left)},
        {finding.harmless for finding in verify(left)},
    )


def test_a_missing_table_is_told_from_one_left_over(disk):
    files = disk.files()
    del files["000001.table"]

    assert [Finding("000001.table", 0, "is missing, though the manifest names it")] == verify(
        FaultyDisk(Random(1), files)
    )


def test_levels_that_overlap_are_named(disk):
    manifest = read_manifest(disk.read(MANIFEST_NAME))
    lines = tuple(line._replace(level=1) for line in manifest.tables)

    assert any("overlaps" in finding.what for finding in verify(rewritten(disk, tables=lines)))


def test_a_wrong_count_is_named(disk):
    assert ["says another number of keys than there are"] == [
        finding.what for finding in verify(rewritten(disk, counts={b"k0": 7}))
    ]


def test_another_file_under_a_tables_name_is_named(disk):
    manifest = read_manifest(disk.read(MANIFEST_NAME))
    lines = (TableLine(0, manifest.tables[0].number, 5, 5), *manifest.tables[1:])

    assert any("not the file" in finding.what for finding in verify(rewritten(disk, tables=lines)))


def test_with_a_damaged_manifest_every_other_file_is_still_checked(disk):
    damaged = disk.damaged(MANIFEST_NAME, 40).damaged("000001.table", 40)

    assert [MANIFEST_NAME, "000001.table"] == [finding.file for finding in verify(damaged)]


class TestTable:
    def written(self, keys):
        disk = FaultyDisk(Random(1))
        writer = TableWriter(disk, 1, 0, b"mark")
        for key in keys:
            writer.add(key, b"")
        writer.finish(NONE)
        return Table(disk, 1, BlockCache(0))

    def test_keys_out_of_order_are_named(self):
        found = [finding.what for finding in check_table(self.written([b"b", b"a"]))]

        assert "the keys of block 0 are not in order" in found

    def test_a_key_the_filter_does_not_know_is_named(self, monkeypatch):
        build = bloom.build
        monkeypatch.setattr(table_module.bloom, "build", lambda hashes: build(hashes[:1]))

        assert "the filter does not know a key of block 0" in [
            finding.what for finding in check_table(self.written([b"a", b"b"]))
        ]
