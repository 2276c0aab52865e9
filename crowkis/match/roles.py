"""Have two things changed places, so that who does what to whom is another question?

The signs, each only where the relation has a direction: source and goal are exchanged ("from X to Y"); one text runs
"X verb Y", the other "Y verb X", or the same with a preposition that has two ends; a pronoun and a noun have changed
sides of a verb ("he called my boss", "my boss called him"); the texts are the same but for two spans that have changed
places; or what follows a preposition is the doer before it ("larger than Neptune", "is Neptune larger than").
Passives, lists and even relations are left alone.
"""

from crowkis.match.align import ARTICLES, INVERSIONS_WORDS_MAX, Alignment, Pair, Parsed, led_by
from crowkis.match.common import FUNCTION, LIGHT, PREPOSITIONS
from crowkis.match.opposites import are_antonyms, are_converses
from crowkis.match.vocabulary import listed

_GOAL = frozenset({"to", "into", "onto"})
_TWO_ENDED = listed("to into onto from than over under above below behind through for of in on inside without")
_APART = listed("and or vs versus , & / ; ? . ! whose when if because that which")
"""Between two things, these say that they stand in a list or in two clauses."""
_EVEN = listed(
    "distance difference compare comparison similarity similar relationship relate connect pair link sync "
    "combine mix "
    "marry between differ far close equal match distinguish interchangeable versus exchangeable compatible"
)
"""Words of relations that read the same from both ends."""
_WANTED = frozenset({"who", "whom", "which", "what"})
_SPANS = listed("second minute hour day night week month quarter year decade century time")
_WHO = frozenset({"who", "whom", "which", "that"})
_LINKING = FUNCTION - ARTICLES
_SUBJECTS = listed("i you we he she they")
_OBJECTS = {"i": "me", "we": "us", "he": "him", "she": "her", "they": "them"}
_MARKS = frozenset(",;:?!&/.")
_STRANDED = listed("than from to by of for with after before against over under on in at")
SPANS_WORDS_MAX = 40
"""In longer texts exchanged spans are not looked for."""
PASSIVE = "by"
PRONOUN_REACH = 6


