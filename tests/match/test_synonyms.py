"""Promises of crowkis/match/synonyms.py."""

import pytest

from crowkis.match.synonyms import NO_SENSES, are_synonyms, keyed, rows, senses_of


@pytest.mark.parametrize(
    ("one", "other"),
    [("cancel", "terminate"), ("buy", "purchase"), ("car", "vehicle"), ("login", "sign_in"), ("pay", "payment")],
)
def test_words_for_the_same_thing_are_synonyms(one, other):
    assert are_synonyms(one, other)


@pytest.mark.parametrize(("one", "other"), [("cancel", "pause"), ("card", "phone"), ("unheard", "unseen")])
def test_other_words_are_not(one, other):
    assert not are_synonyms(one, other)


def test_a_word_of_two_groups_does_not_join_them():
    assert are_synonyms("change", "swap")
    assert are_synonyms("change", "amend")
    assert not are_synonyms("swap", "amend")


def test_an_unknown_word_has_no_senses():
    assert NO_SENSES == senses_of("xyzzy")


def test_phrases_are_keyed_by_the_lemma_of_each_part():
    assert "log_in" == keyed("logging_in")
    assert [["buy", "order"], ["car"]] == rows("bought orders; cars")
