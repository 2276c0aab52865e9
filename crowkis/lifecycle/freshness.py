"""Rule: an answer is served until its time is up. The time is the question's own; no clock is read here."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def fresh(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer is not served from the millisecond it expires."""
    if 0 < candidate.expire_at_ms <= question.now_ms:
        return Reason("freshness.expired", question.now_ms, candidate.expire_at_ms)
    return None


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The time of asking against the time the answer expires (Unix milliseconds; "never" where it does not)."""
    return question.now_ms, candidate.expire_at_ms or "never"
