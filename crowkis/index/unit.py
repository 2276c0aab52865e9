"""What every index demands of a vector, and how every index orders what it found.

An index that took a NaN or a vector of another space would answer wrongly from then on without a sign of it, so
each vector is looked at on its way in. Never holds state; never changes the caller's array.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from crowkis.values.vector import Vector

LENGTH_ERROR_MAX = 0.01
"""How far the squared length may be from 1; far above float32 rounding, far below a forgotten normalisation."""

Match = tuple[int, float]
"""A label and its cosine similarity."""


def checked(vector: npt.ArrayLike, dimension: int) -> Vector:
    """The vector as contiguous float32; ValueError where it is not a unit vector of this dimension."""
    array: Vector = np.ascontiguousarray(vector, dtype=np.float32)
    if array.shape != (dimension,):
        raise ValueError(f"expected a vector of dimension {dimension}, got shape {array.shape}")
    squared_length = float(array.dot(array))
    if not abs(squared_length - 1.0) <= LENGTH_ERROR_MAX:  # written so that NaN is refused too
        raise ValueError(f"expected a unit vector, got one of squared length {squared_length:.6g}")
    return array


def checked_dimension(dimension: int) -> int:
    """The dimension itself; ValueError where no vector can have it."""
    if dimension < 1:
        raise ValueError(f"expected a dimension of at least 1, got {dimension}")
    return dimension


def similarities(vectors: npt.NDArray[np.float32], unit: Vector) -> Vector:
    """The cosine of each row with `unit`, on the caller's core alone.

    A plain matrix-vector product of this size wakes BLAS threads: milliseconds of waiting, and cores taken from the
    embedding workers. A stack of dot products does not, and is nearly as fast as the product on one thread.
    """
    products: Vector = np.matmul(vectors[:, None, :], unit[:, None])[:, 0, 0]
    return products


def best_first(matches: Iterable[Match], k: int) -> list[Match]:
    """The k most similar, the smaller label first among equals, similarity cut to what a cosine can be."""
    found = sorted(matches, key=lambda match: (-match[1], match[0]))[: max(k, 0)]
    return [(label, min(1.0, max(-1.0, similarity))) for label, similarity in found]
