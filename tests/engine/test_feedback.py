"""Promises of crowkis/engine/feedback.py; the words that use it are tried in tests/commands/test_feedback.py."""

import pytest

from crowkis.engine import feedback
from crowkis.match import thresholds
from crowkis.values.judgement import PutSource, PutTally, Source, Tally


def test_a_pinned_bar_is_not_moved_by_budgets(new_engine):
    engine = new_engine()
    engine.state.apply(PutTally("t", "all", Tally(pinned=0.7)))

    assert feedback.bar_of(engine, "t", "all", 0.01) == 0.7
    assert feedback.bar_of(engine, "other", "all", 0.01) == pytest.approx(0.99)
    assert feedback.bar_of(engine, "other", "all", 0.0) == 0.0


def test_an_intent_is_held_to_its_own_reports_once_there_are_enough(new_engine):
    engine = new_engine()
    few, many = Tally(), Tally()
    for _ in range(200):
        many = thresholds.noted(many, 0.97, False, False)
    for _ in range(10):
        few = thresholds.noted(few, 0.97, False, False)
    engine.state.apply(PutTally("t", "factual", many))
    engine.state.apply(PutTally("t", "code", few))

    assert feedback.bar_of(engine, "t", "factual", 0.05) > feedback.bar_of(engine, "t", "code", 0.05)
    assert feedback.bar_of(engine, "t", "code", 0.05) == feedback.bar_of(engine, "t", "all", 0.05)


def test_a_pin_on_all_holds_for_every_intent_without_one_of_its_own(new_engine):
    engine = new_engine()
    engine.state.apply(PutTally("t", "all", Tally(pinned=0.7)))
    engine.state.apply(PutTally("t", "code", Tally(pinned=0.9)))

    assert (0.7, 0.9) == tuple(feedback.bar_of(engine, "t", intent, 0.01) for intent in ("factual", "code"))


def test_gauges_tell_the_highest_bar_and_count_distrusted_sources(new_engine):
    engine = new_engine(max_error=0.1)
    engine.state.apply(PutTally("t", "all", Tally(pinned=0.99)))
    engine.state.apply(PutSource(Source("t", "bad", 0.1, 0, 9, 1)))

    assert {"all": 0.99} == feedback.bars(engine)
    assert feedback.distrusted(engine) == 1
