"""Promises of crowkis/match/quotes.py."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.quotes import quoted, spans


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('say "Hello there"', ("Hello there",)),
        ("say 'Hello there' now", ("Hello there",)),
        ("say \u201cHello\u201d and \u00abbye\u00bb", ("Hello", "bye")),
        ("say \u2018it\u2019s me\u2019", ("it\u2019s me",)),
        ("run `a b` and ```\nx = 1\n```", ("a b", "x = 1")),
        ('what is ""luck""', ("luck",)),
        ("'don't go' is a song", ("don't go",)),
        ("don't touch the users' files", ()),
        ("the '90s", ()),
        ('a 3" pipe and a 5" pipe', ()),
        ('an open " mark', ()),
        ("``", ()),
    ],
)
def test_quoted_spans_are_found_and_apostrophes_are_not(text, found):
    assert found == quoted(text)


@given(st.text(alphabet="ab '\"`\u201c\u201d\u00ab\u00bb\u2018\u2019\n3"))
def test_spans_stand_in_order_and_never_overlap(text):
    found = spans(text)

    assert found == sorted(found)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
