"""Makes letters and marks that only look different plain: look-alikes, invisible characters, typographic variants.

A Cyrillic or Greek letter inside a word of Latin letters is taken for the Latin one it looks like; a word wholly in
another script is left alone. Never changes plain ASCII.
"""

import re
import unicodedata

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c"
    "\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufeff\uffa0"
)
_TYPOGRAPHY = str.maketrans(
    {raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⁄": "/", "’": "'", "‘": "'", "ʼ": "'", "−": "-", "–": "-", "‐": "-"}
    | {"‑": "-", "—": " - ", "…": "..."}
    | {"ⁿ": "^n", "ⁱ": "^i", "⁺": "^+", "⁻": "^-"}
    | dict.fromkeys(_INVISIBLE, "")
)
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝԍɡАВЕКМНОРСТУХІЈЅԌԚԜοανρυικχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwggABEKMHOPCTYXIJSGQWoavpuikxABEZHIKMNOPTYX",
)
_MIXED_WORD = re.compile(r"[A-Za-z\u0370-\u03ff\u0400-\u052f\u0261]+")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")


def plain_glyphs(text: str) -> str:
    """The text in its plainest letters and marks: NFKC, figures 0-9, no invisible characters, no look-alikes."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY))
    text = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), text)
    return text if text.isascii() else _MIXED_WORD.sub(_latin, text)


def _latin(word: re.Match[str]) -> str:
    """A word with a Latin letter in it, wholly in Latin letters where the others are look-alikes."""
    letters = word.group()
    if letters.isascii() or not any(letter.isascii() for letter in letters):
        return letters
    folded = letters.translate(_LOOKALIKES)
    return folded if folded.isascii() else letters
