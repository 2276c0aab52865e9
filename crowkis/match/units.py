"""Compares measured values across units: 2 km is 2000 m, 1.5 hours are 90 minutes, 32 fahrenheit are 0 celsius.

Exact arithmetic on fractions, never floats; money is never converted. What is no measured value passes unchanged.
"""

from fractions import Fraction
from functools import lru_cache

_SIGNS = "<>=+*÷^"
FIGURES_MAX = 40

_SCALES: dict[str, dict[str, str]] = {
    "m": {"km": "1000", "m": "1", "cm": "1/100", "mm": "1/1000", "mi": "1609.344", "ft": "0.3048", "inch": "0.0254",
          "yard": "0.9144"},
    "g": {"kg": "1000", "g": "1", "mg": "1/1000", "lb": "453.59237", "oz": "28.349523125", "ton": "1000000"},
    "sqm": {"sqkm": "1000000", "sqm": "1", "sqcm": "1/10000", "sqft": "0.09290304", "acre": "4046.8564224",
            "hectare": "10000"},
    "l": {"l": "1", "ml": "1/1000"},
    "gallon": {"gallon": "1", "cup": "1/16", "tablespoon": "1/256", "teaspoon": "1/768"},
    "s": {"ms": "1/1000", "s": "1", "min": "60", "h": "3600", "day": "86400", "week": "604800", "fortnight": "1209600"},
    "month": {"month": "1", "year": "12", "decade": "120", "century": "1200"},
    "mb": {"kb": "1/1000", "mb": "1", "gb": "1000", "tb": "1000000"},
    "mbps": {"mbps": "1", "gbps": "1000"},
    "hz": {"hz": "1", "khz": "1000", "mhz": "1000000", "ghz": "1000000000"},
    "w": {"w": "1", "kw": "1000"},
    "$": {"$": "1", "cent": "1/100"},
}  # fmt: skip
_FACTORS = {unit: (common, Fraction(factor)) for common, scale in _SCALES.items() for unit, factor in scale.items()}


@lru_cache(4_096)
def common(form: str) -> str:
    """The form in its dimension's common unit; one without a unit that converts stays as it is."""
    sign, value, unit = _parts(form)
    number = _number(value) if unit else None
    if number is None:
        return form
    if unit == "fahrenheit":
        return f"{sign}{(number - 32) * 5 / 9} celsius"
    shared, factor = _FACTORS.get(unit, (unit, Fraction(1)))
    return f"{sign}{number * factor} {shared}"


def together(larger: str, smaller: str) -> str | None:
    """Two values that make one, in the smaller's unit: "1 h" and "30 min" are "90 min"; None where they do not."""
    sign, value, unit = _parts(larger)
    _, other_value, other_unit = _parts(smaller)
    shared, factor = _FACTORS.get(unit, ("", Fraction(0)))
    other_shared, other_factor = _FACTORS.get(other_unit, (" ", Fraction(0)))
    if shared != other_shared or factor <= other_factor:
        return None
    number, other = _number(value), _number(other_value)
    if number is None or other is None or other * other_factor >= factor:
        return None
    total = number * factor / other_factor + other
    return f"{sign}{_decimal(total)} {other_unit}"


def _parts(form: str) -> tuple[str, str, str]:
    bare = form.lstrip(_SIGNS)
    value, _, unit = bare.partition(" ")
    return form[: len(form) - len(bare)], value, unit


def _number(value: str) -> Fraction | None:
    if len(value) > FIGURES_MAX or not value.lstrip("-").replace(".", "", 1).isdecimal():
        return None
    return Fraction(value)


def _decimal(number: Fraction) -> str:
    """Up to six decimals, without needless zeros."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{float(number):.6f}".rstrip("0").rstrip(".")
