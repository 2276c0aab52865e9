"""Promises of crowkis/match/idioms.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.features import features
from crowkis.match.idioms import in_figures
from crowkis.match.tokens import written

SAME = [
    ("half a dozen eggs", "6 eggs"),
    ("a fortnight in Rome", "14 days in Rome"),
    ("hits of the nineties", "hits of the 1990s"),
    ("sixties music", "1960s music"),
    ("hits of the early 90s", "hits of the early 1990s"),
    ("wake me at six in the morning", "wake me at 6 am"),
    ("wake me at 7 o'clock in the evening", "wake me at 7pm"),
    ("paid for a year and a half", "paid for 1.5 years"),
    ("wait a quarter of an hour", "wait 15 minutes"),
    ("three quarters of the users", "75% of the users"),
    ("at half past six", "at 6:30"),
    ("at a quarter to six", "at 5:45"),
    ("250 square metres", "250 m²"),
    ("250 sq ft", "250 square feet"),
]


@pytest.mark.parametrize(("spoken", "plain"), SAME)
def test_a_spoken_quantity_is_the_one_in_figures(spoken, plain):
    found = features(plain).numbers

    assert found
    assert found == features(spoken).numbers


@pytest.mark.parametrize(
    "text",
    ["half of it", "the last quarter", "tea in the morning", "in my nineties", "a square peg", "next quarter", "x^y"],
)
def test_what_only_looks_like_a_quantity_stays_as_it_is(text):
    assert written(text) == in_figures(written(text))


WORDS = ["half", "a", "dozen", "past", "six", "quarter", "to", "of", "an", "hour", "^", "2", "3m", "square", "m", "and"]


@given(st.lists(st.sampled_from([*WORDS, "year", "in", "the", "morning", "nineties", "fortnight", "o'clock"])))
def test_any_words_can_be_rewritten_always_alike_and_none_becomes_empty(words):
    assert in_figures(words) == in_figures(list(words))
    assert all(in_figures(words))
