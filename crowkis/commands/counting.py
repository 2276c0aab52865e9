"""Adding to numbers kept as text: what the words that count strings and hash fields share.

Whole numbers are 64 bits wide. Decimal sums are exact, so that 0.1 and 0.2 are 0.3, and shown without exponent.
"""

import re
from decimal import Decimal, localcontext

from crowkis.commands.args import Kind
from crowkis.values.errors import malformed

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1

_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
DECIMAL_BYTES_MAX = 400
DECIMAL_PLACES = 17
"""Sums are rounded to so many."""
DECIMAL_MAX = Decimal("1e308")
DECIMAL_DIGITS = 1_200
"""Enough for the exact sum of any two numbers DECIMAL_BYTES_MAX and the exponent allow."""


def whole_of(text: bytes) -> int | None:
    """The number a text is, written as it is shown (no plus, no leading zeros), or None where it is none."""
    sound = len(text) <= 20 and text.removeprefix(b"-").isdigit() and b"%d" % int(text) == text
    return int(text) if sound and INT64_MIN <= int(text) <= INT64_MAX else None


def added(text: bytes | None, by: int) -> int:
    """The sum of a number kept as text (None: nothing yet) and another. Raises CommandError."""
    before = whole_of(text) if text is not None else 0
    if before is None:
        raise malformed("value is not an integer or out of range")
    if not INT64_MIN <= before + by <= INT64_MAX:
        raise malformed("increment or decrement would overflow")
    return before + by


def _decimal(raw: bytes) -> Decimal:
    if len(raw) > DECIMAL_BYTES_MAX or _DECIMAL.fullmatch(raw) is None:
        raise ValueError("is not a valid float")
    return Decimal(raw.decode())


DECIMAL = Kind("double", False, _decimal)
"""An argument that is a decimal number."""


def added_decimal(text: bytes | None, by: Decimal) -> bytes:
    """The sum of a decimal number kept as text (None: nothing yet) and another, as text. Raises CommandError."""
    try:
        before = _decimal(text if text is not None else b"0")
    except ValueError:
        raise malformed("value is not a valid float") from None
    with localcontext(prec=DECIMAL_DIGITS):
        total = before + by
        if abs(total) > DECIMAL_MAX:
            raise malformed("increment would produce NaN or Infinity")
        shown = f"{total.quantize(Decimal(1).scaleb(-DECIMAL_PLACES)):f}".rstrip("0").rstrip(".")
    return b"0" if shown == "-0" else shown.encode()
