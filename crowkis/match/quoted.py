"""Rule: what is quoted is meant letter by letter, so both questions must say it.

One of the two may leave the marks out: a span that only one text quotes must stand in the other as plain text.
"""

import re

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_LEADS = re.compile(r"\b(?:with|to|into|from|by|for|than|before|after|over|of)\s+[\"'`“«‘]")
"""A word of direction right before a span: then the order of the spans is part of what is asked."""


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer to a question that quotes something else is not served."""
    asked, stored = question.features.quoted, candidate.features.quoted
    if asked == stored or candidate.exact:
        return None
    if _agree(asked, question.text, stored, candidate.text):
        return None
    return Reason("quoted.differ", list(stored), list(asked))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """What the stored question quotes, against what the one asked does."""
    return list(candidate.features.quoted), list(question.features.quoted)


def _agree(asked: tuple[str, ...], question: str, stored: tuple[str, ...], candidate: str) -> bool:
    mine, theirs = [_spelling(span) for span in asked], [_spelling(span) for span in stored]
    if sorted(mine) == sorted(theirs):
        return mine == theirs or not (_LEADS.search(question) or _LEADS.search(candidate))
    return _all_said(set(mine) - set(theirs), candidate) and _all_said(set(theirs) - set(mine), question)


def _all_said(spans: set[str], text: str) -> bool:
    """Does every span that only the other text quotes stand in this one without marks?"""
    folded = _folded(text) if spans else ""
    return all(_stands_in(span, folded if " " in span else text) for span in spans)


def _spelling(span: str) -> str:
    """A quoted phrase may be capitalised either way; a single word, a name in code for example, may not."""
    return _folded(span) if " " in span else span


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _stands_in(span: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(span)}(?!\w)", text) is not None
