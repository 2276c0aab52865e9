"""Does one text ask for the contrary of the other, or for another deed?

Looks at the words that only one text holds: an antonym, the other end of an event, or another deed of a family on the
other side is an objection. "Not open" against "closed" is none, nor is "cheaper" against "dearer" or "lend" against
"borrow" where the parties have changed places too.
"""

from crowkis.match.align import Alignment, Parsed, same_place
from crowkis.match.opposites import are_antonyms, are_converses, are_opposites
from crowkis.match.vocabulary import listed

_TURNING = frozenset({"before", "after"})
_VAGUE = listed("get give take use appear make keep offer present let see go come")
"""Too many-sided to contradict anything."""

_PAIRS = listed(
    "above:below over:under inside:outside up:down into:out always:never everybody:nobody everyone:nobody all:none "
    "if:unless"
)
_SMALL: dict[str, set[str]] = {}
for _pair in _PAIRS:
    _one, _other = _pair.split(":")
    _SMALL.setdefault(_one, set()).add(_other)
    _SMALL.setdefault(_other, set()).add(_one)


def contrary(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """The first two words that contradict each other, one of each text."""
    small = _small_words(a, b, found)
    if small is not None:
        return small
    for i in found.unmatched_a:
        if a.words[i] in _VAGUE:
            continue
        for j in found.unmatched_b:
            one, other = a.words[i], b.words[j]
            if other in _VAGUE or not are_opposites(one, other) or not same_place(a, b, found, i, j):
                continue
            if not _made_up_for(a, b, found, i, j):
                return one, other
    return None


def _small_words(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """Prepositions and pronouns of either text that contradict each other, such as above and below."""
    if found.inversions:
        return None
    mine, theirs = set(a.tokens), set(b.tokens)
    for word in _SMALL.keys() & (mine - theirs):
        for other in _SMALL[word] & (theirs - mine):
            return word, other
    return None


def _made_up_for(a: Parsed, b: Parsed, found: Alignment, i: int, j: int) -> bool:
    """Does something else turn the contradiction round again?"""
    one, other = a.words[i], b.words[j]
    if (are_converses(one, other) or one in _TURNING) and _turned(found, i, j):
        return True
    if not are_antonyms(one, other) and not are_converses(one, other):
        return False
    return a.denied[i] != b.denied[j] or (bool(found.inversions) and "than" in a.tokens and "than" in b.tokens)


def _turned(found: Alignment, i: int, j: int) -> bool:
    """Do two words that stand on either side of the contradiction in one text stand the other way round?"""
    return any(x.a < i < y.a or y.b < j < x.b for x, y in found.inversions)
