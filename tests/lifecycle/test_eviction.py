"""Promises of crowkis/lifecycle/eviction.py."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.lifecycle.eviction import (
    HALF_LIFE_TURNS,
    NEED_MIN,
    POOL_MAX,
    SAMPLE,
    choose,
    faded,
    need_of,
    parts_of,
    regeneration_usd,
    score,
)

dollars = st.floats(1e-9, 1e6)
frequencies = st.floats(0.01, 1e6)
turns = st.floats(0, 500)
needs = st.floats(NEED_MIN, 1)
sizes = st.integers(1, 1 << 27)
factors = st.floats(1.001, 1_000)
entries = st.tuples(dollars, frequencies, turns, needs, sizes)


@given(entries, factors)
def test_what_costs_more_to_make_again_stays_longer(entry, factor):
    cost, *rest = entry

    assert score(cost, *rest) < score(cost * factor, *rest)


@given(entries, factors)
def test_what_is_used_more_stays_longer(entry, factor):
    cost, frequency, *rest = entry

    assert score(cost, frequency, *rest) < score(cost, frequency * factor, *rest)


@given(entries, factors)
def test_what_was_used_later_stays_longer(entry, factor):
    cost, frequency, idle, need, size = entry

    assert score(cost, frequency, idle + factor, need, size) < score(cost, frequency, idle, need, size)


@given(entries, st.floats(0, 1), st.floats(0, 1))
def test_what_nothing_else_could_answer_stays_longer(entry, isolation, other):
    cost, frequency, idle, _, size = entry
    low, high = sorted((isolation, other))

    kept = [score(cost, frequency, idle, need_of(one, 0.1), size) for one in (low, high)]

    assert kept[0] <= kept[1]


@given(entries, st.integers(1, 1 << 20))
def test_what_takes_more_room_goes_sooner(entry, more):
    *rest, size = entry

    assert score(*rest, size + more) < score(*rest, size)


@given(entries)
def test_the_parts_multiply_to_the_score(entry):
    parts = parts_of(*entry)

    assert score(*entry) == parts.score
    assert parts.cost_usd * parts.rate * parts.need / parts.size_bytes == pytest.approx(parts.score, rel=1e-9)


def test_a_use_counts_half_after_the_half_life():
    assert 4.0 == faded(8.0, HALF_LIFE_TURNS)


def test_an_answer_counts_whole_unless_another_is_near_enough_to_serve():
    assert 1.0 == need_of(0.1, 0.1) == need_of(2.0, 0.1)
    assert 0.5 == need_of(0.05, 0.1)
    assert NEED_MIN == need_of(0.0, 0.1)
    assert 1.0 == need_of(0.0, 0.0)


def test_the_estimate_knows_classes_of_models_by_a_word_in_their_name():
    small, middle, large = (regeneration_usd(name, 100, 4_000) for name in ("gpt-4o-mini", "gpt-4o", "claude-opus-4"))

    assert 0 < small < middle < large
    assert middle == regeneration_usd("", 100, 4_000)


@given(st.text(max_size=20), st.integers(0, 1 << 20), st.integers(0, 1 << 27), st.integers(1, 1 << 20))
def test_the_estimate_is_above_zero_and_grows_with_the_answer(model, question, answer, more):
    assert 0 < regeneration_usd(model, question, answer) < regeneration_usd(model, question, answer + more)


@given(st.lists(st.integers(), min_size=1, max_size=40), st.lists(st.integers(), max_size=40))
def test_the_lowest_of_pool_and_draw_is_chosen_and_the_next_lowest_are_kept(drawn, pool):
    victim, kept = choose(pool, drawn, float)
    ranked = sorted({*drawn, *pool})

    assert (ranked[0], ranked[1 : POOL_MAX + 1]) == (victim, kept)


@given(st.integers(0, 1_000))
def test_sampling_comes_close_to_the_true_lowest(seed):
    """Seeing eight for each one that goes, the best possible is the lowest eighth: a mean rank of 1/16."""
    rng = Random(seed)
    living = list(range(2_000))
    pool, ranks = [], []
    for _ in range(200):
        victim, pool = choose(pool, rng.sample(living, SAMPLE), float)
        ranks.append(living.index(victim) / len(living))
        living.remove(victim)

    assert sum(ranks) / len(ranks) < 0.08
    assert ranks.count(0.0) < len(ranks)
