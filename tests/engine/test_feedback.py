"""Promises of crowkis/engine/feedback.py; the words that use it are tried in tests/commands/test_feedback.py."""

import pytest

from crowkis.engine import feedback
from crowkis.values.judgement import PutSource, PutTally, Source, Tally


def test_white_space_around_an_answer_does_not_make_it_another():
    assert feedback.digest_of(b"a") == feedback.digest_of(b" a\n") != feedback.digest_of(b"b")


def test_a_pinned_bar_is_not_moved_by_budgets(new_engine):
    engine = new_engine()
    engine.state.apply(PutTally("t", "all", Tally(pinned=0.7)))

    assert feedback.bar_of(engine, "t", "all", 0.01) == 0.7
    assert feedback.bar_of(engine, "other", "all", 0.01) == pytest.approx(0.99)
    assert feedback.bar_of(engine, "other", "all", 0.0) == 0.0


def test_gauges_tell_the_highest_bar_and_count_distrusted_sources(new_engine):
    engine = new_engine(max_error=0.1)
    engine.state.apply(PutTally("t", "all", Tally(pinned=0.99)))
    engine.state.apply(PutSource(Source("t", "bad", 0.1, 0, 9, 1)))

    assert {"all": 0.99} == feedback.bars(engine)
    assert feedback.distrusted(engine) == 1
