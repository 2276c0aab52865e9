"""Rule: two questions must name the same numbers, dates and amounts.

The order counts among numbers of one kind (from 5 to 10 is not from 10 to 5); a date may change places with a length.
A unit that only one text writes is forgiven, and so is "one week" where the other says "a week".
"""

from collections import Counter

from crowkis.match.vocabulary import SPANS_OF_TIME
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_SIGNS = "<>=+-*÷^"
DIRECTIONS = frozenset({"<..", ">..", "<=..", ">=..", "most", "least"})


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
    if not _directions_agree(mine, theirs):
        return False
    if mine == theirs:
        return _by_kind(asked) == _by_kind(stored)
    left, right = list((mine - theirs).elements()), list((theirs - mine).elements())
    if left and right:
        return _same_but_for_units(asked, stored)
    return all(_goes_without_saying(form) for form in left or right)


def _directions_agree(mine: Counter[str], theirs: Counter[str]) -> bool:
    """Comparisons with things that are no numbers: they may not contradict, but one text may do without.

    Takes them out of both counters.
    """
    first, second = _taken(mine), _taken(theirs)
    return first == second or not first or not second


def _taken(forms: Counter[str]) -> set[str]:
    directions = {form for form in forms if form in DIRECTIONS}
    for form in directions:
        del forms[form]
    return directions


def _by_kind(forms: tuple[str, ...]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for form in forms:
        if form not in DIRECTIONS:
            kinds.setdefault(_kind(form), []).append(form)
    return kinds


def _kind(form: str) -> str:
    """What the form counts: its unit, or what sort of number it is."""
    value, _, unit = form.lstrip(_SIGNS).partition(" ")
    if unit:
        return unit
    if ":" in value or "-" in value[1:]:
        return "time" if ":" in value else "date"
    return "year" if len(value) == 4 and value[:2] in ("19", "20") else "number"


def _same_but_for_units(asked: tuple[str, ...], stored: tuple[str, ...]) -> bool:
    """Equal in number and order, but one text leaves out units?"""
    asked = tuple(form for form in asked if form not in DIRECTIONS)
    stored = tuple(form for form in stored if form not in DIRECTIONS)
    if len(asked) != len(stored):
        return False
    for mine, theirs in zip(asked, stored, strict=True):
        value, _, unit = mine.partition(" ")
        other_value, _, other_unit = theirs.partition(" ")
        if value != other_value or (unit and other_unit and unit != other_unit):
            return False
    return True


def _goes_without_saying(form: str) -> bool:
    """Today, or one of a span of time: the other text may mean it without naming it."""
    value, _, unit = form.partition(" ")
    return form == "d+0" or (value == "1" and unit in SPANS_OF_TIME)
