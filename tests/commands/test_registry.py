"""Promises of crowkis/commands/registry.py: one declaration, everything else computed."""

import pytest

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import (
    CATEGORIES,
    COMMANDS,
    WORDS,
    command,
    find,
    is_private,
    key_places,
    keys_of,
    numbered_keys,
)
from crowkis.values.errors import CommandError


def request(text):
    return text.encode().split()


class TestFinding:
    @pytest.mark.parametrize(
        ("text", "name"),
        [("GET k", "GET"), ("get k", "GET"), ("gEt k", "GET"), ("client setname x", "CLIENT SETNAME"),
         ("CLIENT SetName x", "CLIENT SETNAME"), ("COMMAND", "COMMAND"), ("command count", "COMMAND COUNT")],
    )  # fmt: skip
    def test_a_word_is_found_in_any_case_with_its_sub_word(self, text, name):
        assert name == find(request(text)).name

    @pytest.mark.parametrize(
        ("text", "told"),
        [("NONSENSE", "unknown command 'NONSENSE'"), ("CLIENT", "CLIENT needs one of"),
         ("CLIENT NONSENSE", "unknown subcommand 'NONSENSE' of CLIENT; there are"),
         ("CONFIG", "GET, HELP, RESETSTAT, REWRITE, SET")],
    )  # fmt: skip
    def test_what_is_not_there_is_named(self, text, told):
        with pytest.raises(CommandError, match=told):
            find(request(text))

    def test_what_is_not_text_is_named_as_well_as_possible(self):
        with pytest.raises(CommandError, match="unknown command") as caught:
            find([b"\xff" * 100])
        assert len(caught.value.text) < 200


class TestDeclarations:
    def test_every_word_is_complete(self):
        for name, made in COMMANDS.items():
            assert name == made.name == name.upper()
            assert made.summary
            assert not made.summary.endswith(".")
            assert made.category in CATEGORIES
            assert made.syntax.startswith(name)
            for sub in made.subcommands.values():
                assert COMMANDS[sub.name] is sub

    def test_both_usual_cases_are_ready(self):
        for name, made in COMMANDS.items():
            if " " not in name:
                assert WORDS[name.encode()].name == WORDS[name.lower().encode()].name == made.name

    def test_a_word_is_declared_once(self):
        with pytest.raises(AssertionError):
            command("GET", category="string")

    def test_only_four_words_are_open_before_auth(self):
        assert {"AUTH", "HELLO", "QUIT", "RESET"} == {name for name, made in COMMANDS.items() if made.open}


class TestKeys:
    @pytest.mark.parametrize(
        ("text", "keys"),
        [("GET k", [b"k"]), ("SET k v EX 5", [b"k"]), ("DEL a b c", [b"a", b"b", b"c"]), ("MSET a 1 b 2", [b"a", b"b"]),
         ("HSET h a 1 b 2", [b"h"]), ("HDEL h a b", [b"h"]), ("MGET a b", [b"a", b"b"]),
         ("SADD k a b", [b"k"]), ("SMOVE a b m", [b"a", b"b"]),
         ("SDIFFSTORE a b c", [b"a", b"b", b"c"]), ("SINTERCARD 2 a b LIMIT 1", [b"a", b"b"]),
         ("CGET q TENANT t", []), ("PING", []), ("LCS a b LEN", [b"a", b"b"]), ("RENAME a b", [b"a", b"b"]),
         ("OBJECT FREQ k", [b"k"]), ("RESTORE k 0 payload", [b"k"]), ("HEXPIRE h 5 NX FIELDS 1 f", [b"h"])],
    )  # fmt: skip
    def test_the_keys_of_a_request_are_found(self, text, keys):
        words = request(text)

        assert keys == keys_of(find(words), words)

    def test_places_are_told_as_redis_does(self):
        assert (1, 1, 1) == key_places(COMMANDS["GET"])
        assert (1, -1, 1) == key_places(COMMANDS["DEL"])
        assert (1, -1, 2) == key_places(COMMANDS["MSET"])
        assert (1, 1, 1) == key_places(COMMANDS["HSET"])
        assert (1, 2, 1) == key_places(COMMANDS["SMOVE"])
        assert (1, -1, 1) == key_places(COMMANDS["SINTERSTORE"])
        assert (2, -1, 1) == key_places(COMMANDS["BITOP"])
        assert key_places(COMMANDS["SINTERCARD"]) is None
        assert (1, 2, 1) == key_places(COMMANDS["ZRANGESTORE"])
        assert (1, 1, 1) == key_places(COMMANDS["ZUNIONSTORE"])
        assert key_places(COMMANDS["ZUNION"]) is None
        assert key_places(COMMANDS["PING"]) is None


class TestPrivacy:
    @pytest.mark.parametrize(
        ("text", "hidden"),
        [
            ("CSET question answer TENANT acme EX 5", {"question", "answer"}),
            ("CGET question THRESHOLD 0.5 TAG faq", {"question"}),
            ("CGET question VECTOR blob TENANT acme", {"question", "blob"}),
            ("cget question withconfidence vector blob", {"question", "blob"}),
            ("CSIM one other", {"one", "other"}),
            ("CSIM one K 3 TENANT acme", {"one", "K"}),
            ("CEMBED text", {"text"}),
            ("CEXPLAIN question", {"question"}),
            ("CDELETEENTRY question NAMESPACE faq", {"question"}),
            ("CGETSTREAM question CHUNK 4", {"question"}),
            ("SET key value EX 5", {"value"}),
            ("MSET key value two worth", {"value", "two", "worth"}),
            ("SADD key member other", {"member", "other"}),
            ("SMOVE key second member", {"member"}),
            ("AUTH token", {"token"}),
            ("AUTH user token", {"user", "token"}),
            ("HELLO 3 AUTH user token SETNAME shop", {"AUTH", "user", "token", "SETNAME", "shop"}),
            ("GET key", set()),
            ("ZADD key 1 member", {"member"}),
            ("ZADD key XX GT 1 member", {"GT", "1", "member"}),
            ("ZRANGE key [member + BYLEX LIMIT 0 5", {"[member", "+"}),
            ("ZUNION 2 key other WEIGHTS 1 2", set()),
            ("CONFIG SET similarity_min 0.5", set()),
        ],
    )
    def test_prompts_answers_and_secrets_are_marked(self, text, hidden):
        words = request(text)
        marks = is_private(find(words), words)

        assert len(words) == len(marks)
        assert hidden == {word.decode() for word, mark in zip(words, marks, strict=True) if mark}


def test_keys_after_their_number_are_found():
    keys = numbered_keys(1)

    assert [b"a", b"b"] == keys([b"W", b"2", b"a", b"b", b"c"])
    assert [] == keys([b"W", b"x", b"a"])
    assert [] == keys([b"W"])
