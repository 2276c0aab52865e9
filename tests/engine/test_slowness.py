"""Promises of crowkis/engine/slowness.py: what took long is kept, the newest first, and only so much of it."""

import pytest

from crowkis.engine.slowness import NEVER_NS, Slowness, shortened
from crowkis.settings import Settings
from crowkis.values.limits import SLOW_ARGUMENT_BYTES_MAX, SLOW_ARGUMENTS_MAX, SPIKES_MAX

MS = 1_000_000


def slowness(**settings):
    return Slowness(Settings(**settings))


@pytest.mark.parametrize(
    ("slower_than", "threshold", "expected"),
    [(10_000, 0, 10 * MS), (-1, 0, NEVER_NS), (0, 0, 0), (-1, 5, 5 * MS), (10_000, 5, 5 * MS), (1_000, 5, MS)],
)
def test_what_takes_as_long_as_the_lower_limit_is_looked_at(slower_than, threshold, expected):
    made = slowness(slowlog_log_slower_than=slower_than, latency_monitor_threshold=threshold)

    assert expected == made.notable_ns


def test_slow_calls_are_kept_newest_first_and_only_so_many():
    made = slowness(slowlog_log_slower_than=1_000, slowlog_max_len=2)
    for took_ms in (1, 0, 2, 3):
        made.note_call([b"KEYS", b"*"], "127.0.0.1:5", "shop", took_ms * MS, 9_500)

    assert [(2, 3_000), (1, 2_000)] == [(row.number, row.took_us) for row in made.calls]
    assert (9, [b"KEYS", b"*"], "127.0.0.1:5", "shop") == (made.calls[0].at_s, *made.calls[0][3:])


def test_none_are_kept_where_the_limit_says_so():
    made = slowness(slowlog_log_slower_than=-1)
    made.note_call([b"KEYS"], "", "", 10**12, 0)

    assert not made.calls


def test_a_long_request_is_shortened():
    request = [b"x" * (SLOW_ARGUMENT_BYTES_MAX + 7)] + [b"a"] * SLOW_ARGUMENTS_MAX
    short = shortened(request)

    assert SLOW_ARGUMENTS_MAX == len(short)
    assert short[0].endswith(b"x... (7 more bytes)")
    assert b"... (2 more arguments)" == short[-1]
    assert [b"a"] * SLOW_ARGUMENTS_MAX == shortened([b"a"] * SLOW_ARGUMENTS_MAX)


class TestEvents:
    def test_a_second_holds_its_longest_and_an_event_its_longest_ever(self):
        made = slowness(latency_monitor_threshold=2)
        for took_ms, now_ms in ((1, 0), (9, 1_000), (4, 2_000), (6, 2_900), (5, 2_950)):
            made.note_event("command", took_ms * MS, now_ms)

        assert [(1, 9), (2, 6)] == list(made.spikes["command"])
        assert {"command": 9} == made.longest_ms

    def test_only_so_many_seconds_are_kept(self):
        made = slowness(latency_monitor_threshold=1)
        for second in range(SPIKES_MAX + 3):
            made.note_event("commit", MS, second * 1_000)

        assert (SPIKES_MAX, 3) == (len(made.spikes["commit"]), made.spikes["commit"][0].at_s)

    def test_nothing_is_kept_while_there_is_no_threshold(self):
        made = slowness()
        made.note_event("command", 10**12, 0)

        assert {} == made.spikes

    def test_events_can_be_forgotten_by_name_or_all(self):
        made = slowness(latency_monitor_threshold=1)
        for event in ("command", "commit", "fast-command"):
            made.note_event(event, MS, 0)

        assert 1 == made.forget_events(["commit", "nothing"])
        assert 2 == made.forget_events([])
        assert 0 == made.forget_events([])
