"""Promises of crowkis/match/intent_words.py: cues that can be met at all."""

import pytest

from crowkis.match import intent_words as said
from crowkis.values.intent import NAMES

PLAIN = [said.FILLERS, said.WISHES, said.LIVE, said.DAILY]


def phrases(*tables):
    return [
        phrase
        for table in tables
        for weights in table.values()
        for text in weights.values()
        for phrase in text.split("|")
    ]


@pytest.mark.parametrize("table", [said.OPENINGS, said.ANYWHERE])
def test_every_cue_speaks_for_an_intent_with_a_weight(table):
    assert set(table) <= set(NAMES) - {"unread"}
    assert all(weight > 0 for weights in table.values() for weight in weights)


@pytest.mark.parametrize("phrase", [*phrases(said.OPENINGS, said.ANYWHERE), *"|".join(PLAIN).split("|")])
def test_every_phrase_is_written_as_texts_are_read(phrase):
    assert phrase == phrase.lower().strip()
    assert not [word for word in phrase.split() if word in said.SPELT_OUT], "contractions are written out"


def test_what_contractions_stand_for_holds_none():
    assert not [word for words in said.SPELT_OUT.values() for word in words if word in said.SPELT_OUT]
