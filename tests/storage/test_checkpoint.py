from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import checkpoint as checkpoint_module
from crowkis.storage.checkpoint import (
    checkpoint_name,
    checkpoint_number,
    read_checkpoint,
    remove_covered,
    write_checkpoint,
)
from crowkis.storage.errors import Corruption
from crowkis.storage.record import CHECKPOINT_MAGIC, END, HEADER_BYTES, encode_end, encode_frame, encode_header
from crowkis.testing.disk import FaultyDisk

MARK = b"mark"
TABLE = {b"a": b"1", b"b": b"2" * 50, b"": b""}


def written(table, number=3):
    disk = FaultyDisk(Random(1))
    size_bytes = write_checkpoint(disk, number, MARK, table)
    data = disk.read(checkpoint_name(number))

    assert size_bytes == len(data)
    return data


def read(data, number=3):
    table = {}
    read_checkpoint(number, data, table)
    return table


class TestNames:
    def test_a_name_gives_its_number(self):
        assert 12 == checkpoint_number(checkpoint_name(12))

    @pytest.mark.parametrize("name", ["1.checkpoint", "000001.checkpoint.new", "000001.log", "0000001.checkpoint"])
    def test_other_names_have_none(self, name):
        assert checkpoint_number(name) is None


class TestReading:
    @pytest.mark.parametrize("chunk_bytes", [1, 30, 1 << 20])
    @given(table=st.dictionaries(st.binary(max_size=8), st.binary(max_size=20)))
    def test_the_table_comes_back(self, chunk_bytes, table):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkpoint_module, "CHUNK_BYTES", chunk_bytes)

            assert table == read(written(table))

    def test_any_changed_byte_refuses_to_open(self):
        data = written(TABLE)
        for at in range(len(data)):
            damaged = bytearray(data)
            damaged[at] ^= 0x10
            with pytest.raises(Exception, match=r"000003\.checkpoint") as caught:
                read(bytes(damaged))

            assert caught.value.offset <= at

    def test_any_shorter_file_refuses_to_open(self):
        data = written(TABLE)
        for size_bytes in range(len(data)):
            with pytest.raises(Corruption) as caught:
                read(data[:size_bytes])

            assert caught.value.offset <= size_bytes

    def test_bytes_after_the_end_refuse_to_open(self):
        with pytest.raises(Corruption, match="1 bytes follow"):
            read(written(TABLE) + b"x")

    def test_a_missing_record_refuses_to_open(self):
        header = encode_header(CHECKPOINT_MAGIC, 3, MARK)

        with pytest.raises(Corruption, match="2 entries were written, 0 are here") as caught:
            read(header + encode_end(MARK, 2))

        assert HEADER_BYTES == caught.value.offset

    def test_an_end_of_the_wrong_size_refuses_to_open(self):
        with pytest.raises(Corruption, match="wrong size"):
            read(encode_header(CHECKPOINT_MAGIC, 3, MARK) + encode_frame(MARK, END, [b""]))


class TestWriting:
    def test_it_gets_its_name_only_when_whole_and_synced(self):
        disk = FaultyDisk(Random(1))
        write_checkpoint(disk, 3, MARK, TABLE)

        assert [
            "create: 000003.checkpoint.new",
            *["append: 000003.checkpoint.new"] * 3,
            "sync: 000003.checkpoint.new",
            "rename: 000003.checkpoint.new -> 000003.checkpoint",
            "sync-directory: .",
        ] == disk.trace

    def test_a_failure_at_any_call_leaves_no_half_checkpoint_under_its_name(self):
        for fail_at in range(1, 8):
            disk = FaultyDisk(Random(fail_at), fail_at=fail_at)
            with pytest.raises(OSError, match="injected"):
                write_checkpoint(disk, 3, MARK, TABLE)
            data = disk.crash().files().get("000003.checkpoint")

            assert data is None or read(data) == TABLE

    def test_a_failed_one_gives_its_room_back(self):
        disk = FaultyDisk(Random(1), capacity_bytes=50)
        with pytest.raises(OSError, match="no space"):
            write_checkpoint(disk, 3, MARK, TABLE)

        assert [] == disk.names()


class TestRemoving:
    def test_what_it_covers_goes_and_all_else_stays(self):
        stays = ["000003.checkpoint", "000003.log", "000004.log", "000005.checkpoint.new", "model.onnx"]
        disk = FaultyDisk(Random(1), dict.fromkeys(["000001.log", "000002.log", "000002.checkpoint", *stays], b""))
        remove_covered(disk, 3)

        assert stays == disk.names()
