"""Counts the words by which a text says that something is not so.

Counted are not, n't, no, never, without and their kin, "stop ...ing", and a few words whose prefix denies (unable,
disable, invalid). Not counted is what only looks like it: "no more than 2" (a comparison), "or not", "not only",
", isn't it?", "Isn't it ...?".
"""

from crowkis.match.vocabulary import COMPARATIVES, listed

NEITHER_TOKENS_MAX = 16
"""How far before "nor" its "neither" may stand."""

_ALWAYS = listed(
    "never without cannot neither none nothing nobody nowhere unable except excluding lack lacks lacking non "
    "dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt hasnt havent hadnt aint"
)
_PREFIXED = listed(
    "disable disables disabled disabling disallow disallowed disconnect disconnected disagree invalid inactive "
    "incorrect incorrectly incomplete impossible illegal unavailable uncheck unchecked undo uninstall unlock "
    "unlocked "
    "unlink unmute unpin unblock unblocked unfreeze unfollow unsubscribe unsafe unhealthy unpaid unmarried unused "
    "deactivate deactivated deactivating"
)
_SOMETIMES = frozenset({"not", "no", "nor", "stop", "stopped", "quit", "avoid", "other"})
_COUNTING = _ALWAYS | _PREFIXED
_PRONOUNS = listed("i you we they he she it this that there these those the a an my your our")


def negations(tokens: list[str]) -> int:
    """How many negating words the tokens hold."""
    count = 0
    for i, token in enumerate(tokens):
        if token in _COUNTING:
            count += 1
        elif token in _SOMETIMES:
            count += _negates(token, tokens, i)
        elif "'" in token and token.endswith("n't"):
            count += _contraction_negates(token, tokens, i)
    return count


def _negates(token: str, tokens: list[str], i: int) -> bool:
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else ""
    if token == "nor":
        return "neither" not in tokens[max(0, i - NEITHER_TOKENS_MAX) : i]
    if token in ("stop", "stopped", "quit", "avoid"):
        return after.endswith("ing") and len(after) > 4
    if token == "other":
        return after == "than"
    if token == "not":
        return not (before == "or" or after in ("only", "sure", "certain") or _compares(tokens, i + 1))
    return not (after[:1].isdigit() or after in (".", ",", "#", "matter", "doubt") or _compares(tokens, i + 1))


def _compares(tokens: list[str], i: int) -> bool:
    """Does "... than" or "before/after" follow, so that the denial belongs to a comparison?"""
    if i >= len(tokens):
        return False
    if tokens[i] in ("before", "after", "over", "under", "above", "below", "until"):
        return True
    return tokens[i] in COMPARATIVES and "than" in tokens[i + 1 : i + 3]


def _contraction_negates(token: str, tokens: list[str], i: int) -> bool:
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    before = tokens[i - 1] if i else "."
    if token == "don't" and after in ("know", "understand"):
        return False
    if after not in _PRONOUNS or token == "don't":
        return True
    if before == ",":
        return i + 2 < len(tokens) and tokens[i + 2] not in ("?", ".")
    return before not in (".", "?", "!")
