"""Turns two questions and a candidate's company into the numbers that the confidence is worked out from.

Each number has one meaning and one direction (SIGNALS): more of it speaks for the answer, or against it. Nothing here
decides; match/confidence.py weighs. What a gate objects to never comes this far.
"""

from typing import NamedTuple

from crowkis.match.align import Alignment, Parsed, align, parse
from crowkis.values.question import Company

FAR = 0.75
"""Below this cosine, every step down speaks against a candidate once more."""
NEAR = 0.9
COUNTED_MAX = 4
INVERSIONS_MAX = 3
QUESTION_WORDS = frozenset({"what", "which", "who", "whose", "whom", "when", "where", "why", "how"})


class Signal(NamedTuple):
    """One of the numbers, and which way it may count: 1 for, -1 against the answer, 0 either way."""

    name: str
    direction: int
    meaning: str


SIGNALS: tuple[Signal, ...] = (
    Signal("similarity", 1, "cosine of the two vectors"),
    Signal("far", -1, "how far the cosine stays below 0.75"),
    Signal("near", 1, "how far it exceeds 0.9"),
    Signal("overlap", 1, "share of content words that have a partner on the other side"),
    Signal("asked_only", -1, "content words of the question without a partner, up to 4"),
    Signal("stored_only", -1, "the same of the stored question"),
    Signal("replaced", -1, "1 where both sides have words without a partner"),
    Signal("in_frame", -1, "share of all words in common, where a word was replaced beside an equal neighbour"),
    Signal("added", -1, "words without a partner where only one side has any, up to 4"),
    Signal("inverted", -1, "pairs of words that stand in the other order, up to 3"),
    Signal("markers", -1, "words led by different prepositions, up to 2"),
    Signal("same_wh", 1, "1 where what, who, when ... agree; 0.5 where it cannot be said"),
    Signal("names", -1, "names and codes without a partner, up to 2"),
    Signal("length", 1, "length of the shorter text as a share of the longer"),
    Signal("rewordings", 0, "words paired as synonyms or by spelling, up to 3"),
    Signal("support", 1, "how near another stored question with the same answer lies"),
    Signal("rival", -1, "how near one with another answer lies; more than 1 where it is nearer than the candidate"),
    Signal("agreeing", 1, "other neighbours with the same answer, up to 4"),
    Signal("differing", -1, "neighbours about as near with other answers, up to 4"),
)


def signals(asked: str, stored: str, similarity: float, company: Company) -> tuple[float, ...]:
    """One number for each row of SIGNALS."""
    a, b = parse(asked), parse(stored)
    found = align(a, b)
    only_a, only_b = len(found.unmatched_a), len(found.unmatched_b)
    words = len(a.words) + len(b.words)
    shorter, longer = sorted((len(a.tokens), len(b.tokens)))
    names = sum(a.names[i] for i in found.unmatched_a) + sum(b.names[j] for j in found.unmatched_b)
    return (
        similarity,
        max(0.0, FAR - similarity),
        max(0.0, similarity - NEAR),
        2 * len(found.pairs) / words if words else 1.0,
        min(only_a, COUNTED_MAX),
        min(only_b, COUNTED_MAX),
        float(only_a > 0 < only_b),
        _in_frame(a, b, found),
        0 if only_a and only_b else min(only_a + only_b, COUNTED_MAX),
        min(len(found.inversions), INVERSIONS_MAX),
        _markers(a, b, found),
        _same_wh(a, b),
        min(names, 2),
        shorter / longer if longer else 1.0,
        min(sum(pair.how != "exact" for pair in found.pairs), 3),
        *company,
    )


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


def _same_wh(a: Parsed, b: Parsed) -> float:
    mine, theirs = _asks(a), _asks(b)
    if mine == theirs:
        return 1.0
    return 0.0 if mine and theirs and mine.isdisjoint(theirs) else 0.5


def _asks(text: Parsed) -> set[str]:
    """What a text asks for; which is what, whom and whose are who."""
    found = QUESTION_WORDS.intersection(text.tokens)
    return {"what" if word == "which" else "who" if word in ("whom", "whose") else word for word in found}
