"""Tells what a question is for, and by which cues. English; other languages are told apart and left unread.

Every cue found speaks for an intent with its weight (match/intent_words.py); the heaviest intent wins. What counts is
how a sentence opens once politeness is passed over, words and phrases anywhere, whose things are asked about, and the
shape of the text (code, material behind a colon). Pure, and linear in the words looked at: WORDS_FIRST and WORDS_LAST.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from crowkis.match import intent_words as said
from crowkis.match.tokens import tokens
from crowkis.match.vocabulary import listed
from crowkis.values.intent import UNREAD, Intent

WORDS_FIRST, WORDS_LAST = 56, 16
"""Of a longer text the middle is not looked at: what is to be done stands at the start or at the end."""
SENTENCES_MAX = 6
OPENING_WORDS_MAX = 6
CHAT_WORDS_MAX = 8
RECORD_REACH = 3
"""How many words behind "my" a record may stand."""
LEAST_TOLD = 1.0
"""What an instruction before a colon must weigh to be taken for the whole of it."""


class Cue(NamedTuple):
    """A piece of evidence."""

    intent: str
    weight: float
    what: str

    def __str__(self) -> str:
        return f"{self.intent} {self.weight:+.1f}: {self.what}"


class Reading(NamedTuple):
    """An intent with all the evidence, also that which speaks for others."""

    intent: Intent
    cues: tuple[Cue, ...]


_Phrase = tuple[str, ...]
_Weights = tuple[Cue, ...]


class Lexicon(NamedTuple):
    """Phrases with what each says, and for every first word how long the phrases are that it begins, longest first."""

    says: dict[_Phrase, _Weights]
    sizes: dict[str, tuple[int, ...]]

    def longest(self, words: list[str], start: int) -> _Phrase:
        """The longest phrase that starts there; empty: none does."""
        if start < len(words):
            for size in self.sizes.get(words[start], ()):
                phrase = tuple(words[start : start + size])
                if phrase in self.says:
                    return phrase
        return ()


def _lexicon(says: dict[_Phrase, _Weights]) -> Lexicon:
    sizes: dict[str, set[int]] = {}
    for phrase in says:
        sizes.setdefault(phrase[0], set()).add(len(phrase))
    return Lexicon(says, {first: tuple(sorted(lengths, reverse=True)) for first, lengths in sizes.items()})


def _weighing(table: said.Phrases, how: str) -> Lexicon:
    """A lexicon from a table of weights; a phrase may speak for several intents."""
    found: dict[_Phrase, _Weights] = {}
    for intent, weights in table.items():
        for weight, phrases in weights.items():
            for phrase in phrases.split("|"):
                key = tuple(phrase.split())
                found[key] = (*found.get(key, ()), Cue(intent, weight, f'{how} "{phrase}"'))
    return _lexicon(found)


def _plain(phrases: str) -> Lexicon:
    return _lexicon({tuple(phrase.split()): () for phrase in phrases.split("|")})


_OPENINGS = _weighing(said.OPENINGS, "opens with")
_ANYWHERE = _weighing(said.ANYWHERE, "says")
_FILLERS, _WISHES = _plain(said.FILLERS), _plain(said.WISHES)
_LIVE, _DAILY = _plain(said.LIVE), _plain(said.DAILY)
_CODE_SHAPE = re.compile(
    r"```|\bdef \w+\(|\bfor\s*\(|=>|==|!=|\w\(\)|;\s*$|\{\s*$|\b[A-Z]\w*(?:Error|Exception)\b|</\w+>|#include|"
    r"\bSELECT\b.+\bFROM\b|\bfunction\s*\(|\^\\|\\[dws]|\bconsole\.log|\bimport \w+\n|range\(|\bC\+\+|\bc\+\+|\b[cC]#"
)
_SHAPED_CHARS_MAX = 2_000

_ASKS_FOR_DOING = 4.0
_WISHED, _WISHED_THING = 1.6, 3.4
_YES_OR_NO = 1.2
_OFFICE = 3.0
_OWN_RECORD, _OWN_MATTER = 2.3, 1.0
_CODE_SHAPED = 3.4
_MATERIAL = 1.4
_CHAT_ONLY, _CHAT_START = 9.0, 3.6
_LEAST = 1.2
"""Less than this tells nothing."""
_MOVING = 2.0
"""Less than this for temporal, and words such as "score" and "price" tell no pace."""
_FEW = 4_096
_UNSURE = 1.0
"""Weight nobody has: keeps the score of a lone weak cue low."""
_COMPARATIVES = listed("better worse more less cheaper faster")
_NO_COMPARATIVES = listed("other rather ever never after under over number paper water order user letter")


def intent_of(text: str, marks: list[str] | None = None) -> Intent:
    """What a text is for. `marks`: its tokens, where they are known."""
    return _read(text, tokens(text) if marks is None else marks)[0]


def reading(text: str) -> Reading:
    """The same with its evidence, heaviest first."""
    intent, cues = _read(text, tokens(text))
    return Reading(intent, tuple(sorted(cues, key=lambda cue: -cue.weight)))


def _read(text: str, marks: list[str]) -> tuple[Intent, list[Cue]]:
    if len(marks) > WORDS_FIRST + WORDS_LAST:
        marks = [*marks[:WORDS_FIRST], ".", *marks[-WORDS_LAST:]]
    sentences, material = _sentences(marks)
    if not sentences:
        return UNREAD, []
    words = [word for sentence in sentences for word in sentence]
    cues: list[Cue] = []
    if _small_talk(sentences, words, "?" in marks, cues):
        return _decided(words, cues), cues
    instruction = words[:material] if material else words
    _anywhere(instruction, cues)
    for sentence in sentences[:SENTENCES_MAX]:
        _opening(sentence, cues)
    if material and sum(cue.weight for cue in cues) < LEAST_TOLD:
        _anywhere(words[material:], cues)
    _own_records(instruction, cues)
    _comparatives(instruction, cues)
    if _CODE_SHAPE.search(text, 0, _SHAPED_CHARS_MAX):
        cues.append(Cue("code", _CODE_SHAPED, "holds code"))
    if material or '"' in text:
        _material(cues)
    if not cues and _foreign(words):
        return UNREAD, cues
    return _decided(words, cues), cues


def _sentences(marks: list[str]) -> tuple[list[list[str]], int]:
    """The words of each sentence, contractions written out; and how many words stand before material, 0: none does."""
    sentences: list[list[str]] = []
    words: list[str] = []
    spelt_out, material, count = said.SPELT_OUT, 0, 0
    for mark in marks:
        if mark[0].isalnum():
            if mark in spelt_out:
                words += spelt_out[mark]
            else:
                words.append(mark)
        elif mark in ".?!;:," and words:
            count += len(words)
            sentences.append(words)
            words = []
            if mark == ":" and not material:
                material = count
    if words:
        sentences.append(words)
    return sentences, material


def _small_talk(sentences: list[list[str]], words: list[str], asks: bool, cues: list[Cue]) -> bool:
    """Nothing but small talk?"""
    if len(words) > CHAT_WORDS_MAX + 4:
        return False
    if said.CHAT.issuperset(words) and not (asks and len(words) > 1):
        cues.append(Cue("conversational", _CHAT_ONLY, "is nothing but small talk"))
        return True
    if words[0] in said.CHAT_STARTS and len(words) <= CHAT_WORDS_MAX and not asks:
        rest = words[1:] if len(sentences) == 1 else [word for sentence in sentences[1:] for word in sentence]
        if not (rest and _opens(rest)):
            cues.append(Cue("conversational", _CHAT_START, f'starts with "{words[0]}"'))
    return False


def _opens(words: list[str]) -> bool:
    """Does a question or a request start here?"""
    start = _past_fillers(words, 0)
    return start < len(words) and (words[start] in said.DOINGS or bool(_OPENINGS.longest(words, start)))


def _past_fillers(words: list[str], start: int) -> int:
    """Where a sentence starts behind politeness, unless what looks like it opens a longer phrase."""
    while filler := _FILLERS.longest(words, start):
        if len(_OPENINGS.longest(words, start)) > len(filler):
            break
        start += len(filler)
    return start


def _opening(words: list[str], cues: list[Cue]) -> None:
    """What the start of a sentence says, and whether it asks for something to be done."""
    start = _past_fillers(words, 0)
    wished = False
    while wish := _WISHES.longest(words, start):
        wished, start = True, _past_fillers(words, start + len(wish))
    if start >= len(words):
        return
    phrase = _OPENINGS.longest(words, start)
    if phrase:
        cues.extend(_OPENINGS.says[phrase])
        if (
            phrase[0] == "who"
            and not said.HOLDERS.isdisjoint(words[start + 1 : start + 8])
            and "is" in words[start + 1 : start + 3]
        ):
            cues.append(Cue("temporal", _OFFICE, "asks who holds an office or a record"))
    elif start and not wished and words[0] in _REQUESTS_OR_QUESTIONS:
        cues.append(Cue("factual", _YES_OR_NO, f'opens with "{words[0]}"'))
    if len(phrase) < 2 and len(words) - start > 1 and _is_doing(words, start):
        if said.NOT_DONE.isdisjoint(words[start + 1 : start + 6]):
            cues.append(Cue("transactional", _ASKS_FOR_DOING, f'asks to "{words[start]}"'))
    elif wished and not phrase:
        if said.WISHED_THINGS.isdisjoint(words[start : start + 4]):
            cues.append(Cue("procedural", _WISHED, "says what is wanted"))
        else:
            cues.append(Cue("transactional", _WISHED_THING, f'wants "{" ".join(words[start : start + 3])}"'))


def _is_doing(words: list[str], start: int) -> bool:
    """Does a verb stand there that asks for something to be done?"""
    head = words[start]
    if start and words[start - 1] in _ARTICLES:
        return False
    return head in said.DOINGS and (head not in said.NOUNS_TOO or start > 0 or words[start + 1] in said.POINTERS)


_ARTICLES = frozenset({"a", "an", "the", "my"})
_REQUESTS_OR_QUESTIONS = frozenset({"can", "could", "would", "will"})


def _anywhere(words: list[str], cues: list[Cue]) -> None:
    """Every listed phrase once; a word inside a longer phrase that begins with it does not count again."""
    sizes, says = _ANYWHERE.sizes, _ANYWHERE.says
    seen: set[_Phrase] = set()
    for place, word in enumerate(words):
        if word in sizes:
            for size in sizes[word]:
                phrase = tuple(words[place : place + size])
                if phrase in says:
                    if phrase not in seen:
                        seen.add(phrase)
                        cues.extend(says[phrase])
                    break


def _own_records(words: list[str], cues: list[Cue]) -> None:
    """Things of the asker's own: "my last payment". Of "my account balance" the balance counts."""
    told = None
    for place, word in enumerate(words):
        if word == "my":
            for thing in words[place + 1 : place + 1 + RECORD_REACH]:
                if thing in said.RECORDS and (told is None or told in said.MATTERS):
                    told = thing
    if told is not None:
        weight = _OWN_MATTER if told in said.MATTERS else _OWN_RECORD
        cues.append(Cue("personal", weight, f'asks about "my {told}"'))


