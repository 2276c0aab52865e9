"""Clients that send rubbish, promise too much, never read or never go: each gets its error, nobody else notices."""

import socket
import threading
import time
from contextlib import contextmanager
from random import Random

import hiredis
import pytest

pytestmark = pytest.mark.process

MIB = 1 << 20
SLOWEST_S_MAX = 1.5
"""How long a well-behaved client's PING may take on a busy two-core machine while others misbehave."""


@contextmanager
def well_behaved(server):
    """A client that asks all the while; fails the test if a reply is wrong or late."""
    wire, problems, stop = server.connect(), [], threading.Event()
    wire("SET", "polite", "value")

    def ask():
        while not stop.is_set():
            began = time.monotonic()
            reply = wire("GET", "polite")
            took_s = time.monotonic() - began
            if reply != b"value" or took_s > SLOWEST_S_MAX:
                problems.append((reply, took_s))
            stop.wait(0.005)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert problems == []


def told_and_closed(server, data):
    """What a client that sends `data` reads until the server closes."""
    wire = server.connect()
    wire.send_raw(data)
    return wire.read_until_closed()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"*500000000\r\n", b"-ERR"),
        (b"*1025\r\n", b"-ERR"),
        (b"*-5\r\n", b"-ERR"),
        (b"*x\r\n", b"-ERR"),
        (b"*1\r\n$100000000\r\n", b"-ERR"),
        (b"*1\r\n$-1\r\n", b"-ERR"),
        (b"*1\r\n$x\r\n", b"-ERR"),
        (b"*1\r\n:1\r\n", b"-ERR"),
        (b"*2\r\n$3\r\nGET\r\n$1\r\nab\r\n", b"-ERR"),
        (b"x" * 70_000, b"-ERR"),
        (b'GET "unbalanced\r\n', b"-ERR"),
    ],
)
def test_a_request_that_cannot_be_right_is_told_so_and_closed(server, wire, data, error):
    with well_behaved(server):
        told = told_and_closed(server, data)

    assert told.startswith(error)
    assert told.endswith(b"\r\n")
    assert 1 == told.count(b"\r\n")


def test_1025_arguments_are_refused_and_1024_are_not(server, wire):
    told = told_and_closed(server, wire.frame("DEL", *(f"k{number}" for number in range(1_024))))

    assert told.startswith(b"-ERR")
    assert 0 == wire("DEL", *(f"k{number}" for number in range(1_023)))


def test_good_requests_before_a_bad_one_are_answered_first(server, wire):
    told = told_and_closed(server, wire.frame("SET", "k", "v") + wire.frame("GET", "k") + b"*1\r\n$x\r\n" + b"PING\r\n")

    assert told.startswith(b"+OK\r\n$1\r\nv\r\n-ERR")
    assert 3 == told.count(b"\r\n") - 1
    assert b"v" == wire("GET", "k")


def test_a_client_that_goes_on_sending_after_its_bad_byte_still_reads_the_error(server, wire):
    sender = server.connect()
    with well_behaved(server):
        try:
            sender.send_raw(b"*1\r\n$100000000\r\n")
            for _ in range(64):
                sender.send_raw(b"x" * 65_536)
        except OSError:
            pass
        told = sender.read_until_closed()

    assert told.startswith(b"-ERR")


@pytest.mark.parametrize("seed", range(4))
def test_garbage_never_disturbs_the_others(server, wire, seed):
    rng = Random(seed)
    alphabet = [b"*", b"$", b"\r\n", b"1", b"3", b"-", b"GET", b"SET", b"k", b"\x00", b"\xff", b"*2\r\n$3\r\nGET\r\n",
                b"$1\r\nk\r\n", b'"', b" ", b"*0\r\n", b"*-1\r\n"]  # fmt: skip
    with well_behaved(server):
        for _ in range(60):
            garbage = server.connect()
            try:
                garbage.send_raw(b"".join(rng.choice(alphabet) for _ in range(rng.randint(1, 60))))
                garbage.socket.shutdown(socket.SHUT_WR)
                garbage.read_until_closed()
            except OSError:
                pass
            garbage.close()

    assert b"PONG" == wire("PING")


def test_promised_sizes_cost_no_memory(server, wire):
    before = server.resident_bytes
    promising = [server.connect() for _ in range(20)]
    for connection in promising:
        connection.send_raw(b"*1024\r\n$60000000\r\nstart")
    assert b"PONG" == wire("PING")

    assert server.resident_bytes - before < 30 * MIB
    for connection in promising:
        connection.close()


