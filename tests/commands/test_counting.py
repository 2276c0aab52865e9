"""Promises of crowkis/commands/counting.py: sums are exact, and what is no number is an error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.commands.counting import INT64_MAX, INT64_MIN, added, added_decimal, whole_of
from crowkis.values.errors import CommandError


@pytest.mark.parametrize("text", [b"", b"-", b"+1", b"01", b"-0", b" 1", b"1.0", b"1_0", b"9223372036854775808", b"x"])
def test_only_numbers_as_they_are_shown_are_whole(text):
    assert whole_of(text) is None
    with pytest.raises(CommandError, match="not an integer"):
        added(text, 1)


@given(st.integers(INT64_MIN, INT64_MAX), st.integers(INT64_MIN, INT64_MAX))
def test_a_sum_is_exact_or_refused(one, two):
    if INT64_MIN <= one + two <= INT64_MAX:
        assert one + two == added(b"%d" % one, two)
    else:
        with pytest.raises(CommandError, match="overflow"):
            added(b"%d" % one, two)


@pytest.mark.parametrize(
    ("text", "by", "total"),
    [(None, "0.1", b"0.1"), (b"0.1", "0.2", b"0.3"), (b"3.0", "0", b"3"), (b"-1", "1", b"0"), (b"5e3", "1", b"5001"),
     (b"1e-18", "0", b"0"), (b"10", "-20.50", b"-10.5")],
)  # fmt: skip
def test_decimals_are_added_without_noise(text, by, total):
    assert total == added_decimal(text, Decimal(by))


@pytest.mark.parametrize(("text", "by"), [(b"x", "1"), (b"", "1"), (b"1" * 401, "1"), (b"1e308", "1e307")])
def test_what_is_no_number_or_too_large_a_one_is_refused(text, by):
    with pytest.raises(CommandError):
        added_decimal(text, Decimal(by))
