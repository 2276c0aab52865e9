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


def test_up_to_the_limit_all_is_in_the_matrix():
    index = filled(FLAT_MAX)

    assert (FLAT_MAX, 0) == (len(index._flat), len(index._graph))


def test_beyond_the_limit_each_add_moves_a_few_and_then_all_is_in_the_graph():
    vectors = directions(200)
    index = filled(FLAT_MAX)
    in_flat = FLAT_MAX
    for label in range(FLAT_MAX, 200):
        index.add(label, vectors[label])

        assert in_flat - len(index._flat) <= adaptive.MOVES_TO_GRAPH
        assert label + 1 == len(index)
        assert label == index.search(vectors[label], 1)[0][0]
        in_flat = len(index._flat)

    assert (0, 200) == (len(index._flat), len(index._graph))
    assert everything_is_found(index, vectors)


def test_a_search_during_the_move_sees_both_sides_in_order():
    vectors = directions(FLAT_MAX + 8)
    index = filled(FLAT_MAX + 8)

    assert len(index._flat) > 0 < len(index._graph)
    assert everything_is_found(index, vectors)

    similarities = [similarity for _, similarity in index.search(vectors[0], 50)]

    assert sorted(similarities, reverse=True) == similarities
    assert 50 == len(similarities)


def test_a_label_replaced_during_the_move_is_there_once():
    index = filled(FLAT_MAX + 8)
    replaced = next(iter(index._flat.labels()))
    index.add(replaced, directions(1, seed=9)[0])

    assert FLAT_MAX + 8 == len(index)
    assert (replaced, pytest.approx(1.0)) == index.search(directions(1, seed=9)[0], 1)[0]


def test_removals_insert_nothing_into_the_graph():
    index = filled(FLAT_MAX + 8)
    in_graph = len(index._graph)
    for label in list(index._flat.labels())[:20]:
        index.remove(label)

    assert in_graph == len(index._graph)


def test_below_half_the_limit_it_goes_back_a_few_at_a_time_and_is_exact_again():
    vectors = directions(300)
    index = filled(300)
    for label in range(299, FLAT_MAX // 2 - 1, -1):
        index.remove(label)

    assert (0, FLAT_MAX // 2) == (len(index._flat), len(index._graph))

    index.remove(0)

    assert adaptive.MOVES_TO_FLAT == len(index._flat)
    assert everything_is_found(index, vectors)

    index.remove(1)

    assert (FLAT_MAX // 2 - 2, 0) == (len(index._flat), len(index._graph))
    assert everything_is_found(index, vectors)


def test_between_the_two_limits_it_stays_what_it_is():
    index = filled(200)
    for label in range(200, FLAT_MAX - 10, -1):
        index.remove(label - 1)
    for label in range(1_000, 1_030):
        index.add(label, directions(1, seed=label)[0])
        index.remove(label)

    assert 0 == len(index._flat)


def test_the_matrix_is_given_up_when_it_is_empty():
    index = filled(300)

    assert index.size_bytes() == index._graph.size_bytes()


def test_the_server_starts_exact():
    index = new_index(384)

    assert isinstance(index, AdaptiveIndex)
    assert 0 == len(index)
