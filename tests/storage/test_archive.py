"""Promises of crowkis/storage/archive.py: what is read is what was written, and any damage is met and named."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import archive
from crowkis.storage.errors import Corruption, DiskError, UnknownFormat
from crowkis.storage.record import HEADER_BYTES, encode_frame
from crowkis.testing.disk import FaultyDisk

NAME = "a.crowkbak"
GOLDEN = Path(__file__).parent / "golden" / "archive"
SMALL = [(b"k%03d" % number, b"value %d" % number * (number % 5)) for number in range(40)]


def new_disk(**faults):
    return FaultyDisk(Random(3), **faults)


def written(pairs, disk=None):
    """The bytes of an archive."""
    disk = disk or new_disk()
    archive.write(pairs, disk, NAME, Random(1).randbytes)
    return disk.files()[NAME]


def read(data):
    return list(archive.read(FaultyDisk(Random(1), {NAME: data}), NAME))


def summary_at(data):
    """Where the last record begins."""
    return len(data) - 14 - 24


sorted_pairs = st.dictionaries(st.binary(max_size=20), st.binary(max_size=300), max_size=30).map(
    lambda pairs: sorted(pairs.items())
)


@given(sorted_pairs)
def test_what_is_read_is_what_was_written(pairs):
    assert pairs == read(written(pairs))


def test_many_and_large_pairs_come_back_from_many_records():
    rng = Random(5)
    pairs = [(b"%06d" % number, rng.randbytes(rng.randrange(2_000))) for number in range(1_000)]
    pairs.append((b"huge", rng.randbytes(3 * archive.PACK_BYTES)))
    disk = new_disk()
    told = archive.write(pairs, disk, NAME)
    steps = []

    assert pairs == list(archive.read(disk, NAME, steps.append))
    assert (1_001, len(disk.files()[NAME])) == told
    assert told.size_bytes == sum(steps)
    assert max(steps[:-2]) < 2 * archive.PACK_BYTES + 2_000


def test_repeating_values_take_less_room_than_they_hold():
    assert len(written([(b"%d" % number, b"the same answer " * 100) for number in range(10, 99)])) < 20_000


class TestDamage:
    def test_any_flipped_bit_is_met_and_nothing_wrong_is_yielded(self):
        data = written(SMALL)
        for place in range(len(data)):
            for bit in range(8):
                flipped = bytearray(data)
                flipped[place] ^= 1 << bit
                seen = []
                with pytest.raises((Corruption, UnknownFormat), match=NAME):
                    seen.extend(archive.read(FaultyDisk(Random(1), {NAME: bytes(flipped)}), NAME))

                assert SMALL[: len(seen)] == seen, (place, bit)

    def test_any_missing_end_is_met_and_so_is_anything_added(self):
        data = written(SMALL)
        for size_bytes in range(len(data)):
            with pytest.raises(Corruption):
                read(data[:size_bytes])
        with pytest.raises(Corruption, match=f"byte {len(data)}: 1 bytes follow"):
            read(data + b"\0")

    def test_the_place_of_the_damage_is_named(self):
        rng = Random(2)
        data = bytearray(written([(b"%04d" % number, rng.randbytes(5_000)) for number in range(100)]))
        second = data.index(bytes(data[20:24]), HEADER_BYTES + 4)
        data[second + 1_000] ^= 1
        with pytest.raises(Corruption) as caught:
            read(bytes(data))

        assert (NAME, second) == (caught.value.file, caught.value.offset)

    def test_records_left_out_doubled_or_exchanged_are_met(self):
        rng = Random(2)
        data = written([(b"%04d" % number, rng.randbytes(5_000)) for number in range(100)])
        mark = data[20:24]
        starts = [at for at in range(HEADER_BYTES, len(data)) if data.startswith(mark, at)]
        head, records = data[:HEADER_BYTES], [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
        first, second, *rest = records
        for wrong in ([first, *rest], [first, first, second, *rest], [second, first, *rest]):
            with pytest.raises(Corruption):
                read(head + b"".join(wrong))
        assert 100 == len(read(head + b"".join(records)))

    @pytest.mark.parametrize(
        "body", [b"", b"\1\0\0", b"\xff\xff\xff\xffxx", b"\x09\0\0\0" + b"\x90\1\0\0\0\xff\0\0\0\1"]
    )
    def test_an_intact_record_that_makes_no_sense_is_damage(self, body):
        data = written([])
        record = encode_frame(data[20:24], archive.PACKED, (body,))
        with pytest.raises(Corruption, match=f"byte {HEADER_BYTES}: a record does not unpack"):
            read(data[:HEADER_BYTES] + record + data[HEADER_BYTES:])

    def test_a_record_of_a_later_kind_is_told_apart_from_damage(self):
        data = written([])
        with pytest.raises(UnknownFormat, match="newer program"):
            read(data[:HEADER_BYTES] + encode_frame(data[20:24], 99, (b"",)) + data[HEADER_BYTES:])

    def test_keys_out_of_order_are_damage(self):
        with pytest.raises(Corruption, match="order"):
            read(written([(b"b", b""), (b"a", b"")]))


class TestWriting:
    def test_the_name_appears_when_everything_is_durable(self):
        disk = new_disk()
        written(SMALL, disk)

        assert [
            f"create: {NAME}.new", f"append: {NAME}.new", f"append: {NAME}.new", f"append: {NAME}.new",
            f"sync: {NAME}.new", f"rename: {NAME}.new -> {NAME}", "sync-directory: .",
        ] == disk.trace  # fmt: skip

    def test_whatever_call_fails_the_old_archive_stays_or_the_new_one_is_whole(self):
        old = written(SMALL[:3])
        calls = new_disk()
        written(SMALL, calls)
        for fail_at in range(1, calls.calls + 1):
            disk = FaultyDisk(Random(fail_at), {NAME: old}, fail_at=fail_at)
            with pytest.raises(DiskError, match=NAME):
                written(SMALL, disk)

            assert list(archive.read(disk, NAME)) in (SMALL[:3], SMALL)

    def test_power_lost_at_any_moment_leaves_no_half_archive_under_the_name(self):
        for seed in range(200):
            disk = FaultyDisk(Random(seed))
            stop_at = Random(seed).randrange(8)

            def dying(disk=disk, stop_at=stop_at):
                for at, pair in enumerate(SMALL * 100):
                    if at == stop_at * 500:
                        raise ZeroDivisionError
                    yield (b"%06d" % at, pair[1] * 30)

            if stop_at:
                with pytest.raises(ZeroDivisionError):
                    archive.write(dying(), disk, NAME)
            else:
                archive.write(SMALL, disk, NAME)
            after = disk.crash()

            assert ([] if stop_at else SMALL) == (list(archive.read(after, NAME)) if NAME in after.names() else [])

    def test_a_planted_missing_sync_is_caught(self):
        class Lying(FaultyDisk):
            def make_durable(self, content):
                pass

        broken = 0
        for seed in range(50):
            disk = Lying(Random(seed))
            archive.write(SMALL, disk, NAME)
            try:
                list(archive.read(disk.crash(), NAME))
            except Corruption:
                broken += 1

        assert broken > 10

    def test_a_full_disk_leaves_nothing_behind(self):
        disk = new_disk(capacity_bytes=100)
        with pytest.raises(DiskError, match="space"):
            written(SMALL, disk)

        assert {} == disk.files()

    def test_a_missing_archive_is_told_apart_from_a_damaged_one(self):
        with pytest.raises(FileNotFoundError):
            list(archive.read(new_disk(), NAME))


def test_what_a_killed_writer_left_behind_is_cleared_and_nothing_else():
    kept = {"a.crowkbak": b"1", "notes.new": b"2", "b.crowkbak.old": b"3"}
    disk = FaultyDisk(Random(1), {**kept, "c.crowkbak.new": b"4"})
    archive.clear_unfinished(disk)

    assert kept == disk.files()
    disk.fail_at = disk.calls + 1
    with pytest.raises(DiskError):
        archive.clear_unfinished(disk)


def test_an_archive_of_version_1_is_read():
    data = (GOLDEN / "v1.crowkbak").read_bytes()

    assert [(b"k1", b"one"), (b"k2", b""), (b"k3", b"abcabcabcabcabcabcabcabc")] == read(data)
