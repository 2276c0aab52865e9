"""Channels and patterns carry what a real redis-server's carry, in the same order, under RESP2 and RESP3."""

import asyncio
import time

import pytest
import redis
import redis.asyncio

pytestmark = pytest.mark.process

SCRIPTS = {
    "channels": """
        a> SUBSCRIBE x | b> PUBLISH x hello | a< | b> PUBLISH y hello | b> PUBLISH x "" | a< | a> SUBSCRIBE y z
        a< | a? | b> PUBLISH z again | a< | a> UNSUBSCRIBE x | b> PUBLISH x lost | a> UNSUBSCRIBE q | a> SUBSCRIBE y
        b> PUBLISH y 1 | a< | a> UNSUBSCRIBE y | a> UNSUBSCRIBE z | a> UNSUBSCRIBE z | a> UNSUBSCRIBE | a> PUNSUBSCRIBE
        a> SUBSCRIBE | a> PUBLISH x | a> PUBLISH | a> GET none
    """,
    "patterns": """
        a> PSUBSCRIBE n.* | b> PUBLISH n.x 1 | a< | b> PUBLISH m.x 1 | a> SUBSCRIBE n.x | b> PUBLISH n.x 2 | a< | a<
        a> PSUBSCRIBE m.[xy] o.? | a< | b> PUBLISH m.y 3 | a< | b> PUBLISH m.z 3 | a> PUNSUBSCRIBE n.*
        b> PUBLISH n.zz 1
        a> PUNSUBSCRIBE none | a> UNSUBSCRIBE | a> PSUBSCRIBE | c> PSUBSCRIBE n.? | b> PUBSUB NUMPAT | b> PUBLISH n.x 4
        c< | a> PUNSUBSCRIBE o.? | a> PUNSUBSCRIBE | b> PUBSUB NUMPAT | c> PUNSUBSCRIBE | b> PUBSUB NUMPAT
    """,
    "who listens": """
        a> SUBSCRIBE one two | a< | c> SUBSCRIBE two | c> PSUBSCRIBE * | b> PUBSUB CHANNELS | b> PUBSUB CHANNELS o*
        b> PUBSUB CHANNELS none | b> PUBSUB NUMSUB one two three | b> PUBSUB NUMSUB | b> PUBSUB NUMPAT
        b> PUBLISH two 1 | a< | c< | c< | c> RESET | b> PUBSUB NUMSUB two | b> PUBLISH two 2 | a< | b> PUBSUB NONSENSE
        b> PUBSUB NUMPAT | b> PUBSUB CHANNELS o* p* | a> UNSUBSCRIBE two | a> UNSUBSCRIBE one | b> PUBSUB CHANNELS
    """,
    "transactions": """
        b> MULTI | b> PUBLISH x 1 | b> PUBLISH x 2 | a> SUBSCRIBE x | b> EXEC | a< | a< | a> UNSUBSCRIBE | a> MULTI
        a> SUBSCRIBE x | a> EXEC | b> PUBLISH x 3 | a<
    """,
    "a database does not matter": """
        a> SELECT 3 | a> SUBSCRIBE x | b> PUBLISH x 1 | a<
    """,
}  # fmt: skip
ONLY_2 = """
    a> SUBSCRIBE x | a> GET k | a> MULTI | a> HELLO 3 | a> PUBLISH x 1 | a> PUBSUB CHANNELS | a> PING | a> PING hello
    a> CLIENT ID | a> NONSENSE | a> PSUBSCRIBE y | a> UNSUBSCRIBE | a> GET k | a> PUNSUBSCRIBE | a> GET k | a> PING
    a> SUBSCRIBE x | a> RESET | a> GET k | a> SUBSCRIBE x | b> PUBSUB NUMSUB x | a> QUIT | b> PUBSUB NUMSUB x
"""
ONLY_3 = """
    a> SUBSCRIBE x | a> GET k | a> PING | a> SET k 1 | a> MULTI | a> INCR k | a> EXEC | b> PUBLISH x 1 | a< | a> GET k
    a> PUBSUB NUMSUB x | a> UNSUBSCRIBE | b> PUBLISH x 2 | a?
"""


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_play_with_several_connections_gets_the_same_messages(stage, name):
    stage(SCRIPTS[name])


def test_a_resp2_subscriber_may_only_send_the_words_redis_allows(stage):
    stage(ONLY_2, protocol=2)


