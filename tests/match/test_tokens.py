"""Promises of crowkis/match/tokens.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't pay $1,000.50!", ["don't", "pay", "$", "1,000.50", "!"]),
        ("AX-200 at 10:30am", ["ax-200", "at", "10:30am"]),
        ("5-10 and -5", ["5", "10", "and", "-5"]),
        ("on 2024-03-12", ["on", "2024-03-12"]),
        ("x\u00b2 >= 3\u00bd", ["x", "^", "2", ">=", "3", "1/2"]),
        ("World War II, part I", ["world", "war", "2", ",", "part", "1"]),
        ("at 3 p.m.", ["at", "3", "pm"]),
    ],
)
def test_a_text_is_cut_into_words_numbers_and_marks(text, found):
    assert found == tokens(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_no_digit_is_lost(text):
    kept = "".join(tokens(text))
    numerals = {"I", "V", "X"} & set(text.upper())

    assert numerals or [mark for mark in text if mark.isdigit()] == [mark for mark in kept if mark.isdigit()]
