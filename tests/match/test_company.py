"""Promises of crowkis/match/company.py."""

import pytest

from crowkis.match.company import company
from crowkis.match.sketch import sketch
from crowkis.values.question import ALONE, Company

a, b, c = (sketch(answer) for answer in (b"yes", b"no", b"perhaps"))


def test_a_question_without_neighbours_is_alone():
    assert ALONE == company([(0.9, a)], 0)


def test_neighbours_with_the_same_answer_support():
    assert Company(1.0, 0.0, 2, 0) == company([(0.9, a), (0.95, a), (0.8, a)], 0)


def test_the_nearer_a_neighbour_with_another_answer_the_more_of_a_rival_it_is():
    near, far = company([(0.9, a), (0.88, b)], 0), company([(0.9, a), (0.7, b)], 0)

    assert near.rival > far.rival > 0


def test_a_rival_that_is_nearer_counts_for_more_than_one_as_near():
    assert company([(0.9, a), (0.7, b)], 1).rival > 1.0


def test_only_neighbours_about_as_near_are_counted_as_differing():
    assert 1 == company([(0.9, a), (0.85, b), (0.75, c)], 0).differing


@pytest.mark.parametrize("neighbours", [[(0.9, b""), (0.9, a)], [(0.9, a), (0.9, b"")]])
def test_an_answer_that_is_not_known_neither_supports_nor_rivals(neighbours):
    assert ALONE == company(neighbours, 0)


def test_neighbours_out_of_reach_say_nothing():
    assert ALONE == company([(0.9, a), (0.6, a), (0.6, b)], 0)


def test_a_crowd_counts_no_more_than_a_few():
    assert 4 == company([(0.9, a)] * 20, 0).agreeing
