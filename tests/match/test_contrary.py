"""Promises of crowkis/match/contrary.py."""

import pytest

from crowkis.match.align import align, parse
from crowkis.match.contrary import contrary


def judged(one, other):
    a, b = parse(one), parse(other)
    there, back = contrary(a, b, align(a, b)), contrary(b, a, align(b, a))
    assert (there is None) == (back is None)
    return there


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("when does the pool open", "when does the pool close", ("open", "close")),
        ("how do I import my contacts", "how do I export my contacts", ("import", "export")),
        ("the cheapest hotel in town", "the most expensive hotel in town", ("cheap", "expensive")),
        ("how do I log in here", "how do I sign out here", ("log_in", "sign_out")),
        ("turn the alarm on", "turn the alarm off", ("turn_on", "turn_off")),
        ("is the mushroom edible", "is the mushroom inedible", ("edible", "inedible")),
        ("can I lend the drill", "can I borrow the drill", ("lend", "borrow")),
        ("how do I pause my plan", "how do I cancel my plan", ("pause", "cancel")),
        ("which lamps hang above the table", "which lamps hang below the table", ("above", "below")),
        ("eat before the race", "eat after the race", ("before", "after")),
    ],
)
def test_a_contrary_word_on_the_other_side_is_an_objection(one, other, words):
    assert words == judged(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("is the pool not open on Monday", "is the pool closed on Monday"),
        ("a less expensive hotel", "a cheap hotel"),
        ("is gold heavier than lead", "is lead lighter than gold"),
        ("did Ann lend Bob the drill", "did Bob borrow the drill from Ann"),
        ("how do I cancel my plan", "how do I terminate my plan"),
        ("how do I delete the file", "how do I erase the file"),
        ("water the lawn, then mow it", "how is the lawn watered"),
    ],
)
def test_what_makes_up_for_the_contrary_word_is_heard(one, other):
    assert judged(one, other) is None


def test_contrary_words_in_other_places_say_nothing():
    assert judged("my new card came, how do I activate it", "how do I use points that card holders activate") is None