def _comparatives(words: list[str], cues: list[Cue]) -> None:
    """ "-er than", "which is -er", and a choice of two after a word that asks which."""
    for before, word in pairwise(words):
        if word == "than" and (before in _COMPARATIVES or (before.endswith("er") and before not in _NO_COMPARATIVES)):
            cues.append(Cue("comparison", 3.4, f'says "{before} than"'))
            return
        if before == "is" and word.endswith("er") and words[0] in ("which", "who") and word not in _NO_COMPARATIVES:
            cues.append(Cue("comparison", 2.4, f'asks which is "{word}"'))
            return
    if "or" in words[2:] and words[0] in _CHOOSING:
        cues.append(Cue("comparison", 1.8, 'asks to choose with "or"'))


_CHOOSING = listed("which is are should who do does what debit")


def _material(cues: list[Cue]) -> None:
    """Material to work on weighs only where something is to be done with it."""
    if any(cue.intent == "transform" for cue in cues):
        cues.append(Cue("transform", _MATERIAL, "brings material to work on"))


def _foreign(words: list[str]) -> bool:
    """Is this no English? Either another language's small words are in it or none of ours and other letters."""
    if any(word in said.ENGLISH for word in words):
        return False
    return any(word in said.FOREIGN or not word.isascii() for word in words)


@lru_cache(_FEW)
def _one_of_few(name: str, score: float, pace: str) -> Intent:
    """The same object for the same values: every stored question keeps one."""
    return Intent(name, score, pace)


def _decided(words: list[str], cues: list[Cue]) -> Intent:
    """The heaviest intent; of two as heavy, the one whose evidence came first. Too little of it: a fact, score 0."""
    totals: dict[str, float] = {}
    for intent, weight, _ in cues:
        totals[intent] = totals.get(intent, 0.0) + weight
    pace = _pace(words) if totals.get("temporal", 0.0) >= _MOVING else ""
    best = max(totals, key=totals.__getitem__, default="factual")
    weight = totals.get(best, 0.0)
    if weight < _LEAST:
        return _one_of_few("factual", 0.0, pace)
    second = max((other for name, other in totals.items() if name != best), default=0.0)
    return _one_of_few(best, round(weight / (weight + second + _UNSURE), 2), pace)


def _pace(words: list[str]) -> str:
    """The fastest pace the words tell."""
    daily = ""
    for place in range(len(words)):
        if _LIVE.longest(words, place):
            return "live"
        if not daily and _DAILY.longest(words, place):
            daily = "daily"
    return daily
