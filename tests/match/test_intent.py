"""Promises of crowkis/match/intent.py: what a text is for, and by which cues."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.intent import intent_of, reading
from crowkis.match.tokens import tokens
from crowkis.values.intent import NAMES, PACES, UNREAD

TOLD = [
    ("Who painted the Night Watch?", "factual"),
    ("why does iron rust", "conceptual"),
    ("How do I cancel my order?", "procedural"),
    ("My kettle does not work", "procedural"),
    ("Is a moped faster than a bicycle?", "comparison"),
    ("which laptop would you recommend for music", "recommendation"),
    ("cancel my order", "transactional"),
    ("Hi, could you please cancel my order?", "transactional"),
    ("I want to cancel my order", "transactional"),
    ("who is the mayor of Rome", "temporal"),
    ("weather in Bergen", "temporal"),
    ("where is my parcel", "personal"),
    ("how much did I pay for gas", "personal"),
    ("write a poem about rain", "creative"),
    ("write a python function about rain", "code"),
    ("Why does this throw? x == y && z()", "code"),
    ("Translate 'good morning' to Dutch", "transform"),
    ("Summarise this text: who was the king, and why was he poor?", "transform"),
    ("thanks!", "conversational"),
    ("how are you", "conversational"),
]


@pytest.mark.parametrize(("text", "intent"), TOLD)
def test_each_intent_is_told_by_its_cues(text, intent):
    assert intent == intent_of(text).name


@pytest.mark.parametrize(
    "text", ["comment puis-je annuler ma commande", "cancela mi pedido", "我的订单在哪里", "wo ist der Bahnhof"]
)
def test_another_language_is_left_unread(text):
    assert UNREAD == intent_of(text)


@pytest.mark.parametrize("text", ["", "   ", "?!", "..."])
def test_a_text_without_words_is_left_unread(text):
    assert UNREAD == intent_of(text)


def test_words_that_tell_nothing_are_a_fact_with_score_0():
    assert ("factual", 0.0) == intent_of("oak table legs")[:2]


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("what is the price of gold right now", "live"),
        ("what is the weather today", "daily"),
        ("who is the mayor of Rome", ""),
        ("how do I score a goal", ""),
        ("where should I eat in Rome today", "daily"),
    ],
)
def test_the_pace_is_that_of_the_fastest_thing_asked_about(text, pace):
    assert pace == intent_of(text).pace


def test_evidence_is_readable_and_heaviest_first():
    intent, cues = reading("Could you recommend a good book about the weather?")

    assert "recommendation" == intent.name
    assert 'recommendation +4.0: opens with "recommend"' == str(cues[0])
    assert 'temporal +3.0: says "weather"' in [str(cue) for cue in cues]
    assert sorted((cue.weight for cue in cues), reverse=True) == [cue.weight for cue in cues]


def test_evidence_for_others_lowers_the_score():
    assert intent_of("recommend a book").score > intent_of("recommend a book about the weather today").score


def test_material_behind_a_colon_is_not_taken_for_the_question():
    intent, cues = reading("Translate this: what is the weather today in Rome")

    assert "transform" == intent.name
    assert not [
        cue for cue in cues if "weather" in cue.what and cue.intent == "temporal" and cue.what.startswith("says")
    ]


def test_of_a_long_text_the_start_and_the_end_are_read():
    long = "stone " * 500

    assert "transform" == intent_of(f"Summarise this article. {long}").name
    assert "transform" == intent_of(f"{long} . Summarise this article.").name


@given(st.text())
def test_any_text_has_an_intent_and_always_the_same(text):
    intent = intent_of(text)

    assert intent.name in NAMES
    assert 0.0 <= intent.score < 1.0
    assert intent.pace in ("", *PACES)
    assert intent is intent_of(text, tokens(text))
    assert intent == reading(text).intent


@given(
    st.lists(
        st.sampled_from(tokens("can you please cancel my order what is the price of translate this : ? . my the")),
        max_size=30,
    )
)
def test_the_intent_is_the_one_its_cues_speak_for_most(words):
    intent, cues = reading(" ".join(words))
    totals = {}
    for cue in cues:
        totals[cue.intent] = totals.get(cue.intent, 0) + cue.weight

    if intent.score:
        assert totals[intent.name] == pytest.approx(max(totals.values()))
