"""Rule: an answer must carry every tag that is asked for; it may carry more."""

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def carried(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer that lacks a tag asked for is not served."""
    if question.tags <= candidate.tags:
        return None
    return Reason("tags.missing", sorted(candidate.tags), sorted(question.tags))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The tags the answer carries, against the tags asked for."""
    return sorted(candidate.tags), sorted(question.tags)
