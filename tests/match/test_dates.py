"""Promises of crowkis/match/dates.py."""

import pytest

from crowkis.match import dates


@pytest.mark.parametrize(
    ("token", "form"),
    [
        ("2024-03-12", "2024-03-12"),
        ("2024/3/12", "2024-03-12"),
        ("31.12.2024", "2024-12-31"),
        ("12/31/2024", "2024-12-31"),
        ("5/6/2024", "5/6/2024"),
        ("1.2.3", None),
        ("24/7", None),
        ("10", None),
    ],
)
def test_a_date_in_figures_is_read_unless_it_could_be_two(token, form):
    assert form == dates.in_figures(token)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("march 12 2024", ("2024-03-12", 3)),
        ("january 2014", ("2014-01", 2)),
        ("march on", None),
        ("last friday", ("last friday", 2)),
        ("last call", None),
        ("today", ("d+0", 1)),
    ],
)
def test_names_of_months_and_days_are_read_where_they_are_dates(words, read):
    assert read == dates.named(words.split(), 0)


def test_a_day_before_its_month_is_read():
    assert ("--05-02", 2) == dates.day_first(["of", "may"], 0, 2)
    assert dates.day_first(["may"], 0, 40) is None
