"""Hashes against a real redis-server. The lifetimes of fields, which it may not know yet, are in test_hash_ends.py."""

import time
from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "setting and reading": """
        HSET h a 1 b 2 | HSET h a 3 c 4 | HGET h a | HGET h none | HGET none a | HGETALL h | HGETALL none | HLEN h
        HLEN none | HDEL h a a none | HDEL none a | HGETALL h | HDEL h b c | EXISTS h | TYPE h | HSET h a | HSET h a 1 b
        HSET h | HGET h | HDEL h | HLEN | HSET h "" "" | HGET h "" | HGETALL h | TYPE h
    """,
    "several at once": """
        HMSET h a 1 b 2 c 3 | HMSET h a | HMSET h | HMSET h a 1 b | HMGET h a none c a | HMGET none a b | HMGET h
        HKEYS h | HVALS h | HKEYS none | HVALS none | HKEYS | HVALS h x | HSETNX h a 9 | HSETNX h d 4 | HSETNX new f v
        HSETNX h a | HGETALL new | HEXISTS h a | HEXISTS h none | HEXISTS none a | HEXISTS h | HSTRLEN h a | HSTRLEN h x
        HSTRLEN none a | HSTRLEN h | HSET h long "a longer value" | HSTRLEN h long
    """,
    "counting": """
        HINCRBY h n 5 | HINCRBY h n -7 | HINCRBY h n 0 | HGET h n | HSET h t text | HINCRBY h t 1 | HINCRBY h n x
        HINCRBY h n | HINCRBY h n 1.5 | HSET h m 9223372036854775807 | HINCRBY h m 1 | HINCRBY h m -1 | HINCRBY h e 007
        HSET h z 007 | HINCRBY h z 1 | HSET h y "" | HINCRBY h y 1 | HINCRBYFLOAT h f 10.50 | HINCRBYFLOAT h f 0.5
        HINCRBYFLOAT h f -5 | HINCRBYFLOAT h n 0.5 | HINCRBY h n 1 | HINCRBYFLOAT h t 1 | HINCRBYFLOAT h f x
        HINCRBYFLOAT h f 5.0e3 | HINCRBYFLOAT h f | HINCRBYFLOAT h f inf | HINCRBYFLOAT h f nan
        HINCRBYFLOAT none g 3.0
        HGET none g | HGETALL h
    """,
    "picking": """
        HRANDFIELD none | HRANDFIELD none 5 | HRANDFIELD none -5 | HRANDFIELD none 5 WITHVALUES | HSET h a 1
        HRANDFIELD h | HRANDFIELD h 3 | HRANDFIELD h -3 | HRANDFIELD h 3 WITHVALUES | HRANDFIELD h -3 WITHVALUES
        HRANDFIELD h 0 | HRANDFIELD h 0 WITHVALUES | HRANDFIELD h x | HRANDFIELD h WITHVALUES | HRANDFIELD h 1 NONSENSE
        HRANDFIELD | HSET h b 2 c 3 | HRANDFIELD h 3 | HRANDFIELD h 10 WITHVALUES | HRANDFIELD h 1 WITHVALUES x
        HRANDFIELD h 99999999999999999999 | HRANDFIELD h -9223372036854775808
    """,
    "walking": """
        HSCAN none 0 | HSET h a 1 | HSCAN h 0 | HSCAN h 0 MATCH a* | HSCAN h 0 MATCH b* | HSCAN h 0 COUNT 5 | HSCAN h x
        HSCAN h 0 COUNT 0 | HSCAN h 0 COUNT x | HSCAN h 0 MATCH | HSCAN h | HSCAN h 0 NONSENSE | HSCAN none 5
        HSCAN h 0 match a count 10
    """,
    "other types": """
        SET s v | HSET s a 1 | HGET s a | HGETALL s | HDEL s a | HLEN s | HSET h a 1 | GET h | APPEND h x | INCR h
        STRLEN h | GETSET h x | GETDEL h | SETNX h x | MGET h s | SET h x GET | SET h x NX | SET h x XX | HLEN h | GET h
        HSET g a 1 | SET g v | GET g | TYPE g | HSET g b 2 | MSETNX g 1 new 2 | HMSET s a 1 | HMGET s a | HKEYS s
        HVALS s | HSETNX s a 1 | HEXISTS s a | HSTRLEN s a | HINCRBY s a 1 | HINCRBYFLOAT s a 1 | HRANDFIELD s
        HRANDFIELD s 1 | HSCAN s 0
    """,
    "lifetimes": """
        HSET h a 1 | EXPIRE h 100 | TTL h | HSET h b 2 | TTL h | PERSIST h | TTL h | EXPIRE h -1 | EXISTS h | HGETALL h
        HSET h a 1 | PEXPIRE h 1 | HSET g a 1 | DEL g | HGETALL g | SELECT 1 | HSET h x 1 | FLUSHDB | HGETALL h
        HSET h n 1 | EXPIRE h 100 | HINCRBY h n 1 | HMSET h m 1 | HSETNX h o 1 | TTL h
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(400):
        key, field = rng.choice(["h", "g", "s"]), rng.choice(["a", "b", "c", "", "e"])
        value = rng.choice(["1", "x", "", "-3", "1.5", "9223372036854775807"])
        request = rng.choice(
            [
                ("HSET", key, field, value), ("HSET", key, "a", "1", field, "2"), ("HMSET", key, field, value),
                ("HGET", key, field), ("HGETALL", key), ("HDEL", key, field), ("HDEL", key, "a", "b", "c", ""),
                ("HLEN", key), ("TYPE", key), ("DEL", key), ("SET", "s", "v"), ("EXISTS", key),
                ("HSETNX", key, field, value), ("HMGET", key, field, "a", "z"), ("HKEYS", key), ("HVALS", key),
                ("HEXISTS", key, field), ("HSTRLEN", key, field), ("HINCRBY", key, field, rng.choice(["1", "-5", "x"])),
                ("HINCRBYFLOAT", key, "e", rng.choice(["0.5", "-2", "x"])), ("HRANDFIELD", key, rng.choice([9, 0])),
                ("HRANDFIELD", key, 9, "WITHVALUES"), ("RENAME", key, rng.choice("hgs")),
                ("COPY", key, rng.choice("hgs"), *rng.choice([[], ["REPLACE"]])), ("OBJECT", "ENCODING", key),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"


def walked(wire, *options):
    """Every field and value HSCAN finds."""
    cursor, found = b"0", []
    while True:
        cursor, items = wire("HSCAN", "h", cursor, *options)
        found += items
        if cursor == b"0":
            return sorted(zip(found[::2], found[1::2], strict=True))


def test_walking_finds_the_same_fields(both, server, redis_port):
    ours = server.connect()
    theirs = type(ours)("127.0.0.1", redis_port)
    for number in range(200):
        both("HSET", "h", f"field:{number}", f"v{number}")
    for options in ((), ("COUNT", 7), ("MATCH", "field:1*"), ("MATCH", "*9", "COUNT", 1000), ("match", "none")):
        assert walked(theirs, *options) == walked(ours, *options)


def test_picked_fields_are_of_the_hash_and_none_comes_twice(server):
    wire = server.connect()
    wire("FLUSHALL")
    wire("HSET", "h", *[item for number in range(100) for item in (f"f{number}", f"v{number}")])
    names = set(wire("HKEYS", "h"))
    some, many = wire("HRANDFIELD", "h", 50), wire("HRANDFIELD", "h", -500)

    assert 50 == len(set(some)) == len(some)
    assert 500 == len(many)
    assert set(some) | set(many) <= names
    assert len(set(many)) > 50
    assert 20 < len({wire("HRANDFIELD", "h") for _ in range(100)})
    flat = wire("HRANDFIELD", "h", 3, "WITHVALUES")
    assert flat[1::2] == [b"v" + name[1:] for name in flat[::2]]


def test_names_alone_can_be_walked(server):
    wire = server.connect()
    wire("FLUSHALL")
    wire("HSET", "h", "a", "1", "b", "2")

    assert [b"0", [b"a", b"b"]] == wire("HSCAN", "h", "0", "NOVALUES")


def test_fields_end_by_themselves_and_are_counted(server):
    wire = server.connect()
    wire("FLUSHALL")
    before = server.figure("expired_fields_total")
    wire("HSET", "h", "stays", "1", *[item for number in range(200) for item in (f"f{number}", "v")])
    fields = [f"f{number}" for number in range(200)]
    wire("HPEXPIRE", "h", "30", "FIELDS", "200", *fields)
    deadline = time.monotonic() + 10
    while server.figure("expired_fields_total") < before + 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)

    assert [b"stays", b"1"] == wire("HGETALL", "h")
    assert [1] == wire("HPEXPIRE", "h", "1", "FIELDS", "1", "stays")
    while wire("DBSIZE"):
        assert time.monotonic() < deadline


def test_too_many_picks_are_refused(wire):
    wire("HSET", "h", "a", "1")

    assert str(wire("HRANDFIELD", "h", "-131073")).startswith("ERR")
    assert 131_072 == len(wire("HRANDFIELD", "h", "-131072"))
    wire("HSET", "h", "a", "x" * 10_000)
    assert str(wire("HRANDFIELD", "h", "-20000", "WITHVALUES")).startswith("ERR")
