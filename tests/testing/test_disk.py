"""The faulty disk destroys what it may destroy, nothing else. (What it does well: tests/storage/test_disk.py.)"""

import errno
from random import Random

import pytest

from crowkis.testing.disk import FaultyDisk

SEEDS = range(200)


def crashed_contents(prepare):
    """What a crash leaves of file "a", over many seeds; None where there is no such file."""
    found = set()
    for seed in SEEDS:
        disk = FaultyDisk(Random(seed))
        prepare(disk)
        found.add(disk.crash().files().get("a"))
    return found


def write_synced(disk, name="a"):
    file = disk.create(name)
    file.append(b"synced")
    file.sync()
    disk.sync_directory()
    return file


class TestPowerLoss:
    def test_what_was_synced_stays(self):
        assert {b"synced"} == crashed_contents(write_synced)

    def test_of_the_rest_any_prefix_may_stay(self):
        found = crashed_contents(lambda disk: write_synced(disk).append(b"+rest"))

        assert {b"synced" + b"+rest"[:kept] for kept in range(6)} <= found

    def test_what_stays_may_end_in_garbage_but_never_longer_than_it_was(self):
        found = crashed_contents(lambda disk: write_synced(disk).append(b"+rest"))
        torn = {content for content in found if not b"synced+rest".startswith(content)}

        assert (True, True) == (bool(torn), all(6 < len(content) <= 11 for content in torn))

    def test_a_name_not_synced_may_be_there_or_not(self):
        def prepare(disk):
            file = disk.create("a")
            file.append(b"x")
            file.sync()

        assert {None, b"x"} == crashed_contents(prepare)

    def test_a_rename_not_synced_may_have_happened_or_not(self):
        def prepare(disk):
            write_synced(disk)
            file = disk.create("a.new")
            file.append(b"new")
            file.sync()
            disk.rename("a.new", "a")

        assert {b"synced", b"new"} == crashed_contents(prepare)

    def test_a_removal_not_synced_may_have_happened_or_not(self):
        def prepare(disk):
            write_synced(disk)
            disk.remove("a")

        assert {None, b"synced"} == crashed_contents(prepare)

    def test_changes_of_names_may_happen_out_of_order(self):
        found = set()
        for seed in SEEDS:
            disk = FaultyDisk(Random(seed), {"a": b""})
            disk.create("b")
            disk.remove("a")
            found.add(tuple(disk.crash().names()))

        assert {(), ("a",), ("b",), ("a", "b")} == found

    def test_a_cut_not_synced_may_be_undone(self):
        found = crashed_contents(lambda disk: (write_synced(disk), disk.reopen("a", 2)))

        assert {b"synced", b"sy"} == found

    def test_a_synced_cut_is_not_undone(self):
        def prepare(disk):
            write_synced(disk)
            disk.reopen("a", 2).sync()

        assert {b"sy"} == crashed_contents(prepare)

    def test_the_same_seed_gives_the_same_loss(self):
        left = []
        for _ in range(2):
            disk = FaultyDisk(Random(5))
            write_synced(disk).append(b"a longer rest that may be cut anywhere")
            left.append(disk.crash().files())

        assert left[0] == left[1]


class TestFaults:
    def test_the_chosen_call_fails_once(self):
        disk = FaultyDisk(Random(1), fail_at=2)
        file = disk.create("a")
        with pytest.raises(OSError, match="injected"):
            file.append(b"x")
        file.sync()

        assert ["create: a", "append: a (fails)", "sync: a"] == disk.trace

    @pytest.mark.parametrize("call", ["read", "names", "create", "rename", "remove", "reopen", "sync_directory"])
    def test_every_call_can_fail(self, call):
        arguments = {"names": (), "sync_directory": (), "rename": ("a", "b"), "reopen": ("a", 0)}.get(call, ("a",))
        disk = FaultyDisk(Random(1), {"a": b""}, fail_at=1)

        with pytest.raises(OSError, match="injected"):
            getattr(disk, call)(*arguments)

    def test_a_failing_append_may_leave_a_part(self):
        found = set()
        for seed in SEEDS:
            disk = FaultyDisk(Random(seed), fail_at=2)
            with pytest.raises(OSError, match="injected"):
                disk.create("a").append(b"abc")
            found.add(disk.files()["a"])

        assert {b"", b"a", b"ab", b"abc"} == found

    def test_what_a_failed_sync_dropped_no_later_sync_brings_back(self):
        def prepare(disk):
            file = write_synced(disk)
            file.append(b"+rest")
            disk.fail_at = disk.calls + 1
            with pytest.raises(OSError, match="injected"):
                file.sync()
            file.append(b"!")
            file.sync()

        assert {b"synced+rest!", b"synced" + bytes(5) + b"!"} == crashed_contents(prepare)

    def test_a_full_disk_takes_what_fits_and_says_so(self):
        disk = FaultyDisk(Random(1), {"a": b"12345"}, capacity_bytes=8)
        with pytest.raises(OSError, match="no space") as caught:
            disk.create("b").append(b"67890")

        assert (errno.ENOSPC, b"678") == (caught.value.errno, disk.files()["b"])

    def test_damage_is_done_to_a_copy(self):
        disk = FaultyDisk(Random(1), {"a": b"abc"})
        damaged = disk.damaged("a", 1, 0xFF)

        assert ({"a": b"abc"}, {"a": b"a\x9dc"}) == (disk.files(), damaged.files())
