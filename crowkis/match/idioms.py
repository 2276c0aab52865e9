"""Says spoken quantities in figures: half a dozen is 6, a year and a half 1.5 years, six in the morning 6 am.

Runs before numbers are read and changes nothing else. Looks a few tokens around a word that can start such a phrase.
"""

from crowkis.match.vocabulary import ONES, UNITS, counted, listed

_DECADES = {
    word: 1900 + 10 * tens
    for word, tens in counted("thirties forties fifties sixties seventies eighties nineties", 3).items()
}
_SHORT_DECADES = {f"{decade % 100}s": decade for decade in _DECADES.values()}
_BEFORE_DECADE = listed("the early mid late")
_OWNERS = listed("my your his her our their")
"""Behind these, a decade is one of somebody's life."""
_ONE = listed("a an one 1")
_HALVES_OF_DAY = {"morning": "am", "afternoon": "pm", "evening": "pm"}
_QUARTERS = {"quarter": (15, "25"), "quarters": (45, "75")}
_AREAS = {"square": "sq", "sq": "sq", "cubic": "cu"}
_POWERS = {"2": "sq", "3": "cu"}
_LENGTHS = {"m", "km", "cm", "mm", "ft", "inch", "mi", "yard"}
_STARTS = _DECADES.keys() | _SHORT_DECADES.keys() | _QUARTERS.keys() | _AREAS.keys() | {
    "half", "fortnight", "morning", "afternoon", "evening", "o'clock", "^",
}  # fmt: skip
HOURS = {word: hour for word, hour in ONES.items() if 1 <= hour <= 12} | {str(hour): hour for hour in range(1, 13)}


def in_figures(words: list[str]) -> list[str]:
    """The words of a text, whatever their capitals, with spoken quantities in figures; the same list if none is."""
    low = [word.lower() for word in words]
    if _STARTS.isdisjoint(low):
        return words
    out: list[str] = []
    i = 0
    while i < len(words):
        said = _said(low, i, out) if low[i] in _STARTS else None
        if said is None:
            out.append(words[i])
            i += 1
            continue
        back, instead, taken = said
        del out[len(out) - back :]
        out += instead
        i += taken
    return out


_Said = tuple[int, list[str], int]
"""How many words said before are replaced too, by which words, and how many from here on."""


def _said(low: list[str], i: int, out: list[str]) -> _Said | None:
    word, before = low[i], out[-1].lower() if out else ""
    if word in _DECADES:
        return None if before in _OWNERS else (0, [f"{_DECADES[word]}s"], 1)
    if word in _SHORT_DECADES:
        return (0, [f"{_SHORT_DECADES[word]}s"], 1) if before in _BEFORE_DECADE else None
    if word == "fortnight":
        return (1, ["14", "days"], 1) if before in _ONE else None
    if word == "o'clock":
        return 0, [], 1
    if word in _HALVES_OF_DAY:
        return _half_of_day(out, _HALVES_OF_DAY[word])
    if word in _AREAS or word == "^":
        return _area(low, i, out)
    return _half(low, i, out) if word == "half" else _quarter(low, i, out)


def _half_of_day(out: list[str], half: str) -> _Said | None:
    """Six in the morning."""
    spoken = [word.lower() for word in out[-3:]]
    if len(spoken) < 3 or spoken[1:] != ["in", "the"] or spoken[0] not in HOURS:
        return None
    return 2, [half], 1


def _area(low: list[str], i: int, out: list[str]) -> _Said | None:
    """250 square metres, 250 m^2."""
    after = low[i + 1] if i + 1 < len(low) else ""
    if low[i] != "^":
        unit = UNITS.get(after)
        return (0, [_AREAS[low[i]] + unit], 2) if unit in _LENGTHS else None
    before = out[-1].lower() if out else ""
    digits = before.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = before[len(digits) :]
    return (1, [digits + _POWERS[after] + unit], 2) if unit in _LENGTHS and after in _POWERS else None


def _half(low: list[str], i: int, out: list[str]) -> _Said | None:
    """Half a dozen, half past six, a year and a half."""
    if low[i + 1 : i + 3] == ["a", "dozen"]:
        return 0, ["6"], 3
    if low[i + 1 : i + 2] == ["past"] and i + 2 < len(low) and low[i + 2] in HOURS:
        return 0, [f"{HOURS[low[i + 2]]}:30"], 3
    spoken = [word.lower() for word in out[-4:]]
    if len(spoken) == 4 and spoken[2:] == ["and", "a"] and spoken[0] in _ONE and spoken[1] in UNITS:
        return 4, ["1.5", spoken[1]], 1
    return None


def _quarter(low: list[str], i: int, out: list[str]) -> _Said | None:
    """A quarter of an hour, three quarters of the users, a quarter to six."""
    minutes, percent = _QUARTERS[low[i]]
    before = out[-1].lower() if out else ""
    if before not in (("a",) if percent == "25" else ("three", "3")):
        return None
    if low[i + 1 : i + 4] == ["of", "an", "hour"]:
        return 1, [str(minutes), "minutes"], 4
    if low[i + 1 : i + 2] == ["of"]:
        return 1, [percent, "%"], 1
    if percent == "25" and i + 2 < len(low) and low[i + 1] in ("past", "to") and low[i + 2] in HOURS:
        hour = HOURS[low[i + 2]]
        return 1, [f"{hour}:15" if low[i + 1] == "past" else f"{hour - 1 or 12}:45"], 3
    return None
