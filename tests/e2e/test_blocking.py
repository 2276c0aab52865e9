"""Waiting for a key through the real door: order, time, departures, and what is stored meanwhile."""

import time

import pytest

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def nothing_stored(server):
    server.connect()("FLUSHALL")


def wait_until_blocked(wire, count):
    """Until so many connections wait for a key, and no more."""
    deadline = time.monotonic() + 20
    while f"blocked_clients:{count}\r\n" not in wire("INFO", "clients").decode():
        assert time.monotonic() < deadline


def test_who_waits_longest_is_served_first(server):
    one, other, giver = server.connect(), server.connect(), server.connect()
    one.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    other.send("BLPOP", "none", "q", 0)
    wait_until_blocked(giver, 2)

    assert 2 == giver("RPUSH", "q", "first", "second")
    assert [b"q", b"first"] == one.reply()
    assert [b"q", b"second"] == other.reply()
    assert 0 == giver("EXISTS", "q")


def test_later_requests_of_a_waiting_connection_are_answered_after_it(server):
    waiting, giver = server.connect(), server.connect()
    waiting.send("BLPOP", "q", 0)
    waiting.send("GET", "k")
    wait_until_blocked(giver, 1)
    giver("SET", "k", "v")
    giver("LPUSH", "q", "x")

    assert [b"q", b"x"] == waiting.reply()
    assert b"v" == waiting.reply()


def test_nothing_is_given_to_a_connection_that_is_gone(server):
    gone, staying, giver = server.connect(), server.connect(), server.connect()
    gone.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    staying.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 2)
    gone.close()
    wait_until_blocked(giver, 1)
    giver("RPUSH", "q", "x")

    assert [b"q", b"x"] == staying.reply()


@pytest.mark.parametrize(
    "request_", [("RENAME", "other", "q"), ("LMOVE", "other", "q", "LEFT", "LEFT"), ("COPY", "other", "q")]
)
def test_a_list_that_arrives_in_another_way_is_given_too(server, request_):
    waiting, giver = server.connect(), server.connect()
    giver("RPUSH", "other", "x")
    waiting.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    giver(*request_)

    assert [b"q", b"x"] == waiting.reply()


def test_another_type_under_the_key_leaves_the_waiting_as_it_is(server):
    waiting, giver = server.connect(), server.connect()
    waiting.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    giver("SET", "q", "text")
    giver("DEL", "q")
    giver("RPUSH", "q", "x")

    assert [b"q", b"x"] == waiting.reply()


def test_waiting_is_ended_by_its_time_by_another_client_and_by_a_stop(start_server):
    server = start_server()
    waiting, giver = server.connect(), server.connect()
    began = time.monotonic()

    assert waiting("BLPOP", "q", "0.2") is None
    assert time.monotonic() - began >= 0.2
    number = waiting("CLIENT", "ID")
    waiting.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    assert 1 == giver("CLIENT", "UNBLOCK", number)
    assert waiting.reply() is None
    waiting.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    assert 1 == giver("CLIENT", "UNBLOCK", number, "ERROR")
    assert str(waiting.reply()).startswith("UNBLOCKED")
    assert 0 == giver("CLIENT", "UNBLOCK", number)
    waiting.send("BLPOP", "q", 0)
    wait_until_blocked(giver, 1)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 8


def test_lists_survive_a_restart_in_their_order(start_server, tmp_path):
    server = start_server(data_dir=tmp_path / "kept")
    wire = server.connect()
    wire("RPUSH", "l", *range(50))
    wire("LPUSH", "l", "head")
    wire("LINSERT", "l", "AFTER", 20, "inside")
    wire("LREM", "l", 0, 30)
    before = wire("LRANGE", "l", 0, -1)
    server.kill()
    again = start_server(data_dir=tmp_path / "kept").connect()

    assert before == again("LRANGE", "l", 0, -1)
    assert len(before) + 1 == again("LPUSH", "l", "newer")
    assert [b"newer", *before] == again("LRANGE", "l", 0, -1)
