"""The gate every vector passes, the one-core product, and the order of what is found."""

import numpy as np
import pytest

from crowkis.index.unit import best_first, checked, checked_dimension, similarities


def test_a_unit_vector_passes_as_contiguous_float32():
    passed = checked(np.array([0.6, 0.0, 0.8, 0.0])[::2], 2)

    assert np.float32 == passed.dtype
    assert passed.flags.c_contiguous
    assert [pytest.approx(0.6), pytest.approx(0.8)] == passed.tolist()


def test_the_error_tells_both_dimensions():
    with pytest.raises(ValueError, match=r"dimension 3, got shape \(2,\)"):
        checked(np.array([0.6, 0.8]), 3)


def test_a_matrix_is_not_a_vector():
    with pytest.raises(ValueError, match="shape"):
        checked(np.array([[0.6, 0.8]]), 2)


@pytest.mark.parametrize("length", [1.0001, 0.9999])
def test_rounding_does_not_make_a_unit_vector_wrong(length):
    assert 2 == len(checked(np.array([0.6, 0.8]) * length, 2))


@pytest.mark.parametrize("length", [0.9, 1.1, 0.0, np.nan])
def test_a_forgotten_normalisation_is_refused(length):
    with pytest.raises(ValueError, match="unit vector"):
        checked(np.array([0.6, 0.8]) * length, 2)


def test_no_index_has_no_dimensions():
    with pytest.raises(ValueError, match="at least 1"):
        checked_dimension(0)

    assert 1 == checked_dimension(1)


def test_similarities_are_the_dot_products_of_the_rows():
    random = np.random.default_rng(1)
    rows = random.standard_normal((50, 24)).astype(np.float32)
    vector = random.standard_normal(24).astype(np.float32)

    assert np.allclose(rows @ vector, similarities(rows, vector), atol=1e-5)


def test_best_first_orders_by_similarity_then_label_and_cuts_to_k():
    assert [(4, 0.9), (2, 0.5)] == best_first([(7, 0.5), (4, 0.9), (2, 0.5)], 2)
    assert [] == best_first([(7, 0.5)], -1)


def test_best_first_cuts_rounding_beyond_a_cosine():
    assert [(1, 1.0), (2, -1.0)] == best_first([(1, 1.0000002), (2, -1.0000002)], 2)
