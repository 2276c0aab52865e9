"""Promises of crowkis/commands/bitfields.py: numbers lie in their bits. The words are held to a real Redis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.commands.bitfields import Step, fitting, number_at, put_number, steps_of
from crowkis.values.errors import CommandError


@st.composite
def steps(draw):
    signed = draw(st.booleans())
    bits = draw(st.integers(1, 64 if signed else 63))
    offset = draw(st.integers(0, 100))
    least = -(1 << (bits - 1)) if signed else 0
    number = draw(st.integers(least, least + (1 << bits) - 1))
    return Step("SET", signed, bits, offset, number, draw(st.sampled_from(["WRAP", "SAT", "FAIL"])))


def digits(value):
    """All bits of a string, as text."""
    return "".join(f"{byte:08b}" for byte in value)


@given(steps(), st.binary(min_size=30, max_size=30))
def test_a_number_is_read_back_and_nothing_beside_it_changes(step, before):
    value = bytearray(before)
    put_number(value, step, step.value)
    first, stop = step.offset, step.offset + step.bits
    old, new = digits(before), digits(value)

    assert step.value == number_at(value, step)
    assert f"{step.value & ((1 << step.bits) - 1):0{step.bits}b}" == new[first:stop]
    assert old[:first] + new[first:stop] + old[stop:] == new


@given(steps(), st.binary(max_size=10))
def test_beyond_the_end_all_bits_are_zero(step, value):
    assert number_at(value + bytes(40), step) == number_at(value, step)


@given(steps(), st.integers(-(1 << 65), 1 << 65))
def test_what_does_not_fit_wraps_or_stops_at_the_end_or_is_refused(step, number):
    found = fitting(step, number)
    least = -(1 << (step.bits - 1)) if step.signed else 0
    most = least + (1 << step.bits) - 1
    if least <= number <= most:
        assert number == found
    elif step.overflow == "FAIL":
        assert found is None
    elif step.overflow == "SAT":
        assert (least if number < least else most) == found
    else:
        assert least <= found <= most
        assert 0 == (found - number) % (1 << step.bits)


def test_overflow_holds_from_where_it_is_named():
    words = b"SET u8 0 1 OVERFLOW sat INCRBY i4 #3 -2 get u3 5".split()

    assert [
        Step("SET", False, 8, 0, 1, "WRAP"), Step("INCRBY", True, 4, 12, -2, "SAT"), Step("GET", False, 3, 5, 0, "SAT"),
    ] == steps_of(words, ("GET", "SET", "INCRBY", "OVERFLOW"))  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["GET", "GET u8", "GET u64 0", "GET i65 0", "GET u0 0", "GET u8 -1", "GET u8 #", "NONSENSE u8 0", "SET u8 0 1"],
)
def test_what_makes_no_sense_is_refused(text):
    with pytest.raises(CommandError):
        steps_of(text.encode().split(), ("GET", "OVERFLOW"))
