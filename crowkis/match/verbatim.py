"""The words of a text that must stay the same: all but politeness, and of an instruction the material it works on."""

import re

from crowkis.match.intent_words import SPELT_OUT
from crowkis.match.normalise import normalise
from crowkis.match.quotes import quoted
from crowkis.match.vocabulary import listed

_PHRASES = (
    "please|kindly|hi|hello|hey|hi there|hello there|hey there|ok|okay|so|well|thanks|thank you|"
    "thank you so much|thanks a lot|thanks in advance|thank you in advance|can you|could you|would you|will you|"
    "can you please|could you please|would you please"
)
_COURTESIES = {tuple(phrase.split()) for phrase in _PHRASES.split("|")}
_LONGEST = max(map(len, _COURTESIES))
_END_MARKS = ".,!?;:…"
_MATERIAL = re.compile(r":\s+(?=\S)|:\n|\n")

_FRAME = listed(
    """
    translate translation translations say said write written put convert rephrase reword rewrite paraphrase
    summarise summarize summary extract classify categorize correct proofread simplify shorten please can you could
    would will me tell what what's whats is the a an this that these those how do does i to into in for of from it
    word words phrase sentence text following as mean means english's language called
    """
)
"""Words of an instruction that say what is done, not to what."""


def plainly(text: str) -> tuple[str, ...]:
    """The words without courtesies at either end, end marks and contractions; a text of several lines as it stands."""
    text = normalise(text)
    if "\n" in text:
        return (text,)
    words: list[str] = []
    for word in text.split():
        bare = word.rstrip(_END_MARKS)
        words += SPELT_OUT.get(bare, (bare,)) if bare else ()
    stripped = _without_courtesies(words)
    return tuple(stripped or words or text.split())


def _without_courtesies(words: list[str]) -> list[str]:
    start, end = 0, len(words)
    shrinking = True
    while shrinking:
        shrinking = False
        for size in range(_LONGEST, 0, -1):
            if size <= end - start and tuple(words[start : start + size]) in _COURTESIES:
                start, shrinking = start + size, True
            elif size <= end - start and tuple(words[end - size : end]) in _COURTESIES:
                end, shrinking = end - size, True
    return words[start:end]


def payload(text: str, intent: str) -> tuple[str, ...]:
    """What an instruction works on: what follows a colon or a line's end, or is quoted; of a transform with neither,
    the words left when those that only instruct are taken away."""
    parts = _MATERIAL.split(text.strip(), maxsplit=1)
    if len(parts) > 1 and parts[0]:
        return tuple(parts[1].split())
    spans = quoted(text)
    if spans or intent != "transform":
        return spans
    return tuple(word for word in plainly(text) if word.casefold() not in _FRAME)
