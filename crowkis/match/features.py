"""Works out what the rules need to know of a text. Once for a question asked, once when an answer is stored."""

from functools import lru_cache

from crowkis.match.amounts import read
from crowkis.match.days import moving
from crowkis.match.glyphs import plain_glyphs
from crowkis.match.identifiers import lift
from crowkis.match.idioms import in_figures
from crowkis.match.intent import intent_of
from crowkis.match.languages import languages
from crowkis.match.layout import layout
from crowkis.match.leaning import leaning
from crowkis.match.names import names
from crowkis.match.negators import denied
from crowkis.match.quotes import quoted
from crowkis.match.tokens import lowered, written
from crowkis.values.question import Features

TEXTS_KEPT_MAX = 1_024
"""What is missed is stored a moment later, and what is asked is asked again in the same words."""
TEXT_CHARS_MAX = 400
"""A longer text's features are not remembered."""


def features(text: str) -> Features:
    """The slots, denials, leaning and intent of a text. Pure, and linear in its length."""
    return _remembered(text) if len(text) <= TEXT_CHARS_MAX else _read(text)


def _read(text: str) -> Features:
    lifted, identifiers = lift(plain_glyphs(text))
    cut = written(lifted)
    words = lowered(cut if lifted == text else written(text))
    capitals = in_figures(cut)
    tokens = lowered(capitals)
    forms, places = read(tokens)
    found = names(capitals, tokens, {i for place in places for i in range(place.start, place.end)})
    return Features(
        numbers=forms,
        quoted=quoted(text),
        denied=denied(tokens),
        leaning=leaning(text),
        identifiers=identifiers,
        names=tuple(name.form for name in found),
        languages=languages(tokens),
        layout=layout(tokens),
        days=moving(tokens),
        intent=intent_of(text, words),
    )


_remembered = lru_cache(TEXTS_KEPT_MAX)(_read)
