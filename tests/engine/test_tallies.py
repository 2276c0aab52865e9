"""Promises of crowkis/engine/tallies.py: calls, time, failures and percentiles by word."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.tallies import NS, Tallies, Tally


def filled(durations_ns, name="GET"):
    tallies = Tallies()
    for duration_ns in durations_ns:
        tallies[name][duration_ns.bit_length()] += 1
        tallies[name][NS] += duration_ns
    return tallies


def test_calls_time_and_failures_are_told():
    tallies = filled([0, 1_000, 4_500])
    tallies.fail("GET", rejected=True)
    tallies.fail("GET", rejected=False)

    assert Tally(calls=4, usec=5, rejected=1, failed=1) == tallies.read("GET")


@given(st.lists(st.integers(1, 1 << 40), min_size=1, max_size=200))
def test_percentiles_are_at_most_twice_what_they_should_be(durations_ns):
    ordered = sorted(durations_ns)
    for share, found in zip((50, 99, 99.9), filled(durations_ns).percentiles("GET"), strict=True):
        exact_us = ordered[max(0, -(-len(ordered) * share // 100).__int__() - 1)] / 1000

        assert exact_us / 2 <= found <= exact_us * 2


def test_a_word_that_never_ended_has_none():
    tallies = Tallies()
    tallies.fail("GET", rejected=True)

    assert tallies.percentiles("GET") is None
    assert {} == tallies.histogram("GET")


@given(st.lists(st.integers(0, 1 << 40), max_size=50))
def test_a_histogram_adds_up_to_all_calls(durations_ns):
    found = filled(durations_ns).histogram("GET")

    assert sorted(found) == list(found)
    assert sorted(found.values()) == list(found.values())
    assert len(durations_ns) == max(found.values(), default=0)
