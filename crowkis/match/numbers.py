"""Rule: two questions must name the same numbers, dates and amounts.

The order counts among numbers of one kind (from 5 to 10 is not from 10 to 5); a date may change places with a length.
A unit that only one text writes is forgiven, and so is "one week" where the other says "a week".
"""

from collections import Counter

from crowkis.match.vocabulary import SPANS_OF_TIME
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_SIGNS = "<>=+-*÷^"


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer to a question about other numbers is not served."""
    asked, stored = question.features.numbers, candidate.features.numbers
    if asked == stored or candidate.exact or _same(asked, stored):
        return None
    return Reason("numbers.differ", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The numbers of the stored question, against those of the one asked."""
    return list(candidate.features.numbers), list(question.features.numbers)


def _same(asked: tuple[str, ...], stored: tuple[str, ...]) -> bool:
    mine, theirs = Counter(asked), Counter(stored)
    if mine == theirs:
        return _by_kind(asked) == _by_kind(stored)
    left, right = list((mine - theirs).elements()), list((theirs - mine).elements())
    if left and right:
        return _same_but_for_units(asked, stored)
    return all(_is_one_span(form) for form in left or right)


def _by_kind(forms: tuple[str, ...]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for form in forms:
        kinds.setdefault(_kind(form), []).append(form)
    return kinds


def _kind(form: str) -> str:
    """What the form counts: its unit, or what sort of number it is."""
    value, _, unit = form.lstrip(_SIGNS).partition(" ")
    if unit:
        return unit
    if ":" in value or "-" in value:
        return "time"
    return "year" if len(value) == 4 and value[:2] in ("19", "20") else "number"


def _same_but_for_units(asked: tuple[str, ...], stored: tuple[str, ...]) -> bool:
    """Equal in number and order, but one text leaves out units?"""
    if len(asked) != len(stored):
        return False
    for mine, theirs in zip(asked, stored, strict=True):
        value, _, unit = mine.partition(" ")
        other_value, _, other_unit = theirs.partition(" ")
        if value != other_value or (unit and other_unit and unit != other_unit):
            return False
    return True


def _is_one_span(form: str) -> bool:
    value, _, unit = form.partition(" ")
    return value == "1" and unit in SPANS_OF_TIME
