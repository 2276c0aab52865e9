import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crowkis.storage import store as store_module
from crowkis.storage.disk import Directory
from crowkis.storage.errors import Corruption, DiskError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

TRACES = Path(__file__).parent / "traces"
GOLDEN = Path(__file__).parent / "golden"

keys = st.binary(max_size=4)


@pytest.fixture
def disk():
    return FaultyDisk(Random(1))


@pytest.fixture
def store(disk):
    return Store.open(disk)


def entropy(size_bytes):
    return b"\xc4\x0a\x4b\x15"[:size_bytes]


def work(store, job):
    store.run(job)
    store.finish(job)


def flush(store):
    work(store, store.begin_flush())


def fold(store):
    work(store, store.begin_fold(whole=True))


class TestReading:
    def test_a_change_is_visible_at_once(self, store):
        store.put(b"k", b"v")

        assert (b"v", True) == (store.get(b"k"), b"k" in store)

    def test_what_is_not_there_is_none(self, store):
        assert store.get(b"k") is None

    def test_get_stays_bound_through_every_kind_of_change(self, store):
        get = store.get
        store.put(b"k", b"v")
        store.remove_prefix(b"")
        store.put(b"k", b"w")
        flush(store)
        found = [get(b"k")]
        store.put(b"k", b"x")
        found.append(get(b"k"))

        assert (store.get, [b"w", b"x"]) == (get, found)

    def test_memtable_frozen_memtable_and_tables_are_one_to_a_reader(self, store):
        for key, value in ((b"k1", b"old"), (b"k2", b"old"), (b"k3", b"old"), (b"k4", b"old")):
            store.put(key, value)
        flush(store)
        store.put(b"k2", b"frozen")
        store.remove(b"k3")
        job = store.begin_flush()
        store.put(b"k4", b"new")
        during = dict(store.items())
        work(store, job)

        assert {b"k1": b"old", b"k2": b"frozen", b"k4": b"new"} == during == dict(store.items())
        assert during == {key: store.get(key) for key in during}

    def test_a_block_that_is_damaged_is_named_and_never_served(self, disk, store):
        store.put(b"k", b"v")
        flush(store)
        damaged = Store.open(disk.damaged("000001.table", 40), cache_bytes_max=0)
        with pytest.raises(Corruption, match=r"000001\.table is damaged at byte 28"):
            damaged.get(b"k")
        with pytest.raises(Corruption):
            list(damaged.items())

        assert damaged.get(b"another") is None

    def test_a_damaged_value_can_be_removed(self, disk, store):
        store.put(b"k", b"v")
        flush(store)
        damaged = Store.open(disk.damaged("000001.table", 40))

        assert (True, None) == (damaged.remove(b"k"), damaged.get(b"k"))

    def test_a_read_that_fails_is_a_disk_error(self, disk):
        store = Store.open(disk, cache_bytes_max=0)
        store.put(b"k", b"v")
        flush(store)
        for look in (lambda: store.get(b"k"), lambda: store.scan(b"", None, 1)):
            disk.fail_at = disk.calls + 1
            with pytest.raises(DiskError, match="reading a table"):
                look()

        assert (b"v", None) == (store.get(b"k"), store.in_doubt)

    def test_items_are_those_with_the_prefix(self, store):
        for key in (b"a1", b"a2", b"b1"):
            store.put(key, key)

        assert ({b"a1", b"a2"}, 3) == (dict(store.items(b"a")).keys(), len(dict(store.items())))

    def test_scan_gives_pages_in_byte_order(self, store):
        for key in (b"a3", b"b1", b"a1", b"a2"):
            store.put(key, b"")

        assert ([b"a1", b"a2"], [b"a3"]) == (store.scan(b"a", None, 2), store.scan(b"a", b"a2", 2))


