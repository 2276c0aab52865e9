"""Promises of crowkis/match/similarity.py."""

import pytest

from crowkis.match import similarity
from crowkis.values.question import Policy
from crowkis.values.verdict import Reason


@pytest.mark.parametrize("cosine", [0.9, 0.91, 1.0])
def test_a_question_at_the_bar_or_above_passes(asked, stored, cosine):
    assert similarity.enough(asked("a"), stored("b", similarity=cosine), Policy(0.9)) is None


def test_a_question_below_the_bar_is_refused(asked, stored):
    reason = similarity.enough(asked("a"), stored("b", similarity=0.89), Policy(0.9))

    assert Reason("similarity.below-bar", 0.89, 0.9) == reason


def test_an_exact_match_passes_whatever_the_bar(asked, stored):
    assert similarity.enough(asked("a"), stored("a", similarity=0.0, exact=True), Policy(1.0)) is None


def test_the_measure_is_the_cosine_and_the_limit_the_bar(asked, stored):
    assert (0.95, 0.9) == similarity.measures(asked("a"), stored("b"), Policy(0.9))