def turned(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """How the two texts run, where two things have changed places."""
    if len(found.pairs) < 2 or not _EVEN.isdisjoint(a.words) or not _EVEN.isdisjoint(b.words):
        return None
    if _balanced(a, b, found):
        return None
    return (
        _ends_exchanged(a, b, found)
        or _done_by(a, b, found)
        or (_around(a, b, found) if found.inversions else None)
        or _spans_exchanged(a.tokens, b.tokens)
        or _stranded(a, b, found)
        or _stranded(b, a, _mirrored(found))
    )


def _balanced(a: Parsed, b: Parsed, found: Alignment) -> bool:
    """Does an opposite word make up for the change of places (A above B, B below A)?"""
    return any(
        are_converses(a.words[i], b.words[j]) or are_antonyms(a.words[i], b.words[j])
        for i in found.unmatched_a
        for j in found.unmatched_b
    )


def _spans_exchanged(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, str] | None:
    """Are the texts word for word the same but for two spans that have changed places around what stands between?"""
    if len(a) != len(b) or len(a) > SPANS_WORDS_MAX or sorted(a) != sorted(b):
        return None
    start = next((i for i, (one, other) in enumerate(zip(a, b, strict=True)) if one != other), None)
    if start is None:
        return None
    end = next(i for i, (one, other) in enumerate(zip(reversed(a), reversed(b), strict=True)) if one != other)
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    for first in range(1, len(a) - 1):
        if a[:first] != b[len(b) - first :]:
            continue
        for last in range(1, len(a) - first):
            between = a[first : len(a) - last]
            if a[len(a) - last :] == b[:last] and between == b[last : len(b) - first] and _APART.isdisjoint(between):
                return " ".join(a), " ".join(b)
    return None


def _stranded(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """Is what the first text has behind its last preposition the doer in the second, which ends in that preposition?

    Which planets are larger than Neptune, and which planets is Neptune larger than.
    """
    last = b.tokens[-1] if b.tokens[-1] not in _MARKS else b.tokens[-2] if len(b.tokens) > 1 else ""
    if last not in _STRANDED or a.tokens[0] not in _WANTED or b.tokens[0] not in _WANTED:
        return None
    for pair in found.pairs:
        if (
            led_by(a, pair.a) == last
            and led_by(b, pair.b) != last
            and any(other.a < pair.a and other.b > pair.b for other in found.pairs)
        ):
            return f"{last} {a.words[pair.a]}", f"{b.words[pair.b]} ... {last}"
    return None


def _mirrored(found: Alignment) -> Alignment:
    """The same alignment seen from the second text."""
    pairs = tuple(sorted(Pair(pair.b, pair.a, pair.how) for pair in found.pairs))
    return Alignment(pairs, found.unmatched_b, found.unmatched_a, ())


def _ends_exchanged(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """Is the source of one text the goal of the other: two of them, or one behind the same word?"""
    partner = {pair.a: pair.b for pair in found.pairs}
    exchanged = []
    for pair in found.pairs:
        mine, theirs = led_by(a, pair.a), led_by(b, pair.b)
        if (mine == "from" and theirs in _GOAL) or (theirs == "from" and mine in _GOAL):
            exchanged.append(pair)
    for pair in exchanged:
        if len(exchanged) > 1 or (pair.a and partner.get(pair.a - 1) == pair.b - 1):
            return f"{led_by(a, pair.a)} {a.words[pair.a]}", f"{led_by(b, pair.b)} {b.words[pair.b]}"
    return None


def _done_by(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """Is the doer of one text, in the same order, the one to whom it is done in the other (bit, was bitten by)?"""
    if len(found.pairs) > INVERSIONS_WORDS_MAX:
        return None
    for v in found.pairs:
        if a.passive[v.a] == b.passive[v.b]:
            continue
        for y in found.pairs:
            if y.a <= v.a or y.b <= v.b or (a.markers[y.a] == PASSIVE) == (b.markers[y.b] == PASSIVE):
                continue
            if any(x.a < v.a and x.b < v.b and not a.markers[x.a] and not b.markers[x.b] for x in found.pairs):
                return _told(a, v.a, y.a), _told(b, v.b, y.b)
    return None


def _around(a: Parsed, b: Parsed, found: Alignment) -> tuple[str, str] | None:
    """Have two things changed sides of a verb or preposition?"""
    for x, y in found.inversions:
        mirrored = Pair(y.b, y.a, ""), Pair(x.b, x.a, "")
        if _pronoun_turned(a, b, x, y) or _pronoun_turned(b, a, *mirrored) or _asked_for_turned(a, b, x, y):
            return _told(a, x.a, y.a), _told(b, y.b, x.b)
        if a.markers[x.a] != b.markers[y.b] or a.markers[y.a] != b.markers[x.b]:
            continue
        between = a.tokens[a.places[x.a] + 1 : a.places[y.a]]
        back = b.tokens[b.places[y.b] + 1 : b.places[x.b]]
        timed = not _SPANS.isdisjoint((a.words[x.a], a.words[y.a]))
        if (not timed and _by_preposition(between, back)) or _by_verb(a, b, found, x, y, between, back):
            return _told(a, x.a, y.a), _told(b, y.b, x.b)
    return None


def _by_preposition(between: tuple[str, ...], back: tuple[str, ...]) -> bool:
    """The same single word with two ends between them, or "first ... then"?"""
    if "then" in between and "then" in back:
        return True
    if not _APART.isdisjoint(between) or not _APART.isdisjoint(back):
        return False
    mine = [token for token in between if token in _TWO_ENDED]
    return len(mine) == 1 and mine == [token for token in back if token in _TWO_ENDED]


def _asked_for_turned(a: Parsed, b: Parsed, x: Pair, y: Pair) -> bool:
    """Who taught Plato, and whom did Plato teach: the wanted one has changed sides of the verb."""
    if _relative(a, x.a, b, x.b, y.b) or _relative(b, y.b, a, y.a, x.a):
        return True
    if a.tokens[0] not in _WANTED or b.tokens[0] not in _WANTED:
        return False
    return _object_and_subject(a, x.a, y.a, b, x.b, y.b) or _object_and_subject(b, y.b, x.b, a, y.a, x.a)


def _relative(one: Parsed, verb: int, other: Parsed, verb_there: int, noun_there: int) -> bool:
    """Does a text have "who verb", the other "who noun verb"?"""
    if noun_there + 1 != verb_there or one.tokens[one.places[verb] - 1] not in _WHO:
        return False
    start = other.places[noun_there] - 1
    start -= start > 0 and other.tokens[start] in ARTICLES and other.tokens[start] not in _WHO
    return start >= 0 and other.tokens[start] in _WHO


def _object_and_subject(one: Parsed, verb: int, noun: int, other: Parsed, verb_there: int, noun_there: int) -> bool:
    """Does "verb noun" stand in a text without "do", and "do noun verb" in the other?"""
    if "do" in one.tokens or "do" not in other.tokens:
        return False
    behind = one.tokens[one.places[verb] + 1 : one.places[noun]]
    start = other.tokens.index("do") + 1
    before = other.tokens[start : other.places[verb_there]]
    return start <= other.places[noun_there] and _LINKING.isdisjoint(behind + before)


def _by_verb(
    a: Parsed, b: Parsed, found: Alignment, x: Pair, y: Pair, between: tuple[str, ...], back: tuple[str, ...]
) -> bool:
    """Does a verb that both texts share stand between the two, in either order?"""
    if (
        len(found.pairs) > INVERSIONS_WORDS_MAX
        or not (_APART | _SUBJECTS).isdisjoint(between)
        or not (_APART | _SUBJECTS).isdisjoint(back)
    ):
        return False
    return any(
        x.a < v.a < y.a
        and y.b < v.b < x.b
        and a.passive[v.a] == b.passive[v.b]
        and _like_a_verb(a, v.a)
        and _like_a_verb(b, v.b)
        for v in found.pairs
    )


def _like_a_verb(parsed: Parsed, i: int) -> bool:
    """No article and no preposition but "to" stands right before it, and it possesses nothing?"""
    if "'s" in parsed.tokens[parsed.places[i] + 1 : parsed.places[i] + 2]:
        return False
    before = parsed.tokens[parsed.places[i] - 1] if parsed.places[i] else ""
    return before not in ARTICLES and (before not in PREPOSITIONS or before == "to")


def _pronoun_turned(a: Parsed, b: Parsed, noun: Pair, verb: Pair) -> bool:
    """The first text: noun verb me. The second: I verb noun."""
    before = b.tokens[b.places[verb.b - 1] + 1 if verb.b else 0 : b.places[verb.b]]
    if a.words[noun.a] in LIGHT or not before or before[-1] not in _OBJECTS:
        return False
    between = a.tokens[a.places[noun.a] + 1 : a.places[verb.a]]
    after = a.tokens[a.places[verb.a] + 1 : a.places[verb.a] + 1 + PRONOUN_REACH]
    return _OBJECTS[before[-1]] in after and _APART.isdisjoint(between)


def _told(parsed: Parsed, first: int, last: int) -> str:
    return " ".join(parsed.tokens[parsed.places[first] : parsed.places[last] + 1])
