"""Does a text lean on what was said before it? "And for students?" does; "How do I reset my password?" does not.

Pure and deterministic: one pass over the words, with tables, no grammar. It looks for pronouns nothing in the text
answers to, things called "the" or "this" that the text does not introduce, comparisons without the other side, first
words that go on from something, and mentions of an earlier answer. English only: elsewhere everything stands alone.

Two degrees, because being wrong costs differently. A text that LEANS may point back: once a history is known, another
history makes it another question. A text that HANGS cannot be understood alone at all: without a known history it is
never matched by meaning.
"""

import re
from collections.abc import Callable, Mapping

from crowkis.match.openings import is_foreign, is_thin, opening
from crowkis.match.references import (
    AFTERWARDS,
    ARTICLES,
    AUXILIARIES,
    BE,
    CLAUSE_STARTERS,
    COMPARATIVES,
    DEMONSTRATIVES,
    EMPTY_WORDS,
    EXPLETIVE_VERBS,
    FUNCTION_WORDS,
    GREETINGS,
    MARKS,
    ORDER,
    OWNERS,
    PERSONS,
    PLURALS,
    PREPOSITIONS,
    RELATIVES,
    REPLIES,
    SAID,
    SPOKEN,
    TEMPORAL,
    UNIQUE,
    WISHED,
)
from crowkis.values.question import HANGS, LEANS, NOT_LEANING, STANDS, Leaning

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.?!,;:\n]")
_STOPS = MARKS | {""}
_CHARS_LOOKED_AT = 2_000
"""From the beginning and from the end: what a long prompt leans on is said there."""
_PLACES_EARLY = 25
"""A text that has said so much before its first loose pronoun is not without meaning."""
_CLAUSE_ENDS = CLAUSE_STARTERS | MARKS
_BEFORE_NOUNS = ARTICLES | OWNERS | PREPOSITIONS | DEMONSTRATIVES | (AUXILIARIES - BE)
_NOT_BEFORE_NOUNS = FUNCTION_WORDS | MARKS


def leaning(text: str) -> Leaning:
    """How much a text leans on its history, and the words that show it."""
    if len(text) > 2 * _CHARS_LOOKED_AT:
        text = f"{text[:_CHARS_LOOKED_AT]} . {text[-_CHARS_LOOKED_AT:]}"
    written = _TOKEN.findall(text.replace("’", "'") if "’" in text else text)
    return _Reading(written).leaning()


def leans(text: str) -> bool:
    """May the text point at something said before it?"""
    return leaning(text).degree > STANDS


