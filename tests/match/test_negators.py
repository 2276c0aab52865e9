"""Promises of crowkis/match/negators.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.negators import TROUBLE, denied
from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("it is not open", "open"),
        ("it isn't open", "open"),
        ("it isn\u2019t open", "open"),
        ("it isnt open", "open"),
        ("I cannot log in", "log"),
        ("travel without a visa", "visa"),
        ("no longer valid", "valid"),
        ("I am unable to pay", "pay"),
        ("it is impossible to pay", "pay"),
        ("I'm not able to pay", "pay"),
        ("it failed to start", "start"),
        ("how to stop smoking", "smoke"),
        ("disable alerts", "enable"),
        ("an invalid card", "valid"),
        ("a windowless room", "window"),
        ("sugar-free sweets", "sugar"),
        ("everyone except Ann", "ann"),
        ("other than Ann", "ann"),
        ("apart from Ann", "ann"),
        ("unless I pay", "pay"),
        ("tables, but not 12", "12"),
        ("I don't know my pin", "know"),
        ("nobody in my team came", "team come"),
        ("why won't my car start", "car start"),
        ("neither red nor blue", "red"),
        ("plans that exclude dentists", "include"),
        ("the transfer failed", TROUBLE),
    ],
)
def test_a_denial_is_known_by_what_it_denies(text, what):
    assert (what,) == denied(tokens(text))


@pytest.mark.parametrize(
    "text",
    ["is it open", "no more than 2", "not later than May 2", "no. 5", "yes or not", "not only red", "why not",
     "it is open, isn't it?", "Isn't it open?", "I don't know how to pay", "I am not sure how to pay", "No, it is",
     "another note", "stop here", "under an umbrella", "a wireless plug", "free on Mondays", "no trouble"],
)  # fmt: skip
def test_what_only_looks_like_a_denial_is_not_read(text):
    assert () == denied(tokens(text))


@pytest.mark.parametrize("text", ["it is not impossible", "it never failed"])
def test_two_denials_of_one_thing_cancel_out(text):
    assert () == denied(tokens(text))


def test_two_denials_are_two():
    assert ("milk", "sugar") == denied(tokens("no milk and without sugar"))


@given(st.lists(st.sampled_from(["not", "to", "no", "fail", "unless", "isn't", "the", "pay", ",", "unpaid", "or"])))
def test_any_words_can_be_read_and_nothing_empty_is_denied(words):
    assert all(denied(words))
