"""The one vector type: a one-dimensional float32 array of unit length, so that dot product is cosine."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]


DIGEST_BYTES = 16


def digest(vector: Vector) -> bytes:
    """16 bytes that tell whether two vectors (contiguous float32) are the same, bit by bit."""
    return blake2b(vector.data, digest_size=DIGEST_BYTES).digest()
