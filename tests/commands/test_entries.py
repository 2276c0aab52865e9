"""Promises of crowkis/commands/entries.py: an answer is shown and removed by its key, to its tenant alone."""

import time

import pytest

from crowkis.commands.entries import cdeletekey, centry
from crowkis.commands.registry import COMMANDS
from crowkis.values.errors import CommandError

pytestmark = pytest.mark.process


def key_of(wire, *scope):
    (key,) = wire("CSCAN", "0", *scope)[1]
    return key


def test_an_entry_is_shown_as_it_is_stored(server, wire3):
    wire3("CSET", "how do i log in", "Like so.", "TAG", "b", "TAG", "a", "EX", "60", "COST", "0.5", "SOURCE", "faq")
    key = key_of(wire3)
    shown = wire3("CENTRY", key, "ANSWER")

    assert {b"query": b"how do i log in", b"answer": b"Like so.", b"tags": [b"a", b"b"], b"source": b"faq",
            b"ttl": 60, b"cost_usd": 0.5, b"key": key}.items() <= shown.items()  # fmt: skip
    assert b"answer" not in wire3("CENTRY", key)
    assert wire3("CENTRY", key, "TENANT", "other") is None
    assert wire3("CENTRY", "0" * 32) is None


def test_entries_are_removed_by_key_each_once_and_only_ones_own(server, wire3):
    wire3("CSET", "how do i log in", "Like so.")
    key = key_of(wire3)

    assert 0 == wire3("CDELETEKEY", key, "TENANT", "other")
    assert [1, 0, 0] == [wire3("CDELETEKEY", name) for name in (key, key, "0" * 32)]
    assert wire3("CGET", "how do i log in") is None


def test_variants_are_kept_beside_each_other(server, wire3):
    for user in ("ada", "bob"):
        wire3("CSET", "how do i log in", f"{user}'s", "TAG", user, "VARIANT", user)

    assert b"ada's" == wire3("CGET", "how do i log in", "TAG", "ada")[b"response"]
    assert b"bob's" == wire3("CGET", "how do i log in", "TAG", "bob", "VARIANT", "bob")[b"response"]
    assert 1 == wire3("CDELETEENTRY", "how do i log in", "VARIANT", "ada")
    assert wire3("CGET", "how do i log in", "TAG", "ada") is None


def test_an_entry_is_edited_in_place(server, wire3):
    wire3("CSET", "how do i log in", "wrong", "EX", "60", "TAG", "a", "COST", "0.5")
    key = key_of(wire3)

    assert [1, 1, 1] == [wire3("CEDIT", key, *words) for words in (("ANSWER", "right"), ("EX", "900"), ("PIN",))]
    shown = wire3("CENTRY", key, "ANSWER")
    assert (b"right", 900, True, [b"a"]) == tuple(shown[name] for name in (b"answer", b"ttl", b"pinned", b"tags"))
    assert b"right" == wire3("CGET", "how do i log in")[b"response"]
    assert 1 == wire3("CEDIT", key, "PERSIST", "UNPIN")
    assert (-1, False) == tuple(wire3("CENTRY", key)[name] for name in (b"ttl", b"pinned"))
    assert 0 == wire3("CEDIT", key, "PIN", "TENANT", "other")
    for wrong in ((), ("ANSWER", ""), ("PIN", "UNPIN"), ("EX", "0"), ("EX", "5", "PERSIST")):
        assert "ERR" in str(wire3("CEDIT", key, *wrong))
    assert b"right" == wire3("CGET", "how do i log in")[b"response"]


def test_what_is_stored_as_a_name_is_found_by_it_alone(server, wire3):
    assert b"OK" == wire3("CSET", "cancel my order", "v", "BY", "NAME")

    assert b"v" == wire3("CGET", "cancel my order", "BY", "NAME")[b"response"]
    assert wire3("CGET", "please cancel my order", "BY", "NAME") is None
    assert wire3("CGET", "please cancel my order") is None
    assert not wire3("CENTRY", key_of(wire3))[b"embedded"]
    assert wire3("CGET", "cancel my order", "BY", "NAME", "TAG", "none") is None
    assert "ERR" in str(wire3("CSET", "q", "a", "BY", "NAME", "VECTOR", b"\0\0\x80\x3f"))


def test_an_answer_past_its_time_is_kept_for_those_who_ask_for_it(server, wire3):
    wire3("CSET", "what is the news", "old", "PX", "1", "GRACE", "60")
    wire3("CSET", "what is the weather", "old", "PX", "1")
    time.sleep(0.2)

    assert wire3("CGET", "what is the news") is None
    told = wire3("CGET", "what is the news", "STALE", "WITHAGE")
    assert (b"old", True, True) == (told[b"response"], told[b"ttl"] <= 0, told[b"age"] <= 2)
    assert wire3("CGET", "what is the weather", "STALE") is None
    assert "freshness.expired" in str(wire3("CEXPLAIN", "what is the news"))
    assert b"age" not in wire3("CGET", "what is the news", "STALE")


def test_a_pinned_answer_outlives_a_quota_that_evicts_others(server, wire3):
    wire3("CQUOTA", "SET", "default", "ENTRIES", "2")
    wire3("CSET", "what is rule one", "1")
    wire3("CEDIT", key_of(wire3), "PIN")
    for text in ("what is rule two", "what is rule three"):
        wire3("CSET", text, "x")

    assert [True, False, True] == [
        wire3("CGET", f"what is rule {name}") is not None for name in ("one", "two", "three")
    ]
    assert "QUOTA" in str(wire3("CSET", "what is rule four", "x", "FULL", "REFUSE"))
    assert 1 == wire3("CQUOTA", "DEL", "default")


def test_a_key_that_is_none_is_told_so():
    for name in ("CENTRY", "CDELETEKEY"):
        with pytest.raises(CommandError, match="key"):
            COMMANDS[name].parse([name.encode(), b"nonsense"])
    assert centry is COMMANDS["CENTRY"].run
    assert cdeletekey is COMMANDS["CDELETEKEY"].run
