"""Promises of crowkis/match/references.py: tables of words that can be met."""

import pytest

from crowkis.match import references
from crowkis.match.leaning import CHECKS

TABLES = {name: words for name, words in vars(references).items() if isinstance(words, frozenset)}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_words_as_the_reader_meets_them(name):
    assert TABLES[name]
    assert all(word == word.lower() and " " not in word for word in TABLES[name])


def test_what_points_back_is_never_taken_for_a_thing_mentioned():
    assert CHECKS.keys() & references.PERSONS == set()
    assert references.FUNCTION_WORDS & references.PERSONS == set()
