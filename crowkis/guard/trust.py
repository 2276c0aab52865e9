"""Who or what answers stand on: a source loses trust with each complaint and regains it slowly.

Rule: an answer whose source is trusted too little is not served. Answers without a source are not judged by this.
"""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

FULL, FLOOR = 1.0, 0.01
"""The trust in a source nobody has complained about, and the least there is."""
LOST = 0.7
"""What is left of it after a complaint."""
REGAINED = 0.05
"""The part of what is missing that praise gives back."""


def lowered(trust: float) -> float:
    """The trust after a complaint."""
    return max(FLOOR, trust * LOST)


def raised(trust: float) -> float:
    """The trust after praise."""
    return min(FULL, trust + (FULL - trust) * REGAINED)


def enough(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer of a source that has lost too much trust is not served, not even to the very same question."""
    if candidate.trust >= policy.trust_min:
        return None
    return Reason("trust.too-low", round(candidate.trust, 4), policy.trust_min)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The trust in the answer's source, against the least that is asked for."""
    return round(candidate.trust, 4), policy.trust_min
