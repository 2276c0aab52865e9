"""Unions, intersections and differences of sorted sets against a real redis-server."""

from random import Random

import pytest

from crowkis.commands.registry import COMMANDS

pytestmark = pytest.mark.process

SCRIPTS = {
    "unions": """
        ZADD a 1 x 2 y | ZADD b 10 y 20 z | ZUNION 2 a b | ZUNION 2 a b WITHSCORES | ZUNION 2 a none WITHSCORES
        ZUNION 1 none | ZUNION 3 a b a WITHSCORES WEIGHTS 1 2 3 | ZUNION 2 a b AGGREGATE MIN WITHSCORES
        ZUNION 2 a b AGGREGATE max WITHSCORES | ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE SUM WITHSCORES
        ZUNION 2 a b WEIGHTS 1 | ZUNION 2 a b WEIGHTS 1 2 3 | ZUNION 2 a b WEIGHTS x 1 | ZUNION 2 a b WEIGHTS nan 1
        ZUNION 2 a b AGGREGATE AVG | ZUNION 2 a b AGGREGATE | ZUNION 2 a b NONSENSE | ZUNION 0 a | ZUNION x a
        ZUNION -1 a | ZUNION 3 a b | ZUNION 2 | ZUNION | ZUNION 1 a WEIGHTS inf WITHSCORES
        ZADD c inf x -inf y 0 z | ZADD d -inf x inf y | ZUNION 2 c d WITHSCORES | ZUNION 2 c d WITHSCORES AGGREGATE MIN
        ZUNION 1 c WEIGHTS 0 WITHSCORES | ZUNION 1 c WEIGHTS inf WITHSCORES | ZUNION 1 c WEIGHTS -1 WITHSCORES
    """,
    "intersections": """
        ZADD a 1 x 2 y 3 w | ZADD b 10 y 20 z 30 w | ZINTER 2 a b | ZINTER 2 a b WITHSCORES | ZINTER 2 a none
        ZINTER 1 a WITHSCORES | ZINTER 2 a b WEIGHTS 2 3 WITHSCORES | ZINTER 2 a b AGGREGATE MIN WITHSCORES
        ZINTER 2 a b AGGREGATE MAX WITHSCORES | ZINTER 2 a a WITHSCORES | ZINTER 0 a | ZINTER 3 a b
        ZINTER 2 a b LIMIT 1
        ZADD c -inf x inf y 0 w | ZINTER 2 a c WEIGHTS 1 0 WITHSCORES
        ZINTER 2 a c WEIGHTS 1 0 AGGREGATE MIN WITHSCORES | ZINTER 2 a c WEIGHTS 1 0 AGGREGATE MAX WITHSCORES
        ZADD c 0 q | ZINTER 2 c a WEIGHTS 0 1 AGGREGATE MAX WITHSCORES
        ZINTERCARD 2 a b | ZINTERCARD 2 a b LIMIT 1 | ZINTERCARD 2 a b LIMIT 0 | ZINTERCARD 2 a none
        ZINTERCARD 2 a b LIMIT -1 | ZINTERCARD 2 a b LIMIT x | ZINTERCARD 1 a LIMIT 5 | ZINTERCARD 2 a b WITHSCORES
        ZINTERCARD 0 a | ZINTERCARD 2 a | ZINTERCARD
    """,
    "differences": """
        ZADD a 1 x 2 y 3 w | ZADD b 10 y | ZADD c 5 w | ZDIFF 2 a b | ZDIFF 2 a b WITHSCORES | ZDIFF 3 a b c WITHSCORES
        ZDIFF 1 a | ZDIFF 2 none a | ZDIFF 2 a none WITHSCORES | ZDIFF 2 a a | ZDIFF 0 a | ZDIFF 3 a b
        ZDIFF 2 a b LIMIT 1
        ZDIFF 2 a b WEIGHTS 1 2 | ZDIFF 2 a b AGGREGATE MIN | ZDIFF
    """,
    "stored": """
        ZADD a 1 x 2 y | ZADD b 10 y 20 z | EXPIRE a 100 | ZUNIONSTORE d 2 a b | ZRANGE d 0 -1 WITHSCORES | TTL d
        EXPIRE d 100 | ZINTERSTORE d 2 a b | TTL d | ZRANGE d 0 -1 WITHSCORES | ZDIFFSTORE d 2 a b
        ZRANGE d 0 -1 WITHSCORES | ZINTERSTORE d 2 a none | EXISTS d | SET d v | ZUNIONSTORE d 1 a | TYPE d | SET d v
        ZDIFFSTORE d 1 none | EXISTS d | ZUNIONSTORE a 2 a b WEIGHTS 2 3 | ZRANGE a 0 -1 WITHSCORES | TTL a
        ZINTERSTORE d 2 a b WEIGHTS 2 1 AGGREGATE MAX | ZRANGE d 0 -1 WITHSCORES | ZUNIONSTORE d 2 a b WITHSCORES
        ZUNIONSTORE d 0 a | ZUNIONSTORE d 3 a b | ZUNIONSTORE d | ZDIFFSTORE d 2 a b WITHSCORES | ZINTERSTORE d x a
    """,
    "other types": """
        SET s v | HSET h a 1 | ZADD a 1 x | ZUNION 2 a s | ZUNION 1 h | ZINTER 2 none s | ZINTER 2 a h | ZDIFF 2 none s
        ZDIFF 2 a s | ZINTERCARD 2 none s | ZUNIONSTORE d 2 a s | ZINTERSTORE d 2 none s | ZDIFFSTORE d 2 a h | EXISTS d
        ZUNIONSTORE s 1 a | TYPE s | EXPIRE a -1 | ZUNION 1 a | ZINTER 2 s a
    """,
}
SETS = """
    SADD s x y v | ZADD a 5 x 7 w | ZUNION 2 s a WITHSCORES | ZINTER 2 s a WITHSCORES | ZDIFF 2 s a WITHSCORES
    ZDIFF 2 a s WITHSCORES | ZINTERCARD 2 a s | ZUNION 1 s WEIGHTS 3 WITHSCORES | ZUNIONSTORE d 2 a s WEIGHTS 1 10
    ZRANGE d 0 -1 WITHSCORES | ZINTERSTORE s 2 s a | TYPE s | ZADD s 1 q | ZRANGE s 0 -1
"""


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.skipif("SADD" not in COMMANDS, reason="there are no sets yet")
def test_a_set_brings_its_members_with_score_one(play):
    play(SETS)


