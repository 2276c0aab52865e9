"""Promises of crowkis/match/comparators.py."""

import pytest

from crowkis.match.amounts import amounts
from crowkis.match.comparators import comparisons
from crowkis.match.tokens import tokens


@pytest.mark.parametrize(
    ("sign", "texts"),
    [
        (
            ">=2",
            [
                "at least 2",
                "no less than 2",
                "no fewer than two",
                "minimum of 2",
                "2 or more",
                "2+ stars",
                "2 at least",
            ],
        ),
        (
            "<=2",
            ["at most 2", "no more than 2", "not more than two", "maximum 2", "up to 2", "2 or fewer", "two or less"],
        ),
        (">2", ["more than 2", "over 2", "greater than 2", "above 2", "more than a 2 star rating"]),
        ("<2", ["less than 2", "fewer than 2", "under 2", "below 2"]),
        (">=2004", ["since 2004", "2004 or later", "no earlier than 2004", "on or after 2004", "not before 2004"]),
        ("<=2004", ["by 2004", "until 2004", "2004 or before", "no later than 2004", "on or before 2004"]),
        ("<=2004", ["before or in 2004", "before or during 2004"]),
        (">--01-02", ["after january 2", "later than jan 2nd", "a later date than the 2nd of january"]),
        ("<--01-02", ["before january 2", "prior to jan 2nd", "earlier than january 2"]),
        (">=3 inch", ["greater than or equal to 3 inches", "at least 3 inches"]),
    ],
)
def test_comparisons_that_mean_the_same_get_one_sign(sign, texts):
    assert [sign] * len(texts) == [amounts(tokens(text))[0].removesuffix(" star") for text in texts]


@pytest.mark.parametrize(
    "text",
    ["3 inches by 2 inches", "the block under the 2 inch block", "2 or 3", "3 of 2", "block 2 is left and above"],
)
def test_words_that_compare_nothing_leave_numbers_alone(text):
    assert not any(form[0] in "<>" for form in amounts(tokens(text)))


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        ("people hired before Ann", ["<.."]),
        ("people hired after Ann", [">.."]),
        ("hired no later than Ann", ["<=.."]),
        ("at least as tall as Ann", [">=.."]),
        ("more goals than Ann", [">.."]),
        ("the most goals", ["most"]),
        ("more goals than any other", ["most"]),
        ("less sugar than all others", ["least"]),
        ("no more sugar than any other", ["<=.."]),
        ("hired before or with Ann", ["<=.."]),
        ("the fewest goals", ["least"]),
        ("at most 2 goals", []),
        ("after 3 days", []),
        ("greater than or equal to 3", []),
        ("plain words", []),
    ],
)
def test_comparisons_with_other_things_tell_their_direction(text, directions):
    assert directions == comparisons(tokens(text))
