"""CLIENT TRACKING tells of the changes a real redis-server tells of, and redis-py's own cache rests on it."""

import time

import pytest
import redis
from redis.cache import CacheConfig

pytestmark = pytest.mark.process

WORDS = """
    a> CLIENT TRACKINGINFO | a> CLIENT GETREDIR | a> CLIENT CACHING YES | a> CLIENT TRACKING ON
    a> CLIENT TRACKINGINFO
    a> CLIENT GETREDIR | a> CLIENT CACHING YES | a> CLIENT TRACKING ON OPTIN | a> CLIENT CACHING NO
    a> CLIENT CACHING YES | a> CLIENT TRACKINGINFO | a> GET k | a> CLIENT TRACKINGINFO | a> CLIENT TRACKING ON OPTOUT
    a> CLIENT TRACKING ON BCAST | a> CLIENT TRACKING OFF | a> CLIENT TRACKINGINFO | a> CLIENT TRACKING ON PREFIX x
    a> CLIENT TRACKING ON BCAST PREFIX x PREFIX xy | a> CLIENT TRACKING ON OPTIN OPTOUT | a> CLIENT TRACKING MAYBE
    a> CLIENT TRACKING ON REDIRECT 999999 | a> CLIENT TRACKING ON BCAST PREFIX x PREFIX y NOLOOP
    a> CLIENT TRACKINGINFO
    a> CLIENT TRACKING ON BCAST PREFIX z | a> CLIENT TRACKINGINFO | a> CLIENT TRACKING ON BCAST PREFIX zz
    a> CLIENT TRACKING ON BCAST OPTIN | a> CLIENT TRACKING OFF | a> CLIENT TRACKING ON | a> RESET
    a> CLIENT TRACKINGINFO
"""
SCRIPTS = {
    "reading and changing": """
        a> CLIENT TRACKING ON | a> GET k | b> SET k 1 | a< | b> SET k 2 | a? | a> MGET k l | b> SET l 1 | a<
        b> DEL k | a<
        a> GET k | a> SET k own | a< | a> HGETALL h | b> HSET h f v | a< | a> HGET h f | b> HDEL h f | a< | a> TTL k
        b> EXPIRE k 100 | a< | a> GET k | b> FLUSHDB | a< | b> FLUSHALL | a< | a> GET k | a> CLIENT TRACKING OFF
        b> SET k 3 | a? | a> GET k | b> SET k 4 | a?
    """,
    "without a loop": """
        a> CLIENT TRACKING ON NOLOOP | a> GET k | a> SET k 1 | a? | a> GET k | b> SET k 2 | a<
    """,
    "opting in and out": """
        a> CLIENT TRACKING ON OPTIN | a> GET k | b> SET k 1 | a? | a> CLIENT CACHING YES | a> GET k | a> GET l
        b> SET l 1
        b> SET k 2 | a< | a> CLIENT CACHING YES | a> MULTI | a> GET k | a> GET l | a> EXEC | b> SET l 2 | a<
        b> SET k 3
        a< | a> CLIENT TRACKING OFF | a> CLIENT TRACKING ON OPTOUT | a> CLIENT CACHING NO | a> GET k | a> GET l
        b> SET k 4 | b> SET l 4 | a< | a?
    """,
    "broadcasting": """
        a> CLIENT TRACKING ON BCAST PREFIX x: PREFIX y: | b> SET z:1 1 | b> SET x:1 1 | a< | b> SET y:1 1 | a<
        b> DEL x:1
        a< | a> CLIENT TRACKING OFF | a> CLIENT TRACKING ON BCAST NOLOOP | b> SET any 1 | a< | a> SET any 2 | a?
    """,
}  # fmt: skip


def test_the_words_answer_the_same(stage):
    stage(WORDS)


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_play_with_several_connections_gets_the_same_pushes(stage, name):
    stage(SCRIPTS[name], protocol=3)


def test_what_is_read_over_one_resp2_connection_can_be_told_over_another(server, wire):
    told = server.connect()
    number = told("CLIENT", "ID")
    told("SUBSCRIBE", "__redis__:invalidate")
    wire("CLIENT", "TRACKING", "ON", "REDIRECT", number)
    wire("GET", "k")
    assert number == wire("CLIENT", "GETREDIR")
    wire("SET", "k", "1")
    assert [b"message", b"__redis__:invalidate", [b"k"]] == told.reply()
    wire("FLUSHALL")

    assert [b"message", b"__redis__:invalidate", None] == told.reply()


def test_whoever_is_told_in_vain_learns_that_the_other_is_gone(server, wire3):
    told = server.connect(protocol=3)
    number = told("CLIENT", "ID")
    wire3("CLIENT", "TRACKING", "ON", "REDIRECT", number)
    told("QUIT")
    wire3("GET", "k")
    other = server.connect()
    other("SET", "k", "1")

    assert [b"tracking-redir-broken", number] == wire3.reply()
    assert b"broken_redirect" in wire3("CLIENT", "TRACKINGINFO")[b"flags"]


def test_a_key_whose_time_is_up_is_invalidated(server, wire3):
    wire3("SET", "k", "1", "PX", "50")
    wire3("CLIENT", "TRACKING", "ON")
    wire3("GET", "k")

    assert [b"invalidate", [b"k"]] == wire3.reply()


class TestRedisPyCache:
    def test_it_serves_from_memory_and_notices_changes(self, server):
        with (
            redis.Redis(port=server.port, protocol=3, cache_config=CacheConfig(), decode_responses=True) as cached,
            redis.Redis(port=server.port) as other,
        ):
            other.flushall()
            other.set("k", "1")
            first = cached.get("k")
            again = cached.get("k")
            other.set("k", "2")
            deadline = time.monotonic() + 10
            while (third := cached.get("k")) != "2" and time.monotonic() < deadline:
                time.sleep(0.01)

            assert ("1", "1", "2", 1) == (first, again, third, cached.get_cache().size)
            other.flushall()
            while cached.get("k") is not None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert cached.get("k") is None
