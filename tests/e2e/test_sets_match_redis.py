"""Sets against a real redis-server. What is drawn at random is held to what both must have in common."""

from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "adding, asking and removing": """
        SADD s a b c | SADD s a d d | SADD s "" | SCARD s | SCARD none | SISMEMBER s a | SISMEMBER s x
        SISMEMBER none a | SMISMEMBER s a x "" | SMISMEMBER none a b | SMEMBERS s | SMEMBERS none | SREM s a a x
        SREM none a | SMEMBERS s | SREM s b c d "" | EXISTS s | TYPE s | SADD s a | TYPE s | SADD s | SADD | SREM s
        SCARD | SCARD s x | SISMEMBER s | SISMEMBER s a b | SMISMEMBER s | SMEMBERS | sadd s A | SMEMBERS s
    """,
    "moving": """
        SADD a 1 2 3 | SADD b 3 4 | SMOVE a b 1 | SMEMBERS a | SMEMBERS b | SMOVE a b 3 | SMEMBERS a | SMEMBERS b
        SMOVE a b x | SMOVE a a 2 | SMOVE a a x | SMOVE none b 1 | SMOVE a new 2 | EXISTS a | SMEMBERS new | TYPE new
        SET s v | SMOVE none s 1 | SMOVE b s 1 | SMOVE s b 1 | SMOVE b s x | SMEMBERS b | GET s | SMOVE a b
        EXPIRE b 100 | SMOVE new b 2 | TTL b
    """,
    "in common, together and apart": """
        SADD a 1 2 3 4 | SADD b 3 4 5 | SADD c 4 6 | SINTER a | SINTER a b | SINTER a b c | SINTER a none
        SINTER none | SINTER none a | SUNION a b c | SUNION a none | SUNION none | SUNION a a | SDIFF a b
        SDIFF a b c | SDIFF a | SDIFF a none | SDIFF none a | SDIFF a a | SINTER | SUNION | SDIFF | SINTERCARD 1 a
        SINTERCARD 2 a b | SINTERCARD 2 a none | SINTERCARD 3 a b c | SINTERCARD 2 a b LIMIT 1
        SINTERCARD 2 a b limit 0 | SINTERCARD 2 a b LIMIT 9 | SINTERCARD 2 a b LIMIT -1 | SINTERCARD 2 a b LIMIT x
        SINTERCARD 2 a b LIMIT | SINTERCARD 0 a | SINTERCARD -1 a | SINTERCARD x a | SINTERCARD 3 a b
        SINTERCARD 1 a b | SINTERCARD 2 a | SINTERCARD 1 | SINTERCARD | SINTERCARD 1 a NONSENSE 1
        SINTERCARD 2 a LIMIT | SADD LIMIT 1 2 | SINTERCARD 2 a LIMIT LIMIT 1 | SINTERCARD 9223372036854775807 a b
    """,
    "keeping what came out": """
        SADD a 1 2 3 4 | SADD b 3 4 5 | SINTERSTORE d a b | SMEMBERS d | SUNIONSTORE d a b | SMEMBERS d
        SDIFFSTORE d a b | SMEMBERS d | SINTERSTORE a a b | SMEMBERS a | SUNIONSTORE a a | SMEMBERS a
        SINTERSTORE d a none | EXISTS d | SDIFFSTORE d a a | EXISTS d | SUNIONSTORE d none | EXISTS d
        SINTERSTORE none2 none | EXISTS none2 | SET s v | SUNIONSTORE s a b | TYPE s | SMEMBERS s | SET s v
        SINTERSTORE s a none | EXISTS s | HSET h f v | SDIFFSTORE h b a | TYPE h | SMEMBERS h | HSET h f v | SADD x 1
        EXPIRE x 100 | SUNIONSTORE x a | TTL x | SMEMBERS x | SET s v | SUNIONSTORE d a s | SINTERSTORE d none s
        SDIFFSTORE d none s | SDIFFSTORE s a s | GET s | SINTERSTORE d | SUNIONSTORE d | SDIFFSTORE d | SUNIONSTORE
    """,
    "other types": """
        SET s v | SADD s a | SREM s a | SCARD s | SISMEMBER s a | SMISMEMBER s a | SMEMBERS s | SPOP s | SPOP s 1
        SRANDMEMBER s | SRANDMEMBER s 1 | SSCAN s 0 | SINTER s | SINTER none s | SUNION none s | SDIFF none s
        SINTER s none | SINTERCARD 2 none s | SADD a 1 | SINTER a s | GET a | APPEND a x | INCR a | HSET a f v
        HGET a f | STRLEN a | SET a x NX | SET a x GET | MGET a s | SET a v | GET a | HSET h f v | SADD h x
        SMEMBERS h | HLEN h
    """,
    "lifetimes": """
        SADD s a b | EXPIRE s 100 | SADD s c | TTL s | SREM s a | TTL s | PERSIST s | TTL s | EXPIRE s -1 | EXISTS s
        SADD s a | EXPIRE s 100 | SREM s a | SADD s b | TTL s | DEL s | SMEMBERS s | SADD s a | SELECT 1 | SMEMBERS s
        SADD s x | FLUSHDB | SMEMBERS s | SELECT 0 | SMEMBERS s
    """,
    "drawing where it is no chance": """
        SPOP none | SPOP none 3 | SPOP none 0 | SPOP none -1 | SRANDMEMBER none | SRANDMEMBER none 3
        SRANDMEMBER none -3 | SADD s a | SRANDMEMBER s | SRANDMEMBER s 1 | SRANDMEMBER s 5 | SRANDMEMBER s -3
        SRANDMEMBER s 0 | SPOP s 0 | SRANDMEMBER s x | SRANDMEMBER s 1 2 | SRANDMEMBER
        SRANDMEMBER s 9223372036854775808 | SPOP s x | SPOP s -1 | SPOP s 1 2 | SPOP | SPOP s | EXISTS s | SADD s a
        SPOP s 1 | EXISTS s | SADD s a | SPOP s 7 | EXISTS s | SADD s a | EXPIRE s 100 | SPOP s | SADD s a | TTL s
    """,
    "whose keys": """
        COMMAND GETKEYS SADD s a b | COMMAND GETKEYS SMOVE a b m | COMMAND GETKEYS SINTER a b
        COMMAND GETKEYS SPOP s 3 | COMMAND GETKEYS SUNIONSTORE d a b | COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1
        COMMAND GETKEYS SSCAN s 0 COUNT 5 | COMMAND GETKEYS SMISMEMBER s a b | COMMAND GETKEYS SRANDMEMBER s -2
    """,
    "walking in one step": """
        SSCAN none 0 | SADD s a | SSCAN s 0 | SSCAN s 0 MATCH a* | SSCAN s 0 MATCH b* | SSCAN s 0 COUNT 5 MATCH ?
        SSCAN s 0 COUNT 100000000 | SSCAN s 0 COUNT 0 | SSCAN s 0 COUNT x | SSCAN s 0 MATCH | SSCAN s 0 NONSENSE
        SSCAN s | SSCAN s x | SSCAN
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


NAMES = ["a", "b", "c", "d", ""]


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(400):
        keys = rng.choices(["s", "t", "u", "text"], (5, 5, 5, 1), k=3)
        some = rng.choices(NAMES, k=rng.randrange(1, 4))
        request = rng.choice(
            [
                ("SADD", keys[0], *some), ("SADD", keys[1], *some), ("SREM", keys[0], *some), ("SCARD", keys[0]),
                ("SISMEMBER", keys[0], some[0]), ("SMISMEMBER", keys[0], *some), ("SMEMBERS", keys[0]),
                ("SMOVE", keys[0], keys[1], some[0]), ("SINTER", *keys), ("SUNION", *keys), ("SDIFF", *keys),
                ("SINTERSTORE", *keys), ("SUNIONSTORE", *keys), ("SDIFFSTORE", *keys), ("DEL", keys[0]),
                ("SINTERCARD", "2", keys[0], keys[1], "LIMIT", str(rng.randrange(3))), ("SPOP", keys[0], "9"),
                ("TYPE", keys[0]), ("SET", "text", "v"), ("EXPIRE", keys[0], "100"), ("TTL", keys[0]),
                ("SRANDMEMBER", keys[0], "9"),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = (sorted(reply) if request[0] in ("SPOP", "SRANDMEMBER") and isinstance(reply, list) else reply
                        for reply in both(*request))  # fmt: skip

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"


def told(reply, members):
    """What two draws have in common: how many, whether some came twice may differ, and that all were there."""
    assert set(reply) <= members, reply
    return len(reply)


@pytest.mark.parametrize("count", [0, 1, 3, 7, 8, 20, -1, -7, -50])
def test_as_many_members_are_drawn(both, count):
    members = {b"%d" % number for number in range(8)}
    both("SADD", "s", *members)
    theirs, ours = both("SRANDMEMBER", "s", count)

    assert told(theirs, members) == told(ours, members)
    assert count < 0 or len(set(ours)) == len(ours)
    if count >= 0:
        theirs, ours = both("SPOP", "s", count)

        assert told(theirs, members) == told(ours, members)
        assert len(set(ours)) == len(ours)
        assert members - set(ours) == set(both("SMEMBERS", "s")[1])
        assert both("SCARD", "s")[0] == both("SCARD", "s")[1]


def test_members_popped_one_by_one_are_all_of_them(both):
    members = {b"%d" % number for number in range(20)}
    both("SADD", "s", *members)
    popped = [both("SPOP", "s")[1] for _ in members]

    assert (members, len(members)) == (set(popped), len(popped))
    assert (0, 0) == both("EXISTS", "s")


def walked(wire, *options):
    """Every member SSCAN shows."""
    cursor, found = b"0", []
    while True:
        cursor, members = wire("SSCAN", "s", cursor, *options)
        found += members
        if cursor == b"0":
            return found


def test_a_walk_shows_every_member_once_in_steps_of_any_size(server):
    wire = server.connect()
    members = sorted(b"member:%d" % number for number in range(300))
    wire("DEL", "s")
    wire("SADD", "s", *members)

    assert (
        members == sorted(walked(wire)) == sorted(walked(wire, "COUNT", "7")) == sorted(walked(wire, "COUNT", "1000"))
    )
    assert [b"member:77"] == walked(wire, "MATCH", "*:77", "COUNT", "20")
    assert 10 == len(wire("SSCAN", "s", "0")[1])


def test_the_members_drawn_may_not_fill_the_memory(server):
    wire = server.connect()
    wire("DEL", "s")
    wire("SADD", "s", "x" * 100_000)

    assert str(wire("SRANDMEMBER", "s", -100_000)).startswith("ERR")
    assert str(wire("SRANDMEMBER", "s", -1_000_000_000)).startswith("ERR")
    assert 3 == len(wire("SRANDMEMBER", "s", -3))


def test_sets_survive_a_restart(start_server):
    running = start_server()
    wire = running.connect()
    wire("SADD", "s", *range(500))
    wire("SREM", "s", *range(400))
    wire("SUNIONSTORE", "t", "s")
    wire("SADD", "t", "new", "")
    wire("EXPIRE", "t", "1000")
    wire("SADD", "gone", "x")
    wire("SPOP", "gone")
    running.stop()
    wire = start_server(data_dir=running.data_dir).connect()
    left = {b"%d" % number for number in range(400, 500)}

    assert (left, left | {b"new", b""}) == (set(wire("SMEMBERS", "s")), set(wire("SMEMBERS", "t")))
    assert (0, b"set") == (wire("EXISTS", "gone"), wire("TYPE", "t"))
    assert 900 < wire("TTL", "t") <= 1000
