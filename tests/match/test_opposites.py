"""Promises of crowkis/match/opposites.py."""

import pytest

from crowkis.match.opposites import are_antonyms, are_converses, are_opposites, are_rivals


@pytest.mark.parametrize(
    ("one", "other"),
    [("open", "close"), ("import", "export"), ("cheap", "expensive"), ("log_in", "sign_out"), ("safe", "unsafe")],
)
def test_antonyms_are_known_both_ways(one, other):
    assert are_antonyms(one, other)
    assert are_antonyms(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("close", "shut"), ("cheap", "inexpensive"), ("card", "car"), ("in", "put")]
)
def test_words_of_one_side_and_strangers_are_not_antonyms(one, other):
    assert not are_antonyms(one, other)


def test_the_two_ends_of_an_event_are_converses():
    assert are_converses("lend", "borrow")
    assert are_converses("receive", "send")
    assert not are_converses("send", "mail")


def test_two_deeds_of_a_family_are_rivals_unless_synonyms():
    assert are_rivals("cancel", "pause")
    assert are_rivals("upgrade", "downgrade")
    assert not are_rivals("cancel", "cancel")
    assert not are_rivals("delete", "erase")


def test_a_word_is_no_opposite_of_itself():
    assert not are_opposites("open", "open")
