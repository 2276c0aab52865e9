"""What COMMAND tells of the words both have, beside a real redis-server."""

import re

import hiredis
import pytest
from redis import Redis

from crowkis.cli.compatibility import compatibility

pytestmark = pytest.mark.process

APART = {b"lastsave", b"role", b"eval_ro", b"evalsha_ro", b"fcall_ro"}
"""Redis has two among the admin words without that flag, where here flags follow categories; the others are refused."""
COMPARED = {"write", "readonly", "fast", "admin", "pubsub", "blocking"}


def flat(rows):
    return {row[0]: row for head in rows for row in (head, *head[9])}


@pytest.mark.parametrize("both", [2], indirect=True)
def test_keys_stand_where_they_stand_there_and_flags_say_the_same(both):
    theirs, ours = map(flat, both("COMMAND"))

    def facts(row):
        return row[3:6], sorted(flag for flag in row[2] if flag.decode() in COMPARED)

    common = [
        name for name in ours if name in theirs and not theirs[name][9] and not ours[name][9] and name not in APART
    ]
    differing = {
        name: (facts(theirs[name]), facts(ours[name])) for name in common if facts(theirs[name]) != facts(ours[name])
    }

    assert len(common) > 50
    assert {} == differing


@pytest.mark.parametrize("both", [2], indirect=True)
def test_the_compatibility_page_leaves_out_no_word_that_is_there(both):
    theirs, _ = both("COMMAND", "LIST")
    listed = set(re.findall(r"`([^`]+)`", compatibility()))
    names = {name.decode().upper().replace("|", " ") for name in theirs}

    assert len(names) > 300
    missing = {name for name in names if name not in listed and name.split()[0] not in listed}
    assert set() == {name for name in missing if not any(word.startswith(f"{name} ") for word in listed)}


@pytest.mark.parametrize(
    "request_",
    ["GETKEYS get a", "GETKEYS mset a 1 b 2", "GETKEYS del a b c", "GETKEYS ping", "GETKEYS nonsense x", "GETKEYS get",
     "GETKEYS hset h f v g w", "GETKEYSANDFLAGS set a 1", "GETKEYSANDFLAGS set a 1 get", "GETKEYSANDFLAGS getdel a",
     "INFO nonsense", "DOCS nonsense", "LIST x", "LIST FILTERBY NONSENSE x", "LIST FILTERBY ACLCAT nonsense",
     "LIST FILTERBY PATTERN get", "LIST FILTERBY PATTERN a|*", "LIST FILTERBY MODULE nonsense", "NONSENSE"],
)  # fmt: skip
def test_requests_about_words_are_answered_as_there(both, request_):
    theirs, ours = both("COMMAND", *request_.split())

    assert theirs == ours


def test_words_can_be_listed_by_category_and_pattern(server):
    client = Redis(port=server.port, decode_responses=True)

    everything = client.command_list()
    assert {"get", "cget", "acl", "acl|setuser"} <= set(everything)
    assert everything == client.command_list(module=None, category=None, pattern="*")
    reading = client.command_list(category="semantic")
    assert "cget" in reading
    assert "get" not in reading
    assert ["cget", "cgetstream"] == client.command_list(pattern="CGET*")


def test_redis_py_reads_what_is_told(server):
    client = Redis(port=server.port, decode_responses=True)
    told = client.command()

    assert {"@read", "@string", "@fast"} == set(told["get"]["acl_categories"])
    assert (1, -1, 2) == tuple(told["mset"][name] for name in ("first_key_pos", "last_key_pos", "step_count"))
    assert client.command_count() == len([name for name in client.command_list() if "|" not in name])
    assert [["k", ["OW", "update"]]] == client.command_getkeysandflags("SET", "k", "v")


def test_every_word_is_documented_and_help_is_there(server):
    wire = server.connect(protocol=3)
    docs = wire("COMMAND", "DOCS")

    assert {name for name in wire("COMMAND", "LIST") if b"|" not in name} == set(docs)
    assert b"acl|setuser" in docs[b"acl"][b"subcommands"]
    assert [b"acl|cat"] == list(wire("COMMAND", "DOCS", "acl|cat"))
    assert any(b"COMMAND GETKEYS" in line for line in wire("COMMAND", "HELP"))
    assert not isinstance(wire("HELP", "ACL"), hiredis.ReplyError)
