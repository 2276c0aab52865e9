"""Reads dates, weekdays and days counted from today into canonical forms.

"2024-03-12" is a full date, "--03-12" one of every year, "2024-03" and "--03" a month; "monday" and "d+1" (tomorrow)
stay relative, because no clock is read here. What could be two dates (5/6/2024) is kept as written.
"""

from crowkis.match import vocabulary as words

Read = tuple[str, int]
"""A canonical form, and the position of the first token behind what was read."""

_MONTH_NEEDS = words.listed("in since by until till during early late mid every")


def named(tokens: list[str], i: int) -> Read | None:
    """The month, weekday or relative day that starts at tokens[i]."""
    token = tokens[i]
    if token in words.MONTHS:
        return _month_first(tokens, i)
    form = words.WEEKDAYS.get(token) or words.RELATIVE_DAYS.get(token)
    if form:
        return form, i + 1
    which = words.RELATIVE.get(token)
    if which and i + 1 < len(tokens):
        period = tokens[i + 1].removesuffix("'s")
        period = period if period in words.PERIODS else words.WEEKDAYS.get(period, "")
        if period:
            return f"{which} {period}", i + 2
    return None


def day_first(tokens: list[str], i: int, day: int) -> Read | None:
    """The date that goes on at tokens[i] after its day was read: "12 March 2024", "2nd of May"."""
    if i < len(tokens) and tokens[i] == "of":
        i += 1
    if not 1 <= day <= 31 or i >= len(tokens) or tokens[i] not in words.MONTHS:
        return None
    month = words.MONTHS[tokens[i]]
    year, end = _year(tokens, i + 1)
    return f"{year or '-'}-{month:02}-{day:02}", end


def in_figures(token: str) -> str | None:
    """A date written in figures only; None when the token is none."""
    for mark in "-/.":
        parts = token.split(mark, 3)
        if len(parts) == 3 and all(part.isdecimal() and len(part) <= 4 for part in parts):
            first, second, third = (int(part) for part in parts)
            if len(parts[0]) == 4:
                return f"{first:04}-{second:02}-{third:02}"
            if len(parts[2]) == 4 and first <= 31 and second <= 31:
                if first > 12:
                    return f"{third:04}-{second:02}-{first:02}"
                return f"{third:04}-{first:02}-{second:02}" if second > 12 else f"{first}/{second}/{third}"
    return None


def _month_first(tokens: list[str], i: int) -> Read | None:
    month = words.MONTHS[tokens[i]]
    day, end = _day(tokens, i + 1)
    year, end = _year(tokens, end)
    if day:
        return f"{year or '-'}-{month:02}-{day:02}", end
    if year or tokens[i] in words.MONTHS_ALONE or (i and tokens[i - 1] in _MONTH_NEEDS):
        return f"{year or '-'}-{month:02}", end
    return None


def _day(tokens: list[str], i: int) -> tuple[int, int]:
    if i < len(tokens) and tokens[i] == "the":
        i += 1
    if i >= len(tokens):
        return 0, i
    token = tokens[i]
    if token in words.ORDINALS:
        return words.ORDINALS[token], i + 1
    figures = token[:-2] if token[-2:] in words.ORDINAL_ENDINGS else token
    if len(figures) <= 2 and figures.isdecimal() and 1 <= int(figures) <= 31:
        return int(figures), i + 1
    return 0, i


def _year(tokens: list[str], i: int) -> Read:
    at = i + 1 if i < len(tokens) and tokens[i] in (",", "of") else i
    if at < len(tokens) and len(tokens[at]) == 4 and tokens[at].isdecimal():
        return tokens[at], at + 1
    return "", i
