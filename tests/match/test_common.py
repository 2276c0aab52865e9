"""Promises of crowkis/match/common.py."""

from crowkis.match.common import FUNCTION, LIGHT, PREPOSITIONS
from crowkis.match.lemma import lemma


def test_before_and_after_are_read_as_content():
    assert {"before", "after"} <= PREPOSITIONS
    assert not {"before", "after"} & FUNCTION


def test_common_words_are_listed_by_lemma():
    assert {"be", "have", "do", "go"} <= {lemma(word) for word in ("is", "has", "did", "going")}
    assert {"be", "have", "do"} <= FUNCTION
    assert "go" in LIGHT
