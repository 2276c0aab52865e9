"""AdaptiveIndex beyond the contract: when it changes over, how much one call moves, what a search sees meanwhile."""

import numpy as np
import pytest

from crowkis.index import adaptive
from crowkis.index.adaptive import AdaptiveIndex, new_index

DIMENSION = 24
FLAT_MAX = 100


def directions(count: int, seed: int = 1):
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def filled(count: int) -> AdaptiveIndex:
    index = AdaptiveIndex(DIMENSION, flat_vectors_max=FLAT_MAX)
    for label, vector in enumerate(directions(count)):
        index.add(label, vector)
    return index


def everything_is_found(index: AdaptiveIndex, vectors) -> bool:
    return all(index.search(vectors[label], 1)[0][0] == label for label in index.labels())


def kinds(index: AdaptiveIndex) -> list[str]:
    """The current part and those being left."""
    return [type(part).__name__ for part in index._parts()]


def pending(index: AdaptiveIndex) -> int:
    return sum(len(left.pending) for left in index._leaving)


def test_up_to_the_limit_it_is_a_matrix():
    assert ["FlatIndex"] == kinds(filled(FLAT_MAX))


def test_beyond_the_limit_each_add_copies_a_few_until_all_is_in_the_graph():
    vectors = directions(200)
    index = filled(FLAT_MAX)
    before = FLAT_MAX
    for label in range(FLAT_MAX, 200):
        index.add(label, vectors[label])

        assert before - pending(index) <= adaptive.MOVES_TO_GRAPH
        assert label + 1 == len(index)
        assert label == index.search(vectors[label], 1)[0][0]
        before = pending(index)

    assert ["HnswIndex"] == kinds(index)
    assert everything_is_found(index, vectors)


def test_the_matrix_does_not_grow_for_the_vector_beyond_the_limit():
    index = AdaptiveIndex(DIMENSION, flat_vectors_max=64)
    for label, vector in enumerate(directions(65)):
        index.add(label, vector)

    assert [1 + adaptive.MOVES_TO_GRAPH, 64] == [len(part) for part in index._parts()]


def test_a_search_during_the_change_sees_both_sides_once_and_in_order():
    index = filled(FLAT_MAX + 8)
    found = index.search(directions(1)[0], FLAT_MAX + 8)

    assert ["HnswIndex", "FlatIndex"] == kinds(index)
    assert everything_is_found(index, directions(FLAT_MAX + 8))
    assert set(range(FLAT_MAX + 8)) == {label for label, _ in found}
    assert FLAT_MAX + 8 == len(found)
    assert sorted(found, key=lambda match: -match[1]) == found


def test_what_is_replaced_or_removed_during_the_change_is_gone_from_both_sides():
    index = filled(FLAT_MAX + 8)
    copied = next(label for label in index._current.labels() if label in index._leaving[0].part)
    waiting = next(label for label in index._leaving[0].part.labels() if label not in index._current)
    index.add(copied, directions(1, seed=9)[0])
    index.remove(waiting)

    assert FLAT_MAX + 7 == len(index) == len(set(index.labels()))
    assert (copied, pytest.approx(1.0)) == index.search(directions(1, seed=9)[0], 1)[0]
    assert copied != index.search(directions(FLAT_MAX)[copied], 1)[0][0]
    assert waiting != index.search(directions(FLAT_MAX)[waiting], 1)[0][0]


def test_removals_insert_nothing_into_a_graph():
    index = filled(FLAT_MAX + 8)
    nodes = len(index._current._labels)
    for label in range(20):
        index.remove(label)

    assert nodes == len(index._current._labels)


def test_below_half_the_limit_it_goes_back_a_few_at_a_time_and_is_exact_again():
    vectors = directions(300)
    index = filled(200)
    for label in range(199, FLAT_MAX // 2 - 1, -1):
        index.remove(label)

    assert "FlatIndex" not in kinds(index)

    index.remove(0)

    assert "FlatIndex" == kinds(index)[0]
    assert len(index._current) <= adaptive.MOVES_TO_FLAT
    assert everything_is_found(index, vectors)

    for label in range(1, 6):
        index.remove(label)

    assert ["FlatIndex"] == kinds(index)
    assert set(range(6, FLAT_MAX // 2)) == set(index.labels())


def test_between_the_two_limits_it_stays_a_graph():
    index = filled(200)
    for label in range(199, FLAT_MAX - 10, -1):
        index.remove(label)

    assert "FlatIndex" not in kinds(index)


def test_a_worn_graph_is_copied_to_a_new_one_while_everything_stays_findable():
    vectors = directions(1_200)
    index = filled(200)
    graphs = set()
    for label in range(200, 1_200):
        index.remove(label - 200)
        index.add(label, vectors[label])
        graphs.add(id(index._current))

        assert label == index.search(vectors[label], 1)[0][0]
        assert label - 199 in index

    assert 200 == len(index)
    assert len(graphs) > 2
    assert sum(part.dead_nodes() for part in index._parts()) <= 2 * 200
    assert everything_is_found(index, vectors)


def test_a_purge_thins_no_graph_beyond_use():
    index = AdaptiveIndex(DIMENSION, flat_vectors_max=20)
    vectors = directions(600)
    for label, vector in enumerate(vectors):
        index.add(label, vector)
    for label in range(560):
        index.remove(label)

    assert all(part.dead_nodes() <= (adaptive.SPARSE_SHARE + 8) * len(part) for part in index._parts())
    assert everything_is_found(index, vectors)


def test_the_server_starts_exact():
    index = new_index(384)

    assert isinstance(index, AdaptiveIndex)
    assert 0 == len(index)
