"""Promises of crowkis/commands/streaming.py: pieces join to the exact bytes and never split a character."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.commands.streaming import STREAM_PARTS_MAX, TOKEN_CHARS_MAX, WORDS_BYTES_MAX, pieces, stream_of
from crowkis.values.limits import BULK_BYTES_MAX


@given(st.text(), st.integers(1, 128))
def test_pieces_join_to_the_exact_text_and_never_split_a_character(text, tokens):
    answer = text.encode("utf-8", "replace")
    found = pieces(answer, tokens)

    assert answer == b"".join(found)
    for piece in found:
        assert piece
        piece.decode()


@given(st.binary(), st.integers(1, 128))
def test_pieces_of_any_bytes_join_to_them(answer, tokens):
    assert answer == b"".join(pieces(answer, tokens))


def test_a_word_with_the_space_after_it_is_a_token_and_a_long_word_several():
    assert [b"one ", b"two\n\n", b"three"] == pieces(b"one two\n\nthree", 1)
    assert [b"one two\n\n", b"three"] == pieces(b"one two\n\nthree", 2)
    assert [b"x" * TOKEN_CHARS_MAX, b"x"] == pieces(b"x" * (TOKEN_CHARS_MAX + 1), 1)


def test_a_very_long_answer_comes_in_fewer_bigger_pieces():
    answer = b"word " * (3 * STREAM_PARTS_MAX)
    found = pieces(answer, 1)

    assert len(found) <= STREAM_PARTS_MAX
    assert answer == b"".join(found)


@given(st.text(min_size=1), st.integers(1, 128))
def test_a_very_long_text_is_not_split_within_a_character_either(text, tokens):
    answer = text.encode("utf-8", "replace")
    answer *= WORDS_BYTES_MAX // len(answer) + 1
    found = pieces(answer, tokens)

    assert answer == b"".join(found)
    assert len(found) <= STREAM_PARTS_MAX
    for piece in found:
        assert piece
        piece.decode()


@pytest.mark.parametrize("answer", [b"\x80" * 200_000, bytes(range(256)) * 1_000, b"\xff" * 3])
def test_bytes_that_are_no_text_are_cut_evenly(answer):
    found = pieces(answer, 4)

    assert answer == b"".join(found)
    assert all(found)
    assert len(found) <= STREAM_PARTS_MAX


def test_the_longest_answer_is_cut_in_no_time():
    answer = b"word " * (BULK_BYTES_MAX // 5)
    began = time.monotonic()
    found = pieces(answer, 1)

    assert time.monotonic() - began < 5
    assert len(found) <= STREAM_PARTS_MAX


def test_every_stream_has_its_own_number():
    streams = [stream_of(b"answer", 4, 20, True, None) for _ in range(3)]

    assert 3 == len({stream.stream_id for stream in streams})
    assert (20, True, None) == (streams[0].delay_ms, streams[0].push, streams[0].tail)
