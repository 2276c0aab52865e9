"""Rule: vectors of two embedders are never compared. An exact match compares no vectors and passes."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def same(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """A similarity between two vector spaces means nothing, so such an answer is not served."""
    if candidate.exact or question.fingerprint == candidate.fingerprint:
        return None
    return Reason("embedder.other-space", candidate.fingerprint, question.fingerprint)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The space of the stored question, against the space of the one asked."""
    return candidate.fingerprint, "any (exact match)" if candidate.exact else question.fingerprint
