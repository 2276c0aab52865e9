"""Builds the question and the candidate of a test from two texts."""

from collections.abc import Callable

import pytest

from crowkis.match.features import features
from crowkis.values.question import Candidate, Policy, Question, Rule, Scope
from crowkis.values.verdict import Reason

SCOPE = Scope("acme", "faq", "m", "1")


@pytest.fixture
def asked() -> Callable[..., Question]:
    """A question from its text, with anything else changed by name."""

    def build(text: str, **changes: object) -> Question:
        return Question(text, SCOPE, "space", frozenset(), features(text), 1_000)._replace(**changes)

    return build


@pytest.fixture
def stored() -> Callable[..., Candidate]:
    """A candidate from its text, with anything else changed by name."""

    def build(text: str, **changes: object) -> Candidate:
        found = Candidate(b"id", text, SCOPE, "space", frozenset(), features(text), 0, 0, 0.95, False, confidence=0.95)
        return found._replace(**changes)

    return build


@pytest.fixture
def objection(asked, stored) -> Callable[[Rule, str, str], Reason | None]:
    """What a rule says of two texts, after making sure that it says the same the other way round."""

    def check(rule: Rule, one: str, other: str) -> Reason | None:
        there = rule(asked(one), stored(other), Policy(0.9))
        back = rule(asked(other), stored(one), Policy(0.9))
        assert (there is None) == (back is None)
        return there

    return check
