"""Cuts a text into the tokens that numbers and denials are read from.

A token is a lower-case word ("don't" is one), a number with what is stuck to it ("180cm", "1,000", "10:30am"),
an identifier with digits ("ax-200"), or a single mark that can carry meaning (% # < + ...).
Never loses a digit and never goes back over what it has read: the time is linear in the text.
"""

import re

from crowkis.match.glyphs import plain_glyphs

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

_FREE_OF = re.compile(r"([^\W_]+)-free\b", re.IGNORECASE)
"""Sugar-free is free of sugar."""

_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}")
"""Initials: U.S. is US, p.m. is pm."""

_ROMAN = re.compile(
    r"""\b(?:XVI{1,3}|XI[IVX]|XI{1,3}|X[IVX]|V?I{2,3}|I[VX]|VI)\b
    | \b((?:[Ww]ar|[Pp]art|[Tt]ype|[Pp]hase|[Cc]hapter|[Aa]ct)\ )([IVX])\b
    """,
    re.VERBOSE,
)
_NUMERAL = re.compile(r"[IVX](?:(?<=[rtep]\ .)\b|[IVX])")
_INITIALS = re.compile(r"\.[A-Za-z]\.")
"""Quick looks whether the slower patterns could find anything."""
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, in lower case."""
    return lowered(written(text))


def written(text: str) -> list[str]:
    """The tokens of a text, in order, with their capitals."""
    return _TOKEN.findall(_plain(text))


def lowered(tokens: list[str]) -> list[str]:
    """The same tokens in lower case."""
    return [token.lower() for token in tokens]


def _plain(text: str) -> str:
    """The text with typographic variants made plain, Roman numerals in digits, and initials without full stops."""
    text = plain_glyphs(text)
    if "-free" in text:
        text = _FREE_OF.sub(r"free of \1", text)
    if _NUMERAL.search(text):
        text = _ROMAN.sub(_arabic, text)
    return _DOTTED.sub(_without_stops, text) if _INITIALS.search(text) else text


def _without_stops(initials: re.Match[str]) -> str:
    return initials.group().replace(".", "")


def _arabic(numeral: re.Match[str]) -> str:
    before, letters = numeral.group(1) or "", numeral.group(2) or numeral.group()
    values = [_ROMAN_VALUES[letter] for letter in letters]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return before + str(sum(-value if value < following else value for value, following in pairs))
