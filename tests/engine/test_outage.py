"""Promises of crowkis/engine/outage.py: when resuming is tried, and what is known of it."""

from itertools import pairwise

from crowkis.engine.gate import House
from crowkis.engine.outage import RETRY_FIRST_MS, RETRY_MS_MAX, Outage
from crowkis.metrics import Metrics


def begun(now_ms=1_000):
    house, metrics = House(""), Metrics()
    outage = Outage(house, metrics)
    outage.begin("no space", now_ms)
    return house, metrics, outage


def test_the_first_cause_counts_until_it_ends():
    house, metrics, outage = begun()
    again = outage.begin("another", 2_000)
    during = (house.writes_stopped, outage.began_ms, metrics.plain["writing_stops_total"])
    outage.end()

    assert (False, ("no space", 1_000, 1)) == (again, during)
    assert ("", 0, True) == (house.writes_stopped, outage.began_ms, outage.begin("another", 3_000))


def test_the_pauses_double_up_to_some_seconds():
    _, _, outage = begun()
    now_ms, pauses = 1_000, [RETRY_FIRST_MS]
    for _ in range(40):
        now_ms = outage.next_ms
        pauses.append(outage.go_on("still no space", now_ms))

    assert (40, "still no space") == (outage.tries, outage.failure)
    assert all(later == min(RETRY_MS_MAX, 2 * earlier) for earlier, later in pairwise(pauses))
    assert RETRY_MS_MAX == pauses[-1]


def test_it_is_tried_when_the_pause_is_over_and_at_once_when_the_clock_is_put_back():
    _, _, outage = begun(1_000_000)

    assert [False, False, True, True] == [
        outage.try_due(now_ms) for now_ms in (1_000_000, 1_000_199, 1_000_200, 900_000)
    ]


def test_nothing_is_tried_while_all_is_well():
    _, _, outage = begun()
    outage.end()

    assert not outage.try_due(10**9)
