"""Approximate nearest neighbours by a navigable graph (hnswlib).

One node per different vector: labels with the same vector share it, because many equal nodes link only to each other
and hide the rest of the graph (long prompts cut to the same beginning have equal vectors).
The same calls in the same order give the same graph: fixed seed, one thread.
Never returns a removed label, and never raises for finding less than was asked.

A removed vector leaves a dead node that searches still pass through. hnswlib could give dead nodes to new vectors, but
at 100,000 vectors that takes 3 to 10 ms an add, and replacing a tenth of them cost 1.4 % of recall; a new node takes
0.8 ms and costs none. So dead nodes stay until the last vector leaves; who owns the graph looks at dead_nodes() and
copies the living to a new one in time.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import hnswlib
import numpy as np
import numpy.typing as npt

from crowkis.index.unit import Match, best_first, checked, checked_dimension, similarities
from crowkis.values.vector import Vector, digest

LINKS = 24
"""Links of a node per layer, twice that in the lowest (hnswlib's M)."""
BREADTH_ADD = 150
"""Candidates kept while a place for a new node is sought (ef_construction)."""
BREADTH_SEARCH = 150
"""Candidates kept while searching (ef)."""
SMALL_NODES_MAX = 20_000
BREADTH_SMALL = 64
"""The same in a graph of at most SMALL_NODES_MAX nodes: finds as much in half the time."""
BREADTH_SEARCH_MAX = 8 * BREADTH_SEARCH
"""Where a search that found too little ends its second attempt."""
SCAN_VECTORS_MAX = 256
"""Up to here a search the graph cannot satisfy compares everything instead (a few ms); beyond, it returns less."""
SLOTS_FIRST = 32_768
"""Slots reserved by the first add; doubled whenever they are full.

Reserved is not yet used memory, but a block this large is moved by remapping where it grows: 2 ms; a smaller one is
copied, which takes longer for fewer slots.
"""
SEED = 20_231

NODE_BYTES = 180
"""What a slot costs beyond its vector and lowest links: label tables, lock, upper layers; approximately."""


def new_graph(dimension: int) -> Any:
    """An empty hnswlib index, with room and with a seed."""
    # "ip" measures 1 - dot product: on unit vectors the same as "cosine", which would normalise each once more.
    graph = hnswlib.Index(space="ip", dim=dimension)
    graph.init_index(
        max_elements=SLOTS_FIRST, M=LINKS, ef_construction=BREADTH_ADD, random_seed=SEED, allow_replace_deleted=False
    )
    graph.set_num_threads(1)
    return graph


class HnswIndex:
    """Cosine search over a graph; cost grows with the logarithm of the number of vectors."""

    def __init__(self, dimension: int) -> None:
        self.dimension = checked_dimension(dimension)
        self._start_empty()

    def add(self, label: int, vector: Vector) -> None:
        """Remember `vector` as `label`; a label already there is replaced. Grows as needed."""
        unit = checked(vector, self.dimension)
        mark = digest(unit)
        if label in self._slots:
            if self._digests[self._slots[label]] == mark:
                return
            self.remove(label)
        slot = self._slot_of.get(mark)
        if slot is None:
            slot = self._new_node(unit)
            self._slot_of[mark] = slot
            self._digests[slot] = mark
        insort(self._labels[slot], label)
        self._slots[label] = slot

    def remove(self, label: int) -> None:
        """Forget `label`. Raises KeyError where it is not there. Its room comes back when the graph is given up."""
        slot = self._slots.pop(label)
        sharing = self._labels[slot]
        del sharing[bisect_left(sharing, label)]
        if sharing:
            return
        self._graph.mark_deleted(slot)
        del self._slot_of[self._digests[slot]]
        self._digests[slot] = b""
        if not self._slots:
            self._start_empty()

    def vectors(self, labels: Sequence[int]) -> npt.NDArray[np.float32]:
        """The vectors of these labels, one a row. Raises KeyError where one is not there."""
        return self._read([self._slots[label] for label in labels])

    def digest(self, label: int) -> bytes:
        """What values.vector.digest() says of a label's vector. Raises KeyError where it is not there."""
        return self._digests[self._slots[label]]

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """All of it, for a snapshot: facts that JSON can hold, and arrays, copied (1.7 ms for 1,000 vectors of 384)."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "labels": np.fromiter(self._slots.keys(), np.int64, len(self._slots)),
            "slots": np.fromiter(self._slots.values(), np.int64, len(self._slots)),
        }
        facts: dict[str, Any] = {"kind": "graph", "nodes": len(self._labels)}
        if self._graph is not None:
            (state,) = self._graph.__getstate__()
            arrays |= {f"graph.{name}": value for name, value in state.items() if isinstance(value, np.ndarray)}
            facts["graph"] = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
        return facts, arrays

    @classmethod
    def restore(
        cls,
        dimension: int,
        facts: Mapping[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]],
        digest_of: Callable[[int], bytes],
    ) -> Self:
        """What dump() described, with the digest of each label's vector. Raises ValueError or RuntimeError."""
        index, nodes = cls(dimension), facts["nodes"]
        if "graph" in facts:
            state = {name.removeprefix("graph."): array for name, array in arrays.items() if name.startswith("graph.")}
            index._graph = hnswlib.Index.__new__(hnswlib.Index)
            index._graph.__setstate__((facts["graph"] | state,))
            if (index._graph.dim, index._graph.get_current_count()) != (dimension, nodes):
                raise ValueError("the graph is not of the size told")
        index._labels, index._digests = [[] for _ in range(nodes)], [b""] * nodes
        for label, slot in zip(arrays["labels"].tolist(), arrays["slots"].tolist(), strict=True):
            index._slots[label] = slot
            index._labels[slot].append(label)
            index._digests[slot] = digest_of(label)
        for slot, sharing in enumerate(index._labels):
            if sharing:
                sharing.sort()
                index._slot_of[index._digests[slot]] = slot
        return index

    def dead_nodes(self) -> int:
        """How many nodes hold a vector that was removed."""
        return len(self._labels) - len(self._slot_of)

    def search(self, vector: Vector, k: int) -> list[Match]:
        """Up to k (label, cosine similarity) pairs, most similar first; equals by label."""
        unit = checked(vector, self.dimension)
        nodes = min(k, len(self._slot_of))
        if nodes < 1:
            return []
        found = self._ask(unit, nodes, BREADTH_SMALL if len(self._labels) <= SMALL_NODES_MAX else BREADTH_SEARCH)
        if found is None:
            found = self._ask(unit, nodes, BREADTH_SEARCH_MAX)
        if found is None and len(self._slot_of) <= SCAN_VECTORS_MAX:
            found = self._compare_all(unit)
        while found is None and nodes > 1:
            nodes //= 2
            found = self._ask(unit, nodes, BREADTH_SEARCH_MAX)
        shared = ((label, similarity) for slot, similarity in found or () for label in self._labels[slot][:k])
        return best_first(shared, k)

    def labels(self) -> Iterable[int]:
        """The labels present, in no order."""
        return tuple(self._slots)

    def __contains__(self, label: object) -> bool:
        return label in self._slots

    def __len__(self) -> int:
        """How many labels are present."""
        return len(self._slots)

    def size_bytes(self) -> int:
        """Memory held, approximately: slots reserved but never used are not counted, nothing was written there."""
        return len(self._labels) * (4 * self.dimension + 8 * LINKS + NODE_BYTES)

    def _start_empty(self) -> None:
        self._graph: Any = None  # an index without vectors costs nothing
        self._slots: dict[int, int] = {}  # label to the node it shares
        self._slot_of: dict[bytes, int] = {}  # digest of a vector to its node
        self._labels: list[list[int]] = []  # node to its labels, smallest first
        self._digests: list[bytes] = []  # node to the digest of its vector

    def _new_node(self, unit: Vector) -> int:
        slot = len(self._labels)
        if self._graph is None:
            self._graph = new_graph(self.dimension)
        elif slot == self._graph.get_max_elements():
            self._graph.resize_index(2 * slot)
        self._graph.add_items(unit[None, :], np.array([slot]), num_threads=1)
        self._labels.append([])
        self._digests.append(b"")
        return slot

    def _ask(self, unit: Vector, nodes: int, breadth: int) -> list[Match] | None:
        """The graph's nearest as (slot, similarity), or None where it reaches too few live nodes (hnswlib raises)."""
        self._graph.set_ef(max(breadth, nodes))
        try:
            slots, distances = self._graph.knn_query(unit, k=nodes, num_threads=1)
        except RuntimeError:
            return None
        return [(slot, 1.0 - distance) for slot, distance in zip(slots[0].tolist(), distances[0].tolist(), strict=True)]

    def _compare_all(self, unit: Vector) -> list[Match]:
        slots = list(self._slot_of.values())
        return list(zip(slots, similarities(self._read(slots), unit).tolist(), strict=True))

    def _read(self, slots: list[int]) -> npt.NDArray[np.float32]:
        if not slots:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.asarray(self._graph.get_items(slots), dtype=np.float32)
