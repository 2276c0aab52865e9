"""Hashes against a real redis-server."""

from random import Random

import pytest

pytestmark = pytest.mark.process

SCRIPTS = {
    "setting and reading": """
        HSET h a 1 b 2 | HSET h a 3 c 4 | HGET h a | HGET h none | HGET none a | HGETALL h | HGETALL none | HLEN h
        HLEN none | HDEL h a a none | HDEL none a | HGETALL h | HDEL h b c | EXISTS h | TYPE h | HSET h a | HSET h a 1 b
        HSET h | HGET h | HDEL h | HLEN | HSET h "" "" | HGET h "" | HGETALL h | TYPE h
    """,
    "other types": """
        SET s v | HSET s a 1 | HGET s a | HGETALL s | HDEL s a | HLEN s | HSET h a 1 | GET h | APPEND h x | INCR h
        STRLEN h | GETSET h x | GETDEL h | SETNX h x | MGET h s | SET h x GET | SET h x NX | SET h x XX | HLEN h | GET h
        HSET g a 1 | SET g v | GET g | TYPE g | HSET g b 2 | MSETNX g 1 new 2
    """,
    "lifetimes": """
        HSET h a 1 | EXPIRE h 100 | TTL h | HSET h b 2 | TTL h | PERSIST h | TTL h | EXPIRE h -1 | EXISTS h | HGETALL h
        HSET h a 1 | PEXPIRE h 1 | HSET g a 1 | DEL g | HGETALL g | SELECT 1 | HSET h x 1 | FLUSHDB | HGETALL h
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.parametrize("seed", range(3))
def test_a_random_session_gets_the_same_replies(both, seed):
    rng, history = Random(seed), []
    for _ in range(300):
        key, field = rng.choice(["h", "g", "s"]), rng.choice(["a", "b", "c", ""])
        request = rng.choice(
            [
                ("HSET", key, field, rng.choice(["1", "x", ""])), ("HSET", key, "a", "1", field, "2"),
                ("HGET", key, field), ("HGETALL", key), ("HDEL", key, field), ("HDEL", key, "a", "b", "c", ""),
                ("HLEN", key), ("TYPE", key), ("DEL", key), ("SET", "s", "v"), ("EXISTS", key),
            ]
        )  # fmt: skip
        history.append(request)
        theirs, ours = both(*request)

        assert theirs == ours, f"seed {seed}, last requests: {history[-6:]}"
