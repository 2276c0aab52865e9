"""The phrases that count as one word (get rid of, log in): all that the tables of this room write with underscores."""

from crowkis.match.opposites import ANTONYMS_OF, CONVERSES_OF, RIVALS_OF
from crowkis.match.synonyms import SENSES


def _phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    """By first word: the rests, the longest first."""
    known: dict[str, set[tuple[str, ...]]] = {}
    for table in (SENSES, ANTONYMS_OF, CONVERSES_OF, RIVALS_OF):
        for word in table:
            first, *rest = word.split("_")
            if rest:
                known.setdefault(first, set()).add(tuple(rest))
    return {first: tuple(sorted(rests, key=lambda rest: (-len(rest), rest))) for first, rests in known.items()}


PHRASES = _phrases()