class Twins(RuleBasedStateMachine):
    """The store and a dictionary, told the same things."""

    def __init__(self):
        super().__init__()
        self.disk = FaultyDisk(Random(0))
        self.store, self.twin = Store.open(self.disk, entropy, 200, counted=b"\0\1a"), {}

    @rule(key=keys, value=st.binary(max_size=9))
    def put(self, key, value):
        self.store.put(key, value)
        self.twin[key] = value

    @rule(key=keys)
    def remove(self, key):
        assert (self.twin.pop(key, None) is not None) == self.store.remove(key)

    @rule(prefix=st.binary(max_size=3))
    def remove_prefix(self, prefix):
        gone = [key for key in self.twin if key.startswith(prefix)]
        for key in gone:
            del self.twin[key]

        self.store.remove_prefix(prefix)

    @rule()
    def reopen(self):
        self.store.append()
        self.store.close()
        self.store = Store.open(self.disk, entropy, 200, counted=b"\0\1a")

    @rule()
    def flush(self):
        flush(self.store)

    @rule()
    def fold(self):
        fold(self.store)

    @rule(prefix=st.binary(max_size=2), after=st.none() | keys)
    def scan(self, prefix, after):
        found = sorted(key for key in self.twin if key.startswith(prefix) and (after is None or key > after))

        assert found[:3] == self.store.scan(prefix, after, 3)

    @rule(prefix=st.sampled_from([b"\0", b"\1", b"a", b"a\0", b"\0\0", b"\1\1"]))
    def count(self, prefix):
        assert sum(key.startswith(prefix) for key in self.twin) == self.store.count(prefix)

    @invariant()
    def they_agree(self):
        assert self.twin == dict(self.store.items()) == {key: self.store.get(key) for key in self.twin}


Twins.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAgainstADictionary = Twins.TestCase


class TestWriting:
    def test_a_batch_is_one_write(self, disk, store):
        del disk.trace[:]
        store.put(b"a", b"1")
        store.remove(b"a")
        store.put(b"b", b"2")

        assert (True, ["append: 000001.log"]) == (store.append(), disk.trace)

    def test_nothing_to_append_is_no_write(self, disk, store):
        del disk.trace[:]
        store.remove(b"not there")
        store.remove_prefix(b"nothing is there")

        assert (False, []) == (store.commit(), disk.trace)

    def test_unsynced_bytes_fall_to_nothing_with_a_sync(self, store):
        store.put(b"a", b"1")
        store.append()
        before = store.unsynced_bytes
        store.sync()

        assert (True, 0) == (before > 0, store.unsynced_bytes)

    def test_what_was_appended_is_there_after_opening_again(self, disk, store):
        store.put(b"a", b"1")
        store.append()
        store.put(b"b", b"not appended")
        store.close()

        assert {b"a": b"1"} == dict(Store.open(disk).items())

    def test_a_giant_batch_is_appended_in_parts(self, disk, store, monkeypatch):
        monkeypatch.setattr(store_module, "BATCH_BYTES_MAX", 10)
        del disk.trace[:]
        for number in range(4):
            store.put(b"%d" % number, b"12345")
        for number in range(4):
            store.remove(b"%d" % number)
        store.append()

        assert 3 == len(disk.trace)

    def test_the_real_directory_does_as_well(self, tmp_path):
        directory = Directory(tmp_path)
        store = Store.open(directory)
        store.put(b"a", b"1")
        store.commit()
        flush(store)
        store.put(b"b", b"2")
        flush(store)
        fold(store)
        store.commit()
        store.close()
        again = dict(Store.open(directory).items())
        directory.close()

        assert {b"a": b"1", b"b": b"2"} == again


class TestBesideAnotherThread:
    def test_syncs_beside_appends_and_rotations_disturb_nothing(self, tmp_path):
        directory = Directory(tmp_path)
        store = Store.open(directory, segment_bytes_max=2_000)
        done, failures = threading.Event(), []

        def sync_again_and_again():
            try:
                while not done.is_set():
                    store.sync()
            except DiskError as error:
                failures.append(error)

        thread = threading.Thread(target=sync_again_and_again)
        thread.start()
        for number in range(300):
            store.put(b"%d" % number, bytes(100))
            store.append()
        done.set()
        thread.join(30)
        store.sync()
        unsynced_bytes = store.unsynced_bytes
        store.close()
        found = len(dict(Store.open(directory).items()))
        directory.close()

        assert ([], 0, 300) == (failures, unsynced_bytes, found)


