"""Promises of crowkis/match/gazetteer.py."""

import pytest

from crowkis.match.gazetteer import LANGUAGES, LONGER, NAMES, ONLY_CAPITALISED


@pytest.mark.parametrize(
    ("one", "other"),
    [("usa", "united states"), ("uk", "united kingdom"), ("german", "germany"), ("dutch", "netherlands"),
     ("eur", "euros"), ("js", "javascript")],
)  # fmt: skip
def test_several_names_of_one_thing_share_a_code(one, other):
    assert NAMES[one] == NAMES[other]


def test_every_country_has_a_code_of_its_own():
    assert 4 == len({NAMES[name] for name in ("france", "niger", "nigeria", "south korea")})


def test_names_are_in_small_letters_and_found_by_their_first_word():
    assert all(name == name.lower() for name in NAMES)
    assert all(" ".join(words) in NAMES for group in LONGER.values() for words in group)


def test_words_that_are_names_only_with_a_capital_are_names():
    assert {"turkey", "polish"} <= ONLY_CAPITALISED <= NAMES.keys()


def test_languages_are_known_by_name():
    assert {"french", "hindi", "mandarin"} <= LANGUAGES.keys()
