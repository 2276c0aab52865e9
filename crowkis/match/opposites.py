"""Which words contradict each other, which name one event from its two ends, and which ask for different deeds."""

from crowkis.match.lemma import stem
from crowkis.match.opposites_table import ANTONYMS, CONVERSES, FAMILIES
from crowkis.match.synonyms import are_synonyms, keyed, rows

NONE: frozenset[str] = frozenset()


def _across(table: str) -> dict[str, frozenset[str]]:
    """Each word of a two-sided table with the words on the other side."""
    across: dict[str, set[str]] = {}
    for line in table.split(";"):
        left, right = ([keyed(word) for word in side.split()] for side in line.split(":"))
        for one in left:
            for other in right:
                if one != other:
                    across.setdefault(one, set()).add(other)
                    across.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in across.items()}


def _rivals() -> dict[str, frozenset[str]]:
    rivals: dict[str, set[str]] = {}
    for family in rows(FAMILIES):
        for word in family:
            rivals.setdefault(word, set()).update(other for other in family if not are_synonyms(word, other))
    return {word: frozenset(others) for word, others in rivals.items()}


ANTONYMS_OF = _across(ANTONYMS)
CONVERSES_OF = _across(CONVERSES)
RIVALS_OF = _rivals()


def are_antonyms(one: str, other: str) -> bool:
    """Do two lemmas contradict each other?"""
    return other in ANTONYMS_OF.get(one, NONE) or _prefixed(one, other) or _prefixed(other, one)


def are_converses(one: str, other: str) -> bool:
    """Do two lemmas name one event from its two ends?"""
    return other in CONVERSES_OF.get(one, NONE)


def are_rivals(one: str, other: str) -> bool:
    """Do two lemmas ask for different deeds?"""
    return other in RIVALS_OF.get(one, NONE)


def are_opposites(one: str, other: str) -> bool:
    """Would any of the tables object to one for the other?"""
    if one == other:
        return False
    return are_antonyms(one, other) or are_rivals(one, other) or are_converses(one, other)


def _prefixed(one: str, other: str) -> bool:
    """Is one the other with a prefix that denies (unsafe, nonsmoker, disconnect, irregular)?"""
    for prefix in ("un", "in", "im", "ir", "il", "dis", "non", "de"):
        if one.startswith(prefix) and len(other) > 3 and one[len(prefix) :] in (other, stem(other)):
            return True
    return False
