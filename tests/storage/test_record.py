import contextlib
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage import record as record_module
from crowkis.storage.counts import Counts
from crowkis.storage.errors import Corruption, UnknownFormat
from crowkis.storage.memtable import Memtable
from crowkis.storage.record import (
    BATCH,
    END,
    FRAME_BYTES,
    HEADER_BYTES,
    LOG_MAGIC,
    PUT,
    REMOVE,
    REMOVE_PREFIX,
    REPLACE,
    Frame,
    apply_batch,
    check_known,
    encode_end,
    encode_frame,
    encode_header,
    find_frame,
    put_head,
    read_end,
    read_frame,
    read_header,
    remove_head,
)

MARK = b"\xde\xad\xbe\xef"
keys = st.binary(max_size=6)
operations = st.lists(
    st.one_of(
        st.tuples(st.just(PUT), keys, st.binary(max_size=40)),
        st.tuples(st.just(REMOVE), keys, st.just(b"")),
        st.tuples(st.just(REMOVE_PREFIX), st.binary(max_size=2), st.just(b"")),
    )
)


def encode(operations):
    pieces = []
    for kind, key, value in operations:
        pieces += (
            (put_head(PUT, len(key), len(value)), key, value) if kind == PUT else (remove_head(kind, len(key)), key)
        )
    return pieces


def apply_plainly(operations, table):
    for kind, key, value in operations:
        if kind == PUT:
            table[key] = value
        elif kind == REMOVE:
            table.pop(key, None)
        else:
            for found in [found for found in table if found.startswith(key)]:
                del table[found]


def frame_at(data, offset=0):
    return read_frame(data, memoryview(data), offset, MARK)


class TestHeader:
    def test_the_mark_comes_back(self):
        assert MARK == read_header("f", encode_header(LOG_MAGIC, 7, MARK), LOG_MAGIC, 7)

    def test_any_changed_bit_is_noticed(self):
        header = encode_header(LOG_MAGIC, 7, MARK)
        noticed = 0
        for bit in range(HEADER_BYTES * 8):
            damaged = bytearray(header)
            damaged[bit // 8] ^= 1 << bit % 8
            with pytest.raises(Corruption):
                read_header("f", bytes(damaged), LOG_MAGIC, 7)
            noticed += 1

        assert HEADER_BYTES * 8 == noticed

    def test_a_short_file_is_refused(self):
        with pytest.raises(Corruption, match="shorter than its header"):
            read_header("f", encode_header(LOG_MAGIC, 7, MARK)[:-1], LOG_MAGIC, 7)

    def test_a_renamed_file_is_refused(self):
        with pytest.raises(Corruption, match="written as number 7"):
            read_header("f", encode_header(LOG_MAGIC, 7, MARK), LOG_MAGIC, 8)

    def test_a_newer_format_is_named(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(record_module, "FORMAT_VERSION", 2)
            header = encode_header(LOG_MAGIC, 7, MARK)
        with pytest.raises(UnknownFormat, match="format version 2; this program reads 1"):
            read_header("f", header, LOG_MAGIC, 7)


class TestFrame:
    @given(operations, st.dictionaries(keys, keys))
    def test_a_batch_does_when_read_what_was_written(self, operations, table):
        data = encode_frame(MARK, BATCH, encode(operations))
        expected, actual = dict(table), Memtable(table.get)
        apply_plainly(operations, expected)
        apply_batch("f", data, frame_at(data), actual, Counts(b""))
        every = {*table, *expected, *actual, *(key for _, key, _ in operations)}

        assert {key: expected.get(key) for key in every} == {key: actual[key] for key in every}

    def test_keys_that_come_and_go_are_counted(self):
        counts = Counts(b"k")
        pieces = [put_head(PUT, 2, 0), b"k1", put_head(REPLACE, 2, 0), b"k1", put_head(PUT, 2, 0), b"k2",
                  put_head(PUT, 2, 0), b"x1", remove_head(REMOVE, 2), b"k1"]  # fmt: skip
        data = encode_frame(MARK, BATCH, pieces)
        apply_batch("f", data, frame_at(data), Memtable(lambda key: None), counts)
        before = counts.snapshot()
        data = encode_frame(MARK, BATCH, [remove_head(REMOVE_PREFIX, 1), b"k"])
        apply_batch("f", data, frame_at(data), Memtable(lambda key: None), counts)

        assert ({b"k2": 1}, {}) == (before, counts.snapshot())

    @given(operations, st.data())
    def test_any_change_makes_it_unreadable(self, operations, data):
        frame = bytearray(encode_frame(MARK, BATCH, encode(operations)))
        frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))

        assert frame_at(bytes(frame)) is None

    @given(operations, st.data())
    def test_any_shorter_piece_is_unreadable(self, operations, data):
        frame = encode_frame(MARK, BATCH, encode(operations))

        assert frame_at(frame[: data.draw(st.integers(0, len(frame) - 1))]) is None

    def test_zeros_are_no_record(self):
        assert read_frame(bytes(64), memoryview(bytes(64)), 0, bytes(4)) is None

    def test_a_record_of_another_file_is_none_of_ours(self):
        assert frame_at(encode_frame(b"else", BATCH, [b"x"])) is None

    def test_the_checksum_covers_all_that_follows_it(self):
        data = encode_frame(MARK, BATCH, [b"body"])

        assert crc32(data[8:]) == int.from_bytes(data[4:8], "little")

    def test_an_end_record_gives_its_number(self):
        data = encode_end(MARK, 1 << 40)

        assert 1 << 40 == read_end("f", data, frame_at(data))

    def test_an_end_record_of_another_size_is_refused(self):
        data = encode_frame(MARK, END, [b"short"])

        with pytest.raises(Corruption, match="wrong size"):
            read_end("f", data, frame_at(data))

    @pytest.mark.parametrize("frame", [Frame(3, 1, FRAME_BYTES, 99), Frame(BATCH, 3, FRAME_BYTES, 99)])
    def test_an_intact_record_of_a_newer_program_is_named(self, frame):
        with pytest.raises(UnknownFormat, match="newer program"):
            check_known("f", frame)


class TestFindFrame:
    @given(st.binary(max_size=50), st.binary(max_size=50))
    def test_a_record_is_found_behind_anything(self, junk, tail):
        data = junk + encode_frame(MARK, BATCH, [b"body"]) + tail

        assert len(junk) == find_frame(data, memoryview(data), 0, MARK)

    def test_a_mark_alone_is_no_record(self):
        data = MARK * 50

        assert find_frame(data, memoryview(data), 0, MARK) is None


class TestMalformedBatch:
    @pytest.mark.parametrize(
        "body",
        [
            put_head(PUT, 1, 9) + b"kv",
            put_head(PUT, 1, 1)[:5],
            remove_head(REMOVE, 5) + b"k",
            remove_head(REMOVE, 5)[:3],
            remove_head(9, 1) + b"k",
        ],
    )
    def test_operations_that_do_not_fill_the_body_are_refused(self, body):
        data = encode_frame(MARK, BATCH, [body])

        with pytest.raises(Corruption):
            apply_batch("f", data, frame_at(data), Memtable(lambda key: None), Counts(b""))

    @given(st.binary(max_size=60))
    def test_no_body_can_do_worse_than_be_refused(self, body):
        data = encode_frame(MARK, BATCH, [body])
        with contextlib.suppress(Corruption):  # anything else fails the test
            apply_batch("f", data, frame_at(data), Memtable(lambda key: None), Counts(b""))

        assert body == data[FRAME_BYTES:]
