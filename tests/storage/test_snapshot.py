"""Promises of crowkis/storage/snapshot.py: one moment of a store, readable while it goes on."""

import threading
from random import Random

import pytest

from crowkis.storage.errors import DiskError
from crowkis.storage.snapshot import Promised, Snapshot
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk


def flushed(store):
    """Do what the actor does: all that is due."""
    while store.flush_due:
        job = store.begin_flush()
        store.run(job)
        store.finish(job)
    while store.fold_due:
        fold = store.begin_fold()
        store.run(fold)
        store.finish(fold)


def new_store(disk=None):
    return Store.open(disk or FaultyDisk(Random(1)), counted=b"k")


def change(store, twin, rng):
    """One random change to both."""
    key = b"%c%d" % (rng.choice(b"aek"), rng.randrange(40))
    kind = rng.random()
    if kind < 0.7:
        twin[key] = b"%d" % rng.randrange(10**9) * rng.randrange(1, 30)
        store.put(key, twin[key])
    elif kind < 0.95:
        twin.pop(key, None)
        store.remove(key)
    else:
        for gone in [each for each in twin if each.startswith(key[:2])]:
            del twin[gone]
        store.remove_prefix(key[:2])
    if rng.random() < 0.5:
        store.commit()


@pytest.mark.parametrize("seed", range(40))
def test_it_shows_the_moment_of_its_flush_whatever_is_written_flushed_and_folded_later(seed):
    rng, twin = Random(seed), {}
    store = new_store(FaultyDisk(rng))
    open_ones = []
    for _ in range(600):
        change(store, twin, rng)
        if rng.random() < 0.02:
            snapshot = store.begin_snapshot()
            if store.flush_due:
                job = store.begin_flush()
                moment = dict(twin)
                for _ in range(rng.randrange(20)):
                    change(store, twin, rng)
                store.run(job)
                store.finish(job)
            else:
                moment = dict(twin)
            open_ones.append((moment, snapshot.pairs()))
        if rng.random() < 0.03:
            flushed(store)
        for moment, pairs in open_ones:
            for key, value in pairs:
                assert moment.pop(key) == value
                if rng.random() < 0.3:
                    break
    for moment, pairs in open_ones:
        moment_left = dict(pairs)

        assert moment == moment_left
    assert twin == dict(store.items())


def test_an_empty_store_and_one_wholly_flushed_need_no_flush():
    store = new_store()

    assert [] == list(store.begin_snapshot().pairs())
    store.put(b"a", b"1")
    store.begin_snapshot()
    flushed(store)

    assert [(b"a", b"1")] == list(store.begin_snapshot().pairs())
    assert not store.flush_due


def test_one_asked_for_during_a_flush_waits_for_the_next():
    store = new_store()
    store.put(b"a", b"1")
    job = store.begin_flush()
    store.put(b"b", b"2")
    snapshot = store.begin_snapshot()
    store.run(job)
    store.finish(job)
    store.put(b"c", b"3")
    flushed(store)

    assert [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")] == list(snapshot.pairs())


def test_a_reader_in_another_thread_waits_until_it_is_there():
    store = new_store()
    store.put(b"a", b"1")
    snapshot, read = store.begin_snapshot(), []
    reader = threading.Thread(target=lambda: read.extend(snapshot.pairs()))
    reader.start()
    flushed(store)
    reader.join(10)

    assert [(b"a", b"1")] == read


def test_a_failed_flush_fails_it_and_the_next_one_may_succeed():
    disk = FaultyDisk(Random(1))
    store = new_store(disk)
    store.put(b"a", b"1" * 100)
    snapshot = store.begin_snapshot()
    job = store.begin_flush()
    late = store.begin_snapshot()
    disk.fail_at = disk.calls + 1
    with pytest.raises(DiskError):
        store.run(job)
    store.finish(job)
    for each in (snapshot, late):
        with pytest.raises(DiskError, match="flushing the memtable: "):
            list(each.pairs())
    again = store.begin_snapshot()
    flushed(store)

    assert [(b"a", b"1" * 100)] == list(again.pairs())


def test_a_store_in_doubt_gives_none_and_fails_those_that_wait():
    disk = FaultyDisk(Random(1))
    store = new_store(disk)
    store.put(b"a", b"1")
    waiting = store.begin_snapshot()
    disk.fail_at = disk.calls + 2
    with pytest.raises(DiskError):
        store.commit()
    with pytest.raises(DiskError, match="injected"):
        list(waiting.pairs())
    with pytest.raises(DiskError, match="injected"):
        store.begin_snapshot()


def test_closing_the_store_fails_those_that_wait():
    store = new_store()
    store.put(b"a", b"1")
    snapshot = store.begin_snapshot()
    store.close()
    with pytest.raises(DiskError, match="closed"):
        list(snapshot.pairs())


def test_giving_it_back_stops_a_reader():
    store = new_store()
    for number in range(10):
        store.put(b"%d" % number, b"")
    snapshot = store.begin_snapshot()
    flushed(store)
    pairs = snapshot.pairs()
    next(pairs)
    snapshot.release()
    with pytest.raises(DiskError, match="given back"):
        next(pairs)
    with pytest.raises(DiskError, match="given back"):
        next(snapshot.pairs())


def test_a_disk_error_while_reading_is_told():
    disk = FaultyDisk(Random(1))
    store = new_store(disk)
    store.put(b"a", b"1")
    snapshot = store.begin_snapshot()
    flushed(store)
    disk.fail_at = disk.calls + 1
    with pytest.raises(DiskError, match="reading a snapshot"):
        list(snapshot.pairs())


class TestPromised:
    def test_a_snapshot_wanted_after_a_flush_began_waits_for_the_next(self):
        promised, version = Promised(), new_store().tree.version
        early, late = Snapshot(), Snapshot()
        promised.wanted.append(early)
        promised.begin_flush()
        promised.wanted.append(late)
        promised.settle(version)

        assert ([], [late]) == (list(early.pairs()), promised.wanted)

    def test_where_no_flush_will_come_all_of_them_fail(self):
        promised = Promised()
        both = [Snapshot(), Snapshot()]
        promised.wanted.append(both[0])
        promised.begin_flush()
        promised.wanted.append(both[1])
        promised.fail("no space")

        for snapshot in both:
            with pytest.raises(DiskError, match="no space"):
                list(snapshot.pairs())


def test_it_says_whether_it_is_there_and_what_failed():
    waiting, there, failed = Snapshot(), Snapshot(), Snapshot()
    there.settle(new_store().tree.version)
    failed.fail("no space")

    assert [(False, None), (True, None), (True, "no space")] == [
        (one.settled, one.failure) for one in (waiting, there, failed)
    ]
