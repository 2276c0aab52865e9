"""Promises of crowkis/match/names.py."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.names import names
from crowkis.match.tokens import lowered, written


def forms(text: str) -> list[str]:
    tokens = written(text)
    return [name.form for name in names(tokens, lowered(tokens), set())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How do I go from New York to Los Angeles?", ["new york", "los angeles"]),
        ("is Ada Lovelace's book good", ["ada lovelace"]),
        ("weather in paris", ["paris"]),
        ("who leads south korea's army", ["south korea"]),
        ("What does US law say to us?", ["us"]),
        ("does turkey taste better than duck", []),
        ("HOW DO I LOG IN NOW", []),
        ("How To Grow A Tree Fast", []),
        ("Reset my password. Then what?", []),
        ("see you in March", []),
    ],
)
def test_names_are_read_from_capitals_inside_a_sentence_and_from_lists(text, found):
    assert found == forms(text)


@given(st.text())
def test_names_lie_apart_and_in_order(text):
    tokens = written(text)
    found = names(tokens, lowered(tokens), set())

    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(name.start < name.end <= len(tokens) for name in found)
