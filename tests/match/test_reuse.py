"""Promises of crowkis/match/reuse.py: how far answers to each intent are reused."""

import pytest

from crowkis.match import reuse
from crowkis.values.intent import POSTURE_COLUMN, Column
from crowkis.values.question import Policy

SERVED = [
    ("who wrote Faust", "who was it that wrote Faust"),
    ("how do I cancel my order", "what are the steps to cancel my order"),
    ("what is my balance", "Hi, what's my balance please?"),
    ("write a poem about rain", "could you please write a poem about rain"),
    ("translate 'good morning' to Dutch", "how do you say 'good morning' in Dutch"),
    ("thanks", "Thanks!"),
    ("summarise this text: it rained", "give me a summary of this text: it  rained"),
    ("wo ist der Bahnhof", "wo ist denn der Bahnhof"),
]
REFUSED = [
    ("cancel my order", "cancel the order I made", "reuse.never"),
    ("cancel my order", "please cancel my order", "reuse.never"),
    ("cancel my order", "how do I cancel my order", "reuse.never"),
    ("what is my balance", "how much is in my account balance", "reuse.not-verbatim"),
    ("write a poem about rain", "compose a poem on rain", "reuse.not-verbatim"),
    ("translate good morning to Dutch", "translate good evening to Dutch", "reuse.other-payload"),
    ("summarise this text: it rained", "summarise this text: it snowed", "reuse.other-payload"),
    ("wo ist der Bahnhof", "where is the station", "reuse.other-intent"),
]


@pytest.mark.parametrize(("one", "other"), SERVED)
def test_a_rewording_is_served_as_far_as_the_intent_allows(objection, one, other):
    assert objection(reuse.allowed, one, other) is None


@pytest.mark.parametrize(("one", "other", "reason"), REFUSED)
def test_beyond_that_it_is_not(objection, one, other, reason):
    assert reason == objection(reuse.allowed, one, other).id


def test_the_very_same_words_are_served_unless_something_is_to_be_done(asked, stored):
    policy = Policy(0.9)

    for text in ("what is my balance", "write a poem", "thanks", "write a python function"):
        assert reuse.allowed(asked(text), stored(text, exact=True), policy) is None
    assert "reuse.never" == reuse.allowed(asked("pay my rent"), stored("pay my rent", exact=True), policy).id


def test_the_operator_may_widen_or_narrow_every_posture(asked, stored):
    one, other = asked("cancel my order"), stored("please cancel my order", exact=True)
    free = Policy(0.9, postures=Column(POSTURE_COLUMN | {"transactional": "free"}))
    shut = Policy(0.9, postures=Column(POSTURE_COLUMN | {"factual": "never"}))

    assert reuse.allowed(one, other, free) is None
    assert "reuse.never" == reuse.allowed(asked("who wrote Faust"), stored("who wrote Faust"), shut).id


def test_measures_tell_the_stored_intent_and_the_posture_in_force(asked, stored):
    policy = Policy(0.9)

    assert ("factual", "never") == reuse.measures(asked("pay my rent"), stored("who wrote Faust"), policy)
    assert ("unread", "factual") == reuse.measures(asked("who wrote Faust"), stored("wo ist er"), policy)
    assert ("personal", "verbatim") == reuse.measures(asked("who?"), stored("where is my parcel", exact=True), policy)
