"""Promises of crowkis/match/amounts.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.amounts import amounts
from crowkis.match.tokens import tokens


def read(text):
    return amounts(tokens(text))


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("two blocks", ("2",)),
        ("007 and 2.0 and 2.50", ("2", "7", "2.50")),
        ("$2.50", ("2.5 $",)),
        ("1,000 or 1k or 1000", ("1000", "1000", "1000")),
        ("one hundred and five", ("105",)),
        ("twenty-one days", ("21 day",)),
        ("a dozen eggs", ("12",)),
        ("2.5 million people", ("2500000 people",)),
        ("50 % off", ("50 %",)),
        ("50 per cent, 50 percent", ("50 %", "50 %")),
        ("$5 for 5 dollars", ("5 $", "5 $")),
        ("\u20ac20", ("20 \u20ac",)),
        ("Rs.25,000", ("25000 \u20b9",)),
        ("$5m", ("5000000 $",)),
        ("180cm tall", ("180 cm",)),
        ("the second block", ("2nd",)),
        ("the 2nd block", ("2nd",)),
        ("twice a week", ("x2",)),
        ("World War II", ("2",)),
        ("chapter V", ("5",)),
        ("AX-200 or BX-300", ("ax200", "bx300")),
        ("iPhone6s", ("6s",)),
        ("v2.10 of it", ("2.10",)),
        ("3 plus 5", ("3", "+5")),
        ("10\u00b2", ("10", "^2")),
        ("\u0663 things", ("3",)),
        ("-5 \u00b0C", ("-5 celsius",)),
        ("ticket #4412", ("4412",)),
        ("no. 5", ("5",)),
        ("5-10 km", ("5", "10 km")),
    ],
)
def test_quantities_have_one_form_however_they_are_written(text, forms):
    assert forms == read(text)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Jan 2nd", ("--01-02",)),
        ("the 2nd of January", ("--01-02",)),
        ("January 2 or 3rd", ("--01-02", "--01-03")),
        ("12 March 2024", ("2024-03-12",)),
        ("March 12th, 2024", ("2024-03-12",)),
        ("2024-03-12", ("2024-03-12",)),
        ("13/03/2024", ("2024-03-13",)),
        ("12/03/2024", ("12/3/2024",)),
        ("in may", ("--05",)),
        ("3pm", ("15:00",)),
        ("1130 pm", ("23:30",)),
        ("1000 am", ("10:00",)),
        ("1375 am", ("1375",)),
        ("10:30 p.m.", ("22:30",)),
        ("at noon", ("12:00",)),
        ("on Mondays", ("monday",)),
        ("tomorrow", ("d+1",)),
        ("next week", ("next week",)),
    ],
)
def test_dates_and_times_have_one_form(text, forms):
    assert forms == read(text)


@pytest.mark.parametrize(
    "text",
    ["which one is best", "no one knows", "how can one learn it", "one of them", "first of all", "my first name",
     "may I march", "wait a second", "I'd like to", "a-b-c", "C++", "+ - .", ""],
)  # fmt: skip
def test_words_that_only_look_like_numbers_count_nothing(text):
    assert () == read(text)


@pytest.mark.parametrize("text", ["block one", "more than one", "one or two", "one week", "one hundred"])
def test_one_is_a_number_where_it_counts(text):
    assert "1" in " ".join(read(text))


def test_numbers_in_a_list_are_put_in_order_and_others_are_not():
    assert read("9 or 10") == read("10 or 9")
    assert read("from 9 to 10") != read("from 10 to 9")


@given(st.integers(min_value=0, max_value=10**12))
def test_grouping_never_changes_a_number(number):
    assert read(str(number)) == read(f"{number:,}")


@given(st.text(alphabet="0123456789.,:/-kmx%$ ^+oneandhundredmillion"))
def test_nothing_makes_it_fail(text):
    assert isinstance(read(text), tuple)
