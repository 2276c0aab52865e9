"""Requests on their way to an upstream, and all who wait for the answer: the same question in flight is asked once.

A flight belongs to nobody: the first to ask may leave and the others still get their answer. When the last one has
left, the upstream is asked no further.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from crowkis.upstream.pool import RETRIED, Answer, UpstreamError, Upstreams
from crowkis.wire.shape import Events, Shape

EVENT_STREAM = "text/event-stream"
BESIDE_MAX = 8
"""So many questions on their way a new one is compared with."""
KEPT_BYTES_MAX = 8 * 1024 * 1024
"""Of an answer; a longer one is passed on and not kept."""


class Flight:
    """One request on its way to the upstream, and all who wait for its answer."""

    def __init__(self, text: str) -> None:
        self.text = text
        """The question; never shown."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        """What has come of the body; of a stream, whole events."""
        self.answer: dict[str, Any] | None = None
        """The answer put together, once it has come whole and successful."""
        self.streams = False
        self.ended = False
        self.error = ""
        """What went wrong, in words: an exception kept here and raised would keep the flight that keeps it."""
        self.followers = 0
        self.task: asyncio.Task[None]
        self._news = asyncio.Event()

    @property
    def failed(self) -> bool:
        """It brings an error, or nothing."""
        return bool(self.error) or self.status >= HTTPStatus.BAD_REQUEST

    @property
    def down(self) -> bool:
        """It brings what is the upstream's fault and not the request's."""
        return bool(self.error) or self.status in RETRIED or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def tell(self) -> None:
        """Something has come."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def leave(self) -> None:
        """One waits no more; where it was the last, the upstream need not go on."""
        self.followers -= 1
        if self.followers <= 0 and not self.ended:
            self.task.cancel()

    async def head(self) -> None:
        """Wait for status and headers. Raises what went wrong before they came."""
        while not self.status and not self.ended:
            await self._news.wait()
        if not self.status and self.error:
            raise UpstreamError(self.error)

    async def end(self) -> None:
        """Wait for all of it. Raises what went wrong."""
        while not self.ended:
            await self._news.wait()
        if self.error:
            raise UpstreamError(self.error)

    async def landed(self) -> None:
        """Wait until all is done: the answer has come, or none, and what is to be kept is kept."""
        await asyncio.wait((self.task,))

    async def follow(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes, from its beginning. Raises what went wrong."""
        place = 0
        while True:
            while place < len(self.parts):
                place += 1
                yield self.parts[place - 1]
            if self.ended:
                if self.error:
                    raise UpstreamError(self.error)
                return
            await self._news.wait()


class Flights:
    """All that are on their way."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._by_key: dict[Hashable, Flight] = {}
        self._by_kin: dict[Hashable, list[Flight]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, key: Hashable) -> Flight | None:
        """The one that answers the same, if it is on its way and has not failed."""
        flight = self._by_key.get(key)
        return None if flight is None or flight.failed else flight

    def beside(self, kin: Hashable) -> list[Flight]:
        """The latest of those that differ in the question alone and have not failed, latest first."""
        return [flight for flight in reversed(self._by_kin.get(kin, ())) if not flight.failed][:BESIDE_MAX]

    def launch(
        self,
        key: Hashable,
        kin: Hashable,
        text: str,
        shape: Shape,
        headers: Mapping[str, str],
        body: bytes,
        show_usage: bool,
        keep: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> Flight:
        """Ask the upstream. `kin`: all of `key` but the question's `text`.

        `show_usage`: pass on the event of a stream that holds the usage alone.
        `keep` is given the answer once it has come whole and successful; nobody waits for it.
        """
        flight = Flight(text)
        flight.task = asyncio.get_running_loop().create_task(self._fly(flight, shape, headers, body, show_usage, keep))
        self._by_key[key] = flight
        kindred = self._by_kin.setdefault(kin, [])
        kindred.append(flight)
        self._tasks.add(flight.task)

        def landed(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._by_key.get(key) is flight:
                del self._by_key[key]
            kindred.remove(flight)
            if not kindred and self._by_kin.get(kin) is kindred:
                del self._by_kin[kin]

        flight.task.add_done_callback(landed)
        return flight

    async def close(self) -> None:
        """End what is on its way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fly(
        self,
        flight: Flight,
        shape: Shape,
        headers: Mapping[str, str],
        body: bytes,
        show_usage: bool,
        keep: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        try:
            async with self._upstreams.ask("POST", shape.path, headers, body) as response:
                flight.headers = response.headers
                flight.streams = response.headers.get("content-type", "").startswith(EVENT_STREAM)
                flight.status = response.status_code
                flight.tell()
                if flight.streams:
                    await _take_stream(flight, response, shape, show_usage)
                else:
                    await _take_body(flight, response, shape)
        except asyncio.CancelledError:
            flight.error = "given up: nobody waits for the answer any more"
            raise
        except UpstreamError as error:
            flight.error = str(error)
        except Exception as error:  # noqa: BLE001 - whatever the connection died of, those who wait must hear of it
            flight.error = f"the upstream's answer broke off ({type(error).__name__})"
        finally:
            flight.ended = True
            flight.tell()
        if flight.answer is not None:
            await keep(flight.answer)


async def _take_body(flight: Flight, response: Answer, shape: Shape) -> None:
    body = await response.aread()
    flight.parts.append(body)
    with suppress(ValueError, RecursionError):
        answer = json.loads(body)
        if flight.status == HTTPStatus.OK and len(body) <= KEPT_BYTES_MAX and shape.worth_keeping(answer):
            flight.answer = answer


async def _take_stream(flight: Flight, response: Answer, shape: Shape, show_usage: bool) -> None:
    events, assembler, size_bytes = Events(), shape.assembler(), 0
    async for data in response.aiter_bytes():
        size_bytes += len(data)
        for whole, told in events.feed(data):
            usage_alone = bool(told) and assembler.take(told)
            if show_usage or not usage_alone:
                flight.parts.append(whole)
        flight.tell()
    if events.rest:
        flight.parts.append(events.rest)
    answer = assembler.answer()
    if flight.status == HTTPStatus.OK and size_bytes <= KEPT_BYTES_MAX and shape.worth_keeping(answer):
        flight.answer = answer
