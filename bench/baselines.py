"""What other caches would do with the same vectors: a plain cosine cut-off, and two products as they come.

A decision here is a cosine that the nearest stored question must reach. The products' defaults, read in the packages:

- RedisVL 0.28.0, `redisvl/extensions/cache/llm/semantic.py`: `distance_threshold=0.1`, and `schema.py` declares the
  metric "cosine", which is 1 - cosine. So: cosine >= 0.9.
- GPTCache 0.1.44: `Config.similarity_threshold=0.8`; `init_similar_cache` takes `SearchDistanceEvaluation`, which
  scores 4 - distance; its Faiss index is METRIC_L2, a squared length, over vectors of length 1, so the distance is
  2 - 2 cosine; `adapter.py` serves at score >= 0.8 * 4. So: 2 - 2 cosine <= 0.8, cosine >= 0.6; top_k is 1.

Never looks at a text: whoever wants more than a cut-off measures another system.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

PRODUCTS = {"redisvl": 0.9, "gptcache": 0.6}
"""The cosine at which a product serves when nobody configured it."""
QUESTIONS_AT_ONCE = 128
SLACK = 1e-6
"""A text beside itself is not always at 1.0 in single precision."""

Flags = Any
"""A NumPy array of truth values, one a line."""


class Played(NamedTuple):
    """What a system did with each line of a stream."""

    served: Flags
    wrong: Flags

    def facts(self, parity: int | None = None) -> dict[str, float]:
        """Hit rate and wrong answers, of all lines or of even (0) or odd (1) ones."""
        chosen = slice(None) if parity is None else slice(parity, None, 2)
        served, wrong = self.served[chosen], self.wrong[chosen]
        hits = int(served.sum())
        return {
            "asked": len(served),
            "hits": hits,
            "wrong": int(wrong.sum()),
            "hit_rate": round(hits / max(1, len(served)), 4),
            "wrong_of_hits": round(int(wrong.sum()) / max(1, hits), 4),
        }


def cosine_decisions(bars: Sequence[float]) -> dict[str, float]:
    """Every baseline by name: the products, then plain cosine at each bar."""
    return PRODUCTS | {f"cosine {bar:g}": bar for bar in bars}


def play_cosine(answers: Sequence[str], vectors: Any, decisions: dict[str, float]) -> dict[str, Played]:
    """All decisions at once on one stream: serve the nearest stored question's answer, or store the line on a miss."""
    lines = len(answers)
    bars = np.array(list(decisions.values()), np.float32)[:, None] - np.float32(SLACK)
    stored, served, wrong = (np.zeros((len(bars), lines), bool) for _ in range(3))
    stored[:, 0] = True
    identity = {answer: place for place, answer in enumerate(dict.fromkeys(answers))}
    truth = np.array([identity[answer] for answer in answers])
    for start in range(0, lines, QUESTIONS_AT_ONCE):
        stop = min(lines, start + QUESTIONS_AT_ONCE)
        block = vectors[start:stop] @ vectors[:stop].T
        for line in range(max(1, start), stop):
            similarities = np.where(stored[:, :line], block[line - start, :line], np.float32(-2))
            nearest = similarities.argmax(axis=1)
            hit = similarities[np.arange(len(bars)), nearest] >= bars[:, 0]
            served[:, line] = hit
            wrong[:, line] = hit & (truth[nearest] != truth[line])
            stored[:, line] = ~hit
    return {name: Played(served[place], wrong[place]) for place, name in enumerate(decisions)}


def most_hits(curve: dict[str, Played], wrong_max: float, parity: int) -> tuple[str, float]:
    """The setting with the most hits among those whose wrong answers stay within a share of the hits."""
    within = [("none", 0.0)]
    for name, played in curve.items():
        facts = played.facts(parity)
        if facts["wrong_of_hits"] <= wrong_max:
            within.append((name, facts["hit_rate"]))
    return max(within, key=lambda row: row[1])
