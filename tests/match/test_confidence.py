"""Promises of crowkis/match/confidence.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match import confidence, weights
from crowkis.match.signals import SIGNALS
from crowkis.values.question import ALONE, Company, Policy
from crowkis.values.verdict import Reason


@given(st.text(max_size=60), st.text(max_size=60), st.floats(-1, 1))
def test_it_is_a_probability(asked, stored, similarity):
    assert 0.0 <= confidence.probability(asked, stored, similarity, ALONE) <= 1.0


@pytest.mark.parametrize("model", [weights.ALONE, weights.AGREED])
def test_no_weight_counts_against_its_signals_direction(model):
    for signal, weight in zip(SIGNALS, model.weights, strict=True):
        assert signal.direction in (0, 1) or weight <= 0, signal.name
        assert signal.direction in (0, -1) or weight >= 0, signal.name


def test_a_rival_close_by_lowers_it():
    asked, stored = "how can I pause my plan", "is there a way to pause my plan"
    alone = confidence.probability(asked, stored, 0.9, ALONE)

    assert alone > confidence.probability(asked, stored, 0.9, Company(0.0, 1.0, 0, 1))


def test_neighbours_with_the_same_answer_raise_it():
    asked, stored = "pausing my plan", "is there a way to pause it"
    alone = confidence.probability(asked, stored, 0.7, ALONE)

    assert alone < confidence.probability(asked, stored, 0.7, Company(1.0, 0.0, 4, 0))


def test_one_damning_signal_sinks_it_whatever_the_others_say():
    asked, stored = "How do I pause my plan?", "How can I pause my plan?"

    assert confidence.probability(asked, stored, 0.99, Company(1.0, 0.0, 4, 0)) > 0.95
    assert confidence.probability(asked, stored, 0.99, Company(1.0, 2.0, 4, 4)) < 0.5


def test_the_contributions_add_up_to_the_log_odds(asked, stored):
    question, candidate = asked("how can I pause my plan"), stored("is there a way to pause my plan")
    total = sum(confidence.contributions(question, candidate).values())
    told = confidence.probability(question.text, candidate.text, candidate.similarity, candidate.company)

    assert told == pytest.approx(1 / (1 + 2.718281828**-total), abs=1e-3)


@pytest.mark.parametrize(("sure", "refused"), [(0.9, False), (0.91, False), (0.89, True)])
def test_an_answer_at_the_bar_or_above_passes(asked, stored, sure, refused):
    candidate = stored("b", confidence=sure)
    reason = confidence.enough(asked("a"), candidate, Policy(0.5, confidence_min=0.9))

    assert (Reason("confidence.below-bar", sure, 0.9) if refused else None) == reason
    assert (sure, 0.9) == confidence.measures(asked("a"), candidate, Policy(0.5, confidence_min=0.9))


def test_an_exact_match_passes_whatever_the_bar(asked, stored):
    assert (
        confidence.enough(asked("a"), stored("a", exact=True, confidence=0.0), Policy(0.5, confidence_min=1.0)) is None
    )
