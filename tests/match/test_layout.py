"""Promises of crowkis/match/layout.py."""

import time

import pytest

from crowkis.match import layout
from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Explain gravity in three bullet points", ("bullets",)),
        ("Explain gravity in one paragraph", ("paragraph",)),
        ("list the planets as JSON", ("json",)),
        ("in one sentence, what is love", ("sentences",)),
        ("Summarize it in 50 words or less", ("words",)),
        ("Explain like I'm five", ("simple",)),
        ("explain gravity to a 5 year old", ("simple",)),
        ("give me a table comparing tea and coffee", ("table",)),
        ("guide me step-by-step", ("steps",)),
        ("briefly, what is a comet", ("brief",)),
        ("explain comets in detail", ("detailed",)),
        ("write a formal email to my landlord", ("email", "formal")),
        ("a numbered list of comets", ("numbered",)),
        ("write a haiku about rain", ("haiku",)),
        ("explain loops with an example", ("examples",)),
    ],
)
def test_the_form_asked_for_is_read(text, found):
    assert found == layout.layout(tokens(text))


@pytest.mark.parametrize(
    "text",
    ["how do I parse JSON in Python", "convert csv to json", "which books are good for kids", "who shot the bullet",
     "what is a table in a database", "how do I create a new table", "is it used in a sentence", "why are naps short",
     "what does this word mean", "how many words are in English", "what is my email address"],
)  # fmt: skip
def test_a_question_about_a_form_asks_for_none(text):
    assert () == layout.layout(tokens(text))


@pytest.mark.parametrize("form", layout.FORMS, ids=lambda form: f"{form.name}-{form.hints[:12]}")
def test_every_form_needs_one_of_its_hints(form):
    assert all(hint in layout._HINTED for hint in form.hints.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("explain gravity in three bullets", "explain gravity in one paragraph"),
        ("list the planets as JSON", "list the planets"),
        ("explain gravity", "explain gravity like I'm five"),
        ("write a poem about rain", "write an essay about rain"),
    ],
)
def test_another_form_is_another_question(objection, one, other):
    reason = objection(layout.agree, one, other)

    assert reason is not None
    assert "layout.differs" == reason.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("explain gravity in bullet points", "explain gravity using bullets"),
        ("explain gravity briefly", "give me a short explanation of gravity"),
        ("explain gravity in simple terms", "explain gravity like i'm 5"),
    ],
)
def test_one_form_in_other_words_passes(objection, one, other):
    assert objection(layout.agree, one, other) is None


@pytest.mark.parametrize(
    "part", ["in a ", "explain to a ", "as a table ", "json ", "in short ", "write me a list ", "most 5 words "]
)
def test_hostile_texts_take_linear_time(part):
    words = tokens(part * (100_000 // len(part)))
    start = time.perf_counter()
    layout.layout(words)

    assert time.perf_counter() - start < 3
