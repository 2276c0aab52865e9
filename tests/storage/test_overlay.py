"""Promises of crowkis/storage/overlay.py: a store opens, writes and folds over it, and what is below never changes."""

from random import Random

import pytest

from crowkis.storage.overlay import Overlay
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk


@pytest.fixture
def below():
    disk = FaultyDisk(Random(1))
    store = Store.open(disk)
    for number in range(50):
        store.put(b"key%d" % number, b"value" * number)
    job = store.begin_flush()
    store.run(job)
    store.finish(job)
    store.put(b"later", b"1")
    store.commit()
    store.close()
    return FaultyDisk(Random(1), disk.files() | {"000099.table": b"left over", "notes": b"abc"})


def test_a_store_opens_over_it_and_the_directory_below_stays_as_it_is(below):
    before = below.files()
    store = Store.open(Overlay(below))
    store.put(b"new", b"2")
    store.remove(b"key1")
    store.commit()
    flush = store.begin_flush()
    store.run(flush)
    store.finish(flush)
    fold = store.begin_fold(whole=True)
    store.run(fold)
    store.finish(fold)

    found = dict(store.items())
    assert {b"later": b"1", b"new": b"2"}.items() <= found.items()
    assert b"key1" not in found
    assert 51 == len(found)
    assert before == below.files()


def test_what_is_written_removed_and_renamed_is_seen_through_it_alone(below):
    glass = Overlay(below)
    glass.create("made").append(b"12345")
    glass.reopen("notes", 2).append(b"X")
    glass.rename("made", "named")
    glass.remove("000099.table")

    assert b"12345" == glass.read("named")
    assert b"234" == glass.open("named").read_at(1, 3)
    assert b"abX" == glass.read("notes")
    assert {"made", "000099.table"}.isdisjoint(glass.names())
    assert {"named", "notes"} <= set(glass.names())
    assert b"abc" == below.read("notes")
    for gone in ("made", "000099.table", "never"):
        with pytest.raises(FileNotFoundError):
            glass.read(gone)
        with pytest.raises(FileNotFoundError):
            glass.remove(gone)
        with pytest.raises(FileNotFoundError):
            glass.open(gone)


def test_a_file_removed_can_be_made_again(below):
    glass = Overlay(below)
    glass.remove("notes")
    glass.create("notes").append(b"new")
    glass.remove("notes")
    glass.rename("000099.table", "notes")

    assert b"left over" == glass.read("notes")
