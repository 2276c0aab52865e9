"""Reads the comparison around a number: at least, no more than, before, "or fewer".

The sign becomes part of the number's canonical form, so that "at least 2" and "at most 2" are other numbers and
"at most two" and "no more than 2" are the same. Looks at a handful of tokens on either side, never further.
"""

from crowkis.match import vocabulary as words

LOOK_BACK_TOKENS_MAX = 4
LOOK_AHEAD_TOKENS_MAX = 3

_BETWEEN = frozenset(words.listed("of a an $ € £ ₹ ¥ rs inr usd eur gbp . #")) | words.CURRENCY_CODES
_AT_THE = {"latest": "<=", "most": "<=", "earliest": ">=", "least": ">="}
_DATE_BETWEEN = _BETWEEN | {"the", "on", "in", "during"}
_VERBS = frozenset({"is", "are", "was", "were", "be"})
"""What follows says something of the number's bearer: "block 1 is left and above" compares nothing with 1."""


def comparator(tokens: list[str], start: int, end: int, dated: bool) -> tuple[str, int]:
    """The sign of the number at tokens[start:end], "" for none, and where reading goes on.

    `dated`: the number is a date or a time, of which "by" and "until" say something.
    """
    if end < len(tokens):
        sign, behind = _behind(tokens, end)
        if sign:
            return sign, behind
    return _before(tokens, start, dated), end


def _behind(tokens: list[str], end: int) -> tuple[str, int]:
    if tokens[end] in ("+", "plus") and not _number_at(tokens, end + 1) and not _named_plus(tokens, end):
        return ">=", end + 1
    for k in range(end, min(end + LOOK_AHEAD_TOKENS_MAX, len(tokens) - 1)):
        token, following = tokens[k], tokens[k + 1]
        if token in ("or", "and"):
            sign = words.AFTER_OR.get(following, "")
            if sign and not (_number_at(tokens, k + 2) or _is(tokens, k + 2, "than")):
                return sign, k + 2
            return "", end
        if token == "at" and following in ("least", "most") and not _number_at(tokens, k + 2):
            return (">=" if following == "least" else "<="), k + 2
        if token == "at" and following == "the" and tokens[k + 2 : k + 3] and tokens[k + 2] in _AT_THE:
            return _AT_THE[tokens[k + 2]], k + 3
        if token == "," or token[0].isdigit() or token in _VERBS:
            break
    return "", end


def _named_plus(tokens: list[str], end: int) -> bool:
    """Is this "plus" part of a name, as in iPhone 7 plus? Then a word goes on that is no unit."""
    after = tokens[end + 1] if end + 1 < len(tokens) else ""
    return tokens[end] == "plus" and after.isalpha() and after not in words.UNITS


def _before(tokens: list[str], start: int, dated: bool) -> str:
    j, between = start - 1, _DATE_BETWEEN if dated else _BETWEEN
    while j > 0 and tokens[j] in between:
        j -= 1
    if j < 0:
        return ""
    word = tokens[j]
    sign = words.BEFORE_NUMBER.get(word)
    if word == "or" and j < start - 1 and tokens[j - 1] in ("before", "after"):
        return words.OR_EQUAL[words.BEFORE_NUMBER[tokens[j - 1]]]
    if sign is None:
        if word in ("than", "then", "to"):
            return _than(tokens, j)
        if word in ("least", "most"):
            return (">=" if word == "least" else "<=") if _is(tokens, j - 1, "at") else ""
        return "<=" if dated and word == "by" else ""
    if _is(tokens, j - 1, "or") and not _number_at(tokens, j - 2):
        return words.OR_EQUAL.get(sign, sign)
    return _unless_denied(sign, tokens, j)


def _than(tokens: list[str], j: int) -> str:
    """The sign of "... than" or "... equal to" that ends at tokens[j]."""
    before = tokens[j - 1] if j else ""
    if tokens[j] == "to" and before != "equal":
        return {"up": "<=", "prior": words.LESS}.get(before, "")
    or_equal = before == "equal" or (j > 1 and tokens[j - 2] in ("equal", "or"))
    for k in range(j - 1, max(j - 1 - LOOK_BACK_TOKENS_MAX, -1), -1):
        sign = words.COMPARATIVES.get(tokens[k])
        if sign:
            return words.OR_EQUAL[sign] if or_equal else _unless_denied(sign, tokens, k)
    return ""


def _unless_denied(sign: str, tokens: list[str], j: int) -> str:
    return words.NOT_THAT.get(sign, sign) if j and tokens[j - 1] in words.DENIALS else sign


def _number_at(tokens: list[str], k: int) -> bool:
    return 0 <= k < len(tokens) and (
        tokens[k][-1].isdigit() or tokens[k][0].isdigit() or tokens[k] in words.ONES or tokens[k] in words.TENS
    )


def _is(tokens: list[str], k: int, word: str) -> bool:
    return 0 <= k < len(tokens) and tokens[k] == word


def comparisons(tokens: list[str]) -> list[str]:
    """Comparisons with something other than a number: "before Ann" is "<..", "at least as tall as" ">=..".

    A superlative is "most" or "least". Only the directions are told, without what is compared.
    """
    found = []
    for j, token in enumerate(tokens):
        if token not in _BARE:
            continue
        sign = _bare(tokens, j, token)
        if sign and sign not in found:
            found.append(sign)
    return found


_THAN_ANY = {words.MORE: "most", words.LESS: "least"}
_ALL_OTHERS = (["all", "others"], ["all", "other"], ["the", "others"], ["the", "rest"])
_AT_THAT_TIME = frozenset({"on", "at", "during", "when", "with"})
_BARE = frozenset({"than", "before", "after", "or"} | words.SUPERLATIVES.keys())


def _bare(tokens: list[str], j: int, token: str) -> str:
    if any(_quantity_at(tokens, k) for k in range(j + 1, j + (5 if _is(tokens, j + 1, "or") else 3))):
        return ""
    if token == "or":
        sign = words.AFTER_OR.get(tokens[j + 1], "") if j + 1 < len(tokens) else ""
        counted = any(_quantity_at(tokens, k) for k in range(j - LOOK_AHEAD_TOKENS_MAX, j))
        return f"{sign}.." if sign and not counted else ""
    if token in ("before", "after"):
        if _is(tokens, j - 1, "or"):
            return ""
        if _is(tokens, j + 1, "or") and j + 2 < len(tokens) and tokens[j + 2] in _AT_THAT_TIME:
            return words.OR_EQUAL[words.BEFORE_NUMBER[token]] + ".."
        return _unless_denied(words.BEFORE_NUMBER[token], tokens, j) + ".."
    if token == "than":
        sign = _than(tokens, j)
        if tokens[j + 1 : j + 2] == ["any"] or tokens[j + 1 : j + 3] in _ALL_OTHERS:
            return _THAN_ANY.get(sign, f"{sign}.." if sign else "")
        return f"{sign}.." if sign else ""
    if token in ("most", "least") and _is(tokens, j - 1, "at"):
        if any(_quantity_at(tokens, k) for k in range(j - 1 - LOOK_AHEAD_TOKENS_MAX, j - 1)):
            return ""
        return "<=.." if token == "most" else ">=.."
    return words.SUPERLATIVES.get(token, "")


def _quantity_at(tokens: list[str], k: int) -> bool:
    return _number_at(tokens, k) or (0 <= k < len(tokens) and tokens[k] in _NAMED_TIMES)


_NAMED_TIMES = words.MONTHS.keys() | words.WEEKDAYS.keys() | words.RELATIVE_DAYS.keys() | words.DAYTIMES.keys()
