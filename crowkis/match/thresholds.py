"""The error budget: from which confidence on may answers be served so that at most this share of them is wrong?

What is known before any report is the confidence itself, calibrated offline: 1 - confidence is the risk. Traffic
differs, so reports correct that: the log-odds of the risks are shifted and stretched (logistic recalibration, Platt
1999), and every shift and slope is weighed by how well it explains the reports (a Bayesian grid). The bar is the lowest
one above which the mean risk of what would be served stays within the budget at the upper end of what is still
believable (an upper confidence bound on the risk, as in risk-controlling prediction sets, Bates et al. 2021), so few
reports mean a high bar. Reports may be mistaken: how many are is learned from those about exact repeats, which are
right but for mistakes (Natarajan et al. 2013 give the correction). Old reports fade.

Only what was served is reported on; below the bar there are no reports, and what is believed there follows from the
table and from the reports above. No answer is ever served to find out.
Pure: a bar is worked out from a Tally alone, so a restart comes to the same one.
"""

from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from crowkis.values.judgement import BINS, Tally
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

EDGES: tuple[float, ...] = (0.0, *(i / 100 for i in range(60, 90, 2)), *(i / 200 for i in range(180, 200)))
"""Where each bin of confidences begins: finer where bars usually lie."""
NOTHING = 1.01
"""A bar no confidence reaches: exact repeats alone are served."""

PRIOR_RISK: tuple[float, ...] = tuple(round(1.0 - (low + high) / 2, 4) for low, high in pairwise((*EDGES, 1.0)))
"""Share of wrong answers by bin before any report: what a calibrated confidence leaves to certainty."""
PRIOR_SEEN: tuple[float, ...] = (
    0.001,
    0.0232,
    0.0259,
    0.0266,
    0.0395,
    0.0375,
    0.0446,
    0.05,
    0.0521,
    0.0538,
    0.0623,
    0.0688,
    0.0719,
    0.0719,
    0.0839,
    0.0759,
    0.0195,
    0.0157,
    0.0182,
    0.0176,
    0.018,
    0.017,
    0.0145,
    0.0118,
    0.0124,
    0.0117,
    0.0118,
    0.0109,
    0.0102,
    0.007,
    0.0053,
    0.0041,
    0.0037,
    0.0026,
    0.001,
    0.001,
)
"""How often the best candidate of a question has this confidence, counted on pooled streams while the cosine stood for
the confidence: a beginning that what is seen soon outweighs."""
PRIOR_SEEN_WEIGHT = 200.0
"""How many candidates seen the shares above count for."""

SHIFTS = np.linspace(-5.0, 5.0, 41)
SHIFT_SPREAD = 0.6
SLOPES = np.linspace(0.7, 1.3, 5)
SLOPE_SPREAD = 0.15
PIVOT = bisect_right(EDGES, 0.9) - 1
"""The bin around which slopes turn."""
BELIEF = 0.8
"""How sure to be that the risk is within the budget."""
TRUST_IN_REPORTS = 0.7
"""The power of the likelihood: the two-parameter curve is never quite true, so reports count for less than they say."""
FADE_REPORTS = 1_000
"""After so many further reports an old one counts 1/e."""
FADE_SEEN = 5_000
EXACT_RISK = 0.005
"""An answer to the very same question is as good as always right; complaints about it are mistakes."""
MISTAKES = np.array([0.0, 0.5, 1.0])
MISTAKES_BELIEVED = np.array([1.0, 2.0, 5.0])
"""How many reports are mistaken, as parts of the share the operator allows for, and how believable that is at first."""

Floats = npt.NDArray[np.float64]


def bin_of(confidence: float) -> int:
    """The bin a confidence falls into."""
    return bisect_right(EDGES, min(max(confidence, 0.0), 1.0)) - 1


def noted(tally: Tally, confidence: float, exact: bool, right: bool) -> Tally:
    """The tally after one more report; older ones fade."""
    fade = 1.0 - 1.0 / FADE_REPORTS
    if exact:
        good, bad = tally.exact_right * fade + right, tally.exact_wrong * fade + (not right)
        return tally._replace(exact_right=good, exact_wrong=bad)
    place = bin_of(confidence)
    more_right, more_wrong = _faded(tally.right, fade, place, right), _faded(tally.wrong, fade, place, not right)
    return tally._replace(right=more_right, wrong=more_wrong)