class _Reading:
    """One text, read from left to right; what has been mentioned so far is what a pronoun may stand for."""

    __slots__ = ("clause", "earlier", "found", "lower", "named", "seen", "words", "written")

    def __init__(self, written: list[str]) -> None:
        self.written = written
        self.lower = [word.lower() for word in written]
        self.words = [word for word in self.lower if word not in MARKS]
        self.seen: set[str] = set()
        self.clause: set[str] = set()
        """What this clause has mentioned: thing, things, person."""
        self.earlier: set[str] = set()
        """The same of the clauses before."""
        self.named = any(word[0].isupper() and word not in ("I", "I'm", "I've", "I'd", "I'll") for word in written[1:])
        """Names are written with capitals here, so a text without them has none."""
        self.found = NOT_LEANING

    def leaning(self) -> Leaning:
        if not self.words:
            return NOT_LEANING
        degree = opening(self.lower, self.words)
        if degree:
            self._found(degree, 0)
            if degree == HANGS:
                return self.found
        previous = ""
        for place, word in enumerate(self.lower):
            if word in _CLAUSE_ENDS:
                self.earlier |= self.clause
                self.clause.clear()
            check = CHECKS.get(word)
            if check is not None:
                degree = check(self, place)
                if place > _PLACES_EARLY and word in PRONOUNS:
                    degree = min(degree, LEANS)
                if degree > self.found.degree:
                    self._found(degree, place)
                if degree == HANGS:
                    return self.found
            elif word not in FUNCTION_WORDS and word not in MARKS:
                self._mention(word, previous, place)
            previous = word
        if self.found.degree == STANDS and (is_thin(self.words) or is_foreign(self.words)):
            self._found(LEANS, 0)
        return self.found

    def at(self, place: int) -> str:
        """The word there, or nothing."""
        return self.lower[place] if 0 <= place < len(self.lower) else ""

    def _found(self, degree: int, place: int) -> None:
        shown = " ".join(self.written[place : place + 2])
        self.found = Leaning(degree, shown.rstrip(".?!,;: \n") or shown)

    def _mention(self, word: str, previous: str, place: int) -> None:
        self.seen.add(word)
        capital = self.written[place][0].isupper() and (place > 0 or self._is_subject(place))
        plural = (word[-1] == "s" and word[-2:] != "ss" and len(word) > 3) or word in PLURALS
        if word in PERSONS or capital:
            self.clause.add("person")
        if plural or word in PERSONS or capital:
            self.clause.add("things")
        if plural or capital or previous in _BEFORE_NOUNS or (previous and previous not in _NOT_BEFORE_NOUNS):
            self.clause.add("thing")

    def _is_subject(self, place: int) -> bool:
        """A first word that may be a name: "Tara makes coffee"."""
        following = self.at(place + 1)
        return following in AUXILIARIES or following[-2:] in ("es", "ed") or following in ("went", "saw", "bought")

    def _mentioned(self, place: int) -> set[str]:
        """What a pronoun may stand for: in its own clause only where it is an owner, or the subject of a clause after
        another ("I know she is")."""
        word, before = self.lower[place], self.at(place - 1)
        own = word in OWN_CLAUSE or (word in SUBJECTS and before not in AUXILIARIES)
        return self.earlier | self.clause if own else self.earlier

    def person(self, place: int) -> int:
        """he, him, she, her: needs somebody mentioned."""
        if self.lower[place] in ("he", "his") and self.at(place + 1) in ("or", "she", "her"):
            return STANDS if "person" in self.earlier | self.clause else LEANS
        mentioned = self._mentioned(place)
        if "person" in mentioned:
            return STANDS
        return HANGS if self.named or "thing" not in mentioned else LEANS

    def several(self, place: int) -> int:
        """they, them, their: needs several mentioned, or somebody."""
        mentioned = self._mentioned(place)
        if not mentioned.isdisjoint(("things", "person")):
            return STANDS
        return LEANS if "thing" in mentioned else HANGS

    def it(self, place: int) -> int:
        """It and its: needs a thing, unless it stands for what follows ("is it safe to ...") or for the weather."""
        if "thing" in self._mentioned(place) or self.written[place] == "IT":
            return STANDS
        stands_for_nothing = self._expletive(place)
        if stands_for_nothing != HANGS or self.at(place - 1) == "worth":
            return min(stands_for_nothing, LEANS)
        located = self.at(place - 1) in PREPOSITIONS and "thing" in self.clause
        named = self.at(place + 1) in ("is", "was") and self.at(place + 2) in ("a", "an")
        return LEANS if located or named else HANGS

    def _expletive(self, place: int) -> int:
        """STANDS where "it" surely points at nothing said before, LEANS where it may."""
        word, following, before = self.lower[place], self.at(place + 1), self.at(place - 1)
        if following in ("would", "will", "could", "can", "should") and self.at(place + 2) in EXPLETIVE_VERBS:
            place, following = place + 1, self.at(place + 2)
        if following.endswith("ly"):
            place, following = place + 1, self.at(place + 2)
        if following == "been" and word == "it's":
            return STANDS
        if following in EXPLETIVE_VERBS or before in ("make", "made"):
            return HANGS if self.at(place + 2) in _STOPS else self._what_follows(place + 2)
        if before in ("date", "time", "day", "month", "year") or self.at(place - 2) in ("time", "day", "date"):
            return STANDS
        if following in BE or following in ("would", "will", "could", "can", "become", "becomes", "get", "gets"):
            place += 2 if self.at(place + 2) in ("be", "been") else 1
        elif word != "it's" and before not in BE and before[-2:] != "'s":
            return HANGS
        return self._leads_on(place + 1)

    def _what_follows(self, place: int) -> int:
        """Behind "it takes": only what "it" stands for makes sure that it points at nothing else."""
        weather = self.at(place - 1) in WEATHER
        return STANDS if weather or not ANNOUNCING.isdisjoint(self.lower[place:-1]) else LEANS

    def _leads_on(self, place: int) -> int:
        """Behind "it is": does what the "it" stands for follow, or is it the weather?"""
        if self.at(place) in ANNOUNCING:
            return STANDS
        for ahead in range(place, place + 3):
            word, then = self.at(ahead), self.at(ahead + 1)
            if word in _STOPS:
                return HANGS
            if word in WEATHER or (word == "like" and then.endswith("ing")):
                return STANDS
            if word in ("hot", "cold", "dark", "late"):
                return LEANS
            if word == "like" or word.endswith("ing") or word in ("true", "possible"):
                return HANGS if then in _STOPS else STANDS if then in ANNOUNCING else LEANS
            if word not in FUNCTION_WORDS and then in ("to", "that", "if", "when", "for", "whether"):
                return HANGS if word[-2:] in ("ed", "en") else self._what_follows(ahead + 1)
        return HANGS

    def this(self, place: int) -> int:
        """This, these, those: with a noun it leans, alone it hangs, with a time it means now."""
        word, following = self.lower[place], self.at(place + 1)
        if following in TEMPORAL and word in ("this", "these"):
            return STANDS
        if word == "those" and following in RELATIVES | PREPOSITIONS:
            return STANDS
        if following in ("one", "ones"):
            return HANGS
        if following in _STOPS or following in FUNCTION_WORDS:
            return LEANS if "thing" in self.earlier or self.at(place + 2) in ("a", "the", "my") else HANGS
        if self._ends_with_verb(place):
            return HANGS
        return STANDS if following in self.seen else LEANS

    def _ends_with_verb(self, place: int) -> bool:
        """ "How does this work?": a verb follows, not the thing that is meant."""
        return self.at(place - 1) in ("do", "does", "did", "will", "would") and self.at(place + 2) in _STOPS

    def that(self, place: int) -> int:
        """That where it points; most often it only joins clauses."""
        word, before, following = self.lower[place], self.at(place - 1), self.at(place + 1)
        opens = before in _STOPS or before in ("so", "and", "but", "why", "how", "what", "when", "if")
        if word == "that's":
            points = opens
        elif following in _STOPS:
            points = True
        elif following in AUXILIARIES:
            points = opens
        elif following in FUNCTION_WORDS:
            points = before in ("do", "did", "does", "about", "like", "repeat") and following not in RELATIVES | OWNERS
            points = points and following not in ("i", "you", "we", "he", "she", "they", "it", "the", "a", "there")
        elif self._ends_with_verb(place):
            points = True
        else:
            joins = before in self.seen or before in ("so", "such", "is", "all", "those", "one", "than", "now")
            return STANDS if joins or not (opens or before in PREPOSITIONS or before in AUXILIARIES) else LEANS
        if not points:
            return STANDS
        return LEANS if "thing" in self.earlier | self.clause else HANGS

    def there(self, place: int) -> int:
        """There as a place; "is there", "there are" and "hi there" are none."""
        before, following = self.at(place - 1), self.at(place + 1)
        if before in AUXILIARIES or before in GREETINGS or following in EXISTING or self.lower[place] == "there's":
            return STANDS
        return LEANS if self.earlier or self.clause else HANGS

    def the(self, place: int) -> int:
        """A definite thing: leans unless the text says which one, or there is only one."""
        end = place + 1
        while end < place + 6 and self.at(end) not in FUNCTION_WORDS and self.at(end) not in _STOPS:
            end += 1
        phrase, behind, next_word = self.lower[place + 1 : end], self.at(end), self.at(place + 1)
        if next_word in ("same", "other", "others", "above", "former", "latter", "previous", "rest"):
            return self._the_other(place + 1)
        if behind in ("one", "ones") and phrase and not phrase[0].endswith("est"):
            return HANGS
        if not phrase or next_word.endswith("est") or next_word in ("most", "best", "worst", "only", "whole", "main"):
            return self._ordered(place + 1) if next_word in ORDER else STANDS
        if next_word in ORDER:
            return self._ordered(place + 1)
        if any(word != word.lower() for word in self.written[place + 1 : end]) or not self.seen.isdisjoint(phrase):
            return STANDS
        if behind in RELATIVES or (behind in PREPOSITIONS and self.at(end + 1) not in _STOPS):
            return STANDS
        if len(phrase) == 1 and phrase[0] in SPOKEN:
            return HANGS
        return STANDS if len(phrase) >= 3 or not UNIQUE.isdisjoint(phrase) else LEANS

    def _the_other(self, place: int) -> int:
        word, following = self.lower[place], self.at(place + 1)
        if word == "rest":
            return STANDS if following == "of" else LEANS
        if word in ("above", "former", "latter"):
            return HANGS if following in _STOPS or following in FUNCTION_WORDS or following in REPLIES else LEANS
        if following in _STOPS or following in ("one", "ones", "two", "three", "thing", "task", "again"):
            return HANGS
        if word == "same":
            return STANDS
        return HANGS if following in REPLIES else LEANS

    def _ordered(self, place: int) -> int:
        """The first, the second one, the last answer."""
        following = self.at(place + 1)
        if following in REPLIES:
            introduced = following in self.seen or following + "s" in self.seen
            return LEANS if introduced or self.at(place + 2) in ("of", "in", "to", "for", "that") else HANGS
        if following in ("one", "ones"):
            return HANGS if len(self.words) <= 12 else LEANS
        if following in _STOPS:
            return HANGS if self.lower[place] not in ("first", "last", "next") else LEANS
        return STANDS if self.at(place + 2) in PREPOSITIONS | RELATIVES or following in FUNCTION_WORDS else LEANS

    def yours(self, place: int) -> int:
        """Your answer, your previous response; what you said, what we discussed."""
        if self.lower[place] in ("you", "we"):
            ahead = place + 1 + (self.at(place + 1) in ("just", "already", "also", "have", "were", "previously"))
            return HANGS if self.at(ahead) in SAID and self.at(place - 1) not in ("if", "have", "did") else STANDS
        ahead = place + 1
        if self.at(ahead) == "own":
            ahead += 1
        ordered = self.at(ahead) in ORDER
        noun = self.at(ahead + ordered)
        if noun not in (REPLIES if ordered else SPOKEN):
            return STANDS
        wished = self.at(place - 1) in WISHED or self.at(ahead + 1) in ("to", "on", "about")
        wished = not ordered and (wished or len(self.words) > _PLACES_EARLY)
        return LEANS if wished else HANGS

    def previous(self, place: int) -> int:
        """Previous answers, the text above, an earlier message."""
        word, following, before = self.lower[place], self.at(place + 1), self.at(place - 1)
        if following in REPLIES or following in ("one", "ones"):
            return HANGS
        if word == "above":
            return HANGS if following in _STOPS and before not in ("and", "or") and before not in BE else STANDS
        return STANDS if word == "earlier" or following in PREPOSITIONS else LEANS

    def other(self, place: int) -> int:
        """Other, else, another, more: besides what?"""
        word, before, following = self.lower[place], self.at(place - 1), self.at(place + 1)
        if not EXCEPTIONS.isdisjoint(self.words):
            return STANDS
        if word == "else":
            if before in ("someone", "somebody", "somewhere", "something", "or", "if", "everyone"):
                return STANDS
            return LEANS if before in ("anyone", "anybody") or self.earlier else HANGS
        if word == "other":
            return HANGS if before in ("any", "what", "which", "there") and not self.earlier else LEANS
        if word == "another":
            if "one" in self.words or (following in _STOPS and self.clause):
                return STANDS
            return HANGS if following in ("one", "example", "question") or following in _STOPS else LEANS
        return HANGS if word == "anymore" and before in ("there", "any") else LEANS

    def one(self, place: int) -> int:
        """Which one: of those the text names, or of others?"""
        if self.at(place - 1) != "which":
            return STANDS
        return HANGS if "or" not in self.words and not self.earlier and len(self.words) <= 8 else STANDS

    def more(self, place: int) -> int:
        """More: of what, than what?"""
        before, following = self.at(place - 1), self.at(place + 1)
        if before in ("tell", "me", "one", "any", "") and (following in _STOPS or following in ("time", "please")):
            return HANGS
        if following in ("details", "detail", "examples", "example", "information"):
            return HANGS if self.at(place + 2) in _STOPS else LEANS
        return LEANS if following in _STOPS and "than" not in self.words and before != "once" else STANDS

    def compared(self, place: int) -> int:
        """Better, cheaper: than what?"""
        return (
            STANDS
            if "than" in self.words or "or" in self.words or self.at(place + 1) in ("to", "from", "between")
            else LEANS
        )

    def afterwards(self, place: int) -> int:
        """After something the text does not tell."""
        word = self.lower[place]
        if word in AFTERWARDS:
            return STANDS if "thing" in self.earlier else HANGS
        if self.at(place + 1) not in _STOPS:
            return STANDS
        return HANGS if word == "next" and not self.seen - EMPTY_WORDS else LEANS


