"""Every bit of every file turned, every file cut at every byte: refused by name, or harmless; never a wrong value."""

from random import Random

import pytest

from crowkis.storage.check import verify
from crowkis.storage.errors import Corruption, StorageError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

NEWEST = "000004.log"


def entropy(size_bytes):
    return b"\x9e\x37\x79\xb9"[:size_bytes]


def flush(store):
    job = store.begin_flush()
    store.run(job)
    store.finish(job)


@pytest.fixture(scope="module")
def lived():
    """A disk with tables in two levels and two segments, what it stands for, and that before the last batch."""
    disk = FaultyDisk(Random(1))
    store = Store.open(disk, entropy, counted=b"a")
    store.put(b"a", b"1")
    store.put(b"b", b"2")
    store.put(b"d/1", b"x")
    flush(store)
    job = store.begin_fold(whole=True)
    store.run(job)
    store.finish(job)
    store.put(b"c", b"3")
    store.remove_prefix(b"d/")
    flush(store)
    store.finish(store.begin_flush())  # begun and never run: a second segment
    store.remove(b"a")
    store.commit()
    before, before_bytes = dict(store.items()), len(disk.files()[NEWEST])
    store.put(b"b", b"two")
    store.commit()

    assert ["000002.table", "000003.log", "000003.table", NEWEST, "MANIFEST"] == disk.names()
    return disk, dict(store.items()), before, before_bytes


def opened(disk):
    """What is served, or the error's file."""
    try:
        store = Store.open(disk, entropy, counted=b"a")
        found = dict(store.items())
        assert found == {key: store.get(key) for key in found}
        return found
    except StorageError as error:
        return error.file


def test_any_turned_bit_is_refused_by_name_or_costs_no_more_than_the_last_batch(lived):
    disk, _, before, before_bytes = lived
    for name, data in disk.files().items():
        for bit in range(len(data) * 8):
            in_last_batch = name == NEWEST and bit // 8 >= before_bytes
            damaged = disk.damaged(name, bit // 8, 1 << bit % 8)
            expected = [(name, in_last_batch)]

            assert expected == [(finding.file, finding.harmless) for finding in verify(damaged)][:1], (name, bit)
            assert (before if in_last_batch else name) == opened(damaged), (name, bit)


def test_any_file_cut_short_is_refused_by_name_except_the_newest_log(lived):
    disk, after, before, before_bytes = lived
    for name, data in disk.files().items():
        for size_bytes in range(len(data)):
            found = opened(FaultyDisk(Random(1), disk.files() | {name: data[:size_bytes]}))
            if name != NEWEST or size_bytes < 28:
                assert name == found, size_bytes
            elif size_bytes >= before_bytes:
                assert before == found, size_bytes
            else:
                assert after | {b"b": b"2", b"a": b"1"} == found, size_bytes


@pytest.mark.parametrize("name", ["000002.table", "000003.table", "000003.log", "MANIFEST"])
def test_a_missing_file_is_refused(lived, name):
    files = lived[0].files()
    del files[name]
    with pytest.raises(Corruption, match="is missing"):
        Store.open(FaultyDisk(Random(1), files), entropy)
