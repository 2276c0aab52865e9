"""Is one text the other with a word replaced, or with a restriction added?

Where all else agrees, a word in the place of another that is not known to mean the same makes another question of it,
and so does a phrase that narrows the question (on Android, for students).
"""

from crowkis.match.align import Alignment, Parsed, led_by, same_place
from crowkis.match.common import LIGHT
from crowkis.match.opposites import are_antonyms, are_converses
from crowkis.match.vocabulary import listed

SAME_FRAME_MIN = 0.6
"""How much of all words, the small ones too, two texts must share to be called the same but for one word."""
SCOPE_FRAME_MIN = 0.6
RUN_WORDS_MAX = 3
_DOING = listed("i you we to he she they")
_NARROWING = listed("for on in at with without from as during after under over per via through by inside outside")


def replaced(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """The word or run of words of either text that stand in each other's place, all else being the same."""
    left = [i for i in found.unmatched_a if a.words[i] not in LIGHT]
    right = [j for j in found.unmatched_b if b.words[j] not in LIGHT]
    if not _run(left) or not _run(right):
        return None
    if not same_place(a, b, found, left[0], right[0]) and not same_place(a, b, found, left[-1], right[-1]):
        return None
    if any(are_antonyms(a.words[i], b.words[j]) or are_converses(a.words[i], b.words[j]) for i in left for j in right):
        return None
    if _merely_asks(a, left[0]) or _merely_asks(b, right[0]):
        return None
    names = any(a.names[i] for i in left) and any(b.names[j] for j in right)
    if names or likeness(a, b, found) >= SAME_FRAME_MIN:
        return " ".join(a.words[i] for i in left), " ".join(b.words[j] for j in right)
    return None


def narrowed(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """The restriction that only one text states, all else being the same."""
    left = [i for i in found.unmatched_a if a.words[i] not in LIGHT]
    right = [j for j in found.unmatched_b if b.words[j] not in LIGHT]
    if bool(left) == bool(right) or found.inversions:
        return None
    parsed, extra = (a, left) if left else (b, right)
    extra = [i for i in extra if parsed.words[i] not in ("before", "after")]
    if not _run(extra) or parsed.gerund[extra[0]] or led_by(parsed, extra[0]) not in _NARROWING:
        return None
    if len(found.pairs) < 2 or likeness(a, b, found) < SCOPE_FRAME_MIN:
        return None
    told = f"{parsed.markers[extra[0]]} {' '.join(parsed.words[i] for i in extra)}"
    return (told, "") if left else ("", told)


def likeness(a: Parsed, b: Parsed, found: Alignment) -> float:
    """Which share of all words two texts have in common, counting aligned words as the same."""
    mine, theirs = set(a.tokens), set(b.tokens)
    both = len(mine & theirs) + sum(1 for pair in found.pairs if a.words[pair.a] != b.words[pair.b])
    return both / (max(len(mine), len(theirs)) or 1)


def _merely_asks(parsed: Parsed, i: int) -> bool:
    """Is the word the "find" of "Find me ..." or of "things found in ..."?"""
    return parsed.words[i] == "find" and (parsed.places[i] == 0 or parsed.tokens[parsed.places[i] - 1] not in _DOING)


def _run(places: list[int]) -> bool:
    """Some words side by side, and not many?"""
    return 0 < len(places) <= RUN_WORDS_MAX and places[-1] - places[0] == len(places) - 1
