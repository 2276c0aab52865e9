import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.block import MISSING, Block, encode_block

keys = st.binary(max_size=5)
tables = st.dictionaries(keys, st.none() | st.binary(max_size=9))
close_tables = st.dictionaries(st.text("ab", max_size=4).map(str.encode), st.none() | st.binary(max_size=2))


def block_of(pairs):
    ordered = sorted(pairs.items(), key=lambda pair: pair[0])
    return Block(encode_block([key for key, _ in ordered], [value for _, value in ordered])), ordered


@given(tables | close_tables, keys | st.text("ab", max_size=4).map(str.encode))
def test_a_key_is_found_or_missing(pairs, key):
    block, _ = block_of(pairs)

    assert pairs.get(key, MISSING) == block.find(key)
    assert pairs == {key: block.find(key) for key in pairs}


@given(tables, keys)
def test_pairs_come_back_in_order_from_any_key_on(pairs, start):
    block, ordered = block_of(pairs)
    begin = block.index_from(start)

    assert [pair for pair in ordered if pair[0] >= start] == list(block.pairs(begin))
    assert (len(pairs), [key for key, _ in ordered]) == (block.count, block.keys())


def test_bytes_that_look_like_a_key_across_two_others_are_not_taken_for_it():
    block, _ = block_of({b"xab": b"1", b"xcd": b"2", b"xe": b"3"})

    assert MISSING is block.find(b"xbc")


def test_what_all_keys_begin_with_is_stored_once():
    prefix = b"tenant:" * 10
    size_bytes = len(encode_block([prefix + b"%03d" % number for number in range(100)], [b""] * 100))

    assert size_bytes < 100 * (3 + 1 + 8) + len(prefix) + 20


@given(st.binary(max_size=60))
def test_other_bytes_are_refused(raw):
    try:
        block = Block(raw)
    except (struct.error, ValueError, IndexError):
        return
    assert block.count >= 0


def test_parts_that_do_not_fill_it_are_refused():
    raw = encode_block([b"a", b"b"], [b"1", None])
    for other in (raw[:-1], raw + b"x"):
        with pytest.raises((struct.error, ValueError)):
            Block(other)
