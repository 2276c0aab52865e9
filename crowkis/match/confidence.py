"""How sure is it that a stored answer is right for the question asked? One probability, from a few readable numbers.

A logistic regression whose weights can count in one direction only: no signal speaks for an answer by being bad. There
are two, one for candidates that stand alone and one for those whose answer other neighbours carry too. The logarithm of
the odds is a sum, so the odds are a product: one damning signal sinks it, whatever the others say. What a gate objects
to has confidence 0. Weights and where they come from: match/weights.py.

Never knows the bar: the rule compares with what the policy says.
"""

from math import exp

from crowkis.match import weights
from crowkis.match.signals import SIGNALS, signals
from crowkis.values.question import Candidate, Company, Policy, Question
from crowkis.values.verdict import Reason

LOG_ODDS_MAX = 30.0


def probability(asked: str, stored: str, similarity: float, company: Company) -> float:
    """From 0 to 1."""
    model = weights.AGREED if company.agreeing else weights.ALONE
    numbers = signals(asked, stored, similarity, company)
    odds = model.bias + sum(weight * number for weight, number in zip(model.weights, numbers, strict=True))
    return 1.0 / (1.0 + exp(-min(max(odds, -LOG_ODDS_MAX), LOG_ODDS_MAX)))


def by_cosine(similarity: float) -> float:
    """What stands for the probability where plain cosine decides: the cosine, from 0 to 1."""
    return min(max(similarity, 0.0), 1.0)


def contributions(question: Question, candidate: Candidate) -> dict[str, float]:
    """What each signal adds to or takes from the logarithm of the odds, those that do nothing left out."""
    model = weights.AGREED if candidate.company.agreeing else weights.ALONE
    numbers = signals(question.text, candidate.text, candidate.similarity, candidate.company)
    found = {"bias": round(model.bias, 4)}
    for signal, weight, number in zip(SIGNALS, model.weights, numbers, strict=True):
        if weight * number:
            found[signal.name] = round(weight * number, 4)
    return found


def enough(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer less sure than the bar is not served; one exactly at the bar is."""
    if candidate.exact or candidate.confidence >= policy.confidence_min:
        return None
    return Reason("confidence.below-bar", round(candidate.confidence, 4), policy.confidence_min)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The probability, against the bar."""
    return round(candidate.confidence, 4), policy.confidence_min