class TestReadersThatFallBehind:
    BIG = 512 * 1024

    def test_one_that_asks_and_never_reads_is_put_aside_and_memory_stays_bounded(self, start_server):
        own = start_server("--drain-timeout-ms", "200")
        own.connect()("SET", "big", b"x" * self.BIG)
        before, ran = own.resident_bytes, own.figure("commands_total")
        with well_behaved(own):
            for _ in range(4):
                greedy = own.connect()
                greedy.socket.settimeout(0.5)
                try:
                    for _ in range(40):
                        greedy.send_raw(greedy.frame("GET", "big") * 1_000)
                except OSError:
                    pass

        assert own.resident_bytes - before < 200 * MIB
        assert own.figure("commands_total") - ran < 4_000

    def test_one_owed_more_than_the_output_buffer_is_dropped(self, start_server):
        own = start_server("--output-buffer-bytes", "4m")
        wire = own.connect()
        wire("SET", "bigger", b"x" * 16 * MIB)
        with well_behaved(own):
            wire.send("GET", "bigger")
            deadline = time.monotonic() + 10
            while own.figure("clients_dropped_total_output-buffer") < 1:
                assert time.monotonic() < deadline

        assert len(wire.read_until_closed()) < 16 * MIB

    def test_one_that_reads_late_but_reads_gets_everything(self, start_server):
        own = start_server("--output-buffer-bytes", "32m")
        wire = own.connect()
        wire("SET", "big", b"x" * self.BIG)
        wire.send_raw(wire.frame("GET", "big") * 400)
        assert b"PONG" == own.connect()("PING")
        for _ in range(400):
            assert self.BIG == len(wire.reply())

    def test_a_monitor_that_never_reads_is_dropped(self, start_server):
        own = start_server("--output-buffer-bytes", "64k")
        watcher = own.connect()
        assert b"OK" == watcher("MONITOR")
        wire = own.connect()
        deadline = time.monotonic() + 20
        while own.figure("connected_clients") > 2:
            wire.send_raw(wire.frame("GET", "x" * 10_000) * 200)
            assert [None] * 200 == wire.replies(200)
            assert time.monotonic() < deadline


def test_a_client_that_only_closes_its_sending_side_is_answered_first(server, wire):
    half = server.connect()
    half.send_raw(half.frame("CSET", "how do i log in", "answer") + half.frame("CGET", "how do i log in"))
    half.socket.shutdown(socket.SHUT_WR)

    assert b"+OK\r\n$6\r\nanswer\r\n" == half.read_until_closed()


def test_a_half_sent_request_is_forgotten_with_its_client(server, wire):
    before = server.figure("connected_clients")
    for _ in range(20):
        half = server.connect()
        half.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\nabc")
        half.close()
    deadline = time.monotonic() + 5
    while server.figure("connected_clients") > before:
        assert time.monotonic() < deadline

    assert wire("GET", "k") is None


def test_one_connection_too_many_is_told_so(start_server):
    own = start_server("--max-connections", "3")
    kept = [own.connect() for _ in range(3)]
    assert [b"PONG"] * 3 == [wire("PING") for wire in kept]
    told = own.connect().read_until_closed()

    assert told == b"-ERR max number of clients reached\r\n"
    kept[0].close()
    deadline = time.monotonic() + 5
    while True:
        try:
            reply = own.connect()("PING")
        except OSError:
            reply = None
        if reply == b"PONG":
            break
        assert time.monotonic() < deadline


class TestFullQueues:
    def flood(self, server, clients, requests):
        """Send `requests` from each client at once, without waiting; all replies."""
        wires = [server.connect() for _ in range(clients)]
        for number, wire in enumerate(wires):
            for request in requests(number):
                wire.send(*request)
        return [reply for number, wire in enumerate(wires) for reply in wire.replies(len(requests(number)))]

    def busy(self, replies):
        errors = [str(reply) for reply in replies if isinstance(reply, hiredis.ReplyError)]
        assert all(error.startswith("BUSY ") and "retry-after-ms=" in error for error in errors), errors
        return len(errors)

    def test_a_full_inbox_says_busy_and_when_to_come_again(self, start_server):
        own = start_server("--inbox-calls", "1")

        def requests(client):
            return [("SET", f"k{client}:{number}", "v") for number in range(40)]

        refused = 0
        for _ in range(20):
            refused += self.busy(self.flood(own, 6, requests))
            if refused:
                break

        assert refused
        assert b"OK" == own.connect()("SET", "after", "v")
        assert refused == own.figure("errors_total_BUSY")

    def test_a_full_embedding_queue_says_busy_and_exact_matches_go_on(self, start_server):
        own = start_server("--embedder", "minilm", "--embed-queue-texts", "1", "--embed-workers", "1")
        wire = own.connect()
        wire("CSET", "stored before", "answer")
        long = "many different words " * 40

        replies = []
        for turn in range(10):
            replies += self.flood(
                own, 8, lambda client, turn=turn: [("CSET", f"{turn} {client} {n} {long}", "a") for n in range(20)]
            )
            if self.busy(replies):
                break

        assert self.busy(replies)
        assert b"answer" == wire("CGET", "stored before")
        assert b"OK" == wire("CSET", "a new question", "a")
