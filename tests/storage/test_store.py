import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crowkis.storage import store as store_module
from crowkis.storage.disk import Directory
from crowkis.storage.errors import DiskError
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


def checkpoint(store):
    job = store.begin_checkpoint()
    store.write_checkpoint(job)
    store.finish_checkpoint(job)


class TestReading:
    def test_a_change_is_visible_at_once(self, store):
        store.put(b"k", b"v")

        assert (b"v", True, 1) == (store.get(b"k"), b"k" in store, len(store))

    def test_what_is_not_there_is_none(self, store):
        assert store.get(b"k") is None

    def test_get_stays_bound_through_every_kind_of_change(self, store):
        get = store.get
        store.put(b"k", b"v")
        store.remove_prefix(b"")
        store.put(b"k", b"w")
        checkpoint(store)

        assert (store.get, b"w") == (get, get(b"k"))

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
        self.store, self.twin = Store.open(self.disk, entropy, 200), {}

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

        assert len(gone) == self.store.remove_prefix(prefix)

    @rule()
    def reopen(self):
        self.store.append()
        self.store.close()
        self.store = Store.open(self.disk, entropy, 200)

    @rule()
    def checkpoint(self):
        checkpoint(self.store)

    @rule(prefix=st.binary(max_size=2), after=st.none() | keys)
    def scan(self, prefix, after):
        found = sorted(key for key in self.twin if key.startswith(prefix) and (after is None or key > after))

        assert found[:3] == self.store.scan(prefix, after, 3)

    @rule(prefix=st.binary(max_size=2))
    def count(self, prefix):
        assert sum(key.startswith(prefix) for key in self.twin) == self.store.count(prefix)

    @invariant()
    def they_agree(self):
        held = sum(len(key) + len(value) for key, value in self.twin.items())

        assert (self.twin, held) == (dict(self.store.items()), self.store.bytes_held)


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
        store.remove_prefix(b"not there")

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
        checkpoint(store)
        store.put(b"b", b"2")
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
        found = len(Store.open(directory))
        directory.close()

        assert ([], 0, 300) == (failures, unsynced_bytes, found)


class TestInDoubt:
    @pytest.mark.parametrize("calls", [1, 2])
    def test_a_failed_append_or_sync_stops_all_writes_until_reopened(self, disk, store, calls):
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
            store.begin_checkpoint,
        ):
            with pytest.raises(DiskError, match=r"stopped until the store is opened again: .*injected"):
                write()
        reopened = Store.open(disk)
        reopened.put(b"b", b"2")

        assert (True, None) == (reopened.commit(), reopened.in_doubt)

    def test_reads_go_on(self, disk, store):
        store.put(b"a", b"1")
        disk.fail_at = disk.calls + 1
        with pytest.raises(DiskError):
            store.append()

        assert (b"1", [b"a"], 1) == (store.get(b"a"), store.scan(b"", None, 9), store.count(b""))

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


class TestCheckpoint:
    def test_its_effects_on_disk_are_these(self, disk, store):
        store.put(b"a", b"1")
        store.commit()
        checkpoint(store)
        store.put(b"b", b"2")
        store.commit()
        checkpoint(store)
        store.put(b"c", b"3")
        job = store.begin_checkpoint()
        disk.fail_at = disk.calls + 3
        with pytest.raises(DiskError):
            store.write_checkpoint(job)
        store.finish_checkpoint(job)

        assert (TRACES / "checkpoint.txt").read_text().splitlines() == disk.trace

    def test_writes_go_on_while_it_is_written(self, disk, store):
        store.put(b"a", b"1")
        job = store.begin_checkpoint()
        store.put(b"a", b"2")
        store.commit()
        store.write_checkpoint(job)
        store.remove(b"a")
        store.put(b"b", b"3")
        store.commit()
        store.finish_checkpoint(job)

        assert ({b"a": b"1"}, {b"b": b"3"}) == (job.table, dict(Store.open(disk.crash()).items()))

    def test_a_failed_one_stops_nothing_and_loses_nothing(self, disk, store):
        store.put(b"a", b"1")
        job = store.begin_checkpoint()
        disk.fail_at = disk.calls + 2
        with pytest.raises(DiskError, match="writing a checkpoint"):
            store.write_checkpoint(job)
        store.finish_checkpoint(job)
        store.put(b"b", b"2")
        store.commit()

        assert {b"a": b"1", b"b": b"2"} == dict(Store.open(disk.crash()).items())

    def test_files_that_could_not_be_removed_go_with_the_next(self, disk, store):
        job = store.begin_checkpoint()
        disk.fail_at = disk.calls + 7  # create, two appends, sync, rename and sync-directory come before
        with pytest.raises(DiskError, match="removing"):
            store.write_checkpoint(job)
        store.finish_checkpoint(job)
        left = disk.names()
        checkpoint(store)

        assert (["000003.checkpoint", "000003.log"], None, True) == (disk.names(), store.in_doubt, "000001.log" in left)

    def test_it_is_due_when_the_log_has_outgrown_it(self, store, monkeypatch):
        monkeypatch.setattr(store_module, "CHECKPOINT_LOG_BYTES_MIN", 500)
        due = [store.checkpoint_due]
        store.put(b"a", bytes(600))
        store.append()
        due.append(store.checkpoint_due)
        job = store.begin_checkpoint()
        store.put(b"a", bytes(700))
        store.append()
        due.append(store.checkpoint_due)
        store.write_checkpoint(job)
        store.finish_checkpoint(job)
        due.append(store.checkpoint_due)

        assert [False, True, False, True] == due

    def test_after_a_failed_one_the_log_must_grow_again(self, store, monkeypatch):
        monkeypatch.setattr(store_module, "CHECKPOINT_LOG_BYTES_MIN", 500)
        store.put(b"a", bytes(600))
        store.append()
        store.finish_checkpoint(store.begin_checkpoint())
        soon = store.checkpoint_due
        store.put(b"a", bytes(600))
        store.append()

        assert (False, True) == (soon, store.checkpoint_due)


def write_golden(disk):
    """What tests/storage/golden/v1 holds. Never change it: a new version gets a new directory."""
    store = Store.open(disk, entropy)
    store.put(b"k1", b"v1")
    store.put(b"k2", b"v2")
    store.commit()
    checkpoint(store)
    store.put(b"k3", b"")
    store.remove(b"k1")
    store.commit()
    job = store.begin_checkpoint()  # a second segment, and the checkpoint never written
    store.finish_checkpoint(job)
    store.put(b"gone/1", b"x" * 300)
    store.remove_prefix(b"gone/")
    store.commit()
    store.close()


class TestGoldenFiles:
    def test_files_of_version_1_open_for_ever(self):
        files = {path.name: path.read_bytes() for path in (GOLDEN / "v1").iterdir()}
        store = Store.open(FaultyDisk(Random(1), files))

        assert ({b"k2": b"v2", b"k3": b""}, 2, 0) == (
            dict(store.items()),
            store.report.records,
            store.report.cut_bytes,
        )

    def test_what_is_written_today_is_version_1(self, disk):
        write_golden(disk)

        assert {path.name: path.read_bytes() for path in (GOLDEN / "v1").iterdir()} == disk.files()
