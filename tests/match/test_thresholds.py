"""Promises of crowkis/match/thresholds.py."""

import pytest

from crowkis.match import thresholds
from crowkis.values.judgement import BINS, Tally
from crowkis.values.question import Policy


def reported(right, wrong, confidence, tally=None):
    tally = tally or Tally()
    for place in range(right + wrong):
        tally = thresholds.noted(tally, confidence, False, place >= wrong)
    return tally


@pytest.mark.parametrize("budget", [0.0, 0.02, 0.05, 0.3])
def test_before_any_report_the_confidence_is_taken_at_its_word(budget):
    assert thresholds.bar(Tally(), budget, 0.1) == pytest.approx(1.0 - budget)


def test_good_reports_lower_the_bar_and_bad_ones_raise_it():
    good = thresholds.bar(reported(300, 0, 0.96), 0.05, 0.0)
    bad = thresholds.bar(reported(200, 100, 0.96), 0.05, 0.0)

    assert good < bad


def test_a_larger_budget_never_means_a_higher_bar():
    tally = reported(100, 5, 0.93)
    bars = [thresholds.bar(tally, budget, 0.1) for budget in (0.01, 0.02, 0.05, 0.1, 0.2)]

    assert sorted(bars, reverse=True) == bars


def test_when_nearly_all_is_wrong_nothing_but_exact_repeats_is_served():
    assert thresholds.NOTHING == thresholds.bar(reported(10, 200, 0.99), 0.01, 0.0)


def test_reports_on_exact_repeats_are_kept_apart():
    tally = thresholds.noted(Tally(), 1.0, True, False)

    assert (1.0, 0.0) == (tally.exact_wrong, sum(tally.wrong))


def test_old_reports_fade():
    tally = reported(5_000, 0, 0.95)

    assert thresholds.FADE_REPORTS * 0.9 < sum(tally.right) <= thresholds.FADE_REPORTS


def test_every_confidence_falls_into_a_bin():
    assert len(thresholds.EDGES) == len(thresholds.PRIOR_RISK) == len(thresholds.PRIOR_SEEN) == BINS
    assert (0, BINS - 1) == (thresholds.bin_of(-1.0), thresholds.bin_of(2.0))


def test_what_was_seen_is_counted_by_bin():
    assert thresholds.seen(Tally(), {3: 2}).seen[3] == 2


def test_below_the_bar_only_an_exact_repeat_is_served(asked, stored):
    policy = Policy(0.9, budget_min=0.98)

    assert thresholds.within_budget(asked("a"), stored("a"), policy).id == "budget.exceeded"
    assert thresholds.within_budget(asked("a"), stored("a", exact=True), policy) is None
    assert thresholds.within_budget(asked("a"), stored("a"), Policy(0.9)) is None
    assert (0.95, 0.98) == thresholds.measures(asked("a"), stored("a"), policy)
