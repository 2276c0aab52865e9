"""Flushes and folds as a store's owner sees them: three steps, and what may go wrong between."""

from pathlib import Path
from random import Random

import pytest

from crowkis.storage import store as store_module
from crowkis.storage import version
from crowkis.storage.errors import DiskError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

TRACES = Path(__file__).parent / "traces"


@pytest.fixture
def disk():
    return FaultyDisk(Random(1))


@pytest.fixture
def store(disk):
    return Store.open(disk)


def work(store, job):
    store.run(job)
    store.finish(job)


def flush(store):
    work(store, store.begin_flush())


def fold(store):
    work(store, store.begin_fold(whole=True))


def test_a_flush_run_again_after_its_removals_failed_writes_no_second_table():
    disk = FaultyDisk(Random(1))
    store = Store.open(disk)
    store.put(b"a", b"1")
    job = store.begin_flush()
    disk.fail_at = disk.calls + 17  # the removal of the segment: table and manifest are durable
    with pytest.raises(DiskError, match="flushing"):
        store.run(job)
    done = job.done
    store.run(job)
    store.finish(job)

    assert (True, ["000001.table", "000002.log", "MANIFEST"]) == (done, disk.names())


def test_jobs_say_what_they_are():
    store = Store.open(FaultyDisk(Random(1)))
    store.put(b"a", b"1")
    flush = store.begin_flush()
    store.run(flush)
    store.finish(flush)
    fold = store.begin_fold(whole=True)

    store.finish(fold)
    store.in_doubt = "so that one may begin"
    jobs = (flush, fold, store.begin_resume())

    assert [("flush", True), ("fold", False), ("resume", False)] == [(job.kind, job.done) for job in jobs]


class TestFlush:
    def test_its_effects_on_disk_are_these(self, disk, store):
        store.put(b"a", b"1")
        store.commit()
        flush(store)
        store.remove(b"a")
        flush(store)
        fold(store)
        store.put(b"c", b"3")
        job = store.begin_flush()
        disk.fail_at = disk.calls + 3
        with pytest.raises(DiskError):
            store.run(job)
        store.finish(job)

        assert (TRACES / "flush.txt").read_text().splitlines() == disk.trace

    def test_writes_go_on_while_it_runs(self, disk, store):
        store.put(b"a", b"1")
        job = store.begin_flush()
        store.put(b"a", b"2")
        store.commit()
        store.run(job)
        store.remove(b"a")
        store.put(b"b", b"3")
        store.commit()
        store.finish(job)

        assert {b"b": b"3"} == dict(store.items()) == dict(Store.open(disk.crash()).items())

    def test_a_failed_one_stops_nothing_loses_nothing_and_is_taken_up_again(self, disk, store):
        store.put(b"a", b"1")
        job = store.begin_flush()
        disk.fail_at = disk.calls + 2
        with pytest.raises(DiskError, match="flushing the memtable"):
            store.run(job)
        store.finish(job)
        store.put(b"b", b"2")
        store.commit()
        due = store.flush_due
        crashed = dict(Store.open(disk.crash()).items())
        flush(store)

        assert (True, {b"a": b"1", b"b": b"2"}, 1) == (due, crashed, len(store.tree.version.levels[0]))
        assert ({b"a": b"1", b"b": b"2"}, None) == (dict(store.items()), store.in_doubt)

    def test_it_is_due_when_memtable_or_segment_is_full(self, disk):
        store = Store.open(disk, segment_bytes_max=4_000, memtable_bytes_max=2_000)
        due = [store.flush_due]
        store.put(b"a", bytes(2_000))
        due.append(store.flush_due)
        flush(store)
        due.append(store.flush_due)
        for _ in range(4):
            store.put(b"a", bytes(1_000))
            store.append()
        due.append(store.flush_due)

        assert [False, True, False, True] == due

    def test_what_was_flushed_leaves_memory_bit_by_bit(self, store, monkeypatch):
        monkeypatch.setattr(store_module, "DRAIN_KEYS", 40)
        for number in range(100):
            store.put(b"%d" % number, b"")
        job = store.begin_flush()
        frozen = store._frozen
        work(store, job)
        held = []
        for _ in range(3):
            store.append()
            held.append(len(frozen))

        assert [60, 20, 0] == held

    def test_a_full_disk_is_no_doubt_and_the_room_is_given_back(self, disk, store):
        store.put(b"a", bytes(range(256)))
        job = store.begin_flush()
        disk.capacity_bytes = sum(map(len, disk.files().values())) + 50
        with pytest.raises(DiskError, match="no space"):
            store.run(job)
        store.finish(job)

        assert (["000001.log", "000002.log"], None) == (disk.names(), store.in_doubt)


