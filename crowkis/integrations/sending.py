"""Requests of an official client, answered from the cache before they are sent: what `send` of its HTTP client does.

A hit is a response like the API's own; a miss is sent, and kept when its answer is whole. Both say `cached` in the
answer. Everything that is no chat, and every error, comes through untouched. `http` is the module of the client's
HTTP library (httpx, or its successor): nothing here depends on which.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple

from crowkis.integrations.chats import ChatCache, Found, read
from crowkis.wire.shape import Asked, Assembler, Events, Shape, compact

NOT_COPIED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
MODES = ("", "off", "read-only", "refresh")


def library_of(default_client: type, over: object) -> Any:
    """The HTTP library an SDK speaks through. Raises TypeError where a client put under ours is of another."""
    client = default_client.__mro__[1]
    if over is not None and not isinstance(over, client):
        raise TypeError(f"http_client must be a {client.__module__}.{client.__name__}, not a {type(over).__name__}")
    return sys.modules[client.__module__.partition(".")[0]]


class Order(NamedTuple):
    """A request that may be answered from the cache."""

    shape: Shape
    asked: Asked
    body: bytes
    reads: bool
    writes: bool
    ttl_s: float


class Sending:
    """For the APIs of one client, spoken through one HTTP library, with one cache."""

    def __init__(
        self, http: Any, shapes: Sequence[Shape], cache: ChatCache, marked: Callable[[Any, bool], None]
    ) -> None:
        """`marked` writes into an answer, or an event of one, whether it was cached. Of two shapes whose paths end
        alike the longer comes first."""
        self._http = http
        self._shapes = {shape.path.removeprefix("/v1"): shape for shape in shapes}
        self._cache = cache
        self._mark = marked

    def send(self, request: Any, pass_on: Callable[[Any], Any]) -> Any:
        """The response to a request; `pass_on` sends it."""
        order = self._order(request)
        if order is None:
            return pass_on(request)
        found = self._cache.find(order.shape, order.asked) if order.reads else None
        if found is not None:
            return self._hit(request, order.asked, found, self._paced(order, found))
        response = pass_on(self._asking(request, order))
        if response.status_code != 200:
            return response
        if order.asked.stream:
            return self._told(request, response, stream=self._body(self._followed(order, response), response.close))
        response.read()
        answer = self._whole(response)
        if answer is None:
            return response
        if order.writes:
            self._cache.keep(order.shape, order.asked, answer, order.ttl_s)
        return self._told(request, response, content=self._marked(answer, False))

    async def asend(self, request: Any, pass_on: Callable[[Any], Awaitable[Any]]) -> Any:
        """See send()."""
        order = self._order(request)
        if order is None:
            return await pass_on(request)
        found = await self._cache.afind(order.shape, order.asked) if order.reads else None
        if found is not None:
            return self._hit(request, order.asked, found, self._apaced(order, found))
        response = await pass_on(self._asking(request, order))
        if response.status_code != 200:
            return response
        if order.asked.stream:
            parts = self._afollowed(order, response)
            return self._told(request, response, stream=self._abody(parts, response.aclose))
        await response.aread()
        answer = self._whole(response)
        if answer is None:
            return response
        if order.writes:
            await self._cache.akeep(order.shape, order.asked, answer, order.ttl_s)
        return self._told(request, response, content=self._marked(answer, False))

    def _order(self, request: Any) -> Order | None:
        paths = [path for path in self._shapes if request.url.path.endswith(path)]
        if request.method != "POST" or not paths:
            return None
        shape = self._shapes[paths[0]]
        mode, ttl = request.headers.get("x-crowkis-cache-control", ""), request.headers.get("x-crowkis-ttl", "0")
        if mode not in MODES or not ttl.isdecimal():
            raise ValueError("x-crowkis-cache-control is off, read-only or refresh; x-crowkis-ttl is whole seconds")
        try:
            body = request.content
            asked = read(shape.read, json.loads(body), self._cache)
        except (self._http.RequestNotRead, ValueError, RecursionError):
            return None
        if asked is None or mode == "off":
            return None
        where = str(request.url.copy_with(query=None)).removesuffix(paths[0])
        asked = asked._replace(model=f"{asked.model} at {where}")
        return Order(shape, asked, body, mode != "refresh", mode != "read-only", float(ttl))

    def _asking(self, request: Any, order: Order) -> Any:
        """The request as it is sent: of a stream the usage is asked for too, so that hits can tell it."""
        body = order.shape.sent(order.body, order.asked)
        if body is order.body:
            return request
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
        return self._http.Request(
            request.method, request.url, headers=headers, content=body, extensions=request.extensions
        )

    def _hit(self, request: Any, asked: Asked, found: Found, parts: Any) -> Any:
        headers = {"x-crowkis-cache": "hit", "x-cache-match": "exact" if found.exact else "semantic"}
        if asked.stream:
            headers["content-type"] = "text/event-stream; charset=utf-8"
            body = self._abody if hasattr(parts, "__aiter__") else self._body
            made = self._http.Response(200, headers=headers, stream=body(parts, None), request=request)
        else:
            headers["content-type"] = "application/json"
            made = self._http.Response(200, headers=headers, content=self._marked(found.answer, True), request=request)
        made.elapsed = timedelta(0)
        return made

    def _told(self, request: Any, response: Any, **body: Any) -> Any:
        headers = [(name, value) for name, value in response.headers.raw if name.lower().decode() not in NOT_COPIED]
        made = self._http.Response(
            200, headers=[*headers, (b"x-crowkis-cache", b"miss"), (b"x-cache-match", b"none")],
            request=request, extensions=response.extensions, **body,
        )  # fmt: skip
        made.elapsed = timedelta(0) if "stream" in body else response.elapsed
        return made

    def _whole(self, response: Any) -> dict[str, Any] | None:
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None

    def _marked(self, answer: dict[str, Any], cached: bool) -> bytes:
        told = dict(answer)
        self._mark(told, cached)
        return compact(told)

    def _event(self, whole: bytes, told: bytes, cached: bool) -> bytes:
        """An event that says whether it was cached, where its API has room for that."""
        try:
            value = json.loads(told)
            self._mark(value, cached)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return whole
        name = b"".join(line + b"\n" for line in whole.splitlines() if line.startswith(b"event:"))
        return name + b"data: " + compact(value) + b"\n\n"

    def _replayed(self, order: Order, found: Found) -> Iterator[bytes]:
        events = Events()
        for part in order.shape.replayed(found.answer, order.asked.wants_usage):
            for whole, told in events.feed(part):
                yield self._event(whole, told, True)

    def _paced(self, order: Order, found: Found) -> Iterator[bytes]:
        for part in self._replayed(order, found):
            yield part
            time.sleep(self._cache.pace_s)

    async def _apaced(self, order: Order, found: Found) -> AsyncIterator[bytes]:
        for part in self._replayed(order, found):
            yield part
            await asyncio.sleep(self._cache.pace_s)

    def _followed(self, order: Order, response: Any) -> Iterator[bytes]:
        """A stream as it comes; its answer is kept before its last event is passed on: the reader may stop there."""
        events, assembler = Events(), order.shape.assembler()
        for data in response.iter_bytes():
            for whole, told in events.feed(data):
                shown, answer = self._taken(order, assembler, whole, told)
                if answer is not None:
                    self._cache.keep(order.shape, order.asked, answer, order.ttl_s)
                yield shown
        yield events.rest

    async def _afollowed(self, order: Order, response: Any) -> AsyncIterator[bytes]:
        """See _followed()."""
        events, assembler = Events(), order.shape.assembler()
        async for data in response.aiter_bytes():
            for whole, told in events.feed(data):
                shown, answer = self._taken(order, assembler, whole, told)
                if answer is not None:
                    await self._cache.akeep(order.shape, order.asked, answer, order.ttl_s)
                yield shown
        yield events.rest

    def _taken(self, order: Order, assembler: Assembler, whole: bytes, told: bytes) -> tuple[bytes, Any]:
        """What of an event is passed on, and the answer to be kept where it was the last one."""
        usage_alone = assembler.take(told)
        answer = assembler.answer() if order.writes else None
        if usage_alone and not order.asked.wants_usage:
            return b"", answer
        return self._event(whole, told, False), answer

    @cached_property
    def _body(self) -> Any:
        class Body(self._http.SyncByteStream):  # type: ignore[name-defined,misc]
            def __init__(self, parts: Iterator[bytes], ended: Callable[[], None] | None) -> None:
                self._parts, self._ended = parts, ended

            def __iter__(self) -> Iterator[bytes]:
                return self._parts

            def close(self) -> None:
                if self._ended is not None:
                    self._ended()

        return Body

    @cached_property
    def _abody(self) -> Any:
        class Body(self._http.AsyncByteStream):  # type: ignore[name-defined,misc]
            def __init__(self, parts: AsyncIterator[bytes], ended: Callable[[], Awaitable[None]] | None) -> None:
                self._parts, self._ended = parts, ended

            def __aiter__(self) -> AsyncIterator[bytes]:
                return self._parts

            async def aclose(self) -> None:
                if self._ended is not None:
                    await self._ended()

        return Body


def fronted(base: Any, shapes: Sequence[Shape], marked: Callable[[Any, bool], None]) -> Any:
    """A class of HTTP clients like an SDK's own, `base`, with the cache in front.

    One is made with the cache and the caller's own client, or None, which is then asked in its place.
    """

    class Fronted(base):  # type: ignore[misc]
        def __init__(self, cache: ChatCache, over: Any) -> None:
            super().__init__()
            self._cached = Sending(library_of(base, over), shapes, cache, marked)
            self._over = over

        def send(self, request: Any, **options: Any) -> Any:
            pass_on = self._over.send if self._over is not None else super().send
            return self._cached.send(request, lambda asking: pass_on(asking, **options))

        def close(self) -> None:
            super().close()
            if self._over is not None:
                self._over.close()

    return Fronted


def afronted(base: Any, shapes: Sequence[Shape], marked: Callable[[Any, bool], None]) -> Any:
    """See fronted()."""

    class Fronted(base):  # type: ignore[misc]
        def __init__(self, cache: ChatCache, over: Any) -> None:
            super().__init__()
            self._cached = Sending(library_of(base, over), shapes, cache, marked)
            self._over = over

        async def send(self, request: Any, **options: Any) -> Any:
            pass_on = self._over.send if self._over is not None else super().send
            return await self._cached.asend(request, lambda asking: pass_on(asking, **options))

        async def aclose(self) -> None:
            await super().aclose()
            if self._over is not None:
                await self._over.aclose()

    return Fronted
