"""Promises of crowkis/match/phrases.py."""

from crowkis.match.phrases import PHRASES


def test_phrases_of_all_tables_are_known_by_their_first_word():
    assert ("rid", "of") in PHRASES["get"]
    assert ("out",) in PHRASES["opt"]


def test_longer_phrases_are_tried_first():
    assert [] == [rests for rests in PHRASES.values() if sorted(map(len, rests), reverse=True) != list(map(len, rests))]
