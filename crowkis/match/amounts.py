"""Reads the numbers, dates, times and quantities of a text and gives each a canonical form.

"two", "2" and "2.0" are "2"; "1k" is "1000"; "$5" and "5 dollars" are "5 $"; "no more than two" and "at most 2" are
"<=2"; "Jan 2nd" is "--01-02"; "3pm" is "15:00"; "AX-200" is "ax200". Two texts with other forms ask about "
"other things.
Forms are compared as strings and never calculated with. Never raises; looks only a few tokens around a number.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from crowkis.match import dates
from crowkis.match import vocabulary as words
from crowkis.match.comparators import comparator, comparisons
from crowkis.match.dates import Read
from crowkis.match.units import together

_STUCK = re.compile(r"(-?\d[\d.,]*)([^\W\d_]+)")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})(?::\d{2})?)?(am|pm)?")
_CLOCK_WITHOUT_COLON = re.compile(r"(0?[1-9]|1[0-2])([0-5]\d)")
_NO_PART_OF_IT = re.compile(r"[^\W\d_]{4,}|v(?=\d)|ww(?=\d$)")
_FRACTIONS = {"1/2": "0.5", "1/4": "0.25", "3/4": "0.75"}
_MONEY_BEFORE = {"rs": "₹", "inr": "₹", "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
_MONEY_BEFORE |= {mark: mark for mark in words.CURRENCIES} | {code: code for code in words.CURRENCY_CODES}
_NAMED = words.MONTHS.keys() | words.WEEKDAYS.keys() | words.RELATIVE_DAYS.keys() | words.RELATIVE.keys()
_SPELLED = words.ONES.keys() | words.TENS.keys() | words.SCALES.keys()
_STARTERS = frozenset(_NAMED | _SPELLED | words.ORDINALS.keys() | words.TIMES.keys() | words.DAYTIMES.keys())
_JOINS = frozenset({"or", "and", ",", "&"})
_MARKS = frozenset("<>=≤≥$€£¥₹%^#&+*×÷°.,;:?!()")


class Place(NamedTuple):
    """A number and the tokens it takes, a sign behind it included."""

    form: str
    start: int
    end: int


DIGITS_MAX = 40
"""A longer run of digits is a name, not a quantity: it is compared as written."""


def amounts(tokens: list[str]) -> tuple[str, ...]:
    """The canonical forms in order of appearance; those joined by "and", "or" or a comma are sorted."""
    return read(tokens)[0]


def read(tokens: list[str]) -> tuple[tuple[str, ...], list[Place]]:
    """The same, and where in the tokens each number stands, in order of appearance."""
    found: list[str] = []
    places: list[Place] = []
    end, group = -1, 0
    for i, token in enumerate(tokens):
        if i < end or (token not in _STARTERS if token.isalpha() else token[-1] in _MARKS):
            continue
        value = _read(tokens, i) if "'" not in token else _possessive(token, i)
        if value is None:
            continue
        joined = bool(found) and _joined(tokens, end, i)
        operator = _operator(tokens, i, end)
        sum_of = found[-1] if found and (end == i or (end == i - 1 and tokens[end] == "and")) else ""
        form, end = value
        whole = together(sum_of, form) if sum_of and " " in form else None
        if whole:
            found[-1], places[-1] = whole, Place(whole, places[-1].start, end)
            continue
        if joined:
            form = _same_month(found[-1], form)
        sign, end = comparator(tokens, i, end, _dated(form))
        if not sign and joined and tokens[i - 1] == "or":
            sign = _inherited(found[-1])
        elif sign == words.MORE and tokens[i - 1] == "after" and form.partition(" ")[2] in words.SPANS_OF_TIME:
            sign = ""
        if token == "one" and form == "1" and not (sign or joined or _one_counts(tokens, i)):
            continue
        if not joined:
            found[group:] = sorted(found[group:], key=_size)
            group = len(found)
        found.append(operator + sign + form)
        places.append(Place(form, i, end))
    found[group:] = sorted(found[group:], key=_size)
    return (*found, *comparisons(tokens)), places


def _joined(tokens: list[str], end: int, i: int) -> bool:
    """Is the number at `i` in a list with the one that ended at `end`?"""
    if not (end < i <= end + 3 and tokens[end] in _JOINS):
        return False
    return all(token in _JOINS or token in _MONEY_BEFORE or token == "." for token in tokens[end + 1 : i])


def _size(form: str) -> tuple[int, str]:
    value = form.lstrip("<>=").partition(" ")[0]
    return len(value), value


def _one_counts(tokens: list[str], i: int) -> bool:
    """Is this bare "one" a number, and not somebody or something?"""
    if i and tokens[i - 1] in words.COUNTED:
        return True
    return i + 2 < len(tokens) and tokens[i + 1] in ("or", "to") and _goes_on(tokens, i + 2)


def _operator(tokens: list[str], i: int, end: int) -> str:
    """The operator right before the number at `i`, if the number before it ended at `end` (powers need none)."""
    before = tokens[i - 1] if i else ""
    return words.OPERATORS.get(before, "") if end == i - 1 or before == "^" else ""


def _read(tokens: list[str], i: int) -> Read | None:
    token = tokens[i]
    if token[0].isdecimal() or token[0] in "-.":
        return _figures(tokens, i)
    if token in _NAMED:
        return dates.named(tokens, i)
    if token in words.ORDINALS:
        return _ordinal_word(tokens, i)
    if token in _SPELLED:
        return _spelled(tokens, i)
    if token in words.TIMES:
        return _half(tokens, i) or (words.TIMES[token], i + 1)
    if token in words.DAYTIMES:
        return words.DAYTIMES[token], i + 1
    return _identifier(token), i + 1


def _possessive(token: str, i: int) -> Read | None:
    """Of words with an apostrophe only days count: "tomorrow's weather"."""
    bare = token[:-2]
    form = words.RELATIVE_DAYS.get(bare) or words.WEEKDAYS.get(bare) if token[-2:] == "'s" else None
    return (form, i + 1) if form else None


def _half(tokens: list[str], i: int) -> Read | None:
    """Half of a unit: "half an hour", "half a mile"."""
    if tokens[i] != "half" or tokens[i + 1 : i + 2] not in (["a"], ["an"]) or i + 2 >= len(tokens):
        return None
    unit = words.UNITS.get(tokens[i + 2])
    return (_measured("0.5", unit), i + 3) if unit else None


def _figures(tokens: list[str], i: int) -> Read | None:
    """What starts with a digit: a date, a time, an ordinal, or a quantity with what is stuck to it."""
    token = tokens[i]
    if token in ("-", "."):
        return None
    if token.isdecimal() and len(token) <= DIGITS_MAX:
        clock = _CLOCK_WITHOUT_COLON.fullmatch(token) if tokens[i + 1 : i + 2] in (["am"], ["pm"]) else None
        if clock:
            return _of_half_day(clock.group(1), clock.group(2), tokens[i + 1]), i + 2
        return _quantity(_value(token), tokens, i, i + 1)
    if token in _FRACTIONS:
        return _quantity(_FRACTIONS[token], tokens, i, i + 1)
    date = dates.in_figures(token)
    if date:
        return date, i + 1
    clock = _CLOCK.fullmatch(token)
    if clock:
        return _clock(clock, tokens, i + 1)
    stuck = _STUCK.fullmatch(token)
    if stuck is None or len(token) > DIGITS_MAX:
        plain = token.replace(",", "")
        return (
            _quantity(_value(plain), tokens, i, i + 1) if plain.count(".") <= 1 and "/" not in plain else (token, i + 1)
        )
    return _stuck(stuck.group(1).replace(",", ""), stuck.group(2), tokens, i)


def _stuck(number: str, suffix: str, tokens: list[str], i: int) -> Read:
    if suffix in words.ORDINAL_ENDINGS and number.isdecimal():
        return dates.day_first(tokens, i + 1, int(number)) or (_ordinal(int(number)), i + 1)
    if suffix == "s" and len(number) == 4 and number[3] == "0" and number[:2] in ("18", "19", "20"):
        return tokens[i], i + 1
    if suffix == "x":
        return "x" + _value(number), i + 1
    scale = words.STUCK_SCALES.get(suffix)
    if suffix == "m" and i and tokens[i - 1] in words.CURRENCIES:
        scale = words.SCALES["million"]
    if scale and number.count(".") <= 1:
        return _quantity(_scaled(number, scale), tokens, i, i + 1)
    unit = words.UNITS.get(suffix)
    return (_measured(_value(number), unit) if unit else tokens[i]), i + 1


def _clock(clock: re.Match[str], tokens: list[str], end: int) -> Read:
    hour, minute, half = clock.group(1), clock.group(2) or "00", clock.group(3)
    if half is None and end < len(tokens) and tokens[end] in ("am", "pm"):
        half, end = tokens[end], end + 1
    return _of_half_day(hour, minute, half) if half else f"{int(hour):02}:{minute}", end


def _of_half_day(hour: str, minute: str, half: str) -> str:
    return f"{int(hour) % 12 + (12 if half == 'pm' else 0):02}:{minute}"


def _quantity(value: str, tokens: list[str], start: int, end: int) -> Read:
    """A value with the scale, unit, currency, month or half of day beside it."""
    following = tokens[end] if end < len(tokens) else ""
    while following in words.SCALES:
        value, end = _scaled(value, words.SCALES[following]), end + 1
        following = tokens[end] if end < len(tokens) else ""
    if following == "and" and tokens[end + 1 : end + 3] == ["a", "half"] and value.isdecimal():
        value, end = value + ".5", end + 3
        following = tokens[end] if end < len(tokens) else ""
    if len(value) <= 2 and value.isdecimal():
        if following in ("am", "pm"):
            return _of_half_day(value, "00", following), end + 1
        date = dates.day_first(tokens, end, int(value))
        if date:
            return date
    money = _money(tokens, start)
    if money:
        return _measured(value, money), end
    if following == "per" and tokens[end + 1 : end + 2] == ["cent"]:
        return _measured(value, "%"), end + 2
    if following in ("°", "degree", "degrees"):
        scale = words.DEGREES.get(tokens[end + 1]) if end + 1 < len(tokens) else None
        return (_measured(value, scale), end + 2) if scale else (_measured(value, "degree"), end + 1)
    unit = None if following in words.STUCK_ONLY else words.UNITS.get(following)
    if unit:
        return _measured(value, unit), end + 1
    return value, end


def _money(tokens: list[str], start: int) -> str:
    """The currency written before a number: $5, Rs. 500."""
    at = start - 1 - (start > 1 and tokens[start - 1] == ".")
    return _MONEY_BEFORE.get(tokens[at], "") if at >= 0 else ""


def _spelled(tokens: list[str], i: int) -> Read | None:
    """A number in words; "one" only where it counts something."""
    total, part, end, last = 0, 0, i, 0
    while end < len(tokens):
        token = tokens[end]
        if token in words.ONES and last in (0, 10, 100):
            part, last = part + words.ONES[token], 1
        elif token in words.TENS and last in (0, 100):
            part, last = part + words.TENS[token], 10
        elif token == "hundred" and last != 100:
            part, last = (part or 1) * 100, 100
        elif token in words.SCALES:
            total, part, last = total + (part or 1) * words.SCALES[token], 0, 0
        elif not (token == "and" and end > i and tokens[end - 1] in words.SCALES and _goes_on(tokens, end + 1)):
            break
        end += 1
    if last == 10 and end < len(tokens) and tokens[end] in words.ORDINALS:
        number = total + part + words.ORDINALS[tokens[end]]
        return dates.day_first(tokens, end + 1, number) or (_ordinal(number), end + 1)
    return _quantity(str(total + part), tokens, i, end)


def _inherited(form: str) -> str:
    """The sign that "before 2004 or 2010" means for 2010 too."""
    return form[: len(form) - len(form.lstrip("<>="))]


def _goes_on(tokens: list[str], i: int) -> bool:
    return i < len(tokens) and (tokens[i] in words.ONES or tokens[i] in words.TENS)


def _ordinal_word(tokens: list[str], i: int) -> Read | None:
    token, number = tokens[i], words.ORDINALS[tokens[i]]
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else ""
    if tokens[i + 1 : i + 3] == ["world", "war"]:
        return str(number), i + 1
    if token == "first" and _adverb(before, after):
        return None
    if token == "second" and _no_place(before, after):
        return None
    return dates.day_first(tokens, i + 1, number) or (_ordinal(number), i + 1)


_BEFORE_ADVERB = words.listed("at come comes go goes came went")
_BEFORE_PLACE = words.listed("the my your our his her their and or")
_BEHIND_ADVERB = words.listed(". ? ! , and then before or") | {""}


def _no_place(before: str, after: str) -> bool:
    """Is this "second" a moment, or part of second-hand?"""
    if after in ("hand", "hands", "thoughts", "nature") or before in ("per", "every", "each", "split"):
        return True
    return before == "a" and (after in words.BEHIND_A_SECOND or not after)


def _adverb(before: str, after: str) -> bool:
    """Does this "first" count nothing: at first, first of all, did you first think, do this first?"""
    if before in _BEFORE_ADVERB or after in words.FIRST_BUT_NOT_IN_ORDER or before in words.DOERS:
        return True
    return before not in _BEFORE_PLACE and after in _BEHIND_ADVERB


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _identifier(token: str) -> str:
    """A word with digits in it. A long word's letters are left to the vector: iphone6 is 6, v2 and WW2 are 2."""
    word = _NO_PART_OF_IT.match(token)
    rest = (token[word.end() :] if word else token).replace("-", "")
    return _value(rest) if rest.isdecimal() else rest


