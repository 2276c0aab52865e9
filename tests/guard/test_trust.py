"""Promises of crowkis/guard/trust.py."""

from crowkis.guard import trust
from crowkis.values.question import Candidate, Features, Policy, Question, Scope
from crowkis.values.verdict import Reason

NOTHING = Features((), (), 0)
SCOPE = Scope("", "", "", "")
ASKED = Question("a", SCOPE, "s", frozenset(), NOTHING, 0)
FOUND = Candidate(b"id", "a", SCOPE, "s", frozenset(), NOTHING, 0, 0, 1.0, True)
POLICY = Policy(0.9, trust_min=0.3)


def test_a_source_trusted_too_little_is_not_served_even_to_the_very_same_question():
    assert Reason("trust.too-low", 0.2, 0.3) == trust.enough(ASKED, FOUND._replace(trust=0.2), POLICY)
    assert trust.enough(ASKED, FOUND._replace(trust=0.3), POLICY) is None


def test_complaints_cost_more_than_praise_gives_back_and_both_have_an_end():
    assert trust.raised(trust.lowered(1.0)) < 1.0
    assert trust.FULL == trust.raised(trust.FULL)
    assert trust.FLOOR == trust.lowered(trust.FLOOR)


def test_four_complaints_are_one_too_many():
    lost = 1.0
    for _ in range(3):
        lost = trust.lowered(lost)

    assert lost >= POLICY.trust_min > trust.lowered(lost)


def test_the_measure_stands_beside_its_limit():
    assert (0.5, 0.3) == trust.measures(ASKED, FOUND._replace(trust=0.5), POLICY)