class TestUnreadable:
    def unreadable(self, disk, counted=b""):
        store = Store.open(disk, counted=counted, cache_bytes_max=0)
        store.put(b"k", b"v")
        flush(store)
        disk.fail_at = disk.calls + 1
        return store

    def test_a_removal_of_what_cannot_be_read_is_made_all_the_same(self, disk):
        store = self.unreadable(disk)

        assert store.remove(b"k")
        store.commit()
        assert b"k" not in Store.open(disk)

    def test_but_not_where_keys_are_counted(self, disk):
        store = self.unreadable(disk, counted=b"k")
        with pytest.raises(DiskError):
            store.remove(b"k")

        assert (b"v", 1) == (store.get(b"k"), store.count(b"k"))
        assert store.in_doubt is None


class TestInDoubt:
    @pytest.mark.parametrize("calls", [1, 2])
    def test_a_failed_append_or_sync_stops_all_writes(self, disk, store, calls):
        store.put(b"a", b"1")
        disk.fail_at = disk.calls + calls
        with pytest.raises(DiskError):
            store.commit()
        for write in (
            lambda: store.put(b"b", b"2"),
            lambda: store.remove(b"a"),
            lambda: store.remove_prefix(b""),
            store.append,
            store.sync,
            store.begin_flush,
        ):
            with pytest.raises(DiskError, match=r"stopped after an earlier disk error: .*injected"):
                write()
        reopened = Store.open(disk)
        reopened.put(b"b", b"2")

        assert (True, None) == (reopened.commit(), reopened.in_doubt)

    def test_reads_go_on(self, disk, store):
        store.put(b"a", b"1")
        disk.fail_at = disk.calls + 1
        with pytest.raises(DiskError):
            store.append()

        assert (b"1", [b"a"]) == (store.get(b"a"), store.scan(b"", None, 9))

    def test_a_full_disk_is_doubt_too(self, disk, store):
        disk.capacity_bytes = 40
        store.put(b"a", b"more than fits")
        with pytest.raises(DiskError, match="no space"):
            store.append()
        disk.capacity_bytes = None

        assert ("no space" in store.in_doubt, {}) == (True, dict(Store.open(disk).items()))

    def test_a_refused_put_changes_nothing(self, disk, store):
        store.put(b"a", b"1")
        disk.fail_at = disk.calls + 1
        with pytest.raises(DiskError):
            store.append()
        with pytest.raises(DiskError):
            store.put(b"a", b"2")

        assert b"1" == store.get(b"a")


def write_golden(disk):
    """What tests/storage/golden/v2 holds. Never change it: a new version gets a new directory."""
    store = Store.open(disk, entropy, counted=b"k")
    for number in range(3):
        store.put(b"k1%d" % number, b"v%d" % number)
    store.put(b"gone", b"x" * 300)
    flush(store)
    fold(store)
    store.put(b"k10", b"again")
    store.remove(b"k11")
    store.remove_prefix(b"gone")
    flush(store)
    store.put(b"k20", b"")
    store.commit()
    store.close()


class TestGoldenFiles:
    def test_files_of_version_1_open_for_ever(self):
        files = {path.name: path.read_bytes() for path in (GOLDEN / "v1").iterdir()}
        disk = FaultyDisk(Random(1), files)
        store = Store.open(disk, counted=b"k")
        found = (dict(store.items()), store.count(b"k"), store.report.records, store.report.cut_bytes)
        flush(store)

        assert ({b"k2": b"v2", b"k3": b""}, 2, 2, 0) == found
        assert ["000001.table", "000004.log", "MANIFEST"] == disk.names()
        assert {b"k2": b"v2", b"k3": b""} == dict(Store.open(disk).items())

    def test_files_of_version_2_open_for_ever(self):
        files = {path.name: path.read_bytes() for path in (GOLDEN / "v2").iterdir()}
        store = Store.open(FaultyDisk(Random(1), files), counted=b"k")

        assert ({b"k10": b"again", b"k12": b"v2", b"k20": b""}, 3) == (dict(store.items()), store.count(b"k"))

    def test_what_is_written_today_is_version_2(self, disk):
        write_golden(disk)

        assert {path.name: path.read_bytes() for path in (GOLDEN / "v2").iterdir()} == disk.files()
