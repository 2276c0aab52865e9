"""CGETSTREAM: an answer that arrives as if typed, to readers that parse as they go and to simple ones alike."""

import threading
import time

import hiredis
import pytest

pytestmark = pytest.mark.process

QUESTION = "how do i log in"
ANSWER = "Open the site, press Log in, then type your name – žluťoučký kůň 🐎 – and your password twice."
DELAY_MS = 40


@pytest.fixture(autouse=True)
def stored(wire):
    wire("CSET", QUESTION, ANSWER)


def arrivals(wire, count):
    """`count` bulk elements read from the wire itself, and when each came."""
    parts, times = [], []
    for _ in range(count):
        head = wire.raw_line()
        times.append(time.monotonic())
        assert head.startswith(b"$")
        body = wire.raw_line()
        while len(body) < int(head[1:]):
            body += b"\r\n" + wire.raw_line()
        parts.append(body)
    return parts, times


class TestArray:
    @pytest.mark.parametrize("protocol", [2, 3])
    def test_its_elements_arrive_as_they_fall_due(self, server, protocol):
        wire = server.connect(protocol)
        wire.send("CGETSTREAM", QUESTION, "CHUNK", 2, "DELAY", DELAY_MS)
        head = wire.raw_line()
        began = time.monotonic()
        parts, times = arrivals(wire, int(head[1:]))

        assert head.startswith(b"*")
        assert len(parts) >= 8
        assert ANSWER.encode() == b"".join(parts)
        for part in parts:
            part.decode()
        assert times[0] - began < DELAY_MS / 1000 * 3
        least_s = DELAY_MS / 1000 * (len(parts) - 1)
        assert least_s * 0.9 <= times[-1] - times[0] <= least_s * 3 + 1
        halfway = times[len(parts) // 2] - times[0]
        assert halfway >= least_s * 0.3
        assert b"PONG" == wire("PING")

    def test_a_simple_client_just_gets_the_list(self, wire):
        parts = wire("CGETSTREAM", QUESTION, "DELAY", 1, "CHUNK", 1)

        assert ANSWER.encode() == b"".join(parts)
        assert len(parts) > len(wire("CGETSTREAM", QUESTION, "DELAY", 0)) > 1

    def test_a_miss_is_nil_at_once(self, wire, wire3):
        assert wire("CGETSTREAM", "something else", "DELAY", 2000) is None
        assert wire3("CGETSTREAM", "something else", "DELAY", 2000, "PUSH") is None

    def test_options_of_cget_apply(self, wire):
        wire("CSET", QUESTION, "of acme", "TENANT", "acme")

        assert [b"of ", b"acme"] == wire("CGETSTREAM", QUESTION, "TENANT", "acme", "CHUNK", 1, "DELAY", 0)
        assert wire("CGETSTREAM", QUESTION, "TAG", "none") is None

    def test_bytes_that_are_no_text_come_whole_too(self, wire):
        wire("CSET", "binary", bytes(range(256)) * 5)

        assert bytes(range(256)) * 5 == b"".join(wire("CGETSTREAM", "binary", "DELAY", 0))


class TestPush:
    def test_each_part_is_a_message_and_then_the_map_follows(self, wire3):
        wire3.send("CGETSTREAM", QUESTION, "PUSH", "CHUNK", 3, "DELAY", 5)
        messages = []
        while isinstance(reply := wire3.reply(), hiredis.PushNotification):
            messages.append(list(reply))

        assert {b"cgetstream"} == {message[0] for message in messages}
        assert 1 == len({message[1] for message in messages})
        assert list(range(len(messages))) == [message[2] for message in messages]
        assert [0] * (len(messages) - 1) + [1] == [message[3] for message in messages]
        assert ANSWER.encode() == b"".join(message[4] for message in messages)
        assert (ANSWER.encode(), b"exact") == (reply[b"response"], reply[b"hit_type"])
        assert b"PONG" == wire3("PING")

    def test_two_streams_have_different_numbers(self, wire3):
        numbers = set()
        for _ in range(2):
            wire3.send("CGETSTREAM", QUESTION, "PUSH", "DELAY", 0)
            while isinstance(reply := wire3.reply(), hiredis.PushNotification):
                numbers.add(reply[1])

        assert 2 == len(numbers)


class TestNeighbours:
    def test_later_replies_of_the_connection_wait_their_turn(self, wire):
        wire.send("CGETSTREAM", QUESTION, "DELAY", 10)
        wire.send("PING")
        wire.send("CGETSTREAM", QUESTION, "DELAY", 1)
        wire.send("ECHO", "last")
        first, pong, second, last = wire.replies(4)

        assert ANSWER.encode() == b"".join(first) == b"".join(second)
        assert (b"PONG", b"last") == (pong, last)

    def test_other_connections_are_served_meanwhile(self, server, wire):
        streaming = server.connect()
        streaming.send("CGETSTREAM", QUESTION, "CHUNK", 1, "DELAY", 100)
        began = time.monotonic()
        for _ in range(100):
            assert b"PONG" == wire("PING")
        served_s = time.monotonic() - began
        streaming.reply()

        assert served_s < time.monotonic() - began

    def test_many_streams_run_at_once(self, server):
        readers = [server.connect() for _ in range(30)]
        began = time.monotonic()
        for reader in readers:
            reader.send("CGETSTREAM", QUESTION, "CHUNK", 4, "DELAY", 50)
        replies = [reader.reply() for reader in readers]
        took_s = time.monotonic() - began

        assert {ANSWER.encode()} == {b"".join(reply) for reply in replies}
        assert took_s < 30 * 0.05 * len(replies[0]) / 2

    def test_a_client_that_vanishes_is_forgotten_with_its_stream(self, server, wire):
        before = server.figure("connected_clients")
        for _ in range(10):
            gone = server.connect()
            gone.send("CGETSTREAM", QUESTION, "CHUNK", 1, "DELAY", 200)
            gone.raw_line()
            gone.close()
        deadline = time.monotonic() + 10
        while server.figure("connected_clients") > before:
            assert time.monotonic() < deadline

        assert b"PONG" == wire("PING")

    def test_a_client_that_never_reads_costs_nobody_anything(self, server, wire):
        wire("CSET", "long", "word " * 400_000)
        silent = [server.connect() for _ in range(3)]
        for connection in silent:
            connection.send("CGETSTREAM", "long", "CHUNK", 128, "DELAY", 1)
            connection.send("CGETSTREAM", "long", "CHUNK", 128, "DELAY", 0)
        slowest_s = 0.0
        for _ in range(200):
            began = time.monotonic()
            wire("PING")
            slowest_s = max(slowest_s, time.monotonic() - began)

        assert slowest_s < 1.5
        for connection in silent:
            connection.close()

    def test_a_stream_under_way_is_finished_before_the_server_stops(self, start_server):
        own = start_server()
        wire = own.connect()
        wire("CSET", QUESTION, ANSWER)
        wire.send("CGETSTREAM", QUESTION, "DELAY", 50)
        head = wire.raw_line()
        stopping = threading.Thread(target=own.stop)
        stopping.start()
        parts, _ = arrivals(wire, int(head[1:]))
        stopping.join()

        assert ANSWER.encode() == b"".join(parts)
