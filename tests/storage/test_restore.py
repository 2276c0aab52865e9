"""Promises of crowkis/storage/restore.py: all of it or nothing that opens."""

from contextlib import suppress
from random import Random

import pytest

from crowkis.storage.check import verify
from crowkis.storage.errors import DiskError, StorageError
from crowkis.storage.restore import restore
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

PAIRS = [(b"a%02d" % number, b"answer") for number in range(50)] + [(b"k%d" % number, b"key") for number in range(7)]


def test_the_store_holds_the_pairs_the_counts_and_goes_on():
    disk = FaultyDisk(Random(1))
    told = restore(PAIRS, disk, b"k")
    store = Store.open(disk, counted=b"k")

    assert ([], 57, PAIRS, 7) == (verify(disk), told, list(store.items()), store.count(b"k"))
    store.put(b"new", b"1")
    assert store.remove(b"a00")
    store.commit()
    assert [*PAIRS[1:], (b"new", b"1")] == list(Store.open(disk.crash(), counted=b"k").items())


def test_no_pairs_make_an_empty_store():
    disk = FaultyDisk(Random(1))
    restore([], disk, b"k")

    assert ([], []) == (verify(disk), list(Store.open(disk).items()))


def test_what_is_larger_than_one_table_becomes_several_of_one_level():
    disk, rng = FaultyDisk(Random(1)), Random(1)
    pairs = [(b"%05d" % number, rng.randbytes(10_000)) for number in range(4_000)]
    restore(pairs, disk, b"")
    store = Store.open(disk)

    assert [0, 0, 2] == [len(level) for level in store.tree.version.levels]
    assert pairs == list(store.items())


def test_whatever_call_fails_it_is_told_and_no_part_opens_as_if_it_were_all():
    calls = FaultyDisk(Random(1))
    restore(PAIRS, calls, b"k")
    for fail_at in range(1, calls.calls + 1):
        disk = FaultyDisk(Random(fail_at), fail_at=fail_at)
        with pytest.raises(DiskError):
            restore(PAIRS, disk, b"k")
        try:
            found = list(Store.open(disk).items())
        except StorageError:
            continue

        assert found in ([], PAIRS), fail_at


@pytest.mark.parametrize("seed", range(100))
def test_power_lost_at_any_moment_leaves_all_nothing_or_what_does_not_open(seed):
    class Power(Exception):  # noqa: N818 - not an error of ours
        pass

    class Dying(FaultyDisk):
        def count_call(self, traced):
            if self.calls == seed % 12:
                raise Power
            return super().count_call(traced)

    disk = Dying(Random(seed))
    with suppress(Power):
        restore(PAIRS, disk, b"k")
    disk.__class__ = FaultyDisk
    after = disk.crash()
    try:
        found = list(Store.open(after).items())
    except StorageError:
        return

    assert found in ([], PAIRS)


def test_a_full_disk_leaves_nothing_behind():
    disk = FaultyDisk(Random(1), capacity_bytes=200)
    with pytest.raises(DiskError, match="space"):
        restore(PAIRS, disk, b"k")

    assert {} == disk.files()


def test_an_error_of_the_source_leaves_nothing_behind():
    def broken():
        yield from PAIRS
        raise ValueError

    disk = FaultyDisk(Random(1))
    with pytest.raises(ValueError):  # noqa: PT011 - its own
        restore(broken(), disk, b"k")

    assert {} == disk.files()
