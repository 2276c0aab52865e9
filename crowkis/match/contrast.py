"""Rule: what differs between two questions must not make two questions of them.

The texts are laid side by side word by word; four rules look at what is left over and at what has changed places.
Where more than LEFT_OVER_MAX words are left over, the texts differ too much to be judged word by word.
"""

from functools import lru_cache

from crowkis.match.align import LEFT_OVER_MAX, PAIRS_KEPT_MAX, SHORT_CHARS_MAX, laid
from crowkis.match.contrary import contrary
from crowkis.match.replaced import narrowed, replaced
from crowkis.match.roles import turned
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_RULES = (
    ("contrast.opposite", contrary),
    ("contrast.roles", turned),
    ("contrast.substitution", replaced),
    ("contrast.scope", narrowed),
)


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer to a question that differs in a deed, a direction, a thing or its reach is not served."""
    if candidate.exact or question.text == candidate.text:
        return None
    short = len(question.text) <= SHORT_CHARS_MAX >= len(candidate.text)
    differing = (_remembered if short else _differing)(candidate.text, question.text)
    return None if differing is None else Reason(*differing)


def _differing(stored_text: str, asked_text: str) -> tuple[str, object, object] | None:
    """Which of the rules objects, and what it shows of either text."""
    stored, asked, found = laid(stored_text, asked_text)
    if max(len(found.unmatched_a), len(found.unmatched_b)) > LEFT_OVER_MAX:
        return None
    for name, rule in _RULES:
        differing = rule(stored, asked, found)
        if differing is not None:
            return (name, *differing)
    return None


_remembered = lru_cache(PAIRS_KEPT_MAX)(_differing)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The words that only the stored question holds, against those that only the one asked does."""
    stored, asked, found = laid(candidate.text, question.text)
    return [stored.words[i] for i in found.unmatched_a], [asked.words[j] for j in found.unmatched_b]
