"""Reads what a text says is not so: "not connected", "without a visa", "windowless", "unable to pay", "stop paying".

Each denial becomes the bare words of what it denies ("connect", "visa", "window", "pay", "pay"), so that a rule can ask
whether another text says just that plainly. Not read is what only looks like a denial: "no more than 2" (a comparison),
"or not", "not only", ", isn't it?", "Isn't it ...?". Two denials of one thing cancel out ("not impossible").
Looks a bounded number of tokens ahead.
"""

from crowkis.match.denials import DENYING, PREFIXED, TROUBLES
from crowkis.match.lemma import lemma
from crowkis.match.vocabulary import COMPARATIVES, WEEKDAYS, listed

SCOPE_TOKENS_MAX = 12
SUBJECT_WORDS_MAX = 3
"""Where the subject stands between the denial and what is denied, so many words make up the denial."""
NEITHER_TOKENS_MAX = 16
"""How far before "nor" its "neither" may stand."""

_NOT = listed(
    "never hardly barely scarcely rarely seldom without cannot neither unable except "
    "excluding lack lacks lacking lacked non "
    "dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt hasnt havent hadnt aint"
)
_SUBJECTS = listed("nobody nothing none nowhere")
_SOMETIMES = DENYING.keys() | {"not", "no", "nor", "other", "apart", "aside", "unless", "free"}
_ALL = TROUBLES | _NOT | _SUBJECTS | _SOMETIMES
_PERSONS = listed("i you we they he she it this that there these those")
_OWNERS = listed("the a an my your our his her its their")
_PRONOUNS = _PERSONS | _OWNERS
_SAYS_NOTHING = listed(
    """
    than to be am is are was were been being do does did done have has had having can could will would shall should may
    might must get gets got getting become longer yet really even always still just also very too any some able at all
    as so need needs needed want wants wanted contain contains include includes hold holds anything something much more
    of in on for with by from into me him us them myself ever quite already right only enough anymore
    """
)
_EMPTY = _SAYS_NOTHING | _PRONOUNS | WEEKDAYS.keys()
_ENDS = {"("} | listed(". ? ! ; : , but because although though while when where if why what how who which whose since")
_INVERTING = listed("why how when where")
_IN_WHICH = [[before, which] for before in ("in", "for", "at", "on") for which in ("which", "what")]
_ASKING = listed("how what why where who which when if whether")


TROUBLE = "trouble"
"""Stands for a denial of nobody says what: "the payment failed"."""


def denied(tokens: list[str]) -> tuple[str, ...]:
    """What the tokens deny, in order: the bare word of each, or several that only together make up what is denied."""
    found: list[str] = []
    cancelled = -1
    for i, token in enumerate(tokens):
        if i == cancelled:
            continue
        if token not in _ALL and "'" not in token and not _may_hold_one(token):
            continue
        scope = _denies(tokens, i, token)
        if not scope:
            continue
        if isinstance(scope, str):
            found.append(scope)
            continue
        places = _content(tokens, i + 1, scope)
        if len(places) == 1 and _is_denial(tokens, places[0]):
            cancelled = places[0]
        elif places:
            found.append(" ".join(lemma(tokens[k]) for k in places))
    return tuple(found)


def _may_hold_one(token: str) -> bool:
    return token[:2] in _PREFIXES or token[-4:] == "less"


_PREFIXES = {word[:2] for word in PREFIXED}
_NOT_LESS = listed("less unless useless regardless nevertheless nonetheless wireless bless unlimited")


def _denies(tokens: list[str], i: int, token: str) -> int | str:
    """How many words behind tokens[i] it denies, what it denies by itself, or 0 where it denies nothing."""
    if token in _NOT:
        return 1
    if token in _SUBJECTS:
        return SUBJECT_WORDS_MAX
    if token in _SOMETIMES:
        return _sometimes(tokens, i, token) or (TROUBLE if token in TROUBLES else 0)
    if token in TROUBLES:
        return TROUBLE
    if "'" in token:
        return _contraction(tokens, i, token) if token.endswith("n't") else 0
    positive = _positive(token)
    if positive and tokens[i + 1 : i + 2] == ["to"]:
        return 1
    return lemma(positive) if positive else 0


def _positive(token: str) -> str:
    """What a word with a denying prefix or ending denies: "window" of "windowless"; empty where it denies nothing."""
    if token[-4:] == "less" and len(token) > 6 and token not in _NOT_LESS:
        return token[:-4]
    return PREFIXED.get(token) or PREFIXED.get(lemma(token), "")


def _is_denial(tokens: list[str], i: int) -> bool:
    token = tokens[i]
    return token in DENYING or token in TROUBLES or bool(_may_hold_one(token) and _positive(token))


def _sometimes(tokens: list[str], i: int, token: str) -> int:
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else ""
    if token in DENYING:
        return int(after == "to" if DENYING[token] == "to" else after.endswith("ing") and len(after) > 4)
    if token == "nor":
        return int("neither" not in tokens[max(0, i - NEITHER_TOKENS_MAX) : i])
    if token in ("apart", "aside"):
        return int(after == "from")
    if token == "free":
        return int(after in ("of", "from"))
    if token == "other":
        return int(after == "than")
    if token == "unless":
        return 1
    if token == "not":
        return int(not (before in ("or", "why") or after in ("only", "sure", "certain") or _compares(tokens, i + 1)))
    if after[:1].isdigit() or after in (".", ",", "#", "matter", "doubt") or _compares(tokens, i + 1):
        return 0
    return SUBJECT_WORDS_MAX if after == "one" else 1


def _compares(tokens: list[str], i: int) -> bool:
    """Does "... than" or "before/after" follow, so that the denial belongs to a comparison?"""
    if i >= len(tokens):
        return False
    if tokens[i] in ("before", "after", "over", "under", "above", "below", "until"):
        return True
    return tokens[i] in COMPARATIVES and "than" in tokens[i + 1 : i + 3]


def _contraction(tokens: list[str], i: int, token: str) -> int:
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else "."
    if token == "don't" and after in ("know", "understand") and tokens[i + 2 : i + 3] and tokens[i + 2] in _ASKING:
        return 0
    if after in _PRONOUNS and token != "don't":
        if before == ",":
            return int(i + 2 < len(tokens) and tokens[i + 2] not in ("?", "."))
        if before in (".", "?", "!"):
            return 0
    asked_with = tokens[i - 1] in _INVERTING or tokens[max(0, i - 3) : i - 1] in _IN_WHICH if i else False
    return SUBJECT_WORDS_MAX if after in _OWNERS or (asked_with and after not in _PERSONS) else 1


def _content(tokens: list[str], start: int, count: int) -> list[int]:
    """Where the first words stand that say something; "to" leads on to what is really denied."""
    places: list[int] = []
    for k in range(start, min(start + SCOPE_TOKENS_MAX, len(tokens))):
        token = tokens[k]
        if token in _ENDS and (places or token not in _ASKING):
            break
        if token in _EMPTY or not token[0].isalnum():
            continue
        if places and tokens[k - 1] == "to" and places[-1] == k - 2:
            places[-1] = k
        elif len(places) < count:
            places.append(k)
        if len(places) == count and tokens[k + 1 : k + 2] != ["to"]:
            break
    return places
