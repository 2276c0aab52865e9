"""Which answers a question's other neighbours carry: agreement speaks for a candidate, a rival close by against it.

Where several stored questions near the one asked have the very same answer, small differences of wording matter
little there; where questions as near as the candidate have other answers, they matter much. Answers are compared by
their sketches (match/sketch.py); where a sketch does not tell, the neighbour says nothing.
"""

from collections.abc import Sequence

from crowkis.match.sketch import alike
from crowkis.values.question import Company

REACH = 0.25
"""A neighbour that is less similar than the candidate by this says nothing."""
CLOSE = 0.1
"""Within this of the candidate's similarity, neighbours with another answer are counted."""
COUNTED_MAX = 4
RIVAL_MAX = 2.0


def company(neighbours: Sequence[tuple[float, bytes]], place: int) -> Company:
    """What the others say of the one at `place`; each is a cosine and the sketch of its answer."""
    similarity, answer = neighbours[place]
    agreeing: list[float] = []
    differing: list[float] = []
    for number, (other, theirs) in enumerate(neighbours):
        same = alike(answer, theirs) if number != place else None
        if same is not None:
            (agreeing if same else differing).append(other)
    return Company(
        support=min(1.0, _nearness(similarity, agreeing)),
        rival=min(RIVAL_MAX, _nearness(similarity, differing)),
        agreeing=min(COUNTED_MAX, sum(other >= similarity - REACH for other in agreeing)),
        differing=min(COUNTED_MAX, sum(other >= similarity - CLOSE for other in differing)),
    )


def _nearness(similarity: float, others: Sequence[float]) -> float:
    """1 where the nearest of the others is as near as the candidate, 0 where out of reach, more than 1 if nearer."""
    return max(0.0, 1.0 - (similarity - max(others)) / REACH) if others else 0.0
