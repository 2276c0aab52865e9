"""Promises of crowkis/commands/keyspace.py: what a glob matches. The words are held to a real Redis end to end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.values.glob import matcher


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (b"*", [b"", b"x", b"\xff\n"], []),
        (b"a*", [b"a", b"abc"], [b"", b"ba"]),
        (b"*a*b*", [b"ab", b"xaxbx"], [b"ba", b"a"]),
        (b"a?c", [b"abc", b"a\nc"], [b"ac", b"abbc"]),
        (b"[ab]c", [b"ac", b"bc"], [b"cc", b"c"]),
        (b"[^ab]c", [b"cc", b"^c"], [b"ac"]),
        (b"[a-c]", [b"a", b"b", b"c"], [b"d", b"-"]),
        (b"[c-a]", [b"a", b"b", b"c"], [b"d"]),
        (b"[a-]", [b"a", b"]", b"^"], [b"b", b"-"]),
        (b"\\*", [b"*"], [b"x", b"\\*"]),
        (b"[\\]]", [b"]"], [b"\\"]),
        (b"[]", [], [b"", b"[", b"[]"]),
        (b"[^]", [b"x"], [b""]),
        (b"a.b+", [b"a.b+"], [b"axb", b"a.bb"]),
        (b"", [b""], [b"x"]),
        (b"\\", [b"\\"], [b""]),
    ],
)
def test_a_glob_matches_whole_keys(pattern, fits, fails):
    test = matcher(pattern)

    assert [True] * len(fits) == [bool(test(key)) for key in fits]
    assert [False] * len(fails) == [bool(test(key)) for key in fails]


def simple(pattern, key):
    """A slow twin for stars, question marks and plain bytes."""
    if not pattern:
        return not key
    if pattern[:1] == b"*":
        return any(simple(pattern[1:], key[at:]) for at in range(len(key) + 1))
    return bool(key) and pattern[:1] in (b"?", key[:1]) and simple(pattern[1:], key[1:])


@given(
    st.lists(st.sampled_from([b"*", b"?", b"a", b"b", b"."]), max_size=8),
    st.lists(st.sampled_from([b"a", b"b", b"."]), max_size=8),
)
def test_stars_agree_with_trying_every_way(pieces, letters):
    pattern, key = b"".join(pieces), b"".join(letters)

    assert simple(pattern, key) == bool(matcher(pattern)(key))


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_no_pattern_is_an_error(pattern, key):
    matcher(pattern)(key)


def test_many_stars_do_not_stall():
    test = matcher(b"a*" * 50 + b"b")
    began = time.monotonic()

    assert not test(b"a" * 10_000)
    assert time.monotonic() - began < 5
