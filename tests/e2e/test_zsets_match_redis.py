"""Sorted sets against a real redis-server: members and scores. Ranges and algebra have files of their own."""

from collections import Counter
from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "adding and reading": """
        ZADD z 1 a 2 b | ZADD z 1 a 3 b 4 c | ZSCORE z a | ZSCORE z none | ZSCORE none a | ZCARD z | ZCARD none
        ZMSCORE z a none b | ZMSCORE none a b | ZRANGE z 0 -1 WITHSCORES | ZRANK z a | ZRANK z c | ZRANK z none
        ZRANK none a | ZREVRANK z a | ZREVRANK z c | ZREVRANK z none | TYPE z | ZREM z a a none | ZREM none a
        ZREM z b c | EXISTS z | ZADD z 1 "" | ZSCORE z "" | ZADD z 1 x 2 x 3 x | ZSCORE z x | ZRANGE z 0 -1 WITHSCORES
        ZADD | ZADD z | ZADD z 1 | ZADD z 1 a 2 | ZADD z x a | ZADD z 1 a x b | ZSCORE z | ZRANK z | ZREM z | ZCARD
        ZMSCORE z | ZCARD z
    """,
    "conditions of adding": """
        ZADD z NX 1 a 2 b | ZADD z NX 5 a 6 c | ZRANGE z 0 -1 WITHSCORES | ZADD z XX 9 a 9 none | ZSCORE z a
        ZADD z XX CH 8 a 8 none | ZADD z GT 1 a | ZSCORE z a | ZADD z GT 10 a 1 new | ZSCORE z a | ZSCORE z new
        ZADD z LT 20 a | ZSCORE z a | ZADD z LT CH 2 a 3 b | ZSCORE z a | ZADD z CH 2 a 7 d 7 e | ZADD z CH NX 1 d
        ZADD z xx gt ch 100 d | ZADD z NX XX 1 a | ZADD z NX GT 1 a | ZADD z NX LT 1 a | ZADD z GT LT 1 a
        ZADD none XX 1 a | EXISTS none | ZADD z NX | ZADD z NX 1 | ZADD z NX CH INCR | ZADD z CH 1 a 2 | ZADD z NONE 1 a
        ZADD z INCR 5 a | ZADD z INCR 1 a 2 b | ZADD z INCR NX 5 a | ZADD z INCR XX 5 none | ZADD z INCR XX 5 a
        ZADD z INCR GT -1 a | ZADD z INCR GT 1 a | ZADD z INCR LT 1 a | ZADD z INCR CH 1 a | ZADD z INCR 2.5 fresh
        ZADD z 1 nx | ZADD z 2 NX 3 CH | ZRANGE z 0 -1 WITHSCORES
    """,
    "numbers": """
        ZADD z inf a -inf b +inf c infinity d -Infinity e | ZRANGE z 0 -1 WITHSCORES | ZADD z nan x | ZADD z 1e400 x
        ZADD z -1e400 x | ZADD z 1e-400 x | ZADD z 1_0 x | ZADD z " 1" x | ZADD z "1 " x | ZADD z "" x | ZADD z 1e x
        ZADD z +5 f .5 g 5. h 1E3 i 5e-324 j 1.7976931348623157e308 k -0 l 0.1 m 3.14159265358979 n -1e-7 o
        ZRANGE z 0 -1 WITHSCORES | ZADD z 1e15 p 1e16 q 12345678901234567 r 9007199254740993 s | ZMSCORE z p q r s g
        ZINCRBY z 1 f | ZINCRBY z 0.1 m | ZINCRBY z 0.2 m | ZINCRBY z -inf f | ZINCRBY z inf f | ZINCRBY z nan g
        ZINCRBY z x g | ZINCRBY z 1 new | ZINCRBY fresh -2.5 a | ZINCRBY z 1 | ZINCRBY z inf a | ZINCRBY z -inf a
        ZADD z INCR -inf a | ZADD z INCR 1e308 k | ZADD z INCR 1e308 k
    """,
    "taking": """
        ZADD z 1 a 2 b 3 c 4 d 5 e 6 f | ZPOPMIN z | ZPOPMAX z | ZPOPMIN z 2 | ZPOPMAX z 1 | ZPOPMIN z 0 | ZPOPMAX z -1
        ZPOPMIN z x | ZPOPMIN z 100 | EXISTS z | ZPOPMIN z | ZPOPMAX z 5 | ZPOPMIN | ZPOPMIN z 1 2
        ZADD z 1 a 2 b 3 c | ZADD y 1 x | ZMPOP 2 none z MIN | ZMPOP 2 z y MAX COUNT 5 | ZMPOP 2 z y max count 5
        ZMPOP 2 z y MIN | ZMPOP 0 z MIN | ZMPOP 1 z | ZMPOP 1 z NONE | ZMPOP 3 z y MIN | ZMPOP x z MIN | ZMPOP -1 z MIN
        ZADD z 1 a | ZMPOP 1 z MIN COUNT 0 | ZMPOP 1 z MIN COUNT x | ZMPOP 1 z MIN COUNT -1 | ZMPOP 1 z MIN COUNT
        ZMPOP 1 z MIN NONSENSE 1 | ZCARD z
    """,
    "other types": """
        SET s v | ZADD s 1 a | ZADD s x a | ZADD s NX XX 1 a | ZINCRBY s 1 a | ZSCORE s a | ZMSCORE s a | ZCARD s
        ZRANK s a | ZREVRANK s a | ZREM s a | ZPOPMIN s | ZPOPMAX s 1 | ZPOPMIN s 0 | ZPOPMIN s -1 | ZMPOP 2 none s MIN
        ZRANDMEMBER s | ZRANDMEMBER s 0 | ZSCAN s 0 | ZADD z 1 a | ZMPOP 2 z s MIN | ZMPOP 2 z s MIN
        HSET h a 1 | ZADD h 1 a | ZSCORE h a | ZADD z 1 a | GET z | HGET z a | HSET z a 1 | APPEND z x | INCR z
        SET z v GET | SET z v | TYPE z | ZCARD z
    """,
    "lifetimes": """
        ZADD z 1 a | EXPIRE z 100 | ZADD z 2 b | TTL z | ZINCRBY z 1 a | TTL z | ZREM z a | TTL z | PERSIST z | TTL z
        EXPIRE z -1 | ZCARD z | ZRANGE z 0 -1 | ZADD z 1 a | EXPIRE z 100 | ZPOPMIN z | ZADD z 1 a | TTL z
        ZADD z 1 a | DEL z | ZCARD z | SELECT 1 | ZADD z 5 x | ZCARD z | SELECT 0 | ZCARD z | ZADD z 1 a | FLUSHDB
        ZCARD z | SELECT 1 | ZCARD z
    """,
    "at random": """
        ZADD z 1 a | ZRANDMEMBER z | ZRANDMEMBER z 1 | ZRANDMEMBER z 5 | ZRANDMEMBER z -3 | ZRANDMEMBER z 0
        ZRANDMEMBER z 1 WITHSCORES | ZRANDMEMBER z -2 WITHSCORES | ZRANDMEMBER none | ZRANDMEMBER none 3
        ZRANDMEMBER none -3 WITHSCORES | ZRANDMEMBER z x | ZRANDMEMBER z 1 NONE | ZRANDMEMBER z WITHSCORES | ZRANDMEMBER
        ZRANDMEMBER z 1 WITHSCORES WITHSCORES NONE
    """,
    "where the keys are": """
        COMMAND GETKEYS ZADD z 1 a 2 b | COMMAND GETKEYS ZREM z a b | COMMAND GETKEYS ZMPOP 2 a b MIN
        COMMAND GETKEYS ZRANGESTORE d s 0 -1 | COMMAND GETKEYS ZUNION 2 a b WEIGHTS 1 2 | COMMAND GETKEYS ZDIFF 1 a
        COMMAND GETKEYS ZUNIONSTORE d 2 a b | COMMAND GETKEYS ZINTERCARD 2 a b LIMIT 3
        COMMAND GETKEYS ZINTERSTORE d 1 a | COMMAND GETKEYS ZDIFFSTORE d 1 a | COMMAND GETKEYS ZRANDMEMBER z 5
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


KEYS, MEMBERS = ["z", "y", "z", "y", "none", "s"], ["a", "b", "c", "d", "e", ""]
SCORES = ["1", "2", "2.5", "-3", "0", "0.1", "inf", "-inf", "1e300", "nan", "x"]


def random_request(rng):
    """One request about members, now and then a wrong one."""
    key, member, score, other = rng.choice(KEYS), rng.choice(MEMBERS), rng.choice(SCORES), rng.choice(SCORES)
    options = rng.sample(["NX", "XX", "GT", "LT", "CH"], rng.choice([0, 0, 1, 1, 2]))
    return rng.choice(
        [
            ("ZADD", key, *options, score, member), ("ZADD", key, *options, score, member, other, rng.choice(MEMBERS)),
            ("ZADD", key, *options, "INCR", score, member), ("ZINCRBY", key, score, member), ("ZSCORE", key, member),
            ("ZMSCORE", key, member, "a"), ("ZCARD", key), ("ZRANK", key, member), ("ZREVRANK", key, member),
            ("ZREM", key, member), ("ZREM", key, member, "a"), ("ZPOPMIN", key), ("ZPOPMAX", key, rng.randint(0, 2)),
            ("ZMPOP", 2, key, rng.choice(KEYS), rng.choice(["MIN", "MAX"])), ("TYPE", key), ("SET", "s", "v"),
            ("ZRANGE", key, 0, -1, "WITHSCORES"), ("ZRANGE", key, 0, -1, "WITHSCORES"),
        ] + [("DEL", key), ("EXPIRE", key, rng.choice(["-1", "100"]))] * (rng.random() < 0.2)
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    if seed % 2:  # Redis keeps large sorted sets in another way than small ones
        both("ZADD", "z", *(item for number in range(200) for item in (rng.choice([0, 1, 2.5, -3]), f"m{number}")))
    for _ in range(500):
        request = random_request(rng)
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-8:]}"


def test_members_drawn_at_random_are_members_and_different_unless_asked(wire3):
    scores = {b"m%d" % number: float(number) for number in range(20)}
    wire3("ZADD", "z", *(item for member, score in scores.items() for item in (score, member)))
    drawn = wire3("ZRANDMEMBER", "z", 10, "WITHSCORES")

    assert 10 == len(dict(drawn))
    assert dict(drawn).items() <= scores.items()
    assert set(scores) == set(wire3("ZRANDMEMBER", "z", 100))
    repeated = wire3("ZRANDMEMBER", "z", -200)
    assert (200, True) == (len(repeated), set(repeated) <= set(scores))
    assert len(Counter(repeated)) > 10


def test_a_rank_may_come_with_its_score(wire, wire3):
    wire("ZADD", "z", 1.5, "a", 2, "b")

    assert [0, b"1.5"] == wire("ZRANK", "z", "a", "WITHSCORE")
    assert [[1, 1.5], None] == [wire3("ZREVRANK", "z", member, "WITHSCORE") for member in ("a", "none")]


@pytest.mark.parametrize("options", [(), ("COUNT", 7), ("MATCH", "m1*"), ("COUNT", 100, "MATCH", "none")])
def test_a_walk_finds_the_same_members_and_scores(both, options):
    both("ZADD", "z", *(item for number in range(50) for item in (number / 4, f"m{number}")))
    found, cursors = [{}, {}], ["0", "0"]
    for side in (0, 1):
        while True:
            cursors[side], flat = both("ZSCAN", "z", str(cursors[side]).removeprefix("number ").removesuffix(".0"),
                                       *options)[side]  # fmt: skip
            found[side] |= dict(zip(flat[::2], flat[1::2], strict=True))
            if cursors[side] == "number 0.0":
                break

    assert found[0] == found[1]
    theirs, ours = both("ZSCAN", "none", 0)
    assert theirs == ours


def test_a_walk_shows_a_few_members_at_a_time_and_none_that_has_left(wire):
    wire("ZADD", "z", *(item for number in range(30) for item in (number, f"m{number:02}")))
    cursor, flat = wire("ZSCAN", "z", 0, "COUNT", 10)
    wire("ZREM", "z", "m15")
    _, rest = wire("ZSCAN", "z", cursor, "COUNT", 30)

    assert (20, 38) == (len(flat), len(rest))
    assert b"m15" not in rest


def test_sorted_sets_survive_a_kill(start_server, tmp_path):
    server = start_server(data_dir=tmp_path / "data")
    wire = server.connect()
    wire("ZADD", "z", 1.25, "a", "-inf", "b", 0.1, "c", 7, "gone", 7, "d")
    wire("ZREM", "z", "gone")
    wire("ZINCRBY", "z", 2, "d")
    wire("ZUNIONSTORE", "y", 1, "z", "WEIGHTS", 2)
    wire("EXPIRE", "y", 1000)
    wire("ZADD", "emptied", 1, "a")
    wire("ZPOPMIN", "emptied")
    server.kill()
    wire = start_server(data_dir=tmp_path / "data").connect()

    assert [b"b", b"-inf", b"c", b"0.1", b"a", b"1.25", b"d", b"9"] == wire("ZRANGE", "z", 0, -1, "WITHSCORES")
    assert [b"b", b"-inf", b"c", b"0.2", b"a", b"2.5", b"d", b"18"] == wire("ZRANGE", "y", 0, -1, "WITHSCORES")
    assert (b"zset", 0) == (wire("TYPE", "z"), wire("EXISTS", "emptied"))
    assert wire("TTL", "y") > 900
