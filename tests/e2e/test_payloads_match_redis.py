"""DUMP and RESTORE: errors as a real redis-server has them, payloads of our own that come back the same."""

import hiredis
import pytest

pytestmark = pytest.mark.process


def test_a_scripted_session_gets_the_same_replies(play):
    play(
        """
        DUMP none | DUMP | RESTORE k 0 nonsense | RESTORE k -1 nonsense | RESTORE k x nonsense | RESTORE k 0 | RESTORE k
        RESTORE k 0 "" | SET k v | RESTORE k 0 nonsense | RESTORE k 0 nonsense REPLACE | RESTORE k 0 nonsense NONSENSE
        RESTORE k 0 nonsense IDLETIME -1 | RESTORE k 0 nonsense FREQ 256 | RESTORE k 0 nonsense IDLETIME | GET k
        """
    )


@pytest.fixture
def wire(server):
    wire = server.connect()
    wire("FLUSHALL")
    return wire


def test_a_payload_brings_back_what_was_dumped(wire):
    wire("SET", "s", b"\x00\xff text")
    wire("HSET", "h", "z", "1", "y", "", "x", "3")
    for key, word in (("s", "GET"), ("h", "HGETALL")):
        before, payload = wire(word, key), wire("DUMP", key)
        assert b"OK" == wire("RESTORE", "again", "0", payload, "REPLACE")
        assert before == wire(word, "again")
        assert payload == wire("DUMP", "again")
        assert -1 == wire("TTL", "again")


def test_a_restored_key_has_the_lifetime_that_is_asked_for(wire):
    wire("SET", "s", "v", "EX", "5")
    payload = wire("DUMP", "s")
    wire("RESTORE", "a", "100000", payload)
    wire("RESTORE", "b", "4102444800000", payload, "ABSTTL")
    wire("RESTORE", "c", "0", payload, "FREQ", "3")
    wire("RESTORE", "d", "0", payload, "IDLETIME", "3")
    wire("SET", "e", "v")
    wire("RESTORE", "e", "1", payload, "ABSTTL", "REPLACE")

    assert 90_000 < wire("PTTL", "a") <= 100_000
    assert 4102444800000 == wire("PEXPIRETIME", "b")
    assert [-1, -1, -2] == [wire("TTL", key) for key in "cde"]


def test_what_is_there_is_replaced_only_on_demand(wire):
    wire("SET", "s", "v")
    wire("HSET", "h", "a", "1")
    payload = wire("DUMP", "s")

    assert str(wire("RESTORE", "h", "0", payload)).startswith("BUSYKEY")
    assert b"OK" == wire("RESTORE", "h", "0", payload, "REPLACE")
    assert b"v" == wire("GET", "h")


def test_a_damaged_payload_is_refused(wire):
    wire("HSET", "h", "a", "1", "b", "2")
    payload = wire("DUMP", "h")
    for place in range(len(payload)):
        damaged = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
        told = wire("RESTORE", "k", "0", damaged)
        assert isinstance(told, hiredis.ReplyError)
        assert str(told).startswith("ERR")
    for size in range(len(payload)):
        assert isinstance(wire("RESTORE", "k", "0", payload[:size]), hiredis.ReplyError)

    assert 0 == wire("EXISTS", "k")


def test_payloads_survive_a_restart_and_the_lifetimes_of_fields_with_them(start_server, tmp_path):
    server = start_server(data_dir=tmp_path / "kept")
    wire = server.connect()
    wire("HSET", "h", "a", "1", "b", "2")
    wire("HPEXPIREAT", "h", "4102444800000", "FIELDS", "1", "a")
    payload = wire("DUMP", "h")
    wire("RESTORE", "again", "0", payload)
    server.kill()
    wire = start_server(data_dir=tmp_path / "kept").connect()

    assert [4102444800000, -1] == wire("HPEXPIRETIME", "again", "FIELDS", "2", "a", "b")
    assert payload == wire("DUMP", "again")
