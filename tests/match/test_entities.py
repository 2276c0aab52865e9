"""Promises of crowkis/match/entities.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match import entities


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("weather in Paris", "weather in Rome"),
        ("weather in paris", "weather in rome"),
        ("convert USD to EUR", "convert USD to GBP"),
        ("is Michael Jordan rich", "is Michael Jackson rich"),
        ("visa for american citizens", "visa for german citizens"),
        ("sort a list in javascript", "sort a list in python"),
    ],
)
def test_where_each_names_something_else_the_questions_differ(objection, one, other):
    reason = objection(entities.agree, one, other)

    assert reason is not None
    assert "names.differ" == reason.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("taxes in the United States", "taxes in the USA"),
        ("how big is Ada Lovelace's legacy", "how big is ada lovelace's legacy"),
        ("does the Indian Institute of Technology teach art", "does IIT teach art"),
        ("is Hillary Clinton a lawyer", "is Hilary Clinton a lawyer"),
        ("send WhatsApp voice notes", "send Whats App voice notes"),
        ("is Donald Trump tall", "is Trump tall"),
        ("weather", "weather in Paris"),
    ],
)
def test_another_spelling_or_a_name_on_one_side_only_passes(objection, one, other):
    assert objection(entities.agree, one, other) is None


@given(st.text(alphabet="abc", max_size=8), st.text(alphabet="abc", max_size=8))
def test_a_distance_is_symmetric_and_zero_only_for_the_same(one, other):
    assert entities.distance(one, other, 3) == entities.distance(other, one, 3)
    assert (entities.distance(one, other, 3) == 0) == (one == other)


def test_letters_that_changed_places_are_one_typo():
    assert 1 == entities.distance("madird", "madrid", 2)
