"""FlatIndex beyond the contract: exact to the last tie, dense rows, handing over."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.index.flat import FlatIndex


def directions(count: int, dimension: int = 12, seed: int = 1):
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@settings(deadline=None)
@given(count=st.integers(1, 300), k=st.integers(1, 310), seed=st.integers(0, 1_000))
def test_it_agrees_with_sorting_all_dot_products(count, k, seed):
    vectors, index = directions(count, seed=seed), FlatIndex(12)
    for label, vector in enumerate(vectors):
        index.add(label, vector)
    query = directions(1, seed=seed + 1)[0]
    expected = np.argsort(-(vectors.astype(np.float64) @ query), kind="stable")[:k]

    assert expected.tolist() == [label for label, _ in index.search(query, k)]


def test_ties_at_the_last_place_go_to_the_smallest_labels_whatever_the_rows():
    vector, index = directions(1)[0], FlatIndex(12)
    for label in (9, 4, 7, 1, 8, 2):
        index.add(label, vector)
    index.remove(9)

    assert [1, 2, 4] == [label for label, _ in index.search(vector, 3)]


def test_vectors_are_handed_out_as_copies_in_the_order_asked_for():
    vectors, index = directions(10), FlatIndex(12)
    for label, vector in enumerate(vectors):
        index.add(label, vector)
    index.remove(3)
    handed = index.vectors([9, 2])
    index.add(9, vectors[0])

    assert np.array_equal(vectors[[9, 2]], handed)
    assert (0, 12) == index.vectors([]).shape
    with pytest.raises(KeyError):
        index.vectors([3])


def test_memory_at_most_doubles_what_the_rows_need():
    index = FlatIndex(12)
    for label, vector in enumerate(directions(1_000)):
        index.add(label, vector)

    assert 1_000 * 12 * 4 <= index.size_bytes() <= 2 * 1_024 * (12 * 4 + 8) + 1_000 * 100
