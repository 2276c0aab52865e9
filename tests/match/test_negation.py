"""Promises of crowkis/match/negation.py."""

import pytest

from crowkis.match import negation
from crowkis.values.question import Policy
from crowkis.values.verdict import Reason

SAME = [
    ("why is it not working", "why isn't it working"),
    ("who does not own a car", "who has no car"),
    ("travel without a visa", "can I travel if I have no visa"),
    ("is it legal", "is it legal or not"),
    ("it is possible", "it is not impossible"),
    ("is it open?", "Isn't it open?"),
    ("I don't know how to pay", "how do I pay"),
    ("no more than 2", "at most 2"),
]
OTHER = [
    ("is it safe to eat", "is it not safe to eat"),
    ("can I pay by card", "I can't pay by card"),
    ("travel with a visa", "travel without a visa"),
    ("how do I start smoking", "how do I stop smoking"),
    ("enable alerts", "disable alerts"),
    ("is the code valid", "is the code invalid"),
    ("who likes Ann", "who doesnt like Ann"),
    ("send the mail", "never send the mail"),
    ("all but named Ann", "all other than Ann"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_texts_that_both_deny_or_both_do_not_pass(objection, one, other):
    assert objection(negation.agree, one, other) is None


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_a_denial_against_none_is_refused(objection, one, other):
    assert "negation.differs" == objection(negation.agree, one, other).id


def test_the_objection_counts_both_sides(asked, stored):
    assert Reason("negation.differs", 0, 1) == negation.agree(asked("not it"), stored("it"), Policy(0.9))
    assert (0, 1) == negation.measures(asked("not it"), stored("it"), Policy(0.9))


def test_an_exact_match_passes(asked, stored):
    assert negation.agree(asked("not it"), stored("it", exact=True), Policy(0.9)) is None
