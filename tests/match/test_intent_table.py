"""Promises of the table in crowkis/values/intent.py, on which match/intent.py and match/reuse.py rest."""

import pytest

from crowkis.values.intent import INTENTS, PACES, POSTURES, SHELF_LIFE_COLUMN, Column, Intent, shelf_life_s


def test_there_are_twelve_intents_and_a_row_for_texts_that_are_not_understood():
    assert 12 == len([row for row in INTENTS if row.name != "unread"])
    assert "unread" == INTENTS[-1].name


def test_every_cell_is_one_that_means_something():
    for row in INTENTS:
        assert row.posture in POSTURES
        assert row.shelf_life_s >= 0
        assert row.confidence_min is None or 0 <= row.confidence_min <= 1
        assert row.meaning.endswith(".")


def test_a_bar_of_its_own_has_its_reason():
    assert [row.name for row in INTENTS if row.confidence_min is not None] == [
        row.name for row in INTENTS if row.reason
    ]


@pytest.mark.parametrize(
    ("name", "pace", "expected"),
    [
        ("factual", "", 0),
        ("factual", "live", 300),
        ("temporal", "", 86_400),
        ("temporal", "daily", 3_600),
        ("personal", "live", 300),
    ],
)
def test_the_shorter_of_the_intents_and_the_paces_shelf_life_counts(name, pace, expected):
    assert expected == shelf_life_s(Intent(name, 1.0, pace), SHELF_LIFE_COLUMN)


def test_no_end_of_one_leaves_the_others():
    column = Column(SHELF_LIFE_COLUMN | {"temporal": 0, "live": 0})

    assert 0 == shelf_life_s(Intent("temporal", 1.0, "live"), column)
    assert PACES["daily"] == shelf_life_s(Intent("temporal", 1.0, "daily"), column)


def test_a_column_shows_its_cells():
    assert "a=1, b=, c=x" == str(Column({"a": 1, "b": None, "c": "x"}))
