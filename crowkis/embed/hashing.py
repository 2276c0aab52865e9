"""An embedder for tests: hashed words and letter groups, so that similar spelling gives similar vectors.

Deterministic on every machine and run, fast, and without a model. Knows nothing of meaning: do not serve with it.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from crowkis.values.vector import Vector

VERSION = 1
WORD = re.compile(r"\w+")
GROUP_CHARS = 3
WORD_WEIGHT = 1.0
GROUP_WEIGHT = 0.5


class HashingEmbedder:
    """interfaces.Embedder without a model. A text without words has a vector of its own."""

    batch_texts_max = 64

    def __init__(self, dimension: int = 384) -> None:
        self.dimension = dimension
        self.name = f"hashed words ({dimension})"
        self.fingerprint = f"hashing-{VERSION}-{dimension}"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text; never fails."""
        return [self._embed_one(text) for text in texts]

    def close(self) -> None:
        """There is nothing to let go of."""

    def _embed_one(self, text: str) -> Vector:
        total = np.zeros(self.dimension, np.float64)
        for part, weight in sorted(parts(text).items()):
            digest = hashlib.blake2b(part.encode("utf-8", "replace"), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            total[(number >> 1) % self.dimension] += weight if number & 1 else -weight
        length = float(np.linalg.norm(total))
        if not length:
            total[0], length = 1.0, 1.0
        return (total / length).astype(np.float32)


def parts(text: str) -> dict[str, float]:
    """The words of a text and the letter groups within them, each with its weight times how often it occurs."""
    found: dict[str, float] = {}
    for word in WORD.findall(text.lower()):
        found[word] = found.get(word, 0.0) + WORD_WEIGHT
        framed = f"^{word}$"
        for start in range(len(framed) - GROUP_CHARS + 1):
            group = "#" + framed[start : start + GROUP_CHARS]
            found[group] = found.get(group, 0.0) + GROUP_WEIGHT
    return found