@pytest.mark.parametrize("seed", range(4))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history, keys = Random(seed), [], ["a", "b", "c", "none"]
    for _ in range(400):
        key, pair, scores = rng.choice("abc"), rng.choices(keys, k=2), rng.choice([(), ("WITHSCORES",)])
        weights = rng.choice([(), (), ("WEIGHTS", rng.choice(["2", "-1.5", "0", "inf"]), rng.choice(["1", "0.25"]))])
        aggregate = rng.choice([(), ("AGGREGATE", rng.choice(["SUM", "MIN", "MAX"]))])
        request = rng.choice(
            [
                ("ZADD", key, rng.choice(["1", "2.5", "-3", "0", "inf", "-inf"]), rng.choice("uvwxyz")),
                ("ZADD", key, rng.choice(["1", "0.1"]), rng.choice("uvwxyz"), "4", rng.choice("uvwxyz")),
                ("ZREM", key, *rng.choices("uvwxyz", k=2)), ("ZUNION", 2, *pair, *weights, *aggregate, *scores),
                ("ZINTER", 2, *pair, *aggregate, *weights, *scores), ("ZDIFF", 2, *pair, *scores), ("DEL", "c"),
                ("ZINTERCARD", 2, *pair, *rng.choice([(), ("LIMIT", rng.randint(0, 3))])),
                ("ZUNIONSTORE", "c", 2, *pair, *weights, *aggregate), ("ZDIFFSTORE", "c", 2, *pair),
                ("ZINTERSTORE", "c", 2, *pair, *weights, *aggregate), ("ZRANGE", "c", 0, -1, "WITHSCORES"),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-8:]}"
