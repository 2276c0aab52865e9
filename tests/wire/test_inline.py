"""Inline commands are split as Redis splits them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.wire.inline import split_line


def quoted(word: bytes) -> bytes:
    return b'"' + b"".join(b"\\x%02x" % byte for byte in word) + b'"'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"PING", [b"PING"]),
        (b"  SET\tk  v\r", [b"SET", b"k", b"v"]),
        (b"", []),
        (b" \r", []),
        (b'SET k "two words"', [b"SET", b"k", b"two words"]),
        (b"SET k 'two words'", [b"SET", b"k", b"two words"]),
        (b'SET k ""', [b"SET", b"k", b""]),
        (b"''", [b""]),
        (rb'"\n\r\t\a\b\x00\xfF\q\"\\"', [b'\n\r\t\a\b\x00\xffq"\\']),
        (rb'"\xg1"', [b"xg1"]),
        (rb"'it\'s \n'", [rb"it's \n"]),
        (b'ab"cd"', [b"abcd"]),
        (b'"it\'s"', [b"it's"]),
        (rb"back\slash", [rb"back\slash"]),
    ],
)
def test_words_and_quotes_are_read_like_redis_reads_them(line, words):
    assert words == split_line(line)


@pytest.mark.parametrize("line", [b'"', b"'", b'"a', b"'a", b'"a"b', b"'a'b", b"a\"b'", rb"'a\'", rb'"a\"', b'"a""b"'])
def test_a_quote_left_open_or_followed_by_a_letter_makes_no_words(line):
    assert split_line(line) is None


@given(st.lists(st.binary(max_size=8), max_size=8))
def test_any_word_survives_quoting(words):
    assert words == split_line(b" ".join(map(quoted, words)))


@given(st.text("ab \"'\\x1\t", max_size=40))
def test_any_line_is_split_or_refused_without_raising(text):
    words = split_line(text.encode())

    assert words is None or all(type(word) is bytes for word in words)


def test_a_long_line_of_quotes_takes_no_longer_than_its_length_deserves():
    assert split_line(b"'a\\" * 20_000) is None
    assert split_line(b"a'b'" * 20_000) is None
