"""Promises of crowkis/guard/limits.py: a bucket gives what it holds and what has flowed in since, never more."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.guard.limits import Bucket


def test_it_begins_full_and_then_gives_as_fast_as_it_fills():
    bucket = Bucket(2, 0.5, 100.0)

    assert [0.0, 0.0, 2.0] == [bucket.take(100.0) for _ in range(3)]
    assert 1.0 == bucket.wait_s(101.0)
    assert [0.0, 2.0] == [bucket.take(102.0) for _ in range(2)]


def test_asking_how_long_takes_nothing():
    bucket = Bucket(1, 1.0, 0.0)

    assert [0.0, 0.0, 0.0] == [bucket.wait_s(0.0) for _ in range(3)]
    assert bucket.full
    assert (0.0, False) == (bucket.take(0.0), bucket.full)


@given(st.lists(st.floats(0.0, 5.0), max_size=60), st.integers(1, 10), st.floats(0.1, 10.0))
def test_in_any_time_no_more_is_given_than_it_held_and_what_flowed_in(pauses, size, per_s):
    bucket, now_s, given_out = Bucket(size, per_s, 0.0), 0.0, 0
    for pause in pauses:
        now_s += pause
        given_out += bucket.take(now_s) == 0.0

        assert given_out <= size + now_s * per_s + 1e-6


def test_a_clock_that_goes_back_fills_nothing():
    bucket = Bucket(1, 1.0, 10.0)

    assert 0.0 == bucket.take(10.0)
    assert bucket.take(5.0) > 0.0
    assert bucket.take(10.5) > 0.0
