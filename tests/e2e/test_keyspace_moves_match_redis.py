"""Keys renamed, moved, copied and picked, against a real redis-server."""

from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "new names": """
        SET a 1 EX 100 | RENAME a b | GET a | GET b | TTL b | RENAME none x | RENAME b b | GET b | SET c 2 | RENAME b c
        GET c | TTL c | EXISTS b | RENAMENX c c | RENAMENX none x | SET d 3 | RENAMENX c d | RENAMENX c e | MGET c d e
        RENAME e | RENAMENX e | RENAME | HSET h f 1 g 2 | EXPIRE h 100 | RENAME h i | HGETALL i | TTL i | HLEN h
        TYPE i
        RENAME i d | TYPE d | HGETALL d | SET s v | RENAME s d | TYPE d | GET d | HLEN d | DBSIZE | RENAME none none
        HSET j a 1 | RENAMENX j d | RENAMENX j k | HGETALL k | HSET k b 2 | HGETALL k | HSET l z 9 | RENAME l k
        HGETALL k | DEL k | DBSIZE
    """,
    "other databases": """
        SET a 1 EX 100 | MOVE a 1 | EXISTS a | SELECT 1 | GET a | TTL a | SET b 2 | SELECT 0 | SET b 3 | MOVE b 1
        GET b | MOVE b 0 | MOVE none 1 | MOVE b 16 | MOVE b -1 | MOVE b x | MOVE b | HSET h f 1 g 2 | MOVE h 1 | HLEN h
        SELECT 1 | HGETALL h | HSET h i 3 | DBSIZE | MOVE h 0 | SELECT 0 | HGETALL h | DBSIZE
    """,
    "copies": """
        SET a 1 EX 100 | COPY a b | GET b | TTL b | COPY a b | SET a 2 | COPY a b REPLACE | MGET a b | TTL b
        COPY none c
        COPY none c REPLACE | COPY a a | COPY a a DB 0 | COPY a a DB 1 | COPY a a DB 1 | COPY a a DB 1 REPLACE
        COPY a c DB 16
        COPY a c DB x | COPY a c DB | COPY a c NONSENSE | COPY a | COPY a c replace db 2 | SELECT 2 | GET c | DBSIZE
        SELECT 0 | HSET h z 1 y 2 a 3 | EXPIRE h 100 | COPY h g | HGETALL g | TTL g | HSET g z 9 | HGETALL h | HGETALL g
        COPY h a | COPY h a REPLACE | TYPE a | HGETALL a | COPY b h REPLACE | TYPE h | TTL h | COPY g h DB 3
        HDEL g z y a
        EXISTS g | SELECT 3 | HGETALL h | PERSIST h | COPY h h DB 4 | SELECT 4 | TTL h
    """,
    "ends": """
        EXPIRETIME none | PEXPIRETIME none | SET a 1 | EXPIRETIME a | PEXPIRETIME a | EXPIREAT a 4102444800
        EXPIRETIME a
        PEXPIRETIME a | PEXPIREAT a 4102444800499 | EXPIRETIME a | PEXPIREAT a 4102444800500 | EXPIRETIME a | EXPIRETIME
        HSET h a 1 | EXPIRE h 100 | EXPIRETIME h | PEXPIRETIME h | PEXPIRETIME
    """,
    "one key by chance": """
        RANDOMKEY | SET a 1 | RANDOMKEY | RANDOMKEY x | SELECT 1 | RANDOMKEY | HSET h a 1 | RANDOMKEY | DEL h
        RANDOMKEY
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(400):
        key, other, db = rng.choice("abcd"), rng.choice("abcd"), rng.choice("01")
        request = rng.choice(
            [
                ("SET", key, rng.choice(["1", "x"])), ("HSET", key, rng.choice("xyz"), "1"), ("GET", key),
                ("HGETALL", key), ("HDEL", key, "x", "y", "z"), ("RENAME", key, other), ("RENAMENX", key, other),
                ("MOVE", key, db), ("COPY", key, other), ("COPY", key, other, "REPLACE"),
                ("COPY", key, other, "DB", db, "REPLACE"), ("SELECT", db), ("DBSIZE",), ("EXPIRE", key, "100"),
                ("TTL", key), ("PEXPIRETIME", key), ("TYPE", key), ("DEL", key), ("KEYS", "*"), ("PERSIST", key),
                ("OBJECT", "ENCODING", key),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"


@pytest.mark.parametrize("count", [50, 1000])
def test_every_key_is_picked_some_time(server, count):
    wire = server.connect()
    wire("FLUSHALL")
    names = {b"key:%d" % number for number in range(count)}
    for name in names:
        wire("SET", name, "v")
    picked = [wire("RANDOMKEY") for _ in range(20 * count // 10)]

    assert set(picked) <= names
    assert len(set(picked)) > count // 2


def test_keys_and_their_ends_keep_new_names_copies_and_databases_after_a_restart(start_server, tmp_path):
    server = start_server(data_dir=tmp_path / "kept")
    wire = server.connect()
    wire("HSET", "h", "z", "1", "y", "2", "x", "3")
    wire("PEXPIREAT", "h", "4102444800000")
    wire("RENAME", "h", "renamed")
    wire("COPY", "renamed", "copied")
    wire("MOVE", "renamed", "1")
    server.kill()
    wire = start_server(data_dir=tmp_path / "kept").connect()

    assert [b"copied"] == wire("KEYS", "*")
    assert [b"z", b"1", b"y", b"2", b"x", b"3"] == wire("HGETALL", "copied")
    wire("SELECT", "1")
    assert [b"z", b"1", b"y", b"2", b"x", b"3"] == wire("HGETALL", "renamed")
    assert 4102444800000 == wire("PEXPIRETIME", "renamed")