def test_a_resp3_subscriber_may_send_anything(stage):
    stage(ONLY_3, protocol=3)


class TestOrder:
    def test_a_message_to_oneself_comes_after_the_reply(self, wire3):
        wire3("SUBSCRIBE", "x")
        wire3.send_raw(wire3.frame("PUBLISH", "x", "1") + wire3.frame("PUBLISH", "x", "2") + wire3.frame("PING"))

        assert [1, [b"message", b"x", b"1"], 1, [b"message", b"x", b"2"], b"PONG"] == wire3.replies(5)

    def test_a_pipeline_of_subscribing_and_more_keeps_its_order(self, wire3):
        requests = [
            ("SUBSCRIBE", "a", "b"),
            ("PUBLISH", "a", "1"),
            ("UNSUBSCRIBE", "a"),
            ("PUBLISH", "a", "2"),
            ("PING",),
        ]
        wire3.send_raw(b"".join(wire3.frame(*request) for request in requests))
        expected = [[b"subscribe", b"a", 1], [b"subscribe", b"b", 2], 1, [b"message", b"a", b"1"],
                    [b"unsubscribe", b"a", 1], 0, b"PONG"]  # fmt: skip

        assert expected == wire3.replies(7)

    def test_many_messages_arrive_in_the_order_they_were_published(self, server, wire):
        listener = server.connect()
        listener("SUBSCRIBE", "x")
        wire.send_raw(b"".join(wire.frame("PUBLISH", "x", str(number)) for number in range(3_000)))
        found = [int(message[2]) for message in listener.replies(3_000)]

        assert list(range(3_000)) == found


def test_a_subscriber_that_does_not_read_is_closed_at_its_output_buffer(start_server):
    server = start_server("--output-buffer-bytes", "1m")
    slow, wire = server.connect(), server.connect()
    slow("SUBSCRIBE", "x")
    for _ in range(100):
        wire("PUBLISH", "x", bytes(500_000))

    assert [b"x", 0] == wire("PUBSUB", "NUMSUB", "x")
    assert 1 == server.figure("clients_dropped_total_output-buffer")


def test_whoever_leaves_listens_no_more(server, wire):
    other = server.connect()
    other("SUBSCRIBE", "left")
    other("PSUBSCRIBE", "lef?")
    before = wire("PUBLISH", "left", "1")
    other.close()
    deadline = time.monotonic() + 10
    while wire("PUBLISH", "left", "1") and time.monotonic() < deadline:
        time.sleep(0.01)

    assert (2, [b"left", 0], []) == (before, wire("PUBSUB", "NUMSUB", "left"), wire("PUBSUB", "CHANNELS", "lef*"))


def test_client_list_shows_who_listens(server, wire):
    other = server.connect()
    other("SUBSCRIBE", "x", "y")
    other.reply()
    other("PSUBSCRIBE", "*")
    line = wire("CLIENT", "LIST", "TYPE", "PUBSUB").decode()

    assert {"flags=P", "sub=2", "psub=1"} <= set(line.split())
    assert "flags=P" not in wire("CLIENT", "LIST", "TYPE", "NORMAL").decode()


class TestRedisPy:
    @pytest.mark.parametrize("protocol", [2, 3])
    def test_the_client_hears_channels_and_patterns(self, server, protocol):
        with redis.Redis(port=server.port, protocol=protocol, decode_responses=True) as client:
            heard = client.pubsub(ignore_subscribe_messages=True)
            heard.subscribe("news")
            heard.psubscribe("n*")
            time.sleep(0.05)
            while heard.get_message(timeout=0.1) is not None:
                pass
            client.publish("news", "hello")
            found = []
            while len(found) < 2:
                message = heard.get_message(timeout=5)
                if message is not None:
                    found.append((message["type"], message["pattern"], message["channel"], message["data"]))
            heard.close()

        assert [("message", None, "news", "hello"), ("pmessage", "n*", "news", "hello")] == found

    @pytest.mark.parametrize("protocol", [2, 3])
    def test_the_asyncio_client_hears_them_too(self, server, protocol):
        async def story():
            client = redis.asyncio.Redis(port=server.port, protocol=protocol, decode_responses=True)
            async with client, client.pubsub() as heard:
                await heard.subscribe("news")
                first = await heard.get_message(timeout=5)
                await client.publish("news", "hello")
                second = await heard.get_message(timeout=5)
                return first["type"], second["type"], second["data"]

        assert ("subscribe", "message", "hello") == asyncio.run(story())
