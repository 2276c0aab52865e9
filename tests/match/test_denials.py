"""Promises of crowkis/match/denials.py."""

from crowkis.match.denials import DENYING, PREFIXED, TROUBLES


def test_a_prefixed_word_is_no_plain_word_of_another_row():
    assert not PREFIXED.keys() & set(PREFIXED.values())


def test_every_word_denies_in_one_way_only():
    assert not PREFIXED.keys() & (DENYING.keys() | TROUBLES)


def test_some_prefixes():
    assert ("valid", "possible", "agree", "enable") == tuple(
        PREFIXED[word] for word in ("invalid", "impossible", "disagree", "disable")
    )
