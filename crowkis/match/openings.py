"""How much a text leans on its history, as far as its first words and its length tell (see match/leaning.py)."""

from crowkis.match.references import (
    ACKNOWLEDGEMENTS,
    AUXILIARIES,
    CLAUSE_STARTERS,
    EMPTY_ALONE,
    EMPTY_WORDS,
    FIRST_AND_PERHAPS,
    FIRST_AND_POINTING,
    FRAGMENTS,
    FUNCTION_WORDS,
    IMPERATIVES,
    MARKS,
    NO_OBJECT,
    POLITENESS,
    TRANSFORMS,
)
from crowkis.values.question import HANGS, LEANS, STANDS

_HANGING_PAIRS = frozenset({"what about", "how about", "why not", "how so"})
_LEANING_PAIRS = frozenset(
    {"what if", "you mean", "did any", "was there", "were there", "was anyone", "were any", "any other"}
)
_SHORT = 5
"""Words of a text that may be the end of somebody's sentence: "in French please"."""
_SENTENCE = 3
"""Words of a text that should hold one that builds a sentence."""
_EMPTY = 8
"""Words of a text that may be without any content of its own."""

_ASKING = AUXILIARIES | {"who", "what", "which", "when", "where", "why", "how", "any", "in"}
_TELLING = frozenset({"did", "was", "were", "had"})
_OWN = frozenset({"i", "my", "me", "we", "our"})
_GENERAL = frozenset({"a", "an"})
_DEFINED = frozenset({"what is", "what are", "who is", "who are"})


def opening(tokens: list[str], words: list[str]) -> int:
    """The degree to which it leans. `tokens` are its words and marks in lower case, `words` the words alone."""
    first, behind, pair = words[0], _at(tokens, 1), " ".join(words[:2])
    if first in FIRST_AND_POINTING or pair in _HANGING_PAIRS:
        return HANGS
    if first in ACKNOWLEDGEMENTS:
        return HANGS if len(words) <= _SHORT - 1 or behind in MARKS else LEANS
    if first in FIRST_AND_PERHAPS:
        return HANGS if first == "now" and (behind in IMPERATIVES or behind == ",") else LEANS
    if _has_nothing_to_work_on(tokens, words) or _is_empty(words) or _is_fragment(words):
        return HANGS
    lacks_verb = first in ("any", "what", "which") and len(words) <= 3 and not _has_verb(words)
    return LEANS if pair in _LEANING_PAIRS or lacks_verb else STANDS


def _at(tokens: list[str], place: int) -> str:
    return tokens[place] if place < len(tokens) else ""


def _is_fragment(words: list[str]) -> bool:
    """A short text that begins with a preposition and has no verb."""
    if words[0] not in FRAGMENTS or len(words) > _SHORT:
        return False
    return AUXILIARIES.isdisjoint(words) and CLAUSE_STARTERS.isdisjoint(words)


def _has_verb(words: list[str]) -> bool:
    return any(word in AUXILIARIES or word.endswith("s") for word in words[1:]) or "'" in words[0]


def _is_empty(words: list[str]) -> bool:
    """Nothing but words that say nothing by themselves; "who are you" is about the one who is asked."""
    if len(words) == 1:
        return words[0] in EMPTY_ALONE
    if len(words) > _EMPTY or not EMPTY_WORDS.issuperset(words):
        return False
    asked = words[2:] if words[0] in POLITENESS else words
    return "you're" not in asked and ("you" not in asked or asked[-1] in ("mean", "meant"))


def is_thin(words: list[str]) -> bool:
    """One word of content, or two about what has been: "who won in 2014?", "how many points?", "did Ann leave?".

    Nothing in it points back, and yet such a text mostly goes on with a story. "What is cash?" does not.
    """
    if words[0] not in _ASKING or " ".join(words[:2]) in _DEFINED:
        return False
    told = not _TELLING.isdisjoint(words) and _OWN.isdisjoint(words)
    content = [word for word in words if word not in EMPTY_WORDS and not word.isdigit()]
    return len(content) <= 2 if told else len(content) <= 1 and _GENERAL.isdisjoint(words)


def is_foreign(words: list[str]) -> bool:
    """Not one word that English sentences are built with: nobody here can tell what such a text points at."""
    return FUNCTION_WORDS.isdisjoint(words) and (len(words) >= _SENTENCE or not all(map(str.isascii, words)))


def _has_nothing_to_work_on(tokens: list[str], words: list[str]) -> bool:
    """A request to change something that is not in the text: "translate to French", "can you elaborate?"."""
    place = 0
    while _at(tokens, place) in POLITENESS or _at(tokens, place) == ",":
        place += 1
    word, following = _at(tokens, place), _at(tokens, place + 1)
    if word not in TRANSFORMS:
        return False
    if not following or following in MARKS:
        return len(words) <= _SHORT + 1
    if word == "explain":
        return following in ("more", "further", "again", "please")
    if word in ("elaborate", "expand") and following == "on":
        return False
    return following in NO_OBJECT
