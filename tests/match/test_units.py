"""Promises of crowkis/match/units.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.amounts import amounts
from crowkis.match.tokens import tokens
from crowkis.match.units import common, together


def forms(text: str) -> list[str]:
    return [common(form) for form in amounts(tokens(text))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 km", "2000 m"),
        ("1.5 hours", "90 minutes"),
        ("an hour: 60 minutes", "an hour: 3600 seconds"),
        ("1 hour and 30 minutes", "90 min"),
        ("half an hour", "30 minutes"),
        ("two and a half hours", "150 minutes"),
        ("5 feet 11 inches", "71 inches"),
        ("14 days", "2 weeks"),
        ("24 months", "2 years"),
        ("32 degrees fahrenheit", "0 celsius"),
        ("50 cents", "$0.50"),
        ("at least 2 kg", "at least 2000 grams"),
        ("1 tb", "1000 gb"),
        ("one mile", "1.609344 km"),
    ],
)
def test_values_are_equal_in_whatever_unit(one, other):
    assert forms(one) == forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2 km", "2 miles"), ("30 days", "1 month"), ("5 dollars", "5 euros"), ("at least 2 kg", "at most 2000 grams"),
     ("100 chf", "100 sek"), ("2 gb", "2 gallons")],
)  # fmt: skip
def test_values_that_differ_stay_different(one, other):
    assert forms(one) != forms(other)


@given(st.integers(0, 10**9))
def test_a_thousand_metres_are_always_a_kilometre(count):
    assert common(f"{count} km") == common(f"{count * 1000} m")


@given(st.text(), st.text())
def test_any_form_passes(one, other):
    assert isinstance(common(one), str)
    assert together(one, other) is None or together(one, other)
