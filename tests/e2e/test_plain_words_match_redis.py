"""The plain words against a real redis-server: the same script on both, under RESP2 and RESP3, replies compared.

The random scripts print their seed with a failure. INCRBYFLOAT is compared where Redis's binary arithmetic is exact:
ours is decimal and has no rounding noise (997.49 where Redis says 997.48999999999999999).
"""

import os
import time
from random import Random

import pytest

pytestmark = pytest.mark.process

SEEDS = int(os.environ.get("DIFFERENTIAL_SEEDS", "6"))
STEPS = 400


def scan_all(both_run, wire, *options):
    """Every key SCAN finds."""
    cursor, found = b"0", []
    while True:
        cursor, keys = wire("SCAN", cursor, *options)
        found += keys
        if cursor == b"0":
            return sorted(found)


SCRIPTS = {
    "set and its options": """
        SET k v | GET k | SET k w NX | GET k | SET k w XX | GET k | SET n w XX | GET n | SET n w NX | GET n
        SET k x GET | SET m x GET | GET m | SET k y NX GET | SET q y NX GET | GET q | SET q z XX GET
        SET k v EX 100 | TTL k | SET k v KEEPTTL | TTL k | SET k v | TTL k | SET k v PX 100000 | PTTL k
        SET k v EXAT 4102444800 | SET k v PXAT 4102444800000 | SET k v EXAT 1 | GET k | EXISTS k | TYPE k
        SET k v PXAT 1 GET | GET k
        SET k v EX 0 | SET k v EX -1 | SET k v PX 0 | SET k v EX x | SET k v EX | SET k v EX 10 PX 10
        SET k v NX XX | SET k v KEEPTTL EX 10 | SET k | SET k v NONSENSE | SET k v EXAT 0
        SET k v ex 100 nx | set K V Xx gEt | SET k EX 10 | SET k NX EX 10 | GET k | SET k v EX 9223372036854775807
    """,
    "other ways of setting": """
        SETNX k v | SETNX k w | GET k | SETEX k 100 v | TTL k | PSETEX k 100000 v | PTTL k | SETEX k 0 v | SETEX k x v
        SETEX k -5 v | PSETEX k 0 v | GETSET k w | TTL k | GETSET new v | GETDEL k | GETDEL k | EXISTS k
        APPEND k ab | APPEND k cd | GET k | STRLEN k | STRLEN none | EXPIRE k 100 | APPEND k e | TTL k
        MSET a 1 b 2 | MGET a b c a | MSET a 1 b | MSET a | MSETNX a 1 z 2 | EXISTS z | MSETNX y 1 z 2 | MGET y z
        MSETNX y | MSET k v k w | GET k | EXPIRE k 100 | MSET k x | TTL k | MGET
    """,
    "reading with another lifetime": """
        GETEX none | GETEX none EX 10 | GETEX none EX 0
        SET k v | GETEX k | TTL k | GETEX k EX 100 | TTL k | GETEX k PX 200000 | PTTL k
        GETEX k PERSIST | TTL k | GETEX k PERSIST | GETEX k EXAT 4102444800 | TTL k | GETEX k PXAT 4102444800000 | TTL k
        GETEX k EX 0 | GETEX k EX -1 | GETEX k EX x | GETEX k EX | GETEX k EX 1 PX 1 | GETEX k PERSIST EX 1 | GETEX
        GETEX k NONSENSE | GETEX k EX 9223372036854775807 | TTL k | GETEX k EXAT 1 | EXISTS k | HSET h a 1 | GETEX h
        GETEX h EX 10 | TTL h | GETEX h EX 0 | GETEX h NONSENSE
    """,
    "parts": """
        GETRANGE none 0 -1 | SET k "This is a string" | GETRANGE k 0 3 | GETRANGE k -3 -1 | GETRANGE k 0 -1
        GETRANGE k 10 100 | GETRANGE k 5 3 | GETRANGE k -1 -5 | GETRANGE k -100 2 | GETRANGE k 0 -100 | GETRANGE k 50 60
        GETRANGE k -5 -1 | GETRANGE k -100 -50 | GETRANGE k 3 -100 | GETRANGE k x 1 | GETRANGE k 1 x | GETRANGE k 1
        SUBSTR k 0 3 | SUBSTR k -4 -2 | SUBSTR none 0 1 | SET e "" | GETRANGE e 0 -1 | HSET h a 1 | GETRANGE h 0 1
        GETRANGE k -9223372036854775808 9223372036854775807 | SETRANGE k 10 Redis | GET k | SETRANGE n 5 x | GET n
        SETRANGE k 0 "" | SETRANGE none 5 "" | EXISTS none | SETRANGE k -1 x | SETRANGE k x x | SETRANGE k 1 | STRLEN k
        SETRANGE k 536870912 x | SETRANGE k 9223372036854775807 x | EXPIRE k 100 | SETRANGE k 0 t | TTL k | GET k
        SETRANGE h 0 x | SETRANGE h 0 "" | SETRANGE h -1 x | SETRANGE e 0 "a" | GET e
    """,
    "common subsequences": """
        MSET a ohmytext b mynewtext | LCS a b | LCS a b LEN | LCS a b IDX | LCS a b IDX MINMATCHLEN 4
        LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN | LCS a b IDX WITHMATCHLEN | LCS a b LEN IDX | LCS a b MINMATCHLEN 2
        LCS a b WITHMATCHLEN | LCS a none | LCS none a LEN | LCS none other IDX | LCS a a IDX WITHMATCHLEN | LCS a
        LCS a b NONSENSE | LCS a b IDX MINMATCHLEN | LCS a b IDX MINMATCHLEN x | LCS a b IDX MINMATCHLEN -5
        LCS a b idx minmatchlen 99 | HSET h x 1 | LCS a h | LCS h a LEN | LCS h none | SET e "" | LCS e a IDX
        SET c abcabba | SET d cbabac | LCS c d | LCS d c | LCS c d IDX WITHMATCHLEN | LCS d c IDX WITHMATCHLEN
    """,
    "setting over another type": """
        HSET h a 1 | SET h x GET | TYPE h | SET h x NX GET | SET h x XX GET | SET h x GET EX 10 | TYPE h | TTL h
        SET h x KEEPTTL | TYPE h | HSET g a 1 | EXPIRE g 100 | SET g x KEEPTTL | TTL g | SET g y EX 0 GET | GET g
        HSET i a 1 | SET i x NX | SET i x XX | GET i | SET i y GET PXAT 1 | EXISTS i
    """,
    "counting": """
        INCR n | INCR n | DECR n | INCRBY n 41 | DECRBY n 2 | GET n | INCRBY n -5 | DECRBY n -5 | INCRBY n x
        SET t text | INCR t | INCRBYFLOAT t 1 | SET t 007 | INCR t | SET t +7 | INCR t | SET t " 7" | INCR t | SET t -0
        INCR t | SET t "" | INCR t | SET m 9223372036854775807 | INCR m | INCRBY m 1 | DECR m | GET m
        SET m -9223372036854775807 | DECR m | DECR m | INCRBY m -1 | INCR m | INCRBY x 9223372036854775808
        INCRBY x 007 | INCRBY x 1.5 | DECRBY x -9223372036854775808 | DECRBY x -9223372036854775807
        EXPIRE n 100 | INCRBY n
        INCR n | TTL n | INCRBYFLOAT f 0.1 | INCRBYFLOAT f 0.2 | GET f | INCRBYFLOAT f -0.3 | INCRBYFLOAT f 5.0e3
        INCRBYFLOAT f 200 | INCRBYFLOAT n 0.5 | TTL n | INCR n | SET e 3e3 | INCRBYFLOAT e 1 | SET e abc
        INCRBYFLOAT e 1 | INCRBYFLOAT g 1_0 | INCRBYFLOAT g " 1" | INCRBYFLOAT g nan | INCRBYFLOAT g inf | GET g
        SET h 10.50 | INCRBYFLOAT h 0.5 | INCRBYFLOAT h 1e3 | INCRBYFLOAT i 1e-17 | INCRBYFLOAT j 3.333333333333
        SET l 1_0 | INCRBYFLOAT l 1 | INCRBYFLOAT l x | INCRBYFLOAT l
    """,
    "lifetimes": """
        EXPIRE none 10 | TTL none | PTTL none | PERSIST none | SET k v | TTL k | PTTL k | PERSIST k | EXPIRE k 100
        TTL k | PTTL k | PERSIST k | TTL k | PEXPIRE k 100000 | PTTL k | EXPIRE k 200 NX | TTL k | EXPIRE k 200 XX
        TTL k | EXPIRE k 100 GT | TTL k | EXPIRE k 300 GT | TTL k | EXPIRE k 400 LT | TTL k | EXPIRE k 100 LT | TTL k
        PERSIST k | EXPIRE k 100 GT | TTL k | EXPIRE k 100 XX | EXPIRE k 100 LT | TTL k | PERSIST k | EXPIRE k 50 NX
        TTL k | EXPIRE k 10 NX XX | EXPIRE k 10 GT LT | EXPIRE k 10 NX GT | EXPIRE k 900 XX GT | TTL k
        EXPIRE k 10 XX LT | TTL k | EXPIRE k x | EXPIRE k | EXPIRE k 10 NONSENSE | EXPIRE k 0 | EXISTS k | SET k v
        EXPIRE k -1 | GET k | SET k v | PEXPIRE k -1 | GET k | EXPIRE k 007 | SET k v | EXPIREAT k 4102444800
        PEXPIREAT k 1 | EXISTS k | SET k v | EXPIREAT k 1 | EXISTS k | EXPIRE k 9223372036854775807
        SET k v | EXPIRE k 9223372036854775807 | PEXPIRE k 9223372036854775807 | TTL k
    """,
    "keys": """
        MSET one 1 two 2 three 3 | EXISTS one two one none | DEL one one none | EXISTS one | TYPE two | TYPE none
        DBSIZE | KEYS * | KEYS t* | KEYS t?o | KEYS [to]* | KEYS [^t]* | KEYS none | UNLINK two | TOUCH three none
        SELECT 1 | DBSIZE | SET other 1 | KEYS * | SELECT 0 | KEYS * | FLUSHDB | DBSIZE | SELECT 1 | DBSIZE
        FLUSHDB ASYNC | DBSIZE | SELECT 0 | FLUSHDB SYNC | FLUSHDB NONSENSE | FLUSHALL | SELECT x | SELECT 99 | SELECT
        KEYS | DEL | EXISTS | TYPE | DBSIZE x | SCAN x | SCAN 0 COUNT 0 | SCAN 0 COUNT x | SCAN 0 NONSENSE
        SCAN 0 MATCH | GET | NONSENSE | get
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


KEYS = [b"a", b"b", b"key:1", b"key:2", b"k\xff\x00", b"with space", "ž".encode(), b""]
VALUES = [b"", b"v", b"10", b"-3", b"1.5", b"x" * 100, b"\r\n\x00", b"9223372036854775807", b"010", b"2e2"]
NUMBERS = [b"1", b"-1", b"0", b"100", b"5", b"x", b"", b"9223372036854775807", b"-9223372036854775808"]
SECONDS = [b"100", b"1000", b"50", b"0", b"-1", b"x", b"100000"]
FLOAT_KEYS = [b"float:1", b"float:2"]
FLOATS = [b"0.5", b"-2.5", b"3", b"1e3", b"x", b"0"]


def random_request(rng):
    """One request of the plain words, now and then a wrong one."""
    key, value = rng.choice(KEYS), rng.choice(VALUES)
    seconds = rng.choice(SECONDS)
    pairs = [item for _ in range(rng.randint(1, 3)) for item in (rng.choice(KEYS), rng.choice(VALUES))]
    some = [rng.choice(KEYS) for _ in range(rng.randint(1, 3))]
    options = rng.choice(
        [[], ["NX"], ["XX"], ["GET"], ["EX", seconds], ["PX", seconds + b"000"], ["KEEPTTL"], ["XX", "KEEPTTL"],
         ["NX", "EX", seconds], ["XX", "GET"], ["NX", "XX"], ["EX"], ["EXAT", b"4102444800"], ["PXAT", b"1"]]
    )  # fmt: skip
    return rng.choice(
        [
            ("GET", key), ("GET", key), ("SET", key, value, *options), ("SET", key, value, *options), ("DEL", *some),
            ("EXISTS", *some), ("EXPIRE", key, seconds, *rng.choice([[], ["NX"], ["XX"], ["GT"], ["LT"]])),
            ("PEXPIRE", key, seconds + b"000"), ("TTL", key), ("PTTL", key), ("PERSIST", key), ("TYPE", key),
            ("KEYS", rng.choice([b"*", b"key:*", b"?", b"[ab]", b"k*", b"*\xff*"])), ("MGET", *some),
            ("MSET", *pairs), ("MSETNX", *pairs), ("SETNX", key, value), ("SETEX", key, seconds, value),
            ("PSETEX", key, seconds + b"000", value), ("GETSET", key, value), ("GETDEL", key), ("APPEND", key, value),
            ("STRLEN", key), ("GETRANGE", key, rng.choice(NUMBERS), rng.choice(NUMBERS)), ("INCR", key),
            ("SETRANGE", key, rng.choice([b"0", b"3", b"12", b"-1", b"x"]), value),
            ("GETEX", key, *rng.choice([[], ["EX", "100"], ["EX", "0"], ["PERSIST"]])),
            ("LCS", key, rng.choice(KEYS), *rng.choice([[], ["LEN"], ["IDX"], ["IDX", "WITHMATCHLEN"]])),
            ("DECR", key), ("INCRBY", key, rng.choice(NUMBERS)),
            ("DECRBY", key, rng.choice(NUMBERS)), ("INCRBYFLOAT", rng.choice(FLOAT_KEYS), rng.choice(FLOATS)),
            (rng.choice(["GET", "DEL", "STRLEN", "INCR", "PTTL"]), rng.choice(FLOAT_KEYS)),
            ("SET", rng.choice(FLOAT_KEYS), rng.choice([b"1.5", b"2e2", b"-7", b"1.5x", b""]), *options),
            ("SELECT", rng.choice([b"0", b"1", b"0", b"16"])), ("MSET", *pairs[:-1]),
        ] + [("FLUSHDB",)] * (rng.random() < 0.2)
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(STEPS):
        request = random_request(rng)
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"


def test_scan_finds_the_same_keys(both, server, redis_port):
    ours = server.connect()
    theirs = type(ours)("127.0.0.1", redis_port)
    for number in range(200):
        both("SET", f"key:{number}", "v")
    both("SET", "other", "v")
    for options in ((), ("COUNT", 7), ("MATCH", "key:1*"), ("MATCH", "key:1*", "COUNT", 3), ("TYPE", "string"),
                    ("TYPE", "list"), ("match", "none")):  # fmt: skip
        assert scan_all(both, theirs, *options) == scan_all(both, ours, *options)


PATTERN_PIECES = [
    "*",
    "?",
    "a",
    "b",
    "[ab]",
    "[^a]",
    "[a-c]",
    "[c-a]",
    "\\*",
    "\\",
    "[",
    "]",
    "[]",
    "[^]",
    "-",
    "[a\\]]",
    "^",
    "**",
    "[a-",
]


@pytest.mark.parametrize("seed", range(3))
def test_patterns_mean_the_same(both, seed):
    rng = Random(seed)
    names = {"".join(rng.choice("abc*?[]\\-^") for _ in range(rng.randint(1, 4))) for _ in range(60)}
    both("MSET", *[item for name in names for item in (name, "v")])
    for _ in range(150):
        pattern = "".join(rng.choice(PATTERN_PIECES) for _ in range(rng.randint(1, 4)))
        theirs, ours = both("KEYS", pattern)

        assert theirs == ours, (seed, pattern)


def test_a_key_ends_when_its_time_is_up(both):
    both("SET", "k", "v", "PX", "30")
    both("MSET", "stays", "v")
    deadline = time.monotonic() + 5
    while both("GET", "k") != (None, None):
        assert time.monotonic() < deadline
    for request in (("EXISTS", "k"), ("TTL", "k"), ("TYPE", "k"), ("KEYS", "*"), ("INCR", "k"), ("TTL", "k")):
        theirs, ours = both(*request)

        assert theirs == ours


def test_strings_too_long_to_compare_are_refused(wire):
    wire("MSET", "a", "x" * 65_536, "b", "x" * 1_024, "c", "x" * 1_025, "d", "x" * 65_537)

    assert 1_024 == wire("LCS", "a", "b", "LEN")
    for other in ("c", "a", "d"):
        assert str(wire("LCS", "a", other, "LEN")).startswith("ERR")
