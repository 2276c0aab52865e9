"""Promises of crowkis/match/opposites_table.py."""

import pytest

from crowkis.match.opposites_table import ANTONYMS, CONVERSES, FAMILIES


@pytest.mark.parametrize("table", [ANTONYMS, CONVERSES])
def test_every_row_has_two_sides(table):
    assert [] == [row for row in table.split(";") if len([side for side in row.split(":") if side.split()]) != 2]


def test_every_family_has_at_least_two_members():
    assert [] == [row for row in FAMILIES.split(";") if len(set(row.split())) < 2]