def _same_month(date: str, form: str) -> str:
    """The 3 of "January 2 or 3" is a day of January too."""
    day, start = form.rstrip("stndrh"), date.lstrip("<>=")[:-2]
    if start[-1:] == "-" == start[-4:-3] and len(day) <= 2 and day.isdecimal():
        return f"{start}{int(day):02}"
    return form


def _dated(form: str) -> bool:
    """Is it a date, a year or a time of day?"""
    if len(form) == 4:
        return form[:2] in ("19", "20") and form.isdecimal()
    return ":" in form or "-" in form[:5] or form in words.WEEKDAYS


def _scaled(number: str, scale: int) -> str:
    if len(number) > DIGITS_MAX:
        return number
    return _value(format((Decimal(number) * scale).normalize(), "f"))


def _value(number: str) -> str:
    """The digits without needless zeros: "007" is "7", "2.0" is "2"; "2.10" stays, it may be a version."""
    if len(number) == 1:
        return number
    sign = "-" if number[0] == "-" else ""
    whole, _, decimals = number.lstrip("-").partition(".")
    whole = whole.lstrip("0") or "0"
    value = f"{whole}.{decimals}" if decimals.strip("0") else whole
    return value if value == "0" else sign + value


def _measured(value: str, unit: str) -> str:
    """A value with its unit. What is measured or paid is no version: 2.50 dollars are 2.5."""
    return f"{value.rstrip('0') if '.' in value else value} {unit}"
