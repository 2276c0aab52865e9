"""Promises of crowkis/doors/patience.py: what clients are not waited for, and what is never read in two ways."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest
import uvloop
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from crowkis.doors.http import HttpDoor, Streamed
from crowkis.doors.patience import FIELDS_MAX, HEAD_BYTES_MAX, SPARE_CONNECTIONS, Limits, UnlessGone

LIMITS = Limits(head_s=0.4, body_s=0.6, silence_s=0.3, stall_s=0.5, connections_max=40)
GET = b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"


class Door:
    """A door in a thread of its own that echoes bodies, and waits where told to."""

    def __init__(self, limits):
        self.left, self.asked, self.counted = [], [], []
        self._loop = uvloop.new_event_loop()
        self._door = HttpDoor(
            [
                Route("/echo", self.echo, methods=["GET", "POST"]),
                Route("/slow", self.slow, methods=["GET", "POST"]),
                Route("/much", self.much),
                WebSocketRoute("/live", self.live),
            ],
            limits,
            count=self.counted.append,
        )
        self.port = self._loop.run_until_complete(self._door.listen("127.0.0.1", 0, self._loop))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def echo(self, request):
        self.asked.append([request.method, await request.body()])
        return PlainTextResponse(self.asked[-1][1] or "nothing")

    async def much(self, request):
        async def parts():
            for _ in range(640):
                yield b"x" * 65_536

        async def ended():
            self.left.append("ended")

        return Streamed(parts(), 200, {}, ended=ended)

    async def live(self, socket):
        await socket.accept()
        await socket.send_text(f"you said {await socket.receive_text()}")
        await socket.close()

    async def slow(self, request):
        try:
            with UnlessGone(request.scope):
                await asyncio.sleep(1.2)
        except ClientDisconnect:
            self.left.append("gone")
        return PlainTextResponse("at last")

    @property
    def connections(self):
        return len(self._door._server.server_state.connections)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._door.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture(scope="module")
def house_door():
    made = Door(LIMITS)
    yield made
    made.stop()


@pytest.fixture
def door(house_door):
    house_door.left.clear()
    house_door.asked.clear()
    house_door.counted.clear()
    return house_door


@pytest.fixture
def link(door):
    with contextlib.closing(socket.create_connection(("127.0.0.1", door.port), 10)) as made:
        yield made


def read(link):
    """All that comes until the connection is closed."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := link.recv(65_536):
            found += part
    return found


def status(told):
    return int(told.split(b" ")[1]) if told else 0


