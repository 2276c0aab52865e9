"""Promises of crowkis/match/verbatim.py: what of a text must stay the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.verbatim import payload, plainly


@pytest.mark.parametrize(
    "text",
    [
        "What is my balance",
        "what is my balance?",
        "hi, what's my balance please",
        "Could you please what is my balance. Thanks!",
    ],
)
def test_courtesies_end_marks_and_contractions_do_not_count(text):
    assert ("what", "is", "my", "balance") == plainly(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("what is my balance", "what is my new balance"),
        ("write to us", "write to US"),
        ("what is my balance", "what was my balance"),
        ("thanks", "hello"),
        ("add -5", "add 5"),
        ("is it 3.5", "is it 35"),
    ],
)
def test_everything_else_does(one, other):
    assert plainly(one) != plainly(other)


def test_a_text_of_several_lines_stands_as_it_is():
    assert plainly("please write\n  this") != plainly("write\n  this")
    assert plainly("write\n  this") != plainly("write\n this")


@given(st.text())
def test_no_text_is_stripped_to_nothing_unless_it_is_nothing(text):
    assert bool(plainly(text)) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "intent", "expected"),
    [
        ("Translate this: good morning", "transform", ("good", "morning")),
        ("Fix it:\nfor x in y", "code", ("for", "x", "in", "y")),
        ("Translate 'good morning' to Dutch", "transform", ("good morning",)),
        ("Translate good morning to Dutch", "transform", ("good", "morning", "dutch")),
        ("How do you say good morning in Dutch?", "transform", ("good", "morning", "dutch")),
        ("write a function that sorts", "code", ()),
    ],
)
def test_the_material_is_what_stands_behind_a_colon_is_quoted_or_is_left(text, intent, expected):
    assert expected == payload(text, intent)
