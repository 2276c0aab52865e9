"""Promises of crowkis/lifecycle/freshness.py."""

import pytest

from crowkis.lifecycle import freshness
from crowkis.values.question import Candidate, Features, Policy, Question, Scope
from crowkis.values.verdict import Reason

NOTHING = Features((), (), 0)
SCOPE = Scope("", "", "", "")
QUESTION = Question("a", SCOPE, "s", frozenset(), NOTHING, 1_000)


def candidate(expire_at_ms, exact=False):
    return Candidate(b"id", "a", SCOPE, "s", frozenset(), NOTHING, 0, expire_at_ms, 1.0, exact)


@pytest.mark.parametrize("expire_at_ms", [0, 1_001, 10**15])
def test_an_answer_whose_time_is_not_up_passes(expire_at_ms):
    assert freshness.fresh(QUESTION, candidate(expire_at_ms), Policy(0.9)) is None


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("expire_at_ms", [1, 999, 1_000])
def test_an_answer_is_refused_from_the_millisecond_it_expires(expire_at_ms, exact):
    reason = freshness.fresh(QUESTION, candidate(expire_at_ms, exact), Policy(0.9))

    assert Reason("freshness.expired", 1_000, expire_at_ms) == reason


def test_the_measure_says_never_where_nothing_expires():
    assert (1_000, "never") == freshness.measures(QUESTION, candidate(0), Policy(0.9))
    assert (1_000, 7) == freshness.measures(QUESTION, candidate(7), Policy(0.9))
