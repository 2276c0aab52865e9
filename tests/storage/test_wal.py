import threading
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption, StorageError, UnknownFormat
from crowkis.storage.memtable import Memtable
from crowkis.storage.record import (
    BATCH,
    HEADER_BYTES,
    LOG_MAGIC,
    PUT,
    encode_end,
    encode_frame,
    encode_header,
    put_head,
)
from crowkis.storage.wal import Replayed, Wal, replay_segment, segment_name, segment_number
from crowkis.testing.disk import FaultyDisk

MARK = b"mark"
HEADER = encode_header(LOG_MAGIC, 1, MARK)


def entropy(size_bytes):
    return MARK[:size_bytes]


def put(key, value):
    return (put_head(PUT, len(key), len(value)), key, value)


def batch(key, value):
    return encode_frame(MARK, BATCH, put(key, value))


FIRST, SECOND, THIRD = batch(b"a", b"1"), batch(b"b", b"2"), batch(b"c", b"3")
END = encode_end(MARK, 2)


def replay(data, newest=True):
    table = Memtable(lambda key: None)
    return replay_segment(1, data, newest=newest, table=table, counts=Counts(b"")), table


def damage(frame, at=-1):
    changed = bytearray(frame)
    changed[at] ^= 1
    return bytes(changed)


def new_wal(disk, **limits):
    return Wal(disk, entropy, 1, b"", {}, **limits)


class TestNames:
    def test_a_name_gives_its_number(self):
        assert [1, 1_234_567] == [segment_number(segment_name(number)) for number in (1, 1_234_567)]

    @pytest.mark.parametrize("name", ["1.log", "000001.log.new", "x000001.log", "0000001.log", "000001.checkpoint"])
    def test_other_names_have_none(self, name):
        assert segment_number(name) is None


class TestNewestSegment:
    def test_every_batch_is_applied_in_order(self):
        data = HEADER + FIRST + batch(b"a", b"later")

        assert (Replayed(MARK, 2, len(data), 0), {b"a": b"later"}) == replay(data)

    @pytest.mark.parametrize("kept", range(len(SECOND)))
    def test_an_unfinished_last_record_is_cut_off(self, kept):
        found, table = replay(HEADER + FIRST + SECOND[:kept])

        assert (Replayed(MARK, 1, len(HEADER + FIRST), kept), {b"a": b"1"}) == (found, table)

    def test_a_wrong_last_record_is_cut_off(self):
        found, table = replay(HEADER + FIRST + damage(SECOND))

        assert (len(SECOND), {b"a": b"1"}) == (found.cut_bytes, table)

    def test_zeros_at_the_end_are_cut_off(self):
        assert 1_000 == replay(HEADER + FIRST + bytes(1_000))[0].cut_bytes

    @pytest.mark.parametrize("at", range(len(SECOND)))
    def test_a_damaged_record_in_the_middle_refuses_to_open(self, at):
        with pytest.raises(Corruption, match=f"one follows at byte {len(HEADER + FIRST + SECOND)}") as caught:
            replay(HEADER + FIRST + damage(SECOND, at) + THIRD)

        assert ("000001.log", len(HEADER + FIRST)) == (caught.value.file, caught.value.offset)

    def test_a_missing_stretch_in_the_middle_refuses_to_open(self):
        with pytest.raises(Corruption):
            replay(HEADER + FIRST + SECOND[10:] + THIRD)

    def test_a_stored_log_inside_an_unfinished_value_is_not_taken_for_records(self):
        value = encode_header(LOG_MAGIC, 1, b"else") + encode_frame(b"else", BATCH, put(b"x", b"y"))
        torn = batch(b"b", value)[:-1]

        assert len(torn) == replay(HEADER + FIRST + torn)[0].cut_bytes

    def test_its_end_record_is_not_kept(self):
        found, _ = replay(HEADER + FIRST + END)

        assert Replayed(MARK, 1, len(HEADER + FIRST), 0) == found

    def test_bytes_after_its_end_record_refuse_to_open(self):
        with pytest.raises(Corruption, match="follow the end record"):
            replay(HEADER + END + b"x")

    def test_a_record_of_a_newer_program_refuses_to_open(self):
        with pytest.raises(UnknownFormat):
            replay(HEADER + encode_frame(MARK, 9, [b""]))

    @given(st.binary(max_size=200))
    def test_no_bytes_do_worse_than_be_cut_off_or_refused(self, junk):
        try:
            found, _ = replay(HEADER + junk)
            left_bytes = found.kept_bytes + found.cut_bytes - HEADER_BYTES
        except StorageError:
            left_bytes = len(junk)

        assert len(junk) == left_bytes


