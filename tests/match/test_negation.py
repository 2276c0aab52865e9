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
    ("plants for a bathroom with no window", "plants for a windowless bathroom"),
    ("how do I listen when I'm not connected", "how do I listen offline"),
    ("why won't my car start", "my car refuses to start"),
    ("which museums are free", "which museums cost nothing"),
    ("why can't I top up", "why did the top-up fail"),
    ("who is not in the team", "who doesn't play for the team"),
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
    ("when must I register", "when is it unnecessary to register"),
    ("why did it reach the limit", "why did it fail to reach the limit"),
    ("smoothies with banana", "banana-free smoothies"),
    ("nobody in my team wants tea", "everybody in my team wants tea"),
    ("can I leave if I pay", "can I leave unless I pay"),
    ("all but named Ann", "all other than Ann"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_denial_of_what_the_other_does_not_say_passes(objection, one, other):
    assert objection(negation.agree, one, other) is None


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_a_denial_of_what_the_other_says_is_refused(objection, one, other):
    assert "negation.differs" == objection(negation.agree, one, other).id


def test_the_objection_tells_what_both_sides_deny(asked, stored):
    assert Reason("negation.differs", [], ["open"]) == negation.agree(asked("not open"), stored("open"), Policy(0.9))
    assert ([], ["open"]) == negation.measures(asked("not open"), stored("open"), Policy(0.9))


def test_an_exact_match_passes(asked, stored):
    assert negation.agree(asked("not open"), stored("open", exact=True), Policy(0.9)) is None
