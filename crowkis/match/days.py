"""Days counted from the day of asking: "tomorrow" asked today and asked in a week are two questions.

Reads which of a text's days move with the calendar, resolves them against a time that is passed in (days are those of
UTC), and holds the rule: where what the stored question called tomorrow is another day by now, its answer is not
served, however alike the texts are. "On Mondays" and "every Monday" never move.
"""

from datetime import UTC, date, datetime, timedelta

from crowkis.match.vocabulary import ONES, PERIODS, RELATIVE, RELATIVE_DAYS, WEEKDAYS, listed
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(dict.fromkeys(WEEKDAYS.values()))}
_DAYS_AWAY = {"d+0": 0, "tonight": 0, "d+1": 1, "d-1": -1}
_STEPS = {"next": 1, "this": 0, "last": -1}
_ONE_WEEKDAY = {name for name in WEEKDAYS if not name.endswith("days")}
_SPOKEN = RELATIVE_DAYS.keys() | RELATIVE.keys() | _ONE_WEEKDAY | {"ago", "in"}
_EVERY = listed("every each most many any per a")
_DAY_PARTS = {"morning": "d+0", "afternoon": "d+0", "evening": "tonight", "night": "tonight"}
_LASTING = listed("world society age times generation youth economy kids standards leaders")
"""Behind "today's" they speak of nowadays, not of a day."""
_COUNTED_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_PERIOD_MONTHS = {"month": 1, "quarter": 3, "semester": 6, "year": 12, "decade": 120, "century": 1200}
DAYS_AWAY_MAX = 3_660


def moving(tokens: list[str]) -> tuple[str, ...]:
    """The days of a text that move with the calendar, in order, in a canonical form; tokens are in lower case."""
    found = []
    for i, token in enumerate(tokens):
        bare = token[:-2] if token[-2:] == "'s" else token
        if bare in _SPOKEN:
            form = _moving(tokens, i, bare)
            if form:
                found.append(form)
    return tuple(found)


def _moving(tokens: list[str], i: int, word: str) -> str | None:
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else ""
    if word in RELATIVE_DAYS:
        if word != tokens[i] and after in _LASTING:
            return None
        if before == "after" and word == "tomorrow":
            return "d+2"
        return (
            "d-2"
            if before == "before" and word == "yesterday" and tokens[i - 2 : i - 1] == ["day"]
            else RELATIVE_DAYS[word]
        )
    if word == "ago":
        return _counted(tokens, i - 2, "-")
    if word == "in":
        return _counted(tokens, i + 1, "+")
    if word in RELATIVE:
        return _period(RELATIVE[word], after, tokens[i + 2] if i + 2 < len(tokens) else "")
    return None if before in _EVERY or before in RELATIVE else WEEKDAYS[word]


def _period(which: str, after: str, behind: str) -> str | None:
    """What "next", "this" or "last" speaks of: a period, a weekday, part of a day, or days counted from today."""
    if after in _DAY_PARTS:
        return {"this": _DAY_PARTS[after], "last": "d-1"}.get(which)
    if after in PERIODS or after in _ONE_WEEKDAY:
        return f"{which} {WEEKDAYS.get(after, after)}"
    counted = after.isdecimal() or after in ONES
    return "d+0" if counted and which != "this" and (behind in _COUNTED_DAYS or behind in ("hours", "months")) else None


def _counted(tokens: list[str], i: int, sign: str) -> str | None:
    """ "3 days", "two weeks" or "a week" at tokens[i], as days from today."""
    if i < 0 or i + 1 >= len(tokens) or tokens[i + 1] not in _COUNTED_DAYS:
        return None
    number = tokens[i]
    count = (
        int(number) if number.isdecimal() and len(number) <= 3 else ONES.get(number, 1 if number in ("a", "an") else 0)
    )
    return f"d{sign}{count * _COUNTED_DAYS[tokens[i + 1]]}" if count else None


def resolved(form: str, now_ms: int) -> str:
    """The day, week, month or year a moving day is, for somebody who asks at this time; other forms stay."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    if form in _DAYS_AWAY:
        return _away(today, _DAYS_AWAY[form])
    if form in _WEEKDAY_NUMBERS:
        return _away(today, (_WEEKDAY_NUMBERS[form] - today.weekday()) % 7)
    if form[:2] in ("d+", "d-"):
        return _away(today, int(form[1:]))
    if form[:3] == "--0" or form[:3] == "--1":
        return f"{today.year}{form[1:]}"
    which, _, period = form.partition(" ")
    if which not in _STEPS:
        return form
    step = _STEPS[which]
    if period in _WEEKDAY_NUMBERS and not step:
        return resolved(period, now_ms)
    if period in _WEEKDAY_NUMBERS:
        return _away(today, _WEEKDAY_NUMBERS[period] - today.weekday() + 7 * step)
    if period in ("week", "weekend"):
        return f"{period} of {_away(today, 7 * step - today.weekday())}"
    months = _PERIOD_MONTHS.get(period, 12)
    return f"{period} {(today.year * 12 + today.month - 1) // months + step}"


def _away(today: date, days: int) -> str:
    """The date so many days from today, as far as the calendar reaches."""
    bounded = max(-DAYS_AWAY_MAX, min(days, DAYS_AWAY_MAX))
    try:
        return (today + timedelta(bounded)).isoformat()
    except OverflowError:
        return f"{today.isoformat()} {bounded:+}"


def still_the_same(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer about tomorrow is not served to who asks about another tomorrow, not even to the very same words."""
    days = candidate.features.days
    if not days or _meant(days, candidate.created_ms) == _meant(days, question.now_ms):
        return None
    return Reason("days.passed", *measures(question, candidate, policy))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The days the stored question meant when it was stored, against the days its words mean now."""
    days = candidate.features.days
    return _meant(days, candidate.created_ms), _meant(days, question.now_ms)


def _meant(days: tuple[str, ...], now_ms: int) -> list[str]:
    return [resolved(form, now_ms) for form in days]
