"""Promises of crowkis/engine/live.py: every look-up is counted once, the last ones with their reason, nothing grows."""

import numpy as np
import pytest

from crowkis.engine.engine import entry_id_of
from crowkis.engine.live import (
    EXACT,
    MINUTE_MS,
    MISS,
    OTHERS,
    QUESTION_CHARS_MAX,
    RECENT_MAX,
    REFUSED,
    REPEATED_MAX,
    SEMANTIC,
    TENANTS_MAX,
)
from crowkis.engine.lookup import Asked, client_space, find
from crowkis.match.features import features
from crowkis.values.question import Scope
from crowkis.values.record import Entry, PutEntry

SCOPE = Scope("t", "", "m", "")
NORTH = np.array([1, 0, 0, 0], np.float32)
EAST = np.array([0, 1, 0, 0], np.float32)
COST = 0.25


def near(similarity):
    return np.array([similarity, np.sqrt(1 - similarity**2), 0, 0], np.float32)


@pytest.fixture
def engine(new_engine):
    made = new_engine(similarity_min=0.9)
    made.now_ms = 10 * MINUTE_MS
    return made


@pytest.fixture
def store(engine):
    def put(text, scope=SCOPE, **changes):
        entry = Entry(
            entry_id_of(text, scope), scope, text, features(text), frozenset(), client_space(4), 1, 0, 400,
            cost_usd=COST,
        )._replace(**changes)  # fmt: skip
        engine.state.apply(PutEntry(entry, NORTH, b"answer"))
        return entry

    return put


@pytest.fixture
def look_up(engine):
    def look(text, vector=NORTH, scope=SCOPE, times=1):
        asked = Asked(text, scope, frozenset(), None, vector)
        for _ in range(times):
            find(engine, asked, lambda engine, found: None)
        engine.live.settle()  # as upkeep does ten times a second

    return look


def test_each_end_of_a_look_up_is_counted_once_with_what_it_saved(engine, store, look_up):
    store("how do i log in")
    look_up("how do i log in", times=3)
    look_up("how do i sign in", near(0.95))
    look_up("how do i not log in", near(0.95))
    look_up("where is berlin", EAST)
    total = engine.live.total()

    assert [3, 1, 1, 1] == [total.kinds[kind] for kind in (EXACT, SEMANTIC, REFUSED, MISS)]
    assert (4 * COST, 4 * 100) == (total.usd, total.tokens)
    assert {"negation.differs": 1, "similarity.below-bar": 1} == total.reasons
    assert total.kinds == engine.live.total("t").kinds
    assert [0, 0, 0, 0] == engine.live.total("other").kinds


def test_the_last_look_ups_are_told_newest_first_with_why(engine, store, look_up):
    entry = store("how do i log in")
    look_up("how do i log in")
    look_up("how do i not log in", near(0.95))
    (second, refused), (first, served) = engine.live.recent(9)

    assert (1, EXACT, entry, None) == (first, served.kind, served.answer, served.objection)
    assert (2, REFUSED, entry.entry_id) == (second, refused.kind, refused.answer)
    assert "negation.differs" == refused.objection.id
    assert ["how do i not log in", "how do i log in"] == [refused.question, served.question]
    assert [2] == [number for number, _ in engine.live.recent(9, after=1)]
    assert [2] == [number for number, _ in engine.live.recent(1)]
    assert [] == engine.live.recent(9, tenant="other")


def test_only_the_last_ones_are_kept_one_by_one_and_all_are_counted(engine, store, look_up):
    store("how do i log in")
    look_up("how do i log in", times=2 * RECENT_MAX + 7)

    assert RECENT_MAX == len(engine.live.recent(10_000))
    assert 2 * RECENT_MAX + 7 == engine.live.number == engine.live.total().requests == engine.live.recent(1)[0][0]


def test_repeats_of_many_answers_are_all_counted(engine, store, look_up):
    for number in range(REPEATED_MAX + 3):
        store(f"how do i log in to machine {number}")
        look_up(f"how do i log in to machine {number}")

    assert REPEATED_MAX + 3 == engine.live.total().requests == sum(row.requests for _, row in engine.live.minutes)


