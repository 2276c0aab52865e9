"""Promises of crowkis/match/days.py."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match import days, numbers
from crowkis.match.tokens import tokens
from crowkis.values.question import Policy

DAY_MS = 86_400_000
MONDAY_MS = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1000)
POLICY = Policy(0.9)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weather tomorrow", ("d+1",)),
        ("tomorrow's weather", ("d+1",)),
        ("the day after tomorrow", ("d+2",)),
        ("what is on this evening", ("tonight",)),
        ("sales last week and next month", ("last week", "next month")),
        ("shops in 3 days", ("d+3",)),
        ("what happened two weeks ago", ("d-14",)),
        ("news of the last 7 days", ("d+0",)),
        ("rain on friday", ("friday",)),
        ("open next monday?", ("next monday",)),
        ("open on mondays", ()),
        ("open every monday", ()),
        ("in today's world", ()),
        ("on 2026-03-02", ()),
    ],
)
def test_days_that_move_with_the_calendar_are_read(text, found):
    assert found == days.moving(tokens(text))


@pytest.mark.parametrize("text", ["weather tomorrow", "rain on friday", "sales last week", "deals this month"])
def test_the_very_same_words_are_another_question_once_their_days_have_passed(asked, stored, text):
    candidate = stored(text, created_ms=MONDAY_MS, exact=True)
    later = asked(text, now_ms=MONDAY_MS + 40 * DAY_MS)

    assert days.still_the_same(asked(text, now_ms=MONDAY_MS + 3_600_000), candidate, POLICY) is None
    assert "days.passed" == days.still_the_same(later, candidate, POLICY).id


def test_a_week_outlives_a_day(asked, stored):
    tuesday = MONDAY_MS + DAY_MS

    week = stored("sales this week", created_ms=MONDAY_MS)
    day = stored("sales today", created_ms=MONDAY_MS)

    assert days.still_the_same(asked("sales this week", now_ms=tuesday), week, POLICY) is None
    assert days.still_the_same(asked("sales today", now_ms=tuesday), day, POLICY) is not None


@pytest.mark.parametrize("date", ["2026-03-03", "March 3", "tuesday"])
def test_tomorrow_is_the_date_it_falls_on(asked, stored, date):
    question = asked("weather tomorrow", now_ms=MONDAY_MS)

    assert numbers.agree(question, stored(f"weather on {date}", created_ms=MONDAY_MS), POLICY) is None


@given(st.sampled_from(["d+0", "d-1", "tonight", "monday", "next week", "last friday", "this quarter", "next summer"]),
       st.integers(0, 4_000_000_000_000))  # fmt: skip
def test_a_day_means_the_same_until_midnight(form, now_ms):
    midnight_ms = now_ms - now_ms % DAY_MS

    assert days.resolved(form, midnight_ms) == days.resolved(form, midnight_ms + DAY_MS - 1)
