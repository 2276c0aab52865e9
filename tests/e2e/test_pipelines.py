"""A client may pipeline as much as it likes: it is slowed down, not answered BUSY, and replies keep their order."""

import pytest
import redis

pytestmark = pytest.mark.process
COUNT = 20_000


def test_a_long_pipeline_of_one_client_is_answered_whole_and_in_order(server):
    with redis.Redis("127.0.0.1", server.port) as client:
        pipe = client.pipeline(transaction=False)
        for number in range(COUNT):
            pipe.set(f"long:{number}", number)
        assert [True] * COUNT == pipe.execute()

        for number in range(COUNT):
            pipe.get(f"long:{number}")
        assert [b"%d" % number for number in range(COUNT)] == pipe.execute()


def test_a_packet_of_thousands_of_tiny_calls_is_answered_whole(wire):
    wire.send_raw(b"PING\r\n" * COUNT)

    assert [b"PONG"] * COUNT == wire.replies(COUNT)
