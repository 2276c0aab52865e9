from random import Random

import pytest

from crowkis.storage.cache import BlockCache
from crowkis.storage.errors import Corruption, DiskError
from crowkis.storage.manifest import Manifest, TableLine
from crowkis.storage.memtable import Memtable
from crowkis.storage.recovery import Plan, RecoveryReport, plan, recover, remove_covered
from crowkis.storage.store import Store
from crowkis.storage.tree import Tree
from crowkis.testing.disk import FaultyDisk


def entropy(size_bytes):
    return b"mark"[:size_bytes]


def reopen(disk):
    table = Memtable(lambda key: None)
    wal, _, report = recover(disk, entropy, Tree(disk, entropy, BlockCache()), table, b"")
    wal.close()
    return dict(table), report


class TestPlan:
    def test_a_new_directory_has_nothing(self):
        assert Plan(None, [], [], 1) == plan([])

    def test_files_of_strangers_are_left_alone(self):
        assert Plan(None, [1], [], 1) == plan(["000001.log", "model.onnx", "notes.new", "1.log"])

    def test_the_newest_checkpoint_counts_and_what_it_covers_is_left_over(self):
        names = ["000001.log", "000002.checkpoint", "000002.log", "000003.checkpoint", "000003.log", "000004.log"]

        assert Plan(3, [3, 4], ["000002.checkpoint", "000001.log", "000002.log"], 3) == plan(names)

    def test_temporary_files_are_left_over(self):
        names = ["000001.log", "000002.checkpoint.new", "000002.log.new"]

        assert Plan(None, [1], names[1:], 1) == plan(names)

    @pytest.mark.parametrize(
        ("names", "missing"),
        [
            (["000002.log"], "000001.log"),
            (["000001.log", "000003.log"], "000002.log"),
            (["000002.checkpoint"], "000002.log"),
            (["000002.checkpoint", "000003.log"], "000002.log"),
            (["000001.log", "000002.checkpoint"], "000002.log"),
        ],
    )
    def test_a_missing_segment_is_named(self, names, missing):
        with pytest.raises(Corruption, match="is missing, though") as caught:
            plan(names)

        assert missing == caught.value.file

    def test_what_the_manifest_does_not_name_is_left_over(self):
        names = ["000001.log", "000002.log", "000001.table", "000002.table", "000003.table.new", "MANIFEST",
                 "000002.checkpoint", "MANIFEST.new"]  # fmt: skip
        manifest = Manifest(2, b"", {}, (TableLine(0, 2, 99, 0),))
        left = ["000001.table", "000003.table.new", "MANIFEST.new", "000002.checkpoint", "000001.log"]

        assert Plan(None, [2], left, 2) == plan(names, manifest)

    def test_a_log_older_than_the_manifest_says_is_missing(self):
        with pytest.raises(Corruption, match="is missing, though MANIFEST is there") as caught:
            plan(["000001.log", "MANIFEST"], Manifest(2, b"", {}, ()))

        assert "000002.log" == caught.value.file

    def test_a_log_about_to_begin_anew_when_power_was_lost_begins_where_the_manifest_says(self):
        names = ["000001.log", "000002.log.new", "MANIFEST"]

        assert Plan(None, [], ["000002.log.new", "000001.log"], 2) == plan(names, Manifest(2, b"", {}, ()))

    @pytest.mark.parametrize("names", [["000002.log.new"], ["000001.log", "000003.log.new"]])
    def test_without_the_doubtful_segment_or_the_word_of_its_successor_the_log_is_missing(self, names):
        with pytest.raises(Corruption, match="is missing"):
            plan([*names, "MANIFEST"], Manifest(2, b"", {}, ()))

    def test_tables_without_manifest_and_log_are_not_taken_for_left_over(self):
        with pytest.raises(Corruption, match="there are tables") as caught:
            plan(["000001.table"])

        assert "MANIFEST" == caught.value.file

    def test_tables_of_a_first_flush_that_failed_are_left_over(self):
        assert Plan(None, [1], ["000001.table"], 1) == plan(["000001.log", "000001.table"])


class TestRecover:
    def test_a_new_directory_gets_a_durable_first_segment(self):
        disk = FaultyDisk(Random(1))
        table, report = reopen(disk)

        assert ({}, RecoveryReport(0, 0, None, 1, 0, 28, 0), ["000001.log"]) == (table, report, disk.crash().names())

    def test_an_unfinished_write_is_reported_and_gone_afterwards(self):
        disk = FaultyDisk(Random(1))
        reopen(disk)
        disk = FaultyDisk(Random(1), {"000001.log": disk.read("000001.log") + b"unfinished"})
        cut = [reopen(disk)[1].cut_bytes for _ in range(2)]

        assert [10, 0] == cut

    def test_the_newest_segment_is_written_again_before_anything_is_removed(self):
        disk = FaultyDisk(Random(1))
        reopen(disk)
        disk = FaultyDisk(Random(1), disk.files() | {"000007.checkpoint.new": b"", "000001.log.new": b""})
        reopen(disk)

        assert [
            "create: 000001.log.new",
            "append: 000001.log.new",
            "sync: 000001.log.new",
            "rename: 000001.log.new -> 000001.log",
            "sync-directory: .",
            "remove: 000001.log.new",
            "remove: 000007.checkpoint.new",
        ] == disk.trace

    def test_the_report_tells_of_tables_and_log(self):
        disk = FaultyDisk(Random(1))
        store = Store.open(disk, entropy)
        store.put(b"a", b"1")
        job = store.begin_flush()
        store.run(job)
        store.finish(job)
        store.put(b"b", b"2")
        store.append()
        table, report = reopen(disk)

        table_bytes = len(disk.files()["000001.table"])

        assert ({b"b": b"2"}, RecoveryReport(1, table_bytes, None, 1, 1, store.log_bytes, 0)) == (table, report)

    def test_segments_before_the_manifests_and_checkpoints_are_removed(self):
        stays = ["000003.log", "000005.log.new", "model.onnx"]
        disk = FaultyDisk(Random(1), dict.fromkeys(["000001.log", "000002.log", "000002.checkpoint", *stays], b""))
        remove_covered(disk, 3)

        assert stays == disk.names()

    def test_a_failing_call_at_opening_is_a_disk_error_and_the_next_opening_works(self):
        first = FaultyDisk(Random(1))
        reopen(first)
        calls = 0
        while True:
            calls += 1
            disk = FaultyDisk(Random(calls), first.files() | {"000002.log.new": b""}, fail_at=calls)
            try:
                Store.open(disk, entropy)
                break
            except DiskError:
                assert ({}, 0) == (reopen(disk)[0], reopen(disk.crash())[1].records)

        assert 9 == calls
