"""Takes a question apart into its skeleton and the values in its slots: texts of one template ask the same alike.

The skeleton is the words in their basic forms and in order, without articles, forms of be, courtesies and marks, and
with <number> for numbers; the values are those the rules compare as typed values (numbers, names, quotes ...). The
digest of both finds stored questions whatever their vectors say; whether one is served the rules decide.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from crowkis.match.align import bare_words
from crowkis.match.features import TEXT_CHARS_MAX, TEXTS_KEPT_MAX
from crowkis.match.vocabulary import listed
from crowkis.values.question import Features

DIGEST_BYTES = 12
_DROPPED = frozenset({"a", "an", "the", "'s", "be"})
_COURTESIES = listed("please kindly hey hi hello thanks thank just pls")
_OPENINGS = (
    ("can", "you", "tell", "me"), ("could", "you", "tell", "me"), ("would", "you", "tell", "me"), ("tell", "me"),
    ("i", "would", "like", "to", "know"), ("i", "want", "to", "know"), ("do", "you", "know"), ("i", "wonder"),
)  # fmt: skip
"""What may stand before a question without changing it, in basic forms; the longest first where one begins another."""


class Template(NamedTuple):
    """A text taken apart."""

    skeleton: str
    slots: tuple[str, ...]
    """The values, each as kind:value, in order within a kind."""

    @property
    def digest(self) -> bytes:
        """DIGEST_BYTES that name skeleton and values."""
        made = blake2b(digest_size=DIGEST_BYTES)
        for part in (self.skeleton, *self.slots):
            piece = part.encode("utf-8", "surrogatepass")
            made.update(len(piece).to_bytes(4, "little"))
            made.update(piece)
        return made.digest()


def template(text: str, known: Features) -> Template:
    """The template of a text whose features are known."""
    return _remembered(text, known) if len(text) <= TEXT_CHARS_MAX else _taken_apart(text, known)


def _taken_apart(text: str, known: Features) -> Template:
    tokens = [token for token in bare_words(text) if token[0].isalnum() and token not in _COURTESIES]
    for opening in _OPENINGS:
        if tuple(tokens[: len(opening)]) == opening and len(tokens) > len(opening):
            tokens = tokens[len(opening) :]
            break
    measured = any(" " in value for value in known.numbers)
    words = []
    for before, token in zip(("", *tokens), tokens, strict=False):
        if token[0].isdigit():
            words.append("<number>")
        elif token not in _DROPPED and not (measured and before[:1].isdigit()):  # a unit belongs to its number
            words.append(token)
    kinds = (
        ("number", known.numbers), ("identifier", known.identifiers), ("quoted", known.quoted),
        ("language", known.languages), ("layout", known.layout), ("day", known.days),
    )  # fmt: skip
    return Template(" ".join(words), tuple(f"{kind}:{value}" for kind, values in kinds for value in values))


_remembered = lru_cache(TEXTS_KEPT_MAX)(_taken_apart)