class TestFold:
    def test_level_0_is_folded_when_it_holds_enough_tables(self, store):
        due = []
        for number in range(version.LEVEL0_TABLES_DUE):
            due.append(store.fold_due)
            store.put(b"%d" % number, b"")
            flush(store)
        due.append(store.fold_due)
        work(store, store.begin_fold())

        assert ([False] * version.LEVEL0_TABLES_DUE + [True], [0, 1, 0], False) == (
            due,
            [len(level) for level in store.tree.version.levels],
            store.fold_due,
        )

    def test_what_was_removed_leaves_the_disk(self, store):
        store.put(b"a/1", b"x")
        flush(store)
        store.remove_prefix(b"a/")
        flush(store)
        work(store, store.begin_fold())

        assert ([0, 0, 0], []) == ([len(level) for level in store.tree.version.levels], list(store.items()))

    def test_what_the_owner_gives_up_goes_and_nothing_older_comes_back(self, disk):
        store = Store.open(disk, counted=b"k", drop=lambda key, value: value == b"old")
        for value in (b"older", b"old"):
            for key in (b"a", b"k1"):
                store.put(key, value)
            flush(store)
        fold(store)

        assert [(b"k1", b"old")] == list(store.items())

    def test_writing_slows_down_and_then_waits_while_level_0_is_crowded(self, store, monkeypatch):
        monkeypatch.setattr(store_module, "LEVEL0_TABLES_MANY", 1)
        monkeypatch.setattr(store_module, "LEVEL0_TABLES_MAX", 2)
        seen = [(store.lagging, store.congested)]
        for number in range(2):
            store.put(b"%d" % number, b"")
            flush(store)
            seen.append((store.lagging, store.congested))
        fold(store)

        assert [(False, False), (True, False), (True, True)] == seen
        assert not store.congested

    def test_writing_slows_down_and_then_waits_while_a_second_memtable_fills(self, disk):
        store = Store.open(disk, memtable_bytes_max=500)
        store.put(b"a", bytes(600))
        job = store.begin_flush()
        seen = [(store.lagging, store.congested)]
        for key in (b"a", b"b"):
            store.put(key, bytes(600))
            seen.append((store.lagging, store.congested))
        work(store, job)

        assert [(False, False), (True, False), (True, True)] == seen
        assert not store.lagging


class TestSizes:
    def test_memory_is_that_of_memtable_cache_and_tables(self, disk, store):
        store.put(b"a", bytes(100))
        memory = [store.memory_bytes()]
        flush(store)
        memory.append(store.memory_bytes())
        store.get(b"a")
        memory.append(store.memory_bytes())

        assert (True, True) == (memory[0] > memory[1] + 100, memory[2] > memory[1] + 100)
        assert sum(len(data) for name, data in disk.files().items() if name != "MANIFEST") == store.disk_bytes
        assert 101 == store.bytes_held


def doubtful(disk, calls=2):
    """A store with a table, an acknowledged write in the log, and one more whose append (1) or sync (2) failed."""
    store = Store.open(disk)
    store.put(b"a", b"1")
    flush(store)
    store.put(b"b", b"2")
    store.commit()
    store.put(b"c", b"3")
    disk.fail_at = disk.calls + calls
    with pytest.raises(DiskError):
        store.commit()
    return store


class TestResume:
    def test_its_effects_on_disk_are_these(self, disk):
        store = doubtful(disk)
        before = len(disk.trace)
        work(store, store.begin_resume())

        assert (TRACES / "resume.txt").read_text().splitlines() == disk.trace[before:]

    @pytest.mark.parametrize("calls", [1, 2])
    def test_reads_go_on_and_afterwards_writes_do_and_all_of_it_survives(self, disk, calls):
        store = doubtful(disk, calls)
        during = dict(store.items())
        work(store, store.begin_resume())
        resumed = dict(Store.open(disk.crash()).items())
        store.put(b"d", b"4")
        store.commit()

        assert ({b"a": b"1", b"b": b"2", b"c": b"3"}, None) == (during, store.in_doubt)
        assert (during, {**during, b"d": b"4"}) == (resumed, dict(Store.open(disk.crash()).items()))

    def test_it_is_due_only_in_doubt_and_when_no_flush_is_under_way(self, disk, store):
        store.put(b"a", b"1")
        due = [store.resume_due]
        job = store.begin_flush()
        store.put(b"b", b"2")
        disk.fail_at = disk.calls + 1
        with pytest.raises(DiskError):
            store.commit()
        due.append(store.resume_due)
        work(store, job)
        due.append(store.resume_due)
        work(store, store.begin_resume())

        assert [False, False, True, False] == [*due, store.resume_due]

    def test_on_a_full_disk_it_fails_until_there_is_room_and_then_writes_nothing_twice(self, disk):
        store = doubtful(disk)
        held = sum(map(len, disk.files().values()))
        for room_bytes in (10, 100):
            disk.capacity_bytes = held + room_bytes
            job = store.begin_resume()
            with pytest.raises(DiskError, match=r"resuming after a disk error: .*no space"):
                store.run(job)
            store.finish(job)
        disk.capacity_bytes = None
        work(store, store.begin_resume())

        assert (None, 2) == (store.in_doubt, sum(1 for _ in store.tree.version.tables()))

    def test_a_flush_that_failed_is_made_up_for(self, disk, store):
        store.put(b"a", b"1")
        job = store.begin_flush()
        disk.fail_at = disk.calls + 2
        with pytest.raises(DiskError):
            store.run(job)
        store.finish(job)
        store.put(b"b", b"2")
        disk.fail_at = disk.calls + 1
        with pytest.raises(DiskError):
            store.commit()
        work(store, store.begin_resume())

        assert {b"a": b"1", b"b": b"2"} == dict(store.items()) == dict(Store.open(disk.crash()).items())
