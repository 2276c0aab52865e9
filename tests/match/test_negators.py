"""Promises of crowkis/match/negators.py."""

import pytest

from crowkis.match.negators import negations
from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    "text",
    ["it is not open", "it isn't open", "it isn\u2019t open", "it isnt open", "I cannot log in", "I can't log in",
     "nobody came", "travel without a visa", "no longer valid", "I am unable to pay", "how to stop smoking",
     "disable alerts", "an invalid card", "neither red nor blue", "don't send it", "everyone except Ann", "never again",
     "other than Ann"],
)  # fmt: skip
def test_a_denial_is_counted_once(text):
    assert 1 == negations(tokens(text))


@pytest.mark.parametrize(
    "text",
    ["is it open", "no more than 2", "not later than May 2", "no. 5", "yes or not", "not only red",
     "it is open, isn't it?", "Isn't it open?", "I don't know how to pay", "I am not sure how to pay", "No, it is",
     "another note", "stop here"],
)  # fmt: skip
def test_what_only_looks_like_a_denial_is_not_counted(text):
    assert 0 == negations(tokens(text))


def test_two_denials_are_two():
    assert 2 == negations(tokens("it is not impossible"))