def test_the_answers_served_most_and_the_questions_missed_most_are_ranked(engine, store, look_up):
    often, seldom = store("how do i log in"), store("where is my order")
    look_up("how do i log in", times=4)
    look_up("how do i sign in", near(0.95))
    look_up("where is my order")
    look_up("who are you", EAST, times=2)
    (first, row), (second, _) = engine.live.most_served(9)
    ((_, missed),) = engine.live.most_missed(9)

    assert [often.entry_id, seldom.entry_id] == [first, second]
    assert (5, 4, "how do i log in", 5 * COST) == (row.count, row.exact, row.text, row.usd)
    assert (2, "who are you", "similarity.below-bar") == (missed.count, missed.text, missed.reason)


def test_minutes_and_days_are_told_apart(engine, store, look_up):
    store("how do i log in")
    look_up("how do i log in")
    engine.live.settle()
    engine.now_ms += MINUTE_MS
    look_up("how do i log in", times=2)
    assert COST * 3 == engine.live.total().usd == engine.live.usd_today(engine.now_ms)
    assert [(10, 1), (11, 2)] == [(minute, row.kinds[EXACT]) for minute, row in engine.live.minutes]

    assert 0.0 == engine.live.usd_today(engine.now_ms + 1_440 * MINUTE_MS)


def test_questions_are_shortened(engine, look_up):
    look_up("long " * 1_000)

    assert QUESTION_CHARS_MAX == len(engine.live.recent(1)[0][1].question)


def test_without_live_questions_no_words_of_a_question_are_kept(engine, store, look_up):
    store("how do i log in to paris")
    look_up("how do i log in to paris")
    look_up("how do i log in to berlin", near(0.95))
    engine.settings.live_questions = False
    engine.heed_settings()
    look_up("how do i log in to rome", near(0.95))
    rows = [seen for _, seen in engine.live.recent(9)]

    assert ["", "", ""] == [seen.question for seen in rows]
    assert all(isinstance(seen.objection.measure, int | float | None) for seen in rows if seen.objection)
    assert {""} == {row.text for ranking in (engine.live.served, engine.live.missed) for row in ranking.by_key.values()}
    assert 3 == engine.live.total().requests


def test_a_tenant_that_is_flushed_is_forgotten_but_its_counts(engine, store, look_up):
    other = Scope("other", "", "", "")
    store("how do i log in")
    store("how do i log in", other)
    look_up("how do i log in")
    look_up("how do i log in", scope=other)
    engine.live.forget("t")

    assert ["how do i log in", ""] == [seen.question for _, seen in engine.live.recent(9)]
    assert ["other"] == [row.tenant for row in engine.live.served.by_key.values()]
    assert 2 == engine.live.total().requests


def test_many_tenants_are_added_up_but_for_the_busiest(engine, look_up):
    look_up("who are you", EAST, Scope("busy", "", "", ""), times=3)
    for number in range(2 * TENANTS_MAX):
        look_up("who are you", EAST, Scope(f"t{number}", "", "", ""))
        assert len(engine.live.tenants) <= TENANTS_MAX + 1

    assert 3 == engine.live.tenants["busy"].requests
    assert engine.live.tenants[OTHERS].requests
    assert 2 * TENANTS_MAX + 3 == engine.live.total().requests


def test_what_the_answer_itself_tells_of_its_cost_replaces_the_estimate(engine, store, look_up):
    entry = store("how do i log in")
    look_up("how do i log in")
    engine.live.correct(entry, 33, 1.5)
    engine.live.settle()
    ((_, row),) = engine.live.most_served(9)

    assert [(33, 1.5)] * 2 == [
        (figures.tokens, figures.usd) for figures in (engine.live.total(), engine.live.models["m"])
    ]
    assert 1.5 == row.usd
    engine.live.correct(entry, 100, None)
    engine.live.correct(None, 100, 9.0)
    assert 1.5 == engine.live.total().usd


def test_the_longest_delay_of_the_loop_passes_and_the_worst_stays(engine):
    engine.live.late(0.5)
    assert 0.5 == engine.live.delay_s()
    for _ in range(100):
        engine.live.late(0.001)

    assert (0.001, 0.5) == (engine.live.delay_s(), engine.live.worst_delay_s)
