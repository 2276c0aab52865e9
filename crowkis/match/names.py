"""Reads the names in a text: capitalised words inside a sentence, and countries, languages and currencies in any case.

A name is given in small letters, without a possessive ending. A text all in small
letters shows only the latter: who compares must look for a name in the whole other text. Words with figures are left
to the numbers. Never raises; one pass over the tokens.
"""

from typing import NamedTuple

from crowkis.match import vocabulary as words
from crowkis.match.gazetteer import LONGER, NAMES, ONLY_CAPITALISED
from crowkis.match.vocabulary import listed

_NO_NAMES = (
    listed("i i'm i'd i've i'll ok okay mr mrs ms dr please thanks hi hello vs and or the of")
    | words.MONTHS.keys()
    | words.WEEKDAYS.keys()
)
_STOPS = frozenset(".?!:")
HEADLINE_WORDS_MIN = 4
HEADLINE_SHARE_MIN = 0.75
"""A text with more of its words (behind the first) capitalised than this is a headline: its capitals say nothing."""


class Name(NamedTuple):
    """A name and where in the tokens it stands."""

    form: str
    start: int
    end: int


def names(written: list[str], tokens: list[str], taken: frozenset[int] | set[int]) -> list[Name]:
    """The names in order of appearance; `tokens` are `written` in lower case, those at `taken` belong to a number."""
    capitals = _capitals(written)
    found: list[Name] = []
    end = -1
    for i, token in enumerate(tokens):
        if i < end or i in taken:
            continue
        name = _listed(written, tokens, i) if token in _LISTED or token[-2:] == "'s" else None
        if name is None and i in capitals and _bare(token) not in _NO_NAMES:
            name = _capitalised(tokens, capitals, i, taken)
        if name is not None:
            found.append(name)
            end = name.end
    return found


_LISTED = NAMES.keys() | LONGER.keys()


def _bare(token: str) -> str:
    """The token without a possessive ending."""
    return token[:-2] if token[-2:] == "'s" else token


def _listed(written: list[str], tokens: list[str], i: int) -> Name | None:
    """The country, language or currency that starts at tokens[i]."""
    for longer in LONGER.get(tokens[i], ()):
        last = i + len(longer)
        if (*tokens[i : last - 1], _bare(tokens[last - 1]) if last <= len(tokens) else "") == longer:
            return Name(" ".join(longer), i, last)
    bare = _bare(tokens[i])
    if bare not in NAMES:
        return None
    if bare in ONLY_CAPITALISED and not (written[i].isupper() if len(bare) <= 3 else written[i][0].isupper()):
        return None
    return Name(bare, i, i + 1)


def _capitalised(tokens: list[str], capitals: dict[int, bool], i: int, taken: frozenset[int] | set[int]) -> Name:
    """The run of capitalised words that starts at tokens[i]."""
    end = i + 1
    while capitals.get(end) and end not in taken and not (tokens[end] in NAMES or _bare(tokens[end]) in _NO_NAMES):
        end += 1
    return Name(" ".join(_bare(token) for token in tokens[i:end]), i, end)


def _capitals(written: list[str]) -> dict[int, bool]:
    """Where words stand whose capitals say that they are names, each with: does it go on from the word before?"""
    found: dict[int, bool] = {}
    letters = upper = 0
    opening = True
    for i, token in enumerate(written):
        if token[0].isalpha():
            letters += not opening
            if not token.islower():
                upper += not opening
                plain = token[1:].islower() or len(token) == 1
                if not (opening and plain) and token.isascii() and not any(mark.isdigit() for mark in token):
                    found[i] = i - 1 in found
            opening = False
        else:
            opening = opening or token in _STOPS
    if letters >= HEADLINE_WORDS_MIN and upper > HEADLINE_SHARE_MIN * letters:
        return {}
    return found
