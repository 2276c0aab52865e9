"""Promises of crowkis/match/space.py."""

from crowkis.match import space
from crowkis.values.question import Policy
from crowkis.values.verdict import Reason


def test_vectors_of_one_embedder_may_be_compared(asked, stored):
    assert space.same(asked("a"), stored("b"), Policy(0.9)) is None


def test_vectors_of_two_embedders_may_not(asked, stored):
    reason = space.same(asked("a"), stored("b", fingerprint="old"), Policy(0.9))

    assert Reason("embedder.other-space", "old", "space") == reason


def test_an_exact_match_compares_no_vectors(asked, stored):
    candidate = stored("a", fingerprint="", exact=True)

    assert space.same(asked("a"), candidate, Policy(0.9)) is None
    assert ("", "any (exact match)") == space.measures(asked("a"), candidate, Policy(0.9))
