from hypothesis import given
from hypothesis import strategies as st

from crowkis.embed.breaker import BACKOFF_FIRST_S, BACKOFF_S_MAX, FAILURES_MAX, Breaker


class Time:
    def __init__(self):
        self.now_s = 1_000.0

    def __call__(self):
        return self.now_s


def opened(time):
    breaker = Breaker(time)
    for _ in range(FAILURES_MAX):
        breaker.failed()
    return breaker


class TestBreaker:
    def test_it_opens_after_some_failures_in_a_row(self):
        breaker = Breaker(Time())
        for _ in range(FAILURES_MAX - 1):
            breaker.failed()

        assert ("closed", True) == (breaker.state, breaker.permits())
        breaker.failed()
        assert ("open", False) == (breaker.state, breaker.permits())

    def test_a_success_in_between_starts_the_count_anew(self):
        breaker = Breaker(Time())
        for _ in range(10):
            breaker.failed()
            breaker.succeeded()

        assert "closed" == breaker.state

    def test_after_the_back_off_one_caller_may_try(self):
        time = Time()
        breaker = opened(time)
        time.now_s += BACKOFF_FIRST_S

        assert "half-open" == breaker.state
        assert [True, False, False] == [breaker.permits() for _ in range(3)]

    def test_a_try_that_succeeds_closes_it(self):
        time = Time()
        breaker = opened(time)
        time.now_s += BACKOFF_FIRST_S
        breaker.permits()
        breaker.succeeded()

        assert ("closed", True, True) == (breaker.state, breaker.permits(), breaker.permits())

    def test_every_failed_try_doubles_the_back_off_up_to_its_limit(self):
        time = Time()
        breaker = opened(time)
        expected = BACKOFF_FIRST_S
        for _ in range(10):
            time.now_s += expected - 0.001

            assert "open" == breaker.state
            time.now_s += 0.002
            assert breaker.permits()
            breaker.failed()
            expected = min(2 * expected, BACKOFF_S_MAX)

    def test_failures_of_calls_begun_before_it_opened_do_not_prolong_it(self):
        time = Time()
        breaker = opened(time)
        for _ in range(50):
            breaker.failed()
        time.now_s += BACKOFF_FIRST_S

        assert "half-open" == breaker.state

    def test_a_try_that_never_reports_back_does_not_shut_it_for_ever(self):
        time = Time()
        breaker = opened(time)
        time.now_s += BACKOFF_FIRST_S
        breaker.permits()
        time.now_s += BACKOFF_S_MAX

        assert breaker.permits()

    @given(st.lists(st.sampled_from(["fail", "succeed", "wait", "try"]), max_size=60))
    def test_it_permits_nothing_while_open_and_everything_while_closed(self, steps):
        time = Time()
        breaker = Breaker(time)
        for step in steps:
            if step == "wait":
                time.now_s += 0.7
            elif step == "try":
                state = breaker.state
                permitted = breaker.permits()

                assert state != "open" or not permitted
                assert state != "closed" or permitted
            else:
                breaker.failed() if step == "fail" else breaker.succeeded()
