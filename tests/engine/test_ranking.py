"""Promises of crowkis/engine/ranking.py: what is met most stays, in bounded memory."""

from random import Random

from crowkis.engine.ranking import COUNTERS_MAX, KEPT, Ranking


def everything(counter):
    return True


def test_the_most_frequent_come_first_and_of_equals_the_latest():
    ranking = Ranking()
    for at, key in enumerate([b"a", b"b", b"b", b"c"]):
        ranking.meet(key, "t", at)

    assert [(b"b", 2), (b"c", 1), (b"a", 1)] == [(key, row.count) for key, row in ranking.top(9, everything)]
    assert [b"b"] == [key for key, _ in ranking.top(1, everything)]


def test_what_is_asked_often_survives_any_number_of_others():
    ranking, random, met = Ranking(), Random(1), 0
    for number in range(40_000):
        if random.random() < 0.05:
            ranking.meet(b"often", "t", number)
            met += 1
        ranking.meet(number.to_bytes(4, "big"), "t", number)

        assert len(ranking.by_key) <= COUNTERS_MAX
    key, row = ranking.top(1, everything)[0]

    assert (b"often", met) == (key, row.count)


def test_a_crowd_of_equals_never_empties_the_list():
    ranking = Ranking()
    for number in range(COUNTERS_MAX + 1):
        ranking.meet(number.to_bytes(4, "big"), "t", number)

    assert KEPT < len(ranking.by_key)
    assert COUNTERS_MAX.to_bytes(4, "big") == ranking.top(1, everything)[0][0]


def test_a_tenant_is_forgotten_alone_and_all_together():
    ranking = Ranking()
    ranking.meet(b"1", "a", 0, times=3)
    ranking.meet(b"2", "b", 0)
    ranking.drop("a")
    assert {b"2"} == ranking.by_key.keys()
    ranking.drop(None)

    assert {} == ranking.by_key
