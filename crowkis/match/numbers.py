"""Rule: two questions must name the same numbers, dates and amounts.

The order counts among numbers of one kind (from 5 to 10 is not from 10 to 5); a date may change places with a length.
A unit that only one text writes is forgiven, and so is "one week" where the other says "a week".
"""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from crowkis.match.days import resolved
from crowkis.match.units import common
from crowkis.match.vocabulary import SPANS_OF_TIME
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_SIGNS = "<>=+-*÷^"
_DAY_MS = 86_400_000
_TEXTS_KEPT_MAX, _TEXT_CHARS_MAX = 4_096, 256
"""Of so many texts it is remembered what their numbers come to, where these are no longer than that together."""
DIRECTIONS = frozenset({"<..", ">..", "<=..", ">=..", "most", "least"})


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer to a question about other numbers is not served."""
    asked, stored = question.features.numbers, candidate.features.numbers
    if asked == stored or candidate.exact or _agree(asked, question.now_ms, stored, candidate.created_ms):
        return None
    return Reason("numbers.differ", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The numbers of the stored question, against those of the one asked."""
    return list(candidate.features.numbers), list(question.features.numbers)


def _agree(asked: tuple[str, ...], now_ms: int, stored: tuple[str, ...], created_ms: int) -> bool:
    """As written, or once all is resolved? Most pairs differ in a bare value: then nothing else need be looked at."""
    mine, theirs = _gist(asked, now_ms // _DAY_MS), _gist(stored, created_ms // _DAY_MS)
    if mine.values == theirs.values and _same(asked, stored):
        return True
    return mine.resolved_values == theirs.resolved_values and _same(mine.resolved, theirs.resolved)


class _Gist(NamedTuple):
    """What the numbers of a text come to on a day."""

    values: tuple[str, ...]
    """See _values()."""
    resolved: tuple[str, ...]
    resolved_values: tuple[str, ...]


class _TooLongError(Exception):
    """To be remembered."""


def _gist(forms: tuple[str, ...], day: int) -> _Gist:
    try:
        return _remembered_gist(forms, day)
    except _TooLongError:
        return _new_gist(forms, day)


def _new_gist(forms: tuple[str, ...], day: int) -> _Gist:
    in_common = _resolved(forms, day * _DAY_MS)
    return _Gist(_values(forms), in_common, _values(in_common))


@lru_cache(_TEXTS_KEPT_MAX)
def _remembered_gist(forms: tuple[str, ...], day: int) -> _Gist:
    if sum(map(len, forms)) > _TEXT_CHARS_MAX:
        raise _TooLongError  # and what is raised is not remembered
    return _new_gist(forms, day)


def _values(forms: tuple[str, ...]) -> tuple[str, ...]:
    """The bare values of forms, sorted, without those that may go without saying: where two texts are the _same(),
    these are equal."""
    bare = (_bare(form) for form in forms if form not in DIRECTIONS)
    return tuple(sorted(value for value in bare if value not in _UNSAID))


def _resolved(forms: tuple[str, ...], now_ms: int) -> tuple[str, ...]:
    """The forms in common units, days counted from today as dates, and counts with one sort of comparison."""
    return tuple(_plain(resolved(form, now_ms)) for form in forms)


def _plain(form: str) -> str:
    if form.endswith(" time"):
        form = form.removesuffix(" time")
        return f"x{form}" if form.isdecimal() else _whole(form)
    return common(form) if " " in form else _whole(form)


def _whole(form: str) -> str:
    """Of things counted and of years, fewer than 3 are at most 2, and more than 2 at least 3."""
    number = form[1:]
    if form[0] not in "<>" or not number.isdecimal():
        return form
    if len(number) > 2 and not (len(number) == 4 and number[:2] in ("19", "20")):
        return form
    return f"<={int(number) - 1}" if form[0] == "<" else f">={int(number) + 1}"


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
    """Equal in number, but one text leaves out units? Numbers of one sort must stand in one order."""
    mine = [form for form in asked if form not in DIRECTIONS]
    theirs = [form for form in stored if form not in DIRECTIONS]
    if len(mine) != len(theirs):
        return False
    last: dict[str, int] = {}
    free = set(range(len(theirs)))
    for form in mine:
        place = next((k for k in sorted(free) if _alike(form, theirs[k])), None)
        if place is None:
            return False
        sort = _sort(form, theirs[place])
        if place < last.get(sort, -1):
            return False
        free.remove(place)
        last[sort] = place
    return True


def _sort(one: str, other: str) -> str:
    """What two forms of one number have in common besides: their sign and unit."""
    sign = one[: len(one) - len(one.lstrip(_SIGNS))]
    unit, other_unit = one.partition(" ")[2], other.partition(" ")[2]
    return sign + ("x" if (one[0] == "x") != (other[0] == "x") else unit if unit == other_unit else "")


def _bare(form: str) -> str:
    """The value without its unit, and without the mark of "twice"."""
    return form.removeprefix("x").partition(" ")[0]


def _alike(one: str, other: str) -> bool:
    """The same number, and no other unit? "Twice" may be "2"."""
    value, _, unit = one.removeprefix("x").partition(" ")
    other_value, _, other_unit = other.removeprefix("x").partition(" ")
    return value == other_value and (not unit or not other_unit or unit == other_unit)


_UNSAID = frozenset({"d+0", "this", "1"})
"""The bare values of what _goes_without_saying()."""


def _goes_without_saying(form: str) -> bool:
    """Today, this month or year, or one of a span of time: the other text may mean it without naming it."""
    value, _, unit = form.partition(" ")
    return form in ("d+0", "this month", "this year") or (value == "1" and unit in SPANS_OF_TIME)
