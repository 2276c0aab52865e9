"""Rule: two questions that are not written alike must at least be similar. An exact match passes."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def enough(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """A question less similar than the bar is not the same question; one exactly at the bar is."""
    if candidate.exact or candidate.similarity >= policy.similarity_min:
        return None
    return Reason("similarity.below-bar", round(candidate.similarity, 4), policy.similarity_min)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The cosine similarity, against the bar."""
    return round(candidate.similarity, 4), policy.similarity_min