class TestTime:
    def test_a_head_that_comes_in_drops_is_not_waited_for(self, door, link):
        began = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in GET[:-2]:
                link.sendall(bytes((byte,)))
                time.sleep(0.05)

        assert 408 == status(read(link))
        assert time.monotonic() - began < 3.0
        assert [[], ["too_slow"]] == [door.asked, door.counted]

    @pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /echo HTTP/1.1\r\n"])
    def test_who_connects_and_says_nothing_is_closed(self, link, sent):
        link.sendall(sent)

        assert status(read(link)) in (0, 408)

    def test_line_ends_without_end_are_no_request(self, link):
        link.sendall(GET)
        assert b"nothing" in link.recv(1_000)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 3.0:
                link.sendall(b"\r\n")
                time.sleep(0.05)
        read(link)

        assert time.monotonic() - began < 3.0

    def test_a_second_request_on_a_connection_is_timed_like_the_first(self, link):
        link.sendall(GET)
        assert b"nothing" in link.recv(1_000)
        link.sendall(GET[:20])

        assert 408 == status(read(link))

    def test_a_body_that_does_not_end_is_not_waited_for(self, link):
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n")
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 3.0:
                link.sendall(b"x")
                time.sleep(0.05)
        read(link)

        assert time.monotonic() - began < 3.0

    def test_a_body_that_stops_coming_is_told_so(self, link):
        link.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nxxx")

        assert 408 == status(read(link))

    def test_an_answer_may_take_longer_than_a_head(self, link):
        link.sendall(GET.replace(b"echo", b"slow") + GET[:20])
        told = link.recv(1_000)
        link.sendall(GET[20:])

        assert b"at last" in told
        assert b"nothing" in link.recv(1_000)

    def test_a_request_in_time_is_answered_and_the_connection_kept(self, link):
        for _ in range(3):
            link.sendall(GET[:30])
            time.sleep(0.2)
            link.sendall(GET[30:])
            assert 200 == status(link.recv(1_000))
            time.sleep(0.3)

    @pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
    def test_an_answer_nobody_takes_is_given_up(self, door, link, more):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        link.sendall(b"GET /much HTTP/1.1\r\nHost: h\r\n%b\r\n" % more)
        time.sleep(1.5)

        assert ["ended"] == door.left

    def test_an_answer_taken_slowly_comes_whole(self, door, link):
        link.sendall(b"GET /much HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        size_bytes, pauses = 0, 8
        while part := link.recv(1 << 20):
            size_bytes += len(part)
            if pauses and size_bytes > (9 - pauses) << 22:
                pauses -= 1
                time.sleep(0.2)

        assert size_bytes > 640 * 65_536

    def test_what_is_left_of_an_answer_when_it_ends_is_not_kept_for_ever(self):
        """The last part fits the buffer, so that nothing more is written that could wait."""
        door = Door(LIMITS)
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        link.connect(("127.0.0.1", door.port))
        body = b"x" * 6_000_000
        link.sendall(b"POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(1.5)
        assert 0 == door.connections
        link.close()
        door.stop()

    def test_work_for_a_client_that_leaves_is_given_up(self, door, link):
        link.sendall(GET.replace(b"echo", b"slow"))
        time.sleep(0.2)
        link.close()
        time.sleep(0.3)

        assert ["gone"] == door.left


class TestSize:
    @pytest.mark.parametrize(
        "head",
        [b"GET /echo?%b HTTP/1.1\r\n" % (b"x" * 2 * HEAD_BYTES_MAX),
         b"GET /echo HTTP/1.1\r\nX: %b\r\n" % (b"x" * 2 * HEAD_BYTES_MAX),
         b"GET /echo HTTP/1.1\r\n" + b"X: y\r\n" * (FIELDS_MAX + 1),
         b"GET /echo HTTP/1.1\r\n" + b"X: %b\r\n" % (b"x" * 600) * 240],
    )  # fmt: skip
    @pytest.mark.parametrize("size", [1_000, 1 << 20])
    def test_a_head_that_is_too_large_is_refused(self, door, link, head, size):
        with contextlib.suppress(OSError):
            for place in range(0, len(head), size):
                link.sendall(head[place : place + size])
            link.sendall(b"\r\n")

        assert status(read(link)) in (0, 431), "0: closed while still sending"
        assert [] == door.asked

    def test_a_head_that_never_ends_is_refused_before_it_fills_the_memory(self, door, link):
        sent = 0
        with contextlib.suppress(OSError):
            link.sendall(b"GET /echo HTTP/1.1\r\nX: ")
            while sent < 64 << 20:
                link.sendall(b"x" * 65_536)
                sent += 65_536

        assert sent < 16 << 20
        assert [] == door.asked

    def test_a_large_head_within_the_limit_is_read(self, link):
        link.sendall(b"GET /echo HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES_MAX - 1_000) + b"\r\n\r\n")

        assert 200 == status(link.recv(1_000))


class TestNumber:
    def test_those_beyond_the_limit_are_told_and_those_before_go_on(self):
        door = Door(LIMITS._replace(connections_max=3, head_s=20.0))
        first = [socket.create_connection(("127.0.0.1", door.port), 10) for _ in range(3)]
        for one in first:
            one.sendall(GET)
            assert 200 == status(one.recv(1_000))
        late = socket.create_connection(("127.0.0.1", door.port), 10)
        late.sendall(GET)

        assert 503 == status(read(late))
        assert ["too_many_connections"] == door.counted
        first[0].sendall(GET)
        assert 200 == status(first[0].recv(1_000))
        first[1].close()
        time.sleep(0.2)
        again = socket.create_connection(("127.0.0.1", door.port), 10)
        again.sendall(GET)
        assert 200 == status(again.recv(1_000))
        crowd = [socket.create_connection(("127.0.0.1", door.port), 10) for _ in range(SPARE_CONNECTIONS + 1)]
        assert b"" == read(crowd[-1])
        for one in (*first, late, again, *crowd):
            one.close()
        door.stop()


POST = b"POST /echo HTTP/1.1\r\nHost: h\r\n"
TWO_WAYS = {
    "a length, then chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, then a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "the same length twice": POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": POST + b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": POST + b"Content-Length: +4\r\n\r\nabcd",
    "a negative length": POST + b"Content-Length: -1\r\n\r\nabcd",
    "a length in hexadecimal": POST + b"Content-Length: 0x4\r\n\r\nabcd",
    "no length": POST + b"Content-Length: \r\n\r\nabcd",
    "a length beyond all": POST + b"Content-Length: 99999999999999999999\r\n\r\nabcd",
    "a folded line": POST + b"X: a\r\n b\r\n\r\n",
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked is not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "a control before the coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "bare line ends": POST.replace(b"\r", b"") + b"\n",
    "one bare line end": POST + b"X: y\nContent-Length: 4\r\n\r\nabcd",
    "a bare carriage return": POST + b"X: y\rContent-Length: 4\r\n\r\nabcd",
    "a nought": POST + b"X: \x00\r\n\r\n",
    "a bare line end behind a size": POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
    "a bare line end behind an extension": POST + b"Transfer-Encoding: chunked\r\n\r\n3;x\nabc\r\n0\r\n\r\n",
    "a chunk longer than told": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    "a chunk in 0x": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a field without a name": POST + b": chunked\r\n\r\n",
    "a space before a field": b"POST /echo HTTP/1.1\r\n Host: h\r\n\r\n",
    "a length behind the chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
}
SMUGGLED = b"GET /echo?smuggled HTTP/1.1\r\nHost: h\r\n\r\n"


class TestTwoWaysOfReading:
    @pytest.mark.parametrize("name", TWO_WAYS)
    def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_read(self, door, link, name):
        link.sendall(TWO_WAYS[name] + SMUGGLED)
        told = read(link)

        assert told.endswith(b"two ways")
        assert [400] == [status(told)]
        assert all(method == "POST" for method, _ in door.asked), "what stood behind was read as a request"
        assert ["malformed"] == door.counted

    def test_coding_before_chunks_existed_is_no_body(self, door, link):
        """HTTP/1.0 with chunks: whoever reads on closes behind it."""
        link.sendall(b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n" + SMUGGLED)
        told = read(link)

        assert 1 == told.count(b"HTTP/1.1 ")
        assert len(door.asked) <= 1

    def test_fields_behind_a_body_are_not_taken_for_the_heads(self, door, link):
        link.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-crowkis-key: mine\r\n\r\n" + GET)

        time.sleep(0.2)
        assert [["POST", b"abc"], ["GET", b""]] == door.asked
        assert 2 == link.recv(10_000).count(b"HTTP/1.1 200")


def test_what_turns_into_a_websocket_is_left_alone(door):
    client = pytest.importorskip("websockets.sync.client")
    with client.connect(f"ws://127.0.0.1:{door.port}/live") as socket:
        time.sleep(1.0)  # longer than a head or a body may take
        socket.send("hello")

        assert "you said hello" == socket.recv(5)
