"""Rules about what people reported: a pair found wrong is never served again, a suspect entry less readily."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

COMPLAINTS_MAX = 16
"""More complaints than this change nothing any more."""


def unflagged(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer flagged as wrong for this question, or for one practically the same, is not served."""
    if not candidate.flagged or candidate.flagged < policy.flagged_min:
        return None
    return Reason("feedback.flagged", round(candidate.flagged, 4), policy.flagged_min)


def flag_measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """How near the question is to one this answer is flagged for, against how near is the same."""
    return round(candidate.flagged, 4), policy.flagged_min


def own_bar(complaints: int, policy: Policy) -> float:
    """What an entry with complaints must reach: each halves what the usual bar leaves to certainty."""
    usual = policy.budget_min or policy.confidence_min or policy.similarity_min
    return 1.0 - (1.0 - usual) * 0.5 ** min(complaints, COMPLAINTS_MAX)


def unsuspected(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An entry that was reported bad more often than good must match better than others. An exact match passes."""
    if candidate.exact or not candidate.complaints:
        return None
    bar = own_bar(candidate.complaints, policy)
    if candidate.confidence >= bar:
        return None
    return Reason("feedback.complaints", round(candidate.confidence, 4), round(bar, 4))


def complaint_measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The confidence, against the bar of this very entry."""
    if not candidate.complaints:
        return 0, "any (no complaints)"
    return round(candidate.confidence, 4), round(own_bar(candidate.complaints, policy), 4)
