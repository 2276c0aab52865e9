"""Promises of crowkis/commands/keyuse.py: what a word does with its keys is never taken for less than it does."""

import pytest

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.keyuse import USES, channel_uses, key_uses
from crowkis.commands.registry import COMMANDS, key_places


def uses(text):
    request = text.encode().split()
    return [(use.key, use.reads, use.writes) for use in key_uses(COMMANDS[request[0].decode()], request)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET k", [(b"k", True, False)]),
        ("SET k v", [(b"k", False, True)]),
        ("SET k v EX 5 get", [(b"k", True, True)]),
        ("SET k GET", [(b"k", False, True)]),
        ("EXISTS a b", [(b"a", False, False), (b"b", False, False)]),
        ("MSET a 1 b 2", [(b"a", False, True), (b"b", False, True)]),
        ("INCR k", [(b"k", True, True)]),
        ("DEL a b", [(b"a", False, True), (b"b", False, True)]),
        ("PING", []),
        ("CGET question", []),
    ],
)
def test_each_key_is_told_with_what_is_done(text, expected):
    assert expected == uses(text)


def test_a_word_that_writes_is_taken_to_write_its_first_or_last_key():
    for name, made in COMMANDS.items():
        if made.writes and name in USES:
            assert any(flag in row for row in USES[name] for flag in ("insert", "update", "delete")), name


def test_a_word_that_does_not_write_is_listed_as_reading_at_most():
    for name, made in COMMANDS.items():
        if not made.writes and name in USES:
            assert {"RO"} == {row[0] for row in USES[name]}, name


WITHOUT_KEYS = {"KEYS", "SCAN", "DBSIZE", "FLUSHDB", "FLUSHALL", "RANDOMKEY", "SWAPDB", "OBJECT HELP"}
"""Words about plain keys that name none, as in Redis: a rule about keys does not reach them."""


def test_every_word_about_plain_keys_names_its_keys():
    for name, made in COMMANDS.items():
        plain = made.category in ("string", "keyspace", "hash", "list", "set", "sorted-set", "bitmap")
        if plain and not made.subcommands and name not in WITHOUT_KEYS:
            assert made.keys is not None or key_places(made) is not None, name


@pytest.mark.parametrize("name", ["PUBLISH", "SUBSCRIBE", "PSUBSCRIBE"])
def test_channels_are_told_where_words_name_them(name):
    made = COMMANDS["PING"]._replace(name=name)
    request = [name.encode(), b"a*", b"b"]

    expected = [(b"a*", name == "PSUBSCRIBE")] + ([(b"b", name == "PSUBSCRIBE")] if name != "PUBLISH" else [])
    assert expected == channel_uses(made, request)
    assert [] == channel_uses(COMMANDS["PING"], [b"PING", b"a"])
