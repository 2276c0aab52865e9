"""Promises of crowkis/upstream/health.py: when an upstream rests, and who tries whether it is well again."""

from crowkis.upstream.health import FAILURES_MAX, REST_S, Health


def ill(now_s=0.0):
    health = Health()
    for _ in range(FAILURES_MAX):
        health.begin()
        health.ill(now_s)
    return health


def test_it_may_be_asked_until_it_has_failed_too_often_in_a_row():
    health = Health()
    for _ in range(FAILURES_MAX - 1):
        health.ill(0.0)
    assert health.may_be_asked(0.0)
    health.well()
    health.ill(0.0)

    assert health.may_be_asked(0.0)
    assert not ill().may_be_asked(REST_S - 0.1)


def test_after_its_rest_one_at_a_time_tries():
    health = ill()
    assert health.may_be_asked(REST_S)
    health.begin()

    assert not health.may_be_asked(REST_S)
    health.well()
    assert health.may_be_asked(REST_S)
    assert not health.is_ill


def test_one_failure_after_its_rest_and_it_rests_again():
    health = ill()
    health.begin()
    health.ill(REST_S)

    assert not health.may_be_asked(2 * REST_S - 0.1)
    assert health.may_be_asked(2 * REST_S)


def test_one_who_leaves_lets_the_next_one_try():
    health = ill()
    health.begin()
    health.given_up()

    assert health.may_be_asked(REST_S)
    assert health.is_ill
