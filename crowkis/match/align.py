"""Reads a text into its content words and lays two texts side by side, so that only what differs need be judged.

parse() is done once per text and remembered; align() pairs the content words of two texts: equal lemmas first, then one
stem, then near spelling, then known synonyms, each word once, left to right. What is left over stands on either side.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from crowkis.match.common import FUNCTION, PREPOSITIONS
from crowkis.match.lemma import lemma, stem
from crowkis.match.opposites import are_opposites
from crowkis.match.phrases import PHRASES
from crowkis.match.synonyms import PARTICLES, SEPARABLE, senses_of
from crowkis.match.vocabulary import listed

TEXTS_KEPT_MAX = 2_048
SHORT_CHARS_MAX = 400
LAID_KEPT_MAX = 64
PAIRS_KEPT_MAX = 1_024
"""Of so many pairs of short texts the rules remember what they found."""
LONG_TEXTS_KEPT_MAX = 64
"""How many texts longer than that are kept as read."""
EDGE_CHARS = 2_000
"""Of a text longer than two of these, its first and its last are read: what is asked stands there."""
PARTICLE_GAP_MAX = 4
"""How many words may stand inside "turn the ... off"."""
NEAR_CHARS_MIN = 5
LEFT_OVER_MAX = 24
"""With more left-over words on both sides, near spelling and synonyms are not looked for: the texts differ."""
INVERSIONS_WORDS_MAX = 32
"""With more pairs, only neighbours are looked at for changed order."""

_WORD = re.compile(r"[^\W_]+(?:['.][^\W_]+)*|[,;:?!&/.]|[+#]+")
_CONTRACTIONS = {"can't": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not")}
_NEGATIONS = listed("not no never without cannot unable nobody nothing neither nor unless except")
_BREAKS_NEGATION = frozenset({",", ";", ".", "?", "!", "but", "and", "if", "when", "because"})
_LESS = frozenset({"less", "least", "few"})
NEGATION_REACH = 4
BE_REACH = 8
MARKER_REACH = 3
"""How many words behind a preposition belong to it."""
_PAST, _GERUND = "past", "gerund"
_BE = frozenset({"be", "get"})
ARTICLES = listed("a an the my your his her its our their this that these those some any 's")
_ENDS_PHRASE = listed("be do can could will would should have if when that which who while i you he she we they")
_CONTRACTIONS |= {
    verb + "nt": (verb, "not") for verb in listed("do does did is are was were could should would has have had")
} | {"cant": ("can", "not"), "wont": ("will", "not"), "cannot": ("can", "not")}
_ACRONYMS = {"US": "usa", "IT": "information_technology", "1st": "first", "2nd": "second", "3rd": "third"}
"""Names that look like small words once their capitals are gone, and ordinals in digits."""
_POSSESSIVES = frozenset({"it", "that", "what", "who", "where", "when", "how", "there", "here", "he", "she", "let"})


class Parsed(NamedTuple):
    """A text as the aligner sees it. The tuples from `words` on have one item per content word."""

    tokens: tuple[str, ...]
    """Lemmas of all words, and marks; contractions taken apart, known phrases made one (get_rid_of)."""
    words: tuple[str, ...]
    """The lemmas of the content words, in order."""
    places: tuple[int, ...]
    """Where in `tokens` each stands."""
    stems: tuple[str, ...]
    senses: tuple[frozenset[int], ...]
    """The groups of synonyms each belongs to."""
    names: tuple[bool, ...]
    """Is it written like a name: a capital or a digit that the start of a sentence does not explain?"""
    denied: tuple[bool, ...]
    """Does a negation stand shortly before it?"""
    markers: tuple[str, ...]
    """The preposition that leads the word, or an empty string."""
    passive: tuple[bool, ...]
    """Is it a past participle behind a form of be: something is done to what stands before it?"""
    gerund: tuple[bool, ...]
    """Does it end in -ing as written?"""


class Pair(NamedTuple):
    """A content word of each text that say the same."""

    a: int
    b: int
    """Places in `words` of either text."""
    how: str
    """exact, stem, spelling or synonym."""


class Alignment(NamedTuple):
    """What two texts share and what only one of them says."""

    pairs: tuple[Pair, ...]
    """In the order of the first text."""
    unmatched_a: tuple[int, ...]
    unmatched_b: tuple[int, ...]
    """Places in `words` of the words without a partner."""
    inversions: tuple[tuple[Pair, Pair], ...]
    """Two pairs whose words stand in the other order in the second text."""


def parse(text: str) -> Parsed:
    """The content words of a text with what the contrast rules ask about them."""
    return _parse_short(text) if len(text) <= SHORT_CHARS_MAX else _parse_long(_edges(text))


def bare_words(text: str) -> list[str]:
    """The tokens that parse() finds in a text; nothing is remembered."""
    return _with_phrases(*_tokens(_edges(text)))[0]


def _edges(text: str) -> str:
    return text if len(text) <= 2 * EDGE_CHARS else f"{text[:EDGE_CHARS]} . {text[-EDGE_CHARS:]}"


@lru_cache(maxsize=LAID_KEPT_MAX)
def laid(one: str, other: str) -> tuple[Parsed, Parsed, "Alignment"]:
    """Two texts and how they align; remembered as long as one look-up needs it, since several rules ask."""
    a, b = parse(one), parse(other)
    return a, b, align(a, b)


def align(a: Parsed, b: Parsed) -> Alignment:
    """Pair the content words of two texts."""
    pairs: list[Pair] = []
    left, right = _pair_equal(a.words, b.words, "exact", range(len(a.words)), range(len(b.words)), pairs)
    if left and right:
        left, right = _pair_equal(a.stems, b.stems, "stem", left, right, pairs, a, b)
    if left and right and max(len(left), len(right)) <= LEFT_OVER_MAX:
        left, right = _pair_alike(a, b, left, right, pairs)
    pairs.sort()
    return Alignment(tuple(pairs), tuple(left), tuple(right), _inversions(pairs))


def _parse(text: str) -> Parsed:
    tokens, named, forms = _with_phrases(*_tokens(text))
    places = [i for i, token in enumerate(tokens) if token[0].isalnum() and token not in FUNCTION]
    places = [i for i in places if not tokens[i].replace(".", "").isdigit()]
    words = tuple(tokens[i] for i in places)
    denied, markers = _denied(tokens), _markers(tokens)
    return Parsed(
        tuple(tokens),
        words,
        tuple(places),
        tuple(map(stem, words)),
        tuple(map(senses_of, words)),
        tuple(named[i] for i in places),
        tuple(denied[i] for i in places),
        tuple(markers[i] for i in places),
        tuple(forms[i] == _PAST and not _BE.isdisjoint(tokens[max(0, i - BE_REACH) : i]) for i in places),
        tuple(forms[i] == _GERUND for i in places),
    )


_parse_short = lru_cache(maxsize=TEXTS_KEPT_MAX)(_parse)
_parse_long = lru_cache(maxsize=LONG_TEXTS_KEPT_MAX)(_parse)


def _tokens(text: str) -> tuple[list[str], list[bool], list[str]]:
    """The lemmas and marks of a text, which of them look like names, and in which form each is written."""
    tokens: list[str] = []
    named: list[bool] = []
    forms: list[str] = []
    starts, mixed = True, not text.isupper()
    for word in _WORD.findall(text.replace("’", "'")):
        name = (word[0].isupper() and not starts) or word[1:] != word[1:].lower() or not word.isalpha()
        starts = word in ".?!"
        word = (_ACRONYMS.get(word) if mixed else None) or word.lower()
        parts = _CONTRACTIONS.get(word) or (_apart(word) if "'" in word else (word,))
        for part in parts:
            tokens.append(part if part == "'s" else lemma(part))
            named.append(name and len(word) > 1 and part == parts[0])
            forms.append(_form(part, tokens[-1]))
    return tokens, named, forms


def _form(written: str, bare: str) -> str:
    if written == bare or written[-1] == "s":
        return ""
    return _GERUND if written.endswith("ing") else _PAST


def _apart(word: str) -> tuple[str, ...]:
    """don't is do not; the owner's is owner 's; I'm is i."""
    first, _, rest = word.partition("'")
    if rest == "t" and len(first) > 1 and first.endswith("n"):
        return first[:-1], "not"
    if rest == "s":
        return (first,) if first in _POSSESSIVES else (first, "'s")
    return (first,) if rest in ("m", "re", "ve", "ll", "d") else (first + rest,)


def _with_phrases(tokens: list[str], named: list[bool], forms: list[str]) -> tuple[list[str], list[bool], list[str]]:
    """Known phrases as one token each, where the first word begins one."""
    if PHRASES.keys().isdisjoint(tokens):
        return tokens, named, forms
    i = 0
    while i < len(tokens):
        for rest in PHRASES.get(tokens[i], ()):
            end = _phrase_end(tokens, i, rest)
            if end:
                tokens[i] = "_".join((tokens[i], *rest))
                gone = slice(end - len(rest), end)
                del tokens[gone], named[gone], forms[gone]
                break
        i += 1
    return tokens, named, forms


def _phrase_end(tokens: list[str], i: int, rest: tuple[str, ...]) -> int:
    """Where the phrase that begins at i ends; 0 if it is not there. A particle may stand a few words on."""
    if tuple(tokens[i + 1 : i + 1 + len(rest)]) == rest:
        return i + 1 + len(rest)
    if len(rest) == 1 and rest[0] in PARTICLES and tokens[i] in SEPARABLE:
        for j in range(i + 2, min(i + 2 + PARTICLE_GAP_MAX, len(tokens))):
            if tokens[j] in PREPOSITIONS and tokens[j] != rest[0]:
                return 0
            if tokens[j] == rest[0]:
                return j + 1 if j + 1 == len(tokens) or tokens[j + 1] in FUNCTION or not tokens[j + 1].isalnum() else 0
    return 0


def _denied(tokens: list[str]) -> list[bool]:
    denied, reach = [], 0
    for token in tokens:
        if token in _NEGATIONS:
            denied.append(False)
            reach = NEGATION_REACH
            continue
        if token in _BREAKS_NEGATION:
            reach = 0
        denied.append(reach > 0)
        if token in _LESS:
            reach = 2
        reach -= 1
    return denied


def _markers(tokens: list[str]) -> list[str]:
    """The preposition before each token, as far as it leads: MARKER_REACH words, not past a mark or another clause."""
    markers, leading, reach = [], "", 0
    for token in tokens:
        if token in PREPOSITIONS:
            leading, reach = token, MARKER_REACH
        elif token in _ENDS_PHRASE or not token[0].isalnum():
            leading = ""
        elif token in ARTICLES:
            leading = leading if reach == MARKER_REACH or token == "'s" else ""
        else:
            reach -= 1
        markers.append(leading if reach >= 0 else "")
    return markers


def _pair_equal(
    mine: tuple[str, ...],
    theirs: tuple[str, ...],
    how: str,
    left: "range | list[int]",
    right: "range | list[int]",
    pairs: list[Pair],
    a: Parsed | None = None,
    b: Parsed | None = None,
) -> tuple[list[int], list[int]]:
    """Pair equal items, each once, in order; return what is left over on both sides."""
    waiting: dict[str, list[int]] = {}
    for j in right:
        waiting.setdefault(theirs[j], []).append(j)
    rest = []
    for i in left:
        found = waiting.get(mine[i])
        if found and (a is None or b is None or not are_opposites(a.words[i], b.words[found[0]])):
            pairs.append(Pair(i, found.pop(0), how))
        else:
            rest.append(i)
    return rest, sorted(j for places in waiting.values() for j in places)


def _pair_alike(
    a: Parsed, b: Parsed, left: list[int], right: list[int], pairs: list[Pair]
) -> tuple[list[int], list[int]]:
    """Pair left-over words that are spelt nearly alike or known as synonyms."""
    right = list(right)
    rest = []
    for i in left:
        word, senses = a.words[i], a.senses[i]
        for j in right:
            how = "synonym" if not senses.isdisjoint(b.senses[j]) else "spelling" if nearly(word, b.words[j]) else ""
            if how and not are_opposites(word, b.words[j]):
                pairs.append(Pair(i, j, how))
                right.remove(j)
                break
        else:
            rest.append(i)
    return rest, right


def same_place(a: Parsed, b: Parsed, found: Alignment, i: int, j: int) -> bool:
    """Do word i of the first and word j of the second text stand beside the same word, or both at an end?"""
    partner = {pair.a: pair.b for pair in found.pairs}
    before = partner.get(i - 1, -2) == j - 1 if i and j else i == j
    after = partner.get(i + 1, -2) == j + 1 if i + 1 < len(a.words) and j + 1 < len(b.words) else False
    last = i + 1 == len(a.words) and j + 1 == len(b.words)
    return before or after or last


def led_by(parsed: Parsed, i: int) -> str:
    """The token right before content word i, articles passed over."""
    place = parsed.places[i] - 1
    while place >= 0 and parsed.tokens[place] in ARTICLES:
        place -= 1
    return parsed.tokens[place] if place >= 0 else ""


def nearly(one: str, other: str) -> bool:
    """One slip apart (a letter more, less, other, or two changed over), in words long enough to tell?"""
    if len(one) > len(other):
        one, other = other, one
    if len(one) < NEAR_CHARS_MIN or len(other) - len(one) > 1 or one[0] != other[0]:
        return False
    if not one.isalpha() or not other.isalpha():
        return False
    i = 0
    while i < len(one) and one[i] == other[i]:
        i += 1
    if len(one) < len(other):
        return one[i:] == other[i + 1 :]
    swapped = one[i + 1 : i + 2] + one[i : i + 1]
    return one[i + 1 :] == other[i + 1 :] or (swapped == other[i : i + 2] and one[i + 2 :] == other[i + 2 :])


def _inversions(pairs: list[Pair]) -> tuple[tuple[Pair, Pair], ...]:
    order = [pair.b for pair in pairs]
    if all(before < after for before, after in pairwise(order)):
        return ()
    if len(pairs) > INVERSIONS_WORDS_MAX:
        return tuple((x, y) for x, y in pairwise(pairs) if x.b > y.b)
    return tuple((x, y) for k, x in enumerate(pairs) for y in pairs[k + 1 :] if x.b > y.b)
