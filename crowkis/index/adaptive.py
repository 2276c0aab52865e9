"""The index the server uses: exact while small, a graph when large, and no long stop on the way between.

There is one current part, which takes what is added, and there may be parts being left: the matrix when it has
become too long, a graph when it has become small or worn (too many dead nodes). Every add copies a few vectors from a
part being left into the current one, and searches look in all parts; a part is let go when all of it is copied. What
was copied stays findable in the old part, for a graph emptied bit by bit becomes slow to search: so a label may be in
several parts, with the same vector in each.
Never copies more than a named number of vectors in one call; a removal copies nothing into a graph unless searches
are slow already, so that purging many entries stays cheap.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy.typing as npt

from crowkis.index.flat import FlatIndex
from crowkis.index.hnsw import HnswIndex
from crowkis.index.unit import Match, best_first, checked
from crowkis.interfaces import VectorIndex
from crowkis.values.vector import Vector

FLAT_VECTORS_MAX = 4_096
"""Up to here comparing with all vectors (0.15 to 0.3 ms at 384 dimensions) is no slower than a graph, and exact."""
MOVES_TO_GRAPH = 2
"""Vectors an add copies into the current graph."""
MOVES_TO_FLAT = 32
"""Vectors an add or a removal copies back; reading one out of a graph takes tens of microseconds."""
WORN_SHARE = 0.5
"""A graph is worn when it holds more dead nodes than this share of its living vectors."""
SPARSE_SHARE = 8
"""A graph is sparse when it holds more dead nodes than this many times its living vectors: searches take as long."""

Part = FlatIndex | HnswIndex


class Leaving:
    """A part being left, and its labels that are still to be copied (or were removed since)."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.pending = list(part.labels())

    def sparse(self) -> bool:
        """Are searches in it slow?"""
        return isinstance(self.part, HnswIndex) and self.part.dead_nodes() > SPARSE_SHARE * len(self.part)


class AdaptiveIndex:
    """Exact search over few vectors, graph search over many, both while it changes over."""

    def __init__(self, dimension: int, flat_vectors_max: int = FLAT_VECTORS_MAX) -> None:
        self.dimension = dimension
        self._graph_above = flat_vectors_max
        self._flat_below = flat_vectors_max // 2  # far apart, so that a cache at its limit does not waver
        self._current: Part = FlatIndex(dimension)
        self._leaving: list[Leaving] = []
        self._count = 0

    def add(self, label: int, vector: Vector) -> None:
        """Remember `vector` as `label`; a label already there is replaced. Grows as needed."""
        unit = checked(vector, self.dimension)
        if label not in self:
            self._count += 1
            self._choose()
        for left in self._leaving:
            if label in left.part:
                left.part.remove(label)
        self._current.add(label, unit)
        self._copy(MOVES_TO_FLAT if isinstance(self._current, FlatIndex) else MOVES_TO_GRAPH)

    def remove(self, label: int) -> None:
        """Forget `label`; its room is used again. Raises KeyError where it is not there."""
        parts = [part for part in self._parts() if label in part]
        if not parts:
            raise KeyError(label)
        for part in parts:
            part.remove(label)
        self._count -= 1
        self._choose()
        if isinstance(self._current, FlatIndex):
            self._copy(MOVES_TO_FLAT)
        elif any(left.sparse() for left in self._leaving):
            self._copy(MOVES_TO_GRAPH)

    def search(self, vector: Vector, k: int) -> list[Match]:
        """Up to k (label, cosine similarity) pairs, most similar first; equals by label."""
        if not self._leaving:
            return self._current.search(vector, k)
        found: dict[int, float] = {}
        for part in self._parts():
            found.update(part.search(vector, k))
        return best_first(found.items(), k)

    def digest(self, label: int) -> bytes:
        """What values.vector.digest() says of a label's vector. Raises KeyError where it is not there."""
        for part in self._parts():
            if label in part:
                return part.digest(label)
        raise KeyError(label)

    def dump(self) -> list[tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]]:
        """Its parts for a snapshot, the current one first."""
        return [part.dump() for part in self._parts()]

    @classmethod
    def restore(
        cls,
        dimension: int,
        parts: Sequence[tuple[Mapping[str, Any], Mapping[str, npt.NDArray[Any]]]],
        digest_of: Callable[[int], bytes],
        flat_vectors_max: int = FLAT_VECTORS_MAX,
    ) -> Self:
        """What dump() described, with the digest of each label's vector. Raises what makes that impossible."""
        index = cls(dimension, flat_vectors_max)
        index._current, *left = (
            FlatIndex.restore(dimension, arrays)
            if facts["kind"] == "flat"
            else HnswIndex.restore(dimension, facts, arrays, digest_of)
            for facts, arrays in parts
        )
        index._leaving = [Leaving(part) for part in left]
        for leaving in index._leaving:
            leaving.pending = [label for label in leaving.pending if label not in index._current]
        index._count = len(set(index.labels()))
        return index

    def labels(self) -> Iterable[int]:
        """The labels present, in no order."""
        return set().union(*(part.labels() for part in self._parts()))

    def __contains__(self, label: object) -> bool:
        return any(label in part for part in self._parts())

    def __len__(self) -> int:
        """How many labels are present."""
        return self._count

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        pending = sum(8 * len(left.pending) for left in self._leaving)
        return pending + sum(part.size_bytes() for part in self._parts())

    def _parts(self) -> list[Part]:
        return [self._current, *(left.part for left in self._leaving)]

    def _choose(self) -> None:
        """Leave the current part where the number of vectors, or its dead nodes, call for another."""
        if isinstance(self._current, FlatIndex):
            if self._count > self._graph_above:
                self._leave_for(HnswIndex(self.dimension))
        elif self._count < self._flat_below:
            self._leave_for(FlatIndex(self.dimension))
        elif not self._leaving and self._current.dead_nodes() > WORN_SHARE * len(self._current):
            self._leave_for(HnswIndex(self.dimension))

    def _leave_for(self, part: Part) -> None:
        self._leaving.append(Leaving(self._current))
        self._current = part

    def _copy(self, count: int) -> None:
        """Copy up to `count` vectors from the part left first; let it go when nothing is pending."""
        if not self._leaving:
            return
        left = self._leaving[0]
        labels: list[int] = []
        while left.pending and len(labels) < count:
            label = left.pending.pop()
            if label in left.part and label not in self._current:
                labels.append(label)
        for label, vector in zip(labels, left.part.vectors(labels), strict=True):
            self._current.add(label, vector)
        if not left.pending or not left.part:
            self._leaving.pop(0)


def new_index(dimension: int) -> VectorIndex:
    """An empty index for unit vectors of this dimension."""
    return AdaptiveIndex(dimension)
