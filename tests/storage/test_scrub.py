"""Promises of crowkis/storage/scrub.py: what the disk holds now is looked at, and named where it is damaged."""

from random import Random

import pytest

from crowkis.storage.errors import DiskError
from crowkis.storage.scrub import ScrubJob
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

NAME = "000001.table"


def work(store, job):
    store.run(job)
    store.finish(job)


@pytest.fixture
def disk():
    return FaultyDisk(Random(1))


@pytest.fixture
def store(disk):
    """Two keys in a table, their block in the cache."""
    store = Store.open(disk)
    store.put(b"a", b"1")
    store.put(b"b", b"2" * 300)
    work(store, store.begin_flush())
    store.get(b"a")
    return store


def scrubbed(store):
    job = ScrubJob(next(store.tree.version.tables()))
    store.run(job)
    return job


def test_a_sound_table_has_no_damage(store, disk):
    job = scrubbed(store)

    assert (NAME, [], len(disk.files()[NAME])) == (job.file, job.damage, job.size_bytes)


def test_every_turned_bit_is_found_and_named_though_the_cache_holds_the_block(store, disk):
    content = disk._content(NAME).data
    for bit in range(len(content) * 8):
        content[bit // 8] ^= 1 << bit % 8
        damage = scrubbed(store).damage
        content[bit // 8] ^= 1 << bit % 8

        assert [NAME] == [error.file for error in damage], bit


def test_a_table_cut_short_or_gone_is_named(store, disk):
    data = disk._content(NAME).data
    kept = bytes(data)
    del data[40:]
    cut = [error.file for error in scrubbed(store).damage]
    data[:] = kept
    disk.remove(NAME)

    assert ([NAME], [NAME]) == (cut, [error.file for error in scrubbed(store).damage])


def test_one_that_a_fold_has_removed_meanwhile_is_not_missed(store):
    job = ScrubJob(next(store.tree.version.tables()))
    work(store, store.begin_fold(whole=True))
    store.run(job)

    assert [] == job.damage


def test_a_disk_that_does_not_give_it_is_an_error_and_no_damage(store, disk):
    job = ScrubJob(next(store.tree.version.tables()))
    disk.fail_at = disk.calls + 2
    with pytest.raises(DiskError, match="checking a table"):
        store.run(job)

    assert [] == job.damage