OWN_CLAUSE = frozenset({"his", "her", "hers", "himself", "herself", "its", "itself", "their", "theirs", "themselves"})
"""May stand for something in their own clause; other pronouns may not ("did Ann like her")."""
SUBJECTS = frozenset({"he", "she", "they", "he's", "she's", "they're", "they've"})
ANNOUNCING = frozenset({"to", "that"})
"""Behind "it is safe" or "it takes an hour": what "it" stands for comes now."""
WEATHER = frozenset({"rain", "rains", "raining", "snow", "snows", "snowing"})
EXCEPTIONS = frozenset({"besides", "except", "than", "apart", "aside", "addition", "along", "each"})

PRONOUNS = OWN_CLAUSE | SUBJECTS | frozenset({"him", "them", "it", "it's", "this", "that", "these", "those", "that's"})
EXISTING = AUXILIARIES | {"any", "a", "some", "no"}
_Check = Callable[[_Reading, int], int]
CHECKS: Mapping[str, _Check] = (
    dict.fromkeys(("he", "him", "his", "himself", "she", "her", "hers", "herself", "he's", "she's"), _Reading.person)
    | dict.fromkeys(("they", "them", "their", "theirs", "themselves", "they're", "they've"), _Reading.several)
    | dict.fromkeys(("it", "its", "itself", "it's"), _Reading.it)
    | dict.fromkeys(("this", "these", "those"), _Reading.this)
    | dict.fromkeys(("that", "that's"), _Reading.that)
    | dict.fromkeys(("there", "there's"), _Reading.there)
    | {"the": _Reading.the, "more": _Reading.more, "one": _Reading.one, "ones": _Reading.one}
    | dict.fromkeys(("your", "you", "we"), _Reading.yours)
    | dict.fromkeys(("previous", "preceding", "prior", "above", "earlier"), _Reading.previous)
    | dict.fromkeys(("other", "else", "another", "anymore"), _Reading.other)
    | dict.fromkeys(COMPARATIVES, _Reading.compared)
    | dict.fromkeys((*AFTERWARDS, "next", "later", "instead", "again", "too", "either"), _Reading.afterwards)
)
"""The words worth a closer look."""
