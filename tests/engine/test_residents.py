"""Promises of crowkis/engine/residents.py."""

from random import Random

import pytest

from crowkis.engine.engine import entry_id_of
from crowkis.engine.residents import FORESEEN_MAX, UNKNOWN, Residents, cost_of, footprint
from crowkis.match.features import features
from crowkis.values.question import Scope
from crowkis.values.record import Entry

SCOPE = Scope("t", "", "gpt-4o", "")


def entry(text, cost_usd=None, answer_bytes=100):
    return Entry(
        entry_id_of(text, SCOPE), SCOPE, text, features(text), frozenset(), "space", 1, 0, answer_bytes, cost_usd
    )


@pytest.fixture
def residents():
    made = Residents()
    for number in range(10):
        made.enter(entry(f"question {number}"), 8, 0.0, number)
    return made


def test_a_use_raises_the_frequency_and_ends_the_idleness(residents):
    one = residents.by_id[entry("question 0").entry_id]
    before, idle = one.frequency, residents.idle_turns(one)
    residents.touch(one.entry_id, 77)

    assert before < one.frequency < before + 1 + 1e-9
    assert (0.9, 0.0, 77) == (idle, residents.idle_turns(one), one.used_ms)


def test_a_pinned_answer_is_never_drawn_and_can_be_let_go_again(residents):
    pinned = entry("question 3")._replace(pinned=True)
    residents.enter(pinned, 8, 0.0, 50)

    assert (10, 9) == (len(residents), residents.evictable)
    assert pinned.entry_id not in {one.entry_id for one in residents.draw(500, Random(1).randrange)}
    residents.enter(pinned._replace(pinned=False), 8, 0.0, 51)
    assert 10 == residents.evictable
    residents.enter(pinned, 8, 0.0, 52)
    residents.leave(pinned)
    assert (9, 9) == (len(residents), residents.evictable)


def test_an_answer_stored_anew_keeps_what_is_known_of_its_use(residents):
    residents.enter(entry("question 3", cost_usd=5.0, answer_bytes=900), 8, 0.0, 50)
    one = residents.by_id[entry("question 3").entry_id]

    assert one.frequency > 1.9
    assert (5.0, footprint(entry("question 3", answer_bytes=900), 8)) == (one.cost_usd, one.size_bytes)
    assert 10 == len(residents)


def test_one_that_comes_back_goes_on_with_what_the_ledger_remembers(residents):
    residents.enter(entry("returning"), 8, 6.5, 50)

    assert 7.5 == residents.by_id[entry("returning").entry_id].frequency


def test_whoever_leaves_is_drawn_no_more(residents):
    gone = residents.by_id[entry("question 0").entry_id]
    held = residents.held_bytes()
    residents.leave(entry("question 0"))
    drawn = residents.draw(500, Random(1).randrange)

    assert set(residents.by_id.values()) == set(drawn)
    assert -1 == gone.place
    assert held > residents.held_bytes()


def test_nothing_is_left_of_the_sums_when_all_have_left(residents):
    for number in range(10):
        residents.leave(entry(f"question {number}"))

    assert (0, 0, 0) == (len(residents), residents.size_bytes, residents.held_bytes())


def test_what_a_look_up_saw_is_known_when_the_answer_is_stored(residents):
    residents.foresee(entry("new").entry_id, 0.03)
    for text in ("new", "unasked"):
        residents.enter(entry(text), 8, 0.0, 1)

    assert 0.03 == residents.by_id[entry("new").entry_id].isolation
    assert UNKNOWN == residents.by_id[entry("unasked").entry_id].isolation


def test_of_questions_never_answered_only_the_latest_are_remembered(residents):
    for number in range(FORESEEN_MAX + 1):
        residents.foresee(entry(f"missed {number}").entry_id, 0.5)
    residents.enter(entry("missed 0"), 8, 0.0, 1)
    residents.enter(entry("missed 1"), 8, 0.0, 1)

    assert UNKNOWN == residents.by_id[entry("missed 0").entry_id].isolation
    assert 0.5 == residents.by_id[entry("missed 1").entry_id].isolation


def test_a_cost_told_counts_before_an_estimate():
    assert 0.25 == cost_of(entry("q", cost_usd=0.25))
    assert 0.0 == cost_of(entry("q", cost_usd=0.0))
    assert 0 < cost_of(entry("q"))