def _faded(row: tuple[float, ...], fade: float, place: int, more: bool) -> tuple[float, ...]:
    return tuple(count * fade + (more and at == place) for at, count in enumerate(row))


def seen(tally: Tally, counts: dict[int, int]) -> Tally:
    """The tally after so many more best candidates in each bin."""
    fade = (1.0 - 1.0 / FADE_SEEN) ** sum(counts.values())
    return tally._replace(seen=tuple(old * fade + counts.get(place, 0) for place, old in enumerate(tally.seen)))


@lru_cache(4_096)
def bar(tally: Tally, budget: float, noise_max: float) -> float:
    """The lowest confidence at which serving keeps the believable share of wrong answers within the budget.

    Before any report the confidence is taken at its word: what it leaves to certainty must be within the budget.
    """
    if not (any(tally.right) or any(tally.wrong)):
        return round(1.0 - budget, 6)
    risks, weights = _risks(), _weights(tally, noise_max)
    traffic = np.array(tally.seen) + PRIOR_SEEN_WEIGHT * np.array(PRIOR_SEEN)
    above = np.cumsum(traffic[::-1])[::-1]
    means = np.cumsum((risks * traffic)[:, ::-1], axis=1)[:, ::-1] / above
    lowest = NOTHING
    for place in range(BINS - 1, 0, -1):
        order = np.argsort(means[:, place])
        reached = np.cumsum(weights[order])
        worst = means[order[int(np.searchsorted(reached, BELIEF * reached[-1]))], place]
        if worst > budget:
            break
        lowest = EDGES[place]
    return lowest


@lru_cache(1)
def _risks() -> Floats:
    """Risk by (shift, slope) and bin."""
    prior = np.array(PRIOR_RISK)
    odds = np.log(prior / (1.0 - prior))
    shifts, slopes = np.meshgrid(SHIFTS, SLOPES, indexing="ij")
    moved = odds[PIVOT] + shifts.reshape(-1, 1) + slopes.reshape(-1, 1) * (odds - odds[PIVOT])
    return np.asarray(1.0 / (1.0 + np.exp(-moved)))


@lru_cache(1)
def _log_prior() -> Floats:
    shifts, slopes = np.meshgrid(SHIFTS, SLOPES, indexing="ij")
    there = (shifts / SHIFT_SPREAD) ** 2 + ((slopes - 1.0) / SLOPE_SPREAD) ** 2
    return np.asarray(-0.5 * there.reshape(-1))


def _weights(tally: Tally, noise_max: float) -> Floats:
    """How believable each shift and slope is, given the reports, whatever share of them is mistaken."""
    log_bad, log_good, log_mistaken, log_fine = _likelihoods(noise_max)
    fit = log_bad @ np.array(tally.wrong) + log_good @ np.array(tally.right)
    fit += (log_mistaken * tally.exact_wrong + log_fine * tally.exact_right)[:, np.newaxis]
    log_weights = TRUST_IN_REPORTS * fit + _log_prior() + np.log(MISTAKES_BELIEVED)[:, np.newaxis]
    return np.asarray(np.exp(log_weights - log_weights.max()).sum(axis=0))


@lru_cache(16)
def _likelihoods(noise_max: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Logarithms: of a bad and a good report by share of mistakes, curve and bin; the same of exact repeats."""
    mistaken = noise_max * MISTAKES
    share = mistaken[:, np.newaxis, np.newaxis]
    told_bad = _risks() * (1.0 - share) + (1.0 - _risks()) * share
    exact_bad = EXACT_RISK * (1.0 - mistaken) + (1.0 - EXACT_RISK) * mistaken
    return np.log(told_bad), np.log1p(-told_bad), np.log(exact_bad), np.log1p(-exact_bad)


def within_budget(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """Below the bar that keeps the error budget nothing but an exact repeat is served."""
    if candidate.exact or candidate.confidence >= policy.budget_min:
        return None
    return Reason("budget.exceeded", round(candidate.confidence, 4), policy.budget_min)


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The confidence, against the bar that keeps the budget."""
    return round(candidate.confidence, 4), policy.budget_min or "any (no budget)"
