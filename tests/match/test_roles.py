"""Promises of crowkis/match/roles.py."""

import pytest

from crowkis.match.align import align, parse
from crowkis.match.roles import turned


def judged(one, other):
    a, b = parse(one), parse(other)
    there, back = turned(a, b, align(a, b)), turned(b, a, align(b, a))
    assert (there is None) == (back is None)
    return there


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("convert USD to EUR", "convert EUR to USD"),
        ("trains from Bern to Basel", "trains from Basel to Bern"),
        ("trains from Bern to Basel", "trains to Bern from Basel"),
        ("do wolves eat foxes", "do foxes eat wolves"),
        ("is tin heavier than zinc", "is zinc heavier than tin"),
        ("stretch before running", "run before stretching"),
        ("was the poet praised by the painter", "was the painter praised by the poet"),
        ("the poet praised the painter", "the poet was praised by the painter"),
        ("can my sister transfer points to me", "can I transfer points to my sister"),
        ("the man who hired Ann", "the man whom Ann hired"),
        ("he called my boss", "my boss called him"),
        ("who taught Haydn", "who did Haydn teach"),
        ("blink red and then green", "blink green and then red"),
        ("my neighbour's dog bit my cat", "my cat bit my neighbour's dog"),
        ("replace butter with olive oil in a cake", "replace olive oil with butter in a cake"),
        ("subtract column A from column B in a sheet", "subtract column B from column A in a sheet"),
        ("should I stretch before I run", "should I run before I stretch"),
        ("can the bank pass my loan to another bank", "can another bank pass my loan to the bank"),
        ("which planets are larger than Neptune?", "which planets is Neptune larger than?"),
        ("which languages borrowed words from Arabic", "which languages did Arabic borrow words from"),
    ],
)
def test_two_things_that_changed_places_make_another_question(one, other):
    assert judged(one, other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the distance from Bern to Basel", "the distance from Basel to Bern"),
        ("the difference between tea and mate", "the difference between mate and tea"),
        ("tea or coffee for breakfast", "coffee or tea for breakfast"),
        ("do wolves eat foxes", "are foxes eaten by wolves"),
        ("before running I stretch", "I stretch before running"),
        ("how do I get to the airport from the harbour", "how do I get from the harbour to the airport"),
        ("when the timer rings, the oven stops", "the oven stops when the timer rings"),
        ("the photo editor's pro plan includes storage", "is storage included in the pro plan of the photo editor"),
        ("is the shelf above the desk", "is the desk below the shelf"),
        ("pair the speaker with my phone", "pair my phone with the speaker"),
        ("what should I do if my boss sues me", "if my boss sues me what should I do"),
        ("which museums are free on Mondays in Glasgow", "which museums in Glasgow are free on Mondays"),
        ("which city does the train leave from", "from which city does the train leave"),
        ("do I take the red or the blue pill", "do I take the blue or the red pill"),
    ],
)
def test_mere_rearrangement_passes(one, other):
    assert judged(one, other) is None


def test_the_objection_shows_how_each_text_runs():
    assert ("wolf eat fox", "fox eat wolf") == judged("do wolves eat foxes", "do foxes eat wolves")
    assert ("from bern", "to bern") == judged("trains from Bern to Basel", "trains to Bern from Basel")
