"""Bitmaps and numbers inside strings against a real redis-server."""

import os
from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "single bits": """
        SETBIT k 7 1 | GET k | SETBIT k 7 1 | SETBIT k 7 0 | GET k | GETBIT k 7 | GETBIT k 100 | GETBIT none 0
        SETBIT k 20 1 | STRLEN k | GET k | GETBIT k 20 | GETBIT k 21 | GETBIT k 4294967295 | GETBIT k 4294967296
        GETBIT k -1 | GETBIT k x | SETBIT k 4294967296 1 | SETBIT k -1 1 | SETBIT k x 1 | SETBIT k 1 2 | SETBIT k 1 -1
        SETBIT k 1 x | SETBIT k 1 | SETBIT k | GETBIT k | GETBIT k 1 2 | SETBIT new 0 0 | GET new | TYPE new
        SET t abc | GETBIT t 1 | GETBIT t 2 | SETBIT t 6 1 | GET t | EXPIRE t 100 | SETBIT t 50 1 | TTL t
        SETBIT e 0 1 | SET n 123 | SETBIT n 3 0 | GET n | INCR n
    """,
    "counting": """
        SET k foobar | BITCOUNT k | BITCOUNT none | BITCOUNT k 0 0 | BITCOUNT k 1 1 | BITCOUNT k 1 1 BYTE
        BITCOUNT k 5 30 BIT | BITCOUNT k 5 30 bit | BITCOUNT k -2 -1 | BITCOUNT k -100 100 | BITCOUNT k 3 1
        BITCOUNT k -1 -2 | BITCOUNT k -100 -90 | BITCOUNT k -100 -99 BIT | BITCOUNT k 100 200 | BITCOUNT k 7 8 BIT
        BITCOUNT k 0 0 BIT | BITCOUNT k 1 1 BIT | BITCOUNT k -5 -1 BIT | BITCOUNT k 0 | BITCOUNT k x 1
        BITCOUNT k 0 x | BITCOUNT k 0 1 NONSENSE | BITCOUNT k 0 1 BIT x | BITCOUNT | BITCOUNT none 0 5 | SET e ""
        BITCOUNT e | BITCOUNT e 0 -1 | BITCOUNT e 0 0 BIT | BITCOUNT k 0 99999999999999999999
    """,
    "finding": """
        SETBIT k 13 1 | SETBIT k 30 1 | BITPOS k 1 | BITPOS k 0 | BITPOS k 1 2 | BITPOS k 1 2 3 | BITPOS k 1 14 31 BIT
        BITPOS k 1 13 13 BIT | BITPOS k 0 13 13 BIT | BITPOS k 0 13 14 BIT | BITPOS k 1 -1 | BITPOS k 1 -2 -1
        BITPOS k 1 5 | BITPOS k 1 3 1 | BITPOS k 1 -1 -3 | BITPOS none 1 | BITPOS none 0 | BITPOS none 1 0 -1
        BITPOS none 0 2 5 | SET z "" | BITPOS z 0 | BITPOS z 1 | BITPOS z 0 0 | BITPOS z 0 0 -1 | BITPOS z 1 0 0 BIT
        BITFIELD f SET u24 0 16777215 | BITPOS f 0 | BITPOS f 0 0 | BITPOS f 0 0 -1 | BITPOS f 0 2 | BITPOS f 0 3
        BITPOS f 0 0 -1 BIT | BITPOS f 0 5 9 BIT | BITPOS f 1 5 9 BIT | BITPOS f 1 1 1 BYTE | BITPOS k 2 | BITPOS k -1
        BITPOS k x | BITPOS k | BITPOS k 1 x | BITPOS k 1 0 x | BITPOS k 1 0 1 NONSENSE | BITPOS k 1 0 1 BIT x
        BITPOS k 1 -100 100 | BITPOS k 1 100 200 BIT
    """,
    "between strings": """
        SET a abcdef | SET b xyz | BITOP AND d a b | GET d | BITOP OR d a b | GET d | BITOP XOR d a b | GET d
        BITOP NOT d a | GET d | BITOP and d a none | GET d | BITOP OR d none a | GET d | BITOP XOR d a a | GET d
        BITOP AND d a | GET d | BITOP AND d a b a b | GET d | BITOP NOT d a b | BITOP NAND d a b | BITOP AND d
        BITOP AND | BITOP | BITOP NOT d | BITOP OR d none none2 | EXISTS d | BITOP NOT d none | EXISTS d | SET a2 v
        EXPIRE a2 100 | BITOP OR a2 a | TTL a2 | GET a2 | BITOP NOT a a | GET a | SADD s x | BITOP AND d a s
        BITOP AND s a b | TYPE s | GET s | SADD s2 x | BITOP OR s2 none | EXISTS s2
    """,
    "numbers": """
        BITFIELD k | EXISTS k | BITFIELD k GET u8 0 | EXISTS k
        BITFIELD k SET u8 0 200 GET u8 0 GET i8 0 INCRBY u8 0 10 | GET k | BITFIELD k INCRBY u8 0 100
        BITFIELD k OVERFLOW SAT INCRBY u8 0 255 GET u8 0 | BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 GET u8 0
        BITFIELD k OVERFLOW FAIL SET u8 0 256 GET u8 0 | BITFIELD k SET u8 0 256 GET u8 0
        BITFIELD k SET u8 0 -1 GET u8 0 | BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0
        BITFIELD k OVERFLOW FAIL SET u8 0 -1 GET u8 0 | BITFIELD k OVERFLOW SAT INCRBY u8 0 -300 GET u8 0
        BITFIELD k SET i5 3 -16 GET i5 3 INCRBY i5 3 -1 OVERFLOW SAT INCRBY i5 3 5 INCRBY i5 3 -100 | GET k
        BITFIELD k SET i64 0 -9223372036854775808 GET i64 0 INCRBY i64 0 -1 GET u63 1
        BITFIELD k OVERFLOW FAIL INCRBY i64 0 1 INCRBY i64 0 9223372036854775807 OVERFLOW SAT INCRBY i64 0 1
        BITFIELD k SET u63 1 9223372036854775807 INCRBY u63 1 1 GET u63 1
        BITFIELD k SET u4 #3 15 GET u4 #3 GET u4 12 | BITFIELD k GET u4 #100 GET i1 0 GET u1 0 | STRLEN k
        BITFIELD k get U8 0 | BITFIELD k get u8 0 set i8 #1 -5 | BITFIELD k GET u64 0 | BITFIELD k GET i65 0
        BITFIELD k GET u0 0 | BITFIELD k GET i0 0 | BITFIELD k GET x8 0 | BITFIELD k GET u08 0 | BITFIELD k GET u 0
        BITFIELD k GET 8 0 | BITFIELD k GET u8 -1 | BITFIELD k GET u8 x | BITFIELD k GET u8 # | BITFIELD k GET u8 #-1
        BITFIELD k GET u8 4294967295 | BITFIELD k GET u8 4294967296 | BITFIELD k GET u8 #536870911
        BITFIELD k GET u8 #536870912 | BITFIELD k GET u8 | BITFIELD k SET u8 0 | BITFIELD k SET u8 0 x
        BITFIELD k INCRBY u8 0 | BITFIELD k NONSENSE u8 0 | BITFIELD k OVERFLOW | BITFIELD k OVERFLOW NONSENSE
        BITFIELD k OVERFLOW SAT | BITFIELD | BITFIELD k SET u8 0 1 GET u8 | BITFIELD new OVERFLOW FAIL SET u8 0 256
        EXISTS new | STRLEN new | EXPIRE k 100 | BITFIELD k SET u8 0 1 | TTL k | BITFIELD_RO k GET u8 0 GET i4 #2
        BITFIELD_RO k | BITFIELD_RO k SET u8 0 1 | BITFIELD_RO k OVERFLOW SAT GET u8 0 | BITFIELD_RO none GET u8 0
        BITFIELD_RO | BITFIELD_RO k GET u8 | BITFIELD k INCRBY u8 0 9223372036854775808
    """,
    "whose keys": """
        COMMAND GETKEYS SETBIT k 1 1 | COMMAND GETKEYS BITOP AND d a b | COMMAND GETKEYS BITFIELD k SET u8 0 1
        COMMAND GETKEYS BITFIELD_RO k GET u8 0 | COMMAND GETKEYS BITCOUNT k 0 1 BIT | COMMAND GETKEYS BITPOS k 1 0
    """,
    "other types": """
        SADD s a | SETBIT s 0 1 | GETBIT s 0 | BITCOUNT s | BITPOS s 1 | BITFIELD s GET u8 0 | BITFIELD s SET u8 0 1
        BITFIELD_RO s GET u8 0 | BITOP NOT d s | BITFIELD s | BITCOUNT s 0 0 | SCARD s | HSET h f v | SETBIT h 1 1
    """,
    "lifetimes": """
        SETBIT k 1 1 | EXPIRE k -1 | GETBIT k 1 | BITCOUNT k | BITPOS k 0 | SELECT 1 | SETBIT k 1 1 | FLUSHDB
        GETBIT k 1 | SELECT 0 | GETBIT k 1
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


def drawn_range(rng):
    """Nothing, a start and an end, or both with their unit."""
    row = [str(rng.randint(-70, 70)), str(rng.randint(-70, 70)), rng.choice(["BYTE", "BIT"])]
    return row[: rng.choice([0, 2, 3])]


def drawn_step(rng):
    """One part of a BITFIELD."""
    sign = rng.choice("iu")
    bits = rng.randint(1, 64 if sign == "i" else 63)
    place = [f"{sign}{bits}", rng.choice([str(rng.randrange(80)), f"#{rng.randrange(4)}"])]
    value = str(rng.choice([rng.randint(-9, 9), rng.randint(-(1 << 62), 1 << 62), rng.randint(-300, 300)]))
    return rng.choice([["GET", *place], ["SET", *place, value], ["INCRBY", *place, value],
                       ["OVERFLOW", rng.choice(["WRAP", "SAT", "FAIL"])]])  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(500):
        keys = rng.choices(["k", "l", "m"], k=3)
        bits = rng.choice([b"", b"\0", b"\xff", b"\0\0\0\xff", b"\xff\xff\xff\x7f", rng.randbytes(rng.randrange(12))])
        request = rng.choice(
            [
                ("SETBIT", keys[0], rng.randrange(70), rng.randrange(2)), ("GETBIT", keys[0], rng.randrange(80)),
                ("BITCOUNT", keys[0], *drawn_range(rng)), ("BITPOS", keys[0], rng.randrange(2), *drawn_range(rng)),
                ("BITPOS", keys[0], rng.randrange(2), rng.randint(-12, 12)),
                ("BITOP", rng.choice(["AND", "OR", "XOR"]), *keys), ("BITOP", "NOT", keys[0], keys[1]),
                ("BITFIELD", keys[0], *(word for _ in range(rng.randrange(5)) for word in drawn_step(rng))),
                ("SET", keys[0], bits), ("GET", keys[0]), ("DEL", keys[0]), ("EXPIRE", keys[0], 100), ("TTL", keys[0]),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"


def test_large_bitmaps_say_the_same(both):
    rng = Random(3)
    both("SET", "k", rng.randbytes(1 << 20))
    both("SET", "l", bytes(1 << 19) + b"\1" + bytes(1 << 19))
    both("SET", "m", b"\xff" * (1 << 20))
    requests = [
        ("BITCOUNT", "k"), ("BITCOUNT", "k", 3, 8_000_000, "BIT"), ("BITPOS", "l", 1), ("BITPOS", "l", 1, 9, -1, "BIT"),
        ("BITPOS", "m", 0), ("BITOP", "XOR", "d", "k", "l", "m"), ("GET", "d"), ("BITOP", "NOT", "d", "d"),
        ("GET", "d"),
        ("SETBIT", "d", 8 << 20, 1), ("BITFIELD", "d", "INCRBY", "i64", 8_000_001, -5), ("GET", "d"),
    ]  # fmt: skip
    for request in requests:
        theirs, ours = both(*request)

        assert theirs == ours, request


def test_a_string_grows_no_longer_than_one_may_be_sent(server):
    wire = server.connect()
    most = 64 << 20
    wire("DEL", "k")

    assert str(wire("SETBIT", "k", most * 8, 1)).startswith("ERR")
    assert str(wire("BITFIELD", "k", "SET", "u8", most * 8 - 7, 1)).startswith("ERR")
    assert [[0], 0] == [wire("BITFIELD", "k", "GET", "u8", (1 << 32) - 1), wire("EXISTS", "k")]
    assert 0 == wire("SETBIT", "k", most * 8 - 1, 1)
    assert [most, 1, most * 8 - 1] == [wire("STRLEN", "k"), wire("BITCOUNT", "k"), wire("BITPOS", "k", 1)]
    wire("DEL", "k")


def test_bitmaps_survive_a_restart(start_server):
    running = start_server()
    wire = running.connect()
    made = os.urandom(5_000)
    wire("SET", "k", made)
    wire("BITOP", "NOT", "d", "k")
    wire("SETBIT", "new", "100", "1")
    running.stop()
    wire = start_server(data_dir=running.data_dir).connect()

    assert bytes(255 - byte for byte in made) == wire("GET", "d")
    assert [100, 1] == [wire("BITPOS", "new", "1"), wire("GETBIT", "new", "100")]
