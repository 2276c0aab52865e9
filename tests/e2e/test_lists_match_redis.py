"""Lists against a real redis-server."""

from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "both ends": """
        LPUSH l a b c | RPUSH l d e | LRANGE l 0 -1 | LLEN l | LPOP l | RPOP l | LPOP l 2 | LPOP l 0 | RPOP l 9 | LPOP l
        LPOP l 2 | LLEN l | EXISTS l | LPUSHX l a | RPUSHX l a | RPUSH l a | LPUSHX l b | RPUSHX l c d | LRANGE l 0 -1
        TYPE l | LPOP l -1 | LPOP l x | LPUSH l | LPOP none 0 | RPUSH l "" | LRANGE l -1 -1
    """,
    "places": """
        RPUSH l a b c d e | LINDEX l 0 | LINDEX l -1 | LINDEX l 9 | LINDEX l -6 | LINDEX none 0 | LINDEX l x
        LRANGE l 1 3 | LRANGE l -2 -1 | LRANGE l 3 1 | LRANGE l 0 99 | LRANGE l -99 1 | LRANGE l 5 9 | LRANGE none 0 -1
        LSET l 1 B | LSET l -1 E | LSET l 9 x | LSET none 0 x | LSET l -6 x | LRANGE l 0 -1
        LINSERT l BEFORE c x | LINSERT l AFTER E y | LINSERT l before a z | LINSERT l AFTER none x | LRANGE l 0 -1
        LINSERT none BEFORE a x | LINSERT l BESIDE a x | LINSERT l AFTER c | LTRIM l 1 -2 | LRANGE l 0 -1 | LTRIM l 0 99
        LTRIM l 5 2 | EXISTS l | LTRIM none 0 1 | RPUSH l a b c | LTRIM l -2 -1 | LRANGE l 0 -1
    """,
    "finding and removing": """
        RPUSH l a b a c a b | LREM l 1 a | LRANGE l 0 -1 | LREM l -1 a | LRANGE l 0 -1 | LREM l 0 b | LRANGE l 0 -1
        LREM l 0 none | LREM none 0 a | LREM l 0 a | LREM l 0 c | EXISTS l | RPUSH l a b c 1 2 3 c c | LPOS l c
        LPOS l c RANK 2 | LPOS l c RANK -1 | LPOS l c COUNT 2 | LPOS l c COUNT 0 | LPOS l c RANK -1 COUNT 2
        LPOS l c RANK 0 | LPOS l c COUNT -1 | LPOS l c MAXLEN 2 | LPOS l c MAXLEN 3 COUNT 0 | LPOS l none
        LPOS l none COUNT 1 | LPOS none c | LPOS none c COUNT 1 | LPOS l c RANK 9 | LPOS l c RANK 3 COUNT 0 MAXLEN 8
        LPOS l c RANK 2 MAXLEN -1
    """,
    "moving": """
        RPUSH a 1 2 3 | LMOVE a b LEFT RIGHT | LMOVE a b RIGHT LEFT | LRANGE a 0 -1 | LRANGE b 0 -1 | RPOPLPUSH a b
        EXISTS a | RPOPLPUSH a b | LMOVE b b LEFT RIGHT | LRANGE b 0 -1 | LMOVE b b RIGHT LEFT | LRANGE b 0 -1
        LMOVE b b LEFT LEFT | RPOPLPUSH b b | LRANGE b 0 -1 | LMOVE none b LEFT RIGHT | LMOVE b c UP LEFT
        RPUSH one x | RPOPLPUSH one one | LRANGE one 0 -1 | LMPOP 2 none b LEFT | LMPOP 1 b RIGHT COUNT 9
        LMPOP 1 b LEFT | LMPOP 0 b LEFT | LMPOP 2 b LEFT | LMPOP 1 one LEFT COUNT 0 | LMPOP 1 one RIGHT
    """,
    "other types": """
        SET s v | LPUSH s a | LPOP s | LLEN s | LRANGE s 0 -1 | LINDEX s 0 | LSET s 0 a | LREM s 0 a | LTRIM s 0 1
        LPOS s a | LINSERT s BEFORE a b | RPUSH l a | LMOVE l s LEFT LEFT | LRANGE l 0 -1 | LMOVE s l LEFT LEFT
        LMPOP 2 s l LEFT | RPOPLPUSH l s | GET l | HSET h a 1 | LPUSH h a | BLPOP s 1 | LPUSHX s a | INCR l
    """,
    "lifetimes": """
        RPUSH l a b | EXPIRE l 100 | RPUSH l c | TTL l | LPOP l 3 | TTL l | RPUSH l x | TTL l | DEL l
        RPUSH l a | RENAME l m | LRANGE m 0 -1 | COPY m n | RPUSH n b | LRANGE m 0 -1 | LRANGE n 0 -1 | MOVE n 1
        SELECT 1 | LRANGE n 0 -1 | LPUSH n z | LRANGE n 0 -1 | FLUSHDB | EXISTS n
    """,
    "without waiting": """
        RPUSH l a b c | BLPOP l 1 | BRPOP none l 1 | BLMPOP 1 2 none l LEFT COUNT 5 | BLPOP none 0.01 | BRPOP none 0.01
        BLMOVE none x LEFT LEFT 0.01 | BRPOPLPUSH none x 0.01 | BLMPOP 0.01 1 none LEFT
        BLPOP l -1 | BLPOP l x | BLPOP l
        RPUSH l a | BLMOVE l m LEFT RIGHT 1 | LRANGE m 0 -1 | BRPOPLPUSH m l 1 | ZADD z 1 a 2 b 3 c | BZPOPMIN z 1
        BZPOPMAX none z 1 | BZMPOP 1 1 z MIN COUNT 2 | BZPOPMIN z 0.01 | BZMPOP 0.01 1 z MAX | BZPOPMIN l 0.01
        MULTI | BLPOP none 0 | BLMOVE none x LEFT LEFT 0 | RPUSH l q | BLPOP l 0 | EXEC
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.parametrize("seed", range(6))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(400):
        key, value = rng.choice(["l", "m"]), rng.choice("abc")
        place, other = rng.randint(-6, 6), rng.randint(-6, 6)
        request = rng.choice(
            [
                ("LPUSH", key, value, "x"), ("RPUSH", key, value), ("LPOP", key), ("RPOP", key, rng.randint(0, 2)),
                ("LRANGE", key, place, other), ("LINDEX", key, place), ("LSET", key, place, value), ("LLEN", key),
                ("LINSERT", key, rng.choice(["BEFORE", "AFTER"]), value, "y"), ("LREM", key, place, value),
                ("LTRIM", key, min(place, 1), max(other, -2)), ("LPOS", key, value, "RANK", place or 1, "COUNT", 2),
                ("LMOVE", key, rng.choice("lm"), rng.choice(["LEFT", "RIGHT"]), rng.choice(["LEFT", "RIGHT"])),
                ("RPOPLPUSH", "l", "m"), ("LMPOP", 2, "l", "m", "LEFT", "COUNT", 2), ("RPUSHX", key, value),
                ("LRANGE", key, 0, -1), ("LRANGE", key, 0, -1), ("RENAME", "l", "m"),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-8:]}"
