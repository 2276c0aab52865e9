"""Keyspace notifications are those of a real redis-server."""

import time

import hiredis
import pytest
import redis

pytestmark = pytest.mark.process

SCRIPTS = {
    "strings": """
        b> SET k 1 | b> SET k 2 | b> SETNX k 3 | b> SETNX l 1 | b> SETEX k 200 1 | b> SET k 1 EX 100
        b> SET k 2 KEEPTTL
        b> APPEND k 3 | b> INCR k | b> DECR k | b> INCRBY k 2 | b> DECRBY k 2 | b> INCRBYFLOAT k 1 | b> GETSET k 1
        b> MSET k 1 m 2 | b> MSETNX k 1 n 2 | b> MSETNX n 1 | b> GETDEL k | b> GET k | b> PSETEX k 10000 v
    """,
    "keys": """
        b> MSET k 1 l 1 m 1 | b> DEL k none | b> UNLINK l | b> EXPIRE m 100 | b> PERSIST m | b> PERSIST m
        b> EXPIRE m -1
        b> SELECT 1 | b> SET k 1 | b> FLUSHDB | b> SELECT 0 | b> EXISTS k | b> TTL none
    """,
    "hashes": """
        b> HSET h f v | b> HSET h f w g x | b> HDEL h f | b> HDEL h none | b> HDEL h g | b> HGET h f | b> HGETALL h
    """,
    "transactions": """
        b> MULTI | b> SET k 1 | b> INCR k | b> DEL k | b> EXEC
    """,
}  # fmt: skip


def heard(wire):
    """What was published so far: everything before the reply to a PING."""
    wire.send("PING", "end")
    found = []
    while (message := wire.reply()) not in (b"end", [b"pong", b"end"]):
        found.append(list(message))
    return found


@pytest.fixture
def pair(server, redis_port):
    """A listener and a writer on each server, theirs and ours."""
    wire = type(server.connect())
    wires = [[wire("127.0.0.1", port) for _ in range(2)] for port in (redis_port, server.port)]
    for listener, writer in wires:
        writer("FLUSHALL")
        listener("PSUBSCRIBE", "__key*__:*")
    yield wires
    for listener, writer in wires:
        writer("CONFIG", "SET", "notify-keyspace-events", "")
        listener.close()
        writer.close()


@pytest.mark.parametrize("letters", ["KEA", "Eg$m", "Kh", "En", "g", "KEAnm"])
@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_each_request_has_the_same_events(pair, name, letters):
    for _, writer in pair:
        writer("CONFIG", "SET", "notify-keyspace-events", letters)
    shown = [writer("CONFIG", "GET", "notify-keyspace-events") for _, writer in pair]
    assert set(letters) - set("A") <= set(shown[1][1].decode()) or "A" in letters
    for number, line in enumerate(row for rows in SCRIPTS[name].strip().splitlines() for row in rows.split(" | ")):
        words = line.split()[1:]
        theirs, ours = ((writer(*words), heard(listener))[1] for listener, writer in pair)

        assert theirs == ours, f"request {number}: {words}"


def test_a_key_whose_time_is_up_is_news(pair):
    (_, _), (listener, writer) = pair
    writer("CONFIG", "SET", "notify-keyspace-events", "Ex")
    writer("SET", "k", "1", "PX", "20")

    assert [b"pmessage", b"__key*__:*", b"__keyevent@0__:expired", b"k"] == listener.reply()


def test_letters_that_mean_nothing_are_refused(wire):
    assert isinstance(wire("CONFIG", "SET", "notify-keyspace-events", "KQ"), hiredis.ReplyError)
    assert [b"notify-keyspace-events", b""] == wire("CONFIG", "GET", "notify-keyspace-events")


def test_the_setting_is_in_force_from_the_start(start_server):
    server = start_server("--notify-keyspace-events", "KEA")
    with redis.Redis(port=server.port, decode_responses=True) as client:
        news = client.pubsub(ignore_subscribe_messages=True)
        news.subscribe("__keyspace@0__:k")
        deadline = time.monotonic() + 10
        news.get_message(timeout=1)
        client.set("k", "v")
        while (message := news.get_message(timeout=1)) is None and time.monotonic() < deadline:
            pass
        news.close()

    assert "set" == message["data"]
