"""Promises of crowkis/match/synonyms_nouns.py."""

from crowkis.match.synonyms import rows
from crowkis.match.synonyms_nouns import GROUPS


def test_every_group_holds_at_least_two_different_words():
    assert [] == [group for group in rows(GROUPS) if len(set(group)) < 2]
