"""Turns two questions and a candidate's company into the numbers that the confidence is worked out from.

Each number has one meaning and one direction (SIGNALS): more of it speaks for the answer, or against it. Nothing here
decides; match/confidence.py weighs. What a gate objects to never comes this far.
"""

from functools import lru_cache
from typing import NamedTuple

from crowkis.match.align import PAIRS_KEPT_MAX, SHORT_CHARS_MAX, Alignment, Parsed, laid
from crowkis.values.question import Company

NEAR = 0.9
COUNTED_MAX = 4


class Signal(NamedTuple):
    """One of the numbers, and which way it may count: 1 for, -1 against the answer, 0 either way."""

    name: str
    direction: int
    meaning: str


SIGNALS: tuple[Signal, ...] = (
    Signal("similarity", 1, "cosine of the two vectors"),
    Signal("near", 1, "how far it exceeds 0.9"),
    Signal("asked_only", -1, "content words of the question without a partner, up to 4"),
    Signal("stored_only", -1, "the same of the stored question"),
    Signal("replaced", -1, "1 where both sides have words without a partner"),
    Signal("in_frame", -1, "share of all words in common, where a word was replaced beside an equal neighbour"),
    Signal("added", -1, "words without a partner where only one side has any, up to 4"),
    Signal("markers", -1, "words led by different prepositions, up to 2"),
    Signal("names", -1, "names and codes without a partner, up to 2"),
    Signal("rewordings", 0, "words paired as synonyms or by spelling, up to 3"),
    Signal("support", 1, "how near another stored question with the same answer lies"),
    Signal("rival", -1, "how near one with another answer lies; more than 1 where it is nearer than the candidate"),
    Signal("agreeing", 1, "other neighbours with the same answer, up to 4"),
    Signal("differing", -1, "neighbours about as near with other answers, up to 4"),
)


def signals(asked: str, stored: str, similarity: float, company: Company) -> tuple[float, ...]:
    """One number for each row of SIGNALS."""
    short = len(asked) <= SHORT_CHARS_MAX >= len(stored)
    of_words = (_remembered_of_words if short else _of_words)(asked, stored)
    return (similarity, max(0.0, similarity - NEAR), *of_words, *company)


def _of_words(asked: str, stored: str) -> tuple[float, ...]:
    """Those that depend on the two texts alone."""
    a, b, found = laid(stored, asked)
    only_stored, only_asked = len(found.unmatched_a), len(found.unmatched_b)
    names = sum(a.names[i] for i in found.unmatched_a) + sum(b.names[j] for j in found.unmatched_b)
    return (
        min(only_asked, COUNTED_MAX),
        min(only_stored, COUNTED_MAX),
        float(only_stored > 0 < only_asked),
        _in_frame(a, b, found),
        0 if only_stored and only_asked else min(only_stored + only_asked, COUNTED_MAX),
        _markers(a, b, found),
        min(names, 2),
        min(sum(pair.how != "exact" for pair in found.pairs), 3),
    )


_remembered_of_words = lru_cache(PAIRS_KEPT_MAX)(_of_words)


def _in_frame(a: Parsed, b: Parsed, found: Alignment) -> float:
    """Was a word replaced by another while what stands beside it stayed? Then how much of all words is in common."""
    if not (found.unmatched_a and found.unmatched_b):
        return 0.0
    left = {(side, _beside(b, j, side)) for j in found.unmatched_b for side in (-1, 1)}
    if not any((side, _beside(a, i, side)) in left for i in found.unmatched_a for side in (-1, 1)):
        return 0.0
    mine, theirs = set(a.tokens), set(b.tokens)
    return len(mine & theirs) / len(mine | theirs)


def _beside(text: Parsed, word: int, side: int) -> str:
    """The token before (-1) or after (1) a content word; empty at the ends."""
    place = text.places[word] + side
    return text.tokens[place] if 0 <= place < len(text.tokens) else ""


def _markers(a: Parsed, b: Parsed, found: Alignment) -> int:
    differing = 0
    for pair in found.pairs:
        mine, theirs = a.markers[pair.a], b.markers[pair.b]
        differing += bool(mine and theirs and mine != theirs)
    return min(differing, 2)
