import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.checkpoint import checkpoint_name, checkpoint_number, read_checkpoint
from crowkis.storage.errors import Corruption
from crowkis.storage.memtable import Memtable
from crowkis.storage.record import (
    BATCH,
    CHECKPOINT_MAGIC,
    END,
    HEADER_BYTES,
    PUT,
    encode_end,
    encode_frame,
    encode_header,
    put_head,
)

MARK = b"mark"
TABLE = {b"a": b"1", b"b": b"2" * 50, b"": b""}


def written(table, number=3, batch_entries=2):
    """A checkpoint as version 1 wrote it."""
    pairs = list(table.items())
    batches = [pairs[at : at + batch_entries] for at in range(0, len(pairs), batch_entries)]
    data = encode_header(CHECKPOINT_MAGIC, number, MARK)
    for batch in batches:
        pieces = [piece for key, value in batch for piece in (put_head(PUT, len(key), len(value)), key, value)]
        data += encode_frame(MARK, BATCH, pieces)
    return data + encode_end(MARK, len(table))


def read(data, number=3):
    table = Memtable(lambda key: None)
    read_checkpoint(number, data, table)
    return dict(table)


class TestNames:
    def test_a_name_gives_its_number(self):
        assert 12 == checkpoint_number(checkpoint_name(12))

    @pytest.mark.parametrize("name", ["1.checkpoint", "000001.checkpoint.new", "000001.log", "0000001.checkpoint"])
    def test_other_names_have_none(self, name):
        assert checkpoint_number(name) is None


class TestReading:
    @given(
        table=st.dictionaries(st.binary(max_size=8), st.binary(max_size=20)),
        batch_entries=st.integers(min_value=1, max_value=4),
    )
    def test_the_table_comes_back(self, table, batch_entries):
        assert table == read(written(table, batch_entries=batch_entries))

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
