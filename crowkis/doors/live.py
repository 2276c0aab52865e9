"""Figures as they change: GET /api/metrics, the same as a stream of server-sent events, and /ws/live with each look-up.

Whoever looks on is asked again who it is while it does: a revoked key ends its streams. Changes nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from crowkis.doors.bodies import RefusedError
from crowkis.doors.endpoints import JSON, Asked, Endpoint, Visit, problem, text_of
from crowkis.doors.guests import Guests, Known
from crowkis.doors.http import Streamed
from crowkis.doors.panels import feed, figures
from crowkis.engine.engine import Engine
from crowkis.guard.roles import AUDIT, LOOK

STREAMS_MAX = 64
"""Streams and sockets that look on at once."""
BEAT_S = 0.25
"""How often a socket is told what is new."""
KNOWN_BEATS = 20
"""After so many it is asked again who it is."""
LINES_MAX = 100
"""Look-ups told in one beat; of the others how many there were."""
FRESH_MS = 400
"""Streams share figures that are no older."""
NOBODY_WELCOME = 1008
NOTHING_IS_READ = 1003


class Pace(Asked):
    """How often."""

    every: Annotated[int, Meta(ge=1, le=60)] = 1
    """Seconds."""


class Live:
    """The three ways to look on."""

    def __init__(self, engine: Engine, guests: Guests) -> None:
        self._engine = engine
        self._guests = guests
        self._watching = 0
        self._told: dict[tuple[str, bool], tuple[int, bytes]] = {}
        """Figures told last and when, by whom they are for."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """For the table of what the HTTP door offers."""
        return (
            Endpoint("GET", "/api/metrics", LOOK, "Show the dashboard's figures", self._metrics),
            Endpoint(
                "GET", "/api/metrics/stream", LOOK, "The same again and again, as server-sent events", self._stream,
                bytes, Pace,
            ),
        )  # fmt: skip

    def routes(self) -> list[WebSocketRoute]:
        """For the HTTP door."""
        return [WebSocketRoute("/ws/live", self._socket)]

    async def _metrics(self, visit: Visit) -> object:
        return Response(self._figures(visit.visitor.known, 0), media_type=JSON)

    async def _stream(self, visit: Visit) -> object:
        self._figures(visit.visitor.known)  # refused where there are none yet
        self._enter()
        events = self._events(visit.request, visit.visitor.known, visit.query.every)
        return Streamed(events, 200, {"cache-control": "no-store"}, "text/event-stream", ended=self._leave)

    def _enter(self) -> None:
        if self._watching >= STREAMS_MAX:
            text = f"{STREAMS_MAX} streams look on already; close one, or ask GET /api/metrics now and then"
            raise RefusedError(429, "too_many_streams", text, {"retry-after": "10"})
        self._watching += 1

    async def _leave(self) -> None:
        self._watching -= 1

    async def _events(self, request: Request, known: Known, every_s: int) -> AsyncGenerator[bytes, None]:
        yield b"retry: 1000\n\n"
        while True:
            yield b"event: metrics\ndata: " + self._figures(known) + b"\n\n"
            await asyncio.sleep(every_s)
            try:
                known = await self._guests.known(request)
            except RefusedError:
                yield b"event: refused\ndata: {}\n\n"
                return

    def _figures(self, known: Known, fresh_ms: int = FRESH_MS) -> bytes:
        if not self._engine.house.loaded:
            raise RefusedError(503, "starting", "the server is still reading its data", {"retry-after": "1"})
        whom = (known.tenant, known.role in AUDIT and not known.tenant)
        now_ms = self._engine.monotonic_ns() // 1_000_000
        told_ms, told = self._told.get(whom, (0, b""))
        if not told or now_ms - told_ms >= fresh_ms:
            told = msgspec.json.encode(text_of(figures(self._engine, *whom)))
            self._told = {key: row for key, row in self._told.items() if now_ms - row[0] <= FRESH_MS}
            self._told[whom] = (now_ms, told)
        return told

    async def _socket(self, socket: WebSocket) -> None:
        try:
            async with self._guests.visit(socket, LOOK) as visitor:
                self._enter()
        except RefusedError as refused:
            await socket.send_denial_response(problem(refused.status, refused.kind, str(refused), refused.headers))
            return
        try:
            await socket.accept()
            await self._tell(socket, visitor.known.tenant)
        except (WebSocketDisconnect, RuntimeError):
            pass  # it is gone
        finally:
            await self._leave()

    async def _tell(self, socket: WebSocket, tenant: str) -> None:
        """One message for each look-up, as long as somebody listens."""
        live, beats = self._engine.live, 0
        after = live.number
        hearing = asyncio.get_running_loop().create_task(socket.receive())
        try:
            while True:
                await asyncio.wait((hearing,), timeout=BEAT_S)
                if hearing.done():
                    if hearing.result()["type"] != "websocket.disconnect":
                        await socket.close(NOTHING_IS_READ, "nothing is read here")
                    return
                beats += 1
                if beats % KNOWN_BEATS == 0 and not await self._still_known(socket):
                    await socket.close(NOBODY_WELCOME, "sign in again")
                    return
                lines = feed(self._engine, tenant, after, LINES_MAX)
                passed = live.number - after
                after += passed
                if not tenant and passed > len(lines):
                    await socket.send_text(_encoded({"skipped": passed - len(lines)}))
                for line in reversed(lines):
                    await socket.send_text(_encoded(line))
        finally:
            hearing.cancel()

    async def _still_known(self, socket: WebSocket) -> bool:
        try:
            await self._guests.known(socket)
        except RefusedError:
            return False
        return True


def _encoded(value: Any) -> str:
    return msgspec.json.encode(text_of(value)).decode()
