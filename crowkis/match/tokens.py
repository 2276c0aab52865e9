"""Cuts a text into the tokens that numbers and negations are read from.

A token is a lower-case word ("don't" is one), a number with what is stuck to it ("180cm", "1,000", "10:30am"),
an identifier with digits ("ax-200"), or a single mark that can carry meaning (% # < + ...).
Never loses a digit and never goes back over what it has read: the time is linear in the text.
"""

import re
import unicodedata

_TOKEN = re.compile(
    r"""\d{4}-\d{1,2}-\d{1,2}(?![\w-])
    | \d{1,3}(?:,\d{2,3}){0,8},\d{3}(?!\d)(?:\.\d++)?[^\W_]*+
    | (?:(?<![\w).])-)?\d++(?:[.:/]\d++)*+[^\W_]*+
    | (?<![\w.])\.\d++[^\W_]*+
    | [^\W\d_]++(?:'[^\W\d_]++ | -?\d\w*+(?:[-.]\d\w*+)*+)?
    | [<>]=? | [≤≥$€£¥₹%^#&+*×÷=°.,;:?!()]
    """,
    re.VERBOSE,
)

_TYPOGRAPHY = str.maketrans(
    {raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⁄": "/", "’": "'", "‘": "'", "−": "-", "–": "-", "—": " - "}
)

_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")

_ROMAN = re.compile(
    r"""\b(?:XVI{1,3}|XI[IVX]|XI{1,3}|X[IVX]|V?I{2,3}|I[VX]|VI)\b
    | \b((?:[Ww]ar|[Pp]art|[Tt]ype|[Pp]hase|[Cc]hapter|[Aa]ct)\ )([IVX])\b
    """,
    re.VERBOSE,
)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, in lower case."""
    return _TOKEN.findall(_plain(text))


def _plain(text: str) -> str:
    """The text with typographic variants made plain, Roman numerals in digits, and in lower case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY))
        text = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), text)
    if "I" in text or "V" in text or "X" in text:
        text = _ROMAN.sub(_arabic, text)
    text = text.lower()
    if ".m" in text:
        text = text.replace("a.m.", "am").replace("p.m.", "pm")
    return text


def _arabic(numeral: re.Match[str]) -> str:
    before, letters = numeral.group(1) or "", numeral.group(2) or numeral.group()
    values = [_ROMAN_VALUES[letter] for letter in letters]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return before + str(sum(-value if value < following else value for value, following in pairs))
