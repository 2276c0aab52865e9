"""Promises of crowkis/doors/http.py: routes are what Starlette makes of them, and streams end whoever ends them."""

import asyncio
import http.client
import socket
import struct
import threading
import time
from functools import partial

import pytest
import uvloop
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from crowkis.doors.http import HttpDoor, Streamed
from crowkis.doors.patience import GONE, Gone


class House:
    """A door with one of each kind of route, in a thread of its own."""

    def __init__(self):
        self.ended = []
        self._loop = uvloop.new_event_loop()
        routes = [
            Route("/plain", self.plain, methods=["GET"]),
            Route("/fields", self.fields, methods=["POST"]),
            Route("/partly/{name}", self.named, methods=["GET"]),
            Route("/partly/known", self.plain, methods=["GET"]),
            Route("/bound", partial(self.bound, "bound"), methods=["GET"]),
            Route("/threaded", lambda request: PlainTextResponse("threaded")),
            Route("/missing", self.missing),
            Route("/stream", self.stream),
        ]
        self._door = HttpDoor(routes)
        self.port = self._loop.run_until_complete(self._door.listen("127.0.0.1", 0, self._loop))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def plain(self, request):
        return PlainTextResponse("plain")

    async def fields(self, request):
        told = request.headers
        seen = [told["x-a"], told.get("X-A"), told.getlist("x-a"), told.get("x-b"), "X-b" in told, "x-a" in told]
        return PlainTextResponse(repr([*seen, (await request.body()).decode()]))

    async def named(self, request):
        return PlainTextResponse(request.path_params["name"])

    async def bound(self, text, request):
        return PlainTextResponse(text)

    async def missing(self, request):
        raise HTTPException(418, "no tea", {"x-pot": "empty"})

    async def stream(self, request):
        async def parts():
            for number in range(10_000):
                yield b"%d;" % number
                await asyncio.sleep(0.02)

        async def ended():
            self.ended.append("ended")

        return Streamed(parts(), 200, {"x-kind": "numbers"}, "text/plain", ended=ended)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._door.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture(scope="module")
def house():
    made = House()
    yield made
    made.stop()


def asked(house, method, path, body=None, headers=()):
    link = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    link.putrequest(method, path)
    for name, value in headers:
        link.putheader(name, value)
    link.putheader("Content-Length", str(len(body or b"")))
    link.endheaders(body)
    told = link.getresponse()
    found = told.status, told.read().decode(), dict(told.getheaders())
    link.close()
    return found


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [("GET", "/plain", 200, "plain"), ("HEAD", "/plain", 200, ""), ("POST", "/plain", 405, "method_not_allowed"),
     ("GET", "/partly/known", 200, "known"), ("GET", "/bound", 200, "bound"), ("GET", "/threaded", 200, "threaded"),
     ("GET", "/nowhere", 404, "not_found"), ("GET", "/missing", 418, "no tea")],
)  # fmt: skip
def test_what_a_route_answers_is_answered(house, method, path, status, text):
    told_status, told, _ = asked(house, method, path)

    assert status == told_status
    assert text in told


def test_the_fields_of_an_error_come_with_it(house):
    assert "empty" == asked(house, "GET", "/missing")[2]["x-pot"]


def test_of_fields_given_twice_the_first_counts_and_both_are_there(house):
    told = asked(house, "POST", "/fields", b"body", [("X-A", "1"), ("x-a", "2")])[1]

    assert repr(["1", "1", ["1", "2"], None, False, True, "body"]) == told


def test_a_stream_is_sent_part_by_part_and_ended_when_its_reader_leaves(house):
    house.ended.clear()
    link = socket.create_connection(("127.0.0.1", house.port), 10)
    link.sendall(b"GET /stream HTTP/1.1\r\nHost: h\r\n\r\n")
    began, told = time.monotonic(), b""
    while b"3;" not in told:
        told += link.recv(1_000)
    assert time.monotonic() - began < 2.0
    assert b"x-kind: numbers" in told
    assert b"transfer-encoding: chunked" in told
    assert [] == house.ended
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    for _ in range(200):
        if house.ended:
            break
        time.sleep(0.02)

    assert ["ended"] == house.ended


def test_a_stream_nobody_reads_any_more_is_ended_too():
    """The client has left before the first part was asked for."""
    ended, gone = [], Gone()
    gone.happen()

    async def run():
        async def parts():
            yield b"never"

        async def end():
            ended.append("ended")

        async def send(message):
            ended.append(message)

        await Streamed(parts(), 200, {}, ended=end)({GONE: gone}, None, send)

    asyncio.run(run())

    assert ["ended"] == ended
