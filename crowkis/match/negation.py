"""Rule: a question and its denial are two questions."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """Where one text denies what the other asks, the answer is not served; two denials cancel out."""
    asked, stored = question.features.negations, candidate.features.negations
    if asked == stored or candidate.exact or (asked - stored) % 2 == 0:
        return None
    return Reason("negation.differs", stored, asked)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """How many negations the stored question holds, against how many the one asked."""
    return candidate.features.negations, question.features.negations
