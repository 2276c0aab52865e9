"""Words that may stand for each other in a question, and the phrases that count as one word.

A synonym is judged generously: these are words that people use for the same thing in questions about it. Whether two
texts that differ by synonyms mean the same is still for the other rules and for the vectors to say.
"""

from crowkis.match import synonyms_nouns, synonyms_verbs
from crowkis.match.lemma import lemma, stem

PARTICLES = frozenset({"on", "off", "up", "down", "out", "in", "back", "away", "over"})
"""The second words of phrases that may stand apart from the first (turn the wifi off)."""
SEPARABLE = frozenset(
    {"turn", "switch", "shut", "power", "throw", "put", "hand", "set", "top", "send", "bring", "call"}
)
"""The first words of such phrases."""

NO_SENSES: frozenset[int] = frozenset()


def keyed(word: str) -> str:
    """A word or a phrase with underscores as alignment spells it: the lemma of each part."""
    return "_".join(map(lemma, word.split("_")))


def rows(table: str) -> list[list[str]]:
    """The groups of a table, which semicolons divide, each as its words."""
    return [[keyed(word) for word in group.split()] for group in table.split(";")]


def _senses() -> dict[str, frozenset[int]]:
    senses: dict[str, set[int]] = {}
    for number, group in enumerate(rows(synonyms_verbs.GROUPS) + rows(synonyms_nouns.GROUPS)):
        for word in group:
            senses.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in senses.items()}


SENSES = _senses()


def senses_of(word: str) -> frozenset[int]:
    """The groups a lemma belongs to."""
    return SENSES.get(word, NO_SENSES)


def are_synonyms(one: str, other: str) -> bool:
    """Equal, of one stem, or together in a group?"""
    return one == other or stem(one) == stem(other) or not senses_of(one).isdisjoint(senses_of(other))
