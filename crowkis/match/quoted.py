"""Rule: what is quoted is meant letter by letter, so both questions must say it.

One of the two may leave the marks out: a span that only one text quotes must stand in the other as plain text.
"""

import re

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer to a question that quotes something else is not served."""
    asked, stored = question.features.quoted, candidate.features.quoted
    if asked == stored or candidate.exact:
        return None
    if _said(asked, stored, candidate.text) and _said(stored, asked, question.text):
        return None
    return Reason("quoted.differ", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """What the stored question quotes, against what the one asked does."""
    return list(candidate.features.quoted), list(question.features.quoted)


def _said(spans: tuple[str, ...], quoted: tuple[str, ...], text: str) -> bool:
    """Is every span quoted by the other text too, or said in it without marks where it quotes nothing?"""
    if quoted:
        return sorted(map(_spelling, spans)) == sorted(map(_spelling, quoted))
    return all(_stands_in(_spelling(span), _spelling(text) if " " in span else text) for span in spans)


def _spelling(span: str) -> str:
    """A quoted phrase may be capitalised either way; a single word, a name in code for example, may not."""
    return " ".join(span.split()).casefold() if " " in span else span


def _stands_in(span: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(span)}(?!\w)", text) is not None