class TestOlderSegment:
    def test_it_ends_with_an_end_record(self):
        assert {b"a": b"1"} == replay(HEADER + FIRST + END, newest=False)[1]

    def test_without_end_record_it_is_damaged(self):
        with pytest.raises(Corruption, match="without its end record"):
            replay(HEADER + FIRST, newest=False)

    @pytest.mark.parametrize("data", [HEADER + FIRST[:-1], HEADER + damage(FIRST) + END, HEADER + FIRST + END[:-1]])
    def test_a_short_or_wrong_record_is_damage_even_at_its_end(self, data):
        with pytest.raises(Corruption, match="not the newest segment"):
            replay(data, newest=False)

    def test_an_end_record_that_names_another_successor_is_damage(self):
        with pytest.raises(Corruption, match="names segment 9"):
            replay(HEADER + encode_end(MARK, 9), newest=False)


class TestWriting:
    def test_what_is_appended_is_what_is_read(self):
        disk = FaultyDisk(Random(1))
        wal = new_wal(disk)
        wal.append(put(b"a", b"1"))

        assert HEADER + FIRST == disk.read("000001.log")

    def test_a_batch_costs_one_call_and_a_sync_another(self):
        disk = FaultyDisk(Random(1))
        wal = new_wal(disk)
        del disk.trace[:]
        wal.append(put(b"a", b"1"))
        wal.sync()
        wal.sync()

        assert ["append: 000001.log", "sync: 000001.log"] == disk.trace

    def test_unsynced_bytes_are_those_since_the_last_sync(self):
        wal = new_wal(FaultyDisk(Random(1)))
        wal.append(put(b"a", b"1"))
        before = wal.unsynced_bytes
        wal.sync()

        assert (len(FIRST), 0) == (before, wal.unsynced_bytes)

    def test_a_full_segment_gets_a_successor_and_an_end(self):
        disk = FaultyDisk(Random(1))
        wal = new_wal(disk, segment_bytes_max=len(HEADER + FIRST) // 2)
        wal.append(put(b"a", b"1"))
        wal.append(put(b"b", b"2"))
        first = disk.read("000001.log")

        assert (2, HEADER + FIRST + END, 0) == (wal.number, first, wal.unsynced_bytes - len(SECOND))

    def test_a_segment_is_full_before_it_must_end(self):
        wal = new_wal(FaultyDisk(Random(1)), segment_bytes_max=len(HEADER) + 1)
        full = [wal.segment_full]
        wal.append(put(b"a", b"1"))

        assert ([False, True], 1) == ([*full, wal.segment_full], wal.number)

    def test_log_bytes_count_every_segment_until_forgotten(self):
        disk = FaultyDisk(Random(1))
        wal = new_wal(disk)
        wal.append(put(b"a", b"1"))
        wal.rotate()
        both = wal.log_bytes
        wal.forget_before(2)

        assert (len(HEADER + FIRST + END + HEADER), HEADER_BYTES) == (both, wal.log_bytes)

    @settings(max_examples=20)
    @given(st.integers(0, 10_000))
    def test_a_segment_never_appears_without_its_header(self, seed):
        disk = FaultyDisk(Random(seed))
        new_wal(disk).rotate()
        disk = disk.crash()

        assert all(len(disk.read(name)) >= HEADER_BYTES for name in disk.names() if segment_number(name))

    def test_rotation_waits_for_a_sync_in_another_thread(self):
        """Else the file would be closed, and its number given to another, under the sync."""
        disk = FaultyDisk(Random(1))
        wal = new_wal(disk)
        wal.append(put(b"a", b"1"))
        entered, leave, order = threading.Event(), threading.Event(), []
        make_durable = disk.make_durable

        def slow(content):
            if threading.current_thread() is thread:
                entered.set()
                leave.wait(10)
                order.append("synced")
            make_durable(content)

        thread = threading.Thread(target=wal.sync)
        disk.make_durable = slow
        thread.start()
        entered.wait(10)
        threading.Timer(0.05, leave.set).start()
        wal.rotate()
        order.append("rotated")
        thread.join(10)

        assert ["synced", "rotated"] == order


class TestAfterAFailedWrite:
    def test_the_doubtful_segment_is_left_as_it_is_and_the_promised_one_begun(self):
        disk = FaultyDisk(Random(1))
        wal = Wal(disk, entropy, 1, b"", {}, 1_000)
        wal.append(put(b"a", b"1"))
        doubtful = disk.files()["000001.log"]
        promised = (wal.promise_successor(), disk.crash().names())
        wal.abandon()
        wal.append(put(b"b", b"2"))

        assert (2, ["000001.log", "000002.log.new"]) == promised
        assert (doubtful, 2) == (disk.files()["000001.log"], wal.number)
        assert (len(disk.files()["000002.log"]), len(SECOND)) == (wal.log_bytes, wal.unsynced_bytes)
