"""Exact nearest neighbours: every vector in one matrix, every search looks at all of them.

The index of choice while there are few vectors, and the oracle the graph is tested against. Rows stay dense: removing
one moves the last row into its place. Never approximates, and never uses more than the caller's core.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from crowkis.index.unit import Match, best_first, checked, checked_dimension, similarities
from crowkis.values.vector import Vector, digest

ROWS_FIRST = 64
"""Rows reserved by the first add; doubled whenever they are full."""
LABEL_BYTES = 100
"""A dictionary entry with its two integers, approximately."""


class FlatIndex:
    """Exact cosine search over a growing matrix; cost is linear in the number of vectors."""

    def __init__(self, dimension: int) -> None:
        self.dimension = checked_dimension(dimension)
        self._matrix: npt.NDArray[np.float32] = np.empty((0, dimension), dtype=np.float32)
        self._labels: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._rows: dict[int, int] = {}

    def add(self, label: int, vector: Vector) -> None:
        """Remember `vector` as `label`; a label already there is replaced. Grows as needed."""
        unit = checked(vector, self.dimension)
        row = self._rows.get(label)
        if row is None:
            row = len(self._rows)
            if row == len(self._matrix):
                self._grow()
            self._labels[row] = label
            self._rows[label] = row
        self._matrix[row] = unit

    def remove(self, label: int) -> None:
        """Forget `label`; its room is used again. Raises KeyError where it is not there."""
        row = self._rows.pop(label)
        last = len(self._rows)
        if row != last:
            moved = int(self._labels[last])
            self._matrix[row] = self._matrix[last]
            self._labels[row] = moved
            self._rows[moved] = row

    def vectors(self, labels: Sequence[int]) -> npt.NDArray[np.float32]:
        """The vectors of these labels, one a row. Raises KeyError where one is not there."""
        copies: npt.NDArray[np.float32] = self._matrix[[self._rows[label] for label in labels]]
        return copies

    def digest(self, label: int) -> bytes:
        """What values.vector.digest() says of a label's vector. Raises KeyError where it is not there."""
        return digest(self._matrix[self._rows[label]])

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """All of it, for a snapshot: facts that JSON can hold, and arrays that share its memory."""
        count = len(self._rows)
        return {"kind": "flat"}, {"labels": self._labels[:count], "matrix": self._matrix[:count]}

    @classmethod
    def restore(cls, dimension: int, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """What dump() described. Raises ValueError where it describes nothing that can be."""
        flat = cls(dimension)
        flat._labels, flat._matrix = arrays["labels"].copy(), arrays["matrix"].copy()
        flat._rows = {label: row for row, label in enumerate(flat._labels.tolist())}
        if flat._matrix.shape != (len(flat._rows), dimension):
            raise ValueError("labels and vectors do not fit together")
        return flat

    def search(self, vector: Vector, k: int) -> list[Match]:
        """Up to k (label, cosine similarity) pairs, most similar first; equals by label."""
        unit = checked(vector, self.dimension)
        count = len(self._rows)
        if k < 1 or count == 0:
            return []
        scores = similarities(self._matrix[:count], unit)
        labels = self._labels[:count]
        if k < count:
            weakest = np.partition(scores, count - k)[count - k]
            rows = np.flatnonzero(scores >= weakest)
            labels, scores = labels[rows], scores[rows]
            if len(rows) > k:  # the last places are tied
                order = np.lexsort((labels, -scores))[:k]
                labels, scores = labels[order], scores[order]
        return best_first(zip(labels.tolist(), scores.tolist(), strict=True), k)

    def labels(self) -> Iterable[int]:
        """The labels present, in no order."""
        return tuple(self._rows)

    def __contains__(self, label: object) -> bool:
        return label in self._rows

    def __len__(self) -> int:
        """How many labels are present."""
        return len(self._rows)

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return self._matrix.nbytes + self._labels.nbytes + len(self._rows) * LABEL_BYTES

    def _grow(self) -> None:
        rows_before = len(self._matrix)
        rows_after = max(ROWS_FIRST, 2 * rows_before)
        matrix = np.empty((rows_after, self.dimension), dtype=np.float32)
        matrix[:rows_before] = self._matrix
        labels = np.empty(rows_after, dtype=np.int64)
        labels[:rows_before] = self._labels
        self._matrix, self._labels = matrix, labels
