"""Promises of crowkis/match/features.py."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.features import features
from crowkis.match.normalise import normalise


def test_features_hold_numbers_quotes_denials_and_intent():
    known = features('do not say "Hi" to at most two people on Jan 2')

    assert (("<=2 people", "--01-02"), ("Hi",), ("say",)) == known[:3]
    assert "factual" == known.intent.name


def test_features_hold_the_other_slots():
    found = features("Mail a@example.org what Ada Lovelace did tomorrow, in French, briefly")

    assert ("email:a@example.org",) == found.identifiers
    assert ("ada lovelace", "french") == found.names
    assert ((">fr",), ("brief",), ("d+1",)) == (found.languages, found.layout, found.days)


def test_a_plain_question_has_none():
    assert ((), (), ()) == features("How do I reset my password?")[:3]
    assert "procedural" == features("How do I reset my password?").intent.name


@given(st.text())
def test_any_text_has_features_and_always_the_same(text):
    assert features(text) == features(text)


WORDS = ["How", "Do", "I", "not", "Never", "May", "2", "two", "IT", "us", "First", "'a'", '"B', 'c"', "one"]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_texts_of_one_normal_form_agree_in_numbers_and_denials(words):
    text = " ".join(words)
    form = normalise(text)

    assert (features(text).numbers, features(text).denied) == (features(form).numbers, features(form).denied)


@pytest.mark.parametrize(
    "part",
    ['"', " 'a", "'a", "a'", "\u201c", "`", "```a", "1,22", ",22", "9", "9.", "1,", "a-1", "a1-", "1-", "one ", "than ",
     "hundred ", "one million ", "1 or ", "1 and rs ", "more than ", "II ", "nor ", "\u00b2", "at most ", "2 dozen ",
     "isn't ", "jan 2 or ", "$", "of ", "1/", "1:", "0.", "-"],
)  # fmt: skip
def test_hostile_texts_take_linear_time(part):
    text = part * (100_000 // len(part)) + "5"
    start = time.perf_counter()
    features(text)

    assert time.perf_counter() - start < 3
