"""Gives a text its normal form: texts of one normal form are one question and share an answer unseen.

Because nothing else is asked of two such texts, only what cannot change a meaning is folded: Unicode composition (NFC,
never NFKC: x² is not x2), white space, and the capital of an ordinary word. Kept as written: what is quoted or in
backticks, code, line breaks and indentation, words in capitals (US is not us), mixed case (iPhone), words with digits
or marks, and words that are also names (windows and Windows).
"""

import re
import unicodedata

from crowkis.match.quotes import spans
from crowkis.match.vocabulary import listed

_WORD = re.compile(r"[(\[\"“‘'«]*+([^\W\d_]++(?:['’-][^\W\d_]++)*+)[.,;:?!…)\]\"”’'»]*+")
_UNIX_LINES = re.compile(r"\r\n?")
CODE = re.compile(r"[{};]\s*$|[=!]=|[=-]>|::|</|&&|\|\||\w[(\[]|\$\{|\s[=|]\s|\s--?[a-zA-Z]")
"""What looks like this is code: it is never folded."""

_NAMES_TOO = listed(
    """
    access amazon amber apple april bath bill bing black blizzard boots brown bush chad chase chile china chrome
    cook cuba dart delphi discover dove drive drupal echo edge excel express falcon fantom flash flutter focus ford
    forth frank galaxy gap gates general georgia git go gold grant green guinea hack hamburg hope hulu indigo jack
    jaguar java job jordan joy julia king kiwi lent lima live mac mali march mark mars may meet mercury meta mint
    mobile montage nest nice notion nova numbers oman opera oracle orange outlook pages paint pascal pat patience
    perl phoenix polish post puma python quicken rails ray reading ring rob robin rose ruby rust safari sage scala
    scheme shell signal sim slack smart snap solaris spark spring square steam stripe sun surface swift swiss target
    tasks teams tide trinity turkey twitter uber victoria visa vista wales wave welsh white will windows wing wish
    wolf word zoom
    """
)
_I_AFTER = listed(
    "do did am can could should would will may might must have had was if when where why how what that than as "
    "and but "
    "or because so before after since while until whether once cannot can't don't didn't couldn't shouldn't"
)


def normalise(text: str) -> str:
    """The normal form of a text. Applying it twice changes nothing more."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = text.strip()
    if "\n" in text or "\r" in text:
        return _UNIX_LINES.sub("\n", text)
    if CODE.search(text):
        return text
    quoted = spans(text)
    if not quoted:
        return _fold(text, first=True)
    parts, end = [], 0
    for start, stop in [*quoted, (len(text), len(text))]:
        between = text[end:start]
        left, right = " " * between[:1].isspace(), " " * (between[-1:].isspace() and len(between.strip()) > 0)
        parts += [left, _fold(between, first=end == 0), right, text[start:stop]]
        end = stop
    return "".join(parts)


def _fold(text: str, first: bool) -> str:
    """One space between words, and ordinary words in lower case. `first`: the text starts a sentence."""
    words = text.split()
    for i, word in enumerate(words):
        if word.islower():
            continue
        match = _WORD.fullmatch(word)
        if match and _may_fold(match.group(1), words, i, first and i == 0):
            words[i] = unicodedata.normalize("NFC", word.lower())
    return " ".join(words)


def _may_fold(word: str, words: list[str], i: int, first: bool) -> bool:
    """Is the capital of words[i], whose letters are `word`, mere spelling?"""
    if len(word) == 1:
        return first or (word == "I" and words[i - 1].lower() in _I_AFTER)
    return word[0].isupper() and word[1:].islower() and (first or word.lower() not in _NAMES_TOO)
