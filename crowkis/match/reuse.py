"""Rule: how far an answer may be reused depends on what the questions are for.

Of the two intents the one with the narrower posture counts, so that "cancel my order" gets no answer from "how do I
cancel my order" nor the other way round. What postures there are, and which intent has which, is in values/intent.py.
"""

from crowkis.match.verbatim import payload, plainly
from crowkis.values.intent import STRICTNESS
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason


def allowed(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer that must be given anew is not served; nor one that asks for more likeness than there is."""
    posture = _posture(question, candidate, policy)
    if posture == "free":
        return None
    if posture == "never":
        return Reason("reuse.never", _told(candidate), posture)
    if candidate.exact:
        return None
    stored, asked = candidate.features.intent.name, question.features.intent.name
    if posture == "cautious":
        return None if stored == asked else Reason("reuse.other-intent", stored, asked)
    if plainly(question.text) == plainly(candidate.text):
        return None
    if posture == "verbatim":
        return Reason("reuse.not-verbatim", _told(candidate), posture)
    if payload(question.text, asked) == payload(candidate.text, stored):
        return None
    return Reason("reuse.other-payload", _told(candidate), posture)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """What the stored question is for, against how far it may share an answer; cautious: with what else."""
    posture = _posture(question, candidate, policy)
    if posture == "cautious" and not candidate.exact:
        return _told(candidate), question.features.intent.name
    return _told(candidate), posture


def _posture(question: Question, candidate: Candidate, policy: Policy) -> str:
    """The narrower posture of the two. Questions written alike are for the same thing, so one intent is enough."""
    stored = policy.postures[candidate.features.intent.name]
    if candidate.exact:
        return stored
    return max(policy.postures[question.features.intent.name], stored, key=STRICTNESS.__getitem__)


def _told(candidate: Candidate) -> str:
    return candidate.features.intent.name
