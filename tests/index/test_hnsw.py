"""HnswIndex beyond the contract: recall, used room, equal vectors, and the ways a graph finds too little."""

import numpy as np
import pytest

from crowkis.index import hnsw
from crowkis.index.flat import FlatIndex
from crowkis.index.hnsw import HnswIndex

DIMENSION = 32


def directions(count: int, seed: int = 1):
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def both(vectors) -> tuple[HnswIndex, FlatIndex]:
    graph, exact = HnswIndex(DIMENSION), FlatIndex(DIMENSION)
    for label, vector in enumerate(vectors):
        graph.add(label, vector)
        exact.add(label, vector)
    return graph, exact


def recall(graph, exact, queries, k: int) -> float:
    """The share of the exact k nearest that the graph finds."""
    found = wanted = 0
    for query in queries:
        nearest = {label for label, _ in exact.search(query, k)}
        found += len(nearest & {label for label, _ in graph.search(query, k)})
        wanted += len(nearest)
    return found / wanted


@pytest.mark.parametrize("count", [1, 2, 10, 100, 400])
def test_few_vectors_are_found_without_a_miss(count):
    graph, exact = both(directions(count))

    assert 1.0 == recall(graph, exact, directions(50, seed=2), 10)


def test_thousands_of_vectors_are_found_with_few_misses():
    graph, exact = both(directions(3_000))

    assert recall(graph, exact, directions(200, seed=2), 1) >= 0.99
    assert recall(graph, exact, directions(200, seed=2), 10) >= 0.99


def test_growing_keeps_the_graph_and_its_numbers(monkeypatch):
    monkeypatch.setattr(hnsw, "SLOTS_FIRST", 16)
    graph, exact = both(directions(300))

    assert 512 == graph._graph.get_max_elements()
    assert 1.0 == recall(graph, exact, directions(50, seed=2), 10)


def test_an_index_without_vectors_reserves_nothing():
    assert 0 == HnswIndex(DIMENSION).size_bytes()
    assert HnswIndex(DIMENSION)._graph is None


def test_recall_outlives_replacing_every_vector_twice():
    graph, exact = both(directions(600))
    for label, vector in enumerate(directions(1_200, seed=3), start=600):
        for index in (graph, exact):
            index.remove(label - 600)
            index.add(label, vector)

    assert 1_200 == graph.dead_nodes()
    assert recall(graph, exact, directions(200, seed=2), 10) >= 0.99


def test_many_equal_vectors_do_not_hide_the_others():
    vectors = directions(1_000)
    graph = HnswIndex(DIMENSION)
    for label in range(2_000):
        graph.add(label, vectors[0])
    for label, vector in enumerate(vectors[1:], start=2_000):
        graph.add(label, vector)

    found = [graph.search(vector, 1)[0][0] for vector in vectors[1:]]

    assert list(range(2_000, 2_999)) == found
    assert [0, 1, 2] == [label for label, _ in graph.search(vectors[0], 3)]


def test_equal_vectors_take_the_room_of_one():
    graph, vector = HnswIndex(DIMENSION), directions(1)[0]
    graph.add(1, vector)
    before = graph.size_bytes()
    for label in range(2, 100):
        graph.add(label, vector)

    assert graph.size_bytes() - before < 100 * DIMENSION * 4


def test_more_than_the_usual_breadth_can_be_asked_for():
    graph, exact = both(directions(1_000))
    k = 2 * hnsw.BREADTH_SEARCH
    query = directions(1, seed=2)[0]

    assert k == len(graph.search(query, k))
    assert recall(graph, exact, [query], k) >= 0.98


def test_a_search_deep_among_the_removed_still_finds_those_alive():
    vectors = directions(3_000)
    graph, exact = both(vectors)
    for label in range(2_990):
        graph.remove(label)
        exact.remove(label)

    assert exact.labels() == graph.labels()
    assert [label for label, _ in exact.search(vectors[0], 10)] == [label for label, _ in graph.search(vectors[0], 10)]


class TestAGraphThatFindsTooLittle:
    """hnswlib raises when it reaches fewer live nodes than asked for; here its limits are simulated."""

    @pytest.fixture
    def graph(self, monkeypatch) -> HnswIndex:
        graph, _ = both(directions(300))
        self.answer, self.asked = graph._ask, []

        def short(unit, nodes, breadth):
            self.asked.append((nodes, breadth))
            return self.answer(unit, nodes, breadth) if self.reaches(nodes, breadth) else None

        monkeypatch.setattr(graph, "_ask", short)
        return graph

    def test_is_asked_again_more_broadly(self, graph):
        self.reaches = lambda nodes, breadth: breadth == hnsw.BREADTH_SEARCH_MAX

        assert 8 == len(graph.search(directions(1)[0], 8))
        assert [(8, hnsw.BREADTH_SMALL), (8, hnsw.BREADTH_SEARCH_MAX)] == self.asked

    def test_returns_what_it_reaches_when_there_are_too_many_to_compare(self, graph):
        self.reaches = lambda nodes, breadth: nodes <= 3

        assert [0] == [label for label, _ in graph.search(directions(1)[0], 8)][:1]
        assert 2 == self.asked[-1][0]

    def test_returns_nothing_rather_than_raise_when_it_reaches_nothing(self, graph):
        self.reaches = lambda nodes, breadth: False

        assert [] == graph.search(directions(1)[0], 8)

    def test_compares_everything_while_that_is_cheap(self, graph):
        self.reaches = lambda nodes, breadth: False
        for label in range(hnsw.SCAN_VECTORS_MAX, 300):
            graph.remove(label)

        assert [(0, pytest.approx(1.0))] == graph.search(directions(1)[0], 8)[:1]
        assert hnsw.SCAN_VECTORS_MAX == len(graph.search(directions(1)[0], 300))


def test_vectors_are_handed_out_in_the_order_asked_for_also_where_they_are_shared():
    vectors = directions(5)
    graph = HnswIndex(DIMENSION)
    for label in range(20):
        graph.add(label, vectors[label % 5])
    graph.remove(4)

    assert np.array_equal(vectors[[3, 3, 4]], graph.vectors([8, 3, 9]))
    assert (0, DIMENSION) == graph.vectors([]).shape
    with pytest.raises(KeyError):
        graph.vectors([4])


def test_a_node_is_dead_when_the_last_label_that_shared_it_left():
    graph, vectors = HnswIndex(DIMENSION), directions(2)
    for label, vector in enumerate([vectors[0], vectors[0], vectors[1]]):
        graph.add(label, vector)
    graph.remove(0)

    assert 0 == graph.dead_nodes()

    graph.remove(1)

    assert 1 == graph.dead_nodes()


def test_an_emptied_graph_gives_its_memory_back():
    graph, _ = both(directions(50))
    for label in range(50):
        graph.remove(label)

    assert 0 == graph.size_bytes()
    assert graph._graph is None
