"""The index the server uses: exact while small, a graph when large, and no long stop on the way between.

Passing FLAT_VECTORS_MAX starts a move: new vectors go to the graph and every add takes a few old ones with it, while
searches look in both. Falling below half of it starts the move back. Never moves more than a named number of
vectors in one call, and a removal never inserts into the graph, so that purging many entries stays cheap.
"""

from collections.abc import Iterable

from crowkis.index.flat import FlatIndex
from crowkis.index.hnsw import HnswIndex
from crowkis.index.unit import Match, best_first, checked
from crowkis.interfaces import VectorIndex
from crowkis.values.vector import Vector

FLAT_VECTORS_MAX = 8_192
"""Up to here comparing with all vectors is about as fast as the graph would be, and exact."""
MOVES_TO_GRAPH = 2
"""Vectors an add carries from the matrix into the graph."""
MOVES_TO_FLAT = 32
"""Vectors an add or a removal carries back; reading one out of the graph takes tens of microseconds."""


class AdaptiveIndex:
    """Exact search over few vectors, graph search over many, both while it changes over."""

    def __init__(self, dimension: int, flat_vectors_max: int = FLAT_VECTORS_MAX) -> None:
        self.dimension = dimension
        self._graph_above = flat_vectors_max
        self._flat_below = flat_vectors_max // 2  # far apart, so that a cache at its limit does not waver
        self._flat = FlatIndex(dimension)
        self._graph = HnswIndex(dimension)
        self._to_graph = False

    def add(self, label: int, vector: Vector) -> None:
        """Remember `vector` as `label`; a label already there is replaced. Grows as needed."""
        unit = checked(vector, self.dimension)
        if len(self) >= self._graph_above and label not in self:  # before the matrix would have to grow for it
            self._to_graph = True
        target, other = (self._graph, self._flat) if self._to_graph else (self._flat, self._graph)
        if label in other:
            other.remove(label)
        target.add(label, unit)
        if self._to_graph:
            self._move_to_graph()
        else:
            self._move_to_flat()

    def remove(self, label: int) -> None:
        """Forget `label`; its room is used again. Raises KeyError where it is not there."""
        if label in self._flat:
            self._flat.remove(label)
        else:
            self._graph.remove(label)
        if len(self) < self._flat_below:
            self._to_graph = False
        if not self._to_graph:
            self._move_to_flat()

    def search(self, vector: Vector, k: int) -> list[Match]:
        """Up to k (label, cosine similarity) pairs, most similar first; equals by label."""
        if not self._graph:
            return self._flat.search(vector, k)
        if not self._flat:
            return self._graph.search(vector, k)
        return best_first(self._flat.search(vector, k) + self._graph.search(vector, k), k)

    def labels(self) -> Iterable[int]:
        """The labels present, in no order."""
        return (*self._flat.labels(), *self._graph.labels())

    def __contains__(self, label: object) -> bool:
        return label in self._flat or label in self._graph

    def __len__(self) -> int:
        """How many labels are present."""
        return len(self._flat) + len(self._graph)

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return self._flat.size_bytes() + self._graph.size_bytes()

    def _move_to_graph(self) -> None:
        if not self._flat:
            return
        for label, vector in self._flat.take(MOVES_TO_GRAPH):
            self._graph.add(label, vector)
        if not self._flat:
            self._flat = FlatIndex(self.dimension)  # lets go of the matrix

    def _move_to_flat(self) -> None:
        if not self._graph:
            return
        for label, vector in self._graph.take(MOVES_TO_FLAT):
            self._flat.add(label, vector)


def new_index(dimension: int) -> VectorIndex:
    """An empty index for unit vectors of this dimension."""
    return AdaptiveIndex(dimension)
