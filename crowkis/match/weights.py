"""The weights of match/confidence.py, readable, and the card of the model they make.

What it tells: the probability that a stored answer is right for a question, where no gate objected. Log-odds = bias +
the sum of weight times signal; the signals are rows of match/signals.py, in their order. ALONE is for candidates whose
answer no other neighbour carries, AGREED for the others.

Fitted on: even lines of Banking77 (CC BY 4.0), CLINC150 (CC BY 3.0), Overnight (Apache-2.0) and SNIPS (CC0), as streams
with a random part stored and as labelled pairs, and on bench/axes_dev.jsonl, written for this; every source counts the
same. Quora questions were never fitted on. Similarities are those of the built-in embedder (all-MiniLM-L6-v2, int8):
for other vectors the default is plain cosine (METRIC). English alone was looked at.

Not for: deciding whose answer it is, whether it is fresh or what a number says. Gates do that, and come first.
How well promised and right agree, by source, on lines not fitted on and with whole sources left out of the fitting:
bench/train_confidence.py prints it, decisions/0014 tells what it said.
"""

from typing import NamedTuple

FITTED_FOR = "minilm-int8-384-"
"""How the fingerprints of the vectors begin that the similarities were taken from."""


class Model(NamedTuple):
    """One regression: a weight for each row of SIGNALS."""

    bias: float
    weights: tuple[float, ...]


# Below: printed by bench/train_confidence.py --write.

ALONE = Model(
    0.236,
    (
        1.790,  # similarity
        20.042,  # near
        0.000,  # asked_only
        0.000,  # stored_only
        0.000,  # replaced
        -1.809,  # in_frame
        -0.315,  # added
        0.000,  # markers
        -0.281,  # names
        0.890,  # rewordings
        0.000,  # support
        -2.381,  # rival
        0.000,  # agreeing
        -0.244,  # differing
    ),
)

AGREED = Model(
    0.585,
    (
        0.292,  # similarity
        0.000,  # near
        -0.121,  # asked_only
        -0.054,  # stored_only
        -0.210,  # replaced
        0.000,  # in_frame
        -0.064,  # added
        -0.203,  # markers
        0.000,  # names
        0.573,  # rewordings
        2.130,  # support
        -3.380,  # rival
        0.681,  # agreeing
        -0.186,  # differing
    ),
)
