"""Events posted to an address in batches, beside everything else: whoever offers one never waits for it.

The body is a JSON array; x-crowkis-signature is `sha256=` and the HMAC-SHA256 (RFC 2104) of the body in hexadecimal,
where a key is set. An event that finds the queue full is dropped; a batch is tried ATTEMPTS_MAX times, then dropped.
Both are counted. Each event has an id, so that one that came twice can be told.
"""

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp

from crowkis.wire.shape import compact

QUEUE_MAX = 10_000
BATCH_MAX = 200
GATHER_S = 1.0
"""So long the first event of a batch waits for others."""
ATTEMPTS_MAX = 5
BACK_OFF_S = 0.5
ANSWER_S_MAX = 10.0
FLUSH_S_MAX = 3.0
"""So long a stop waits for what has not been told."""
TRIED_AGAIN = frozenset((408, 425, 429))
"""Answers below 500 that may be another one a moment later."""


class Webhook:
    """One address."""

    def __init__(
        self,
        url: str,
        key: str,
        name: str,
        count: Callable[[str, int], None],
        failed: Callable[[str, int], None],
        gather_s: float = GATHER_S,
        back_off_s: float = BACK_OFF_S,
    ) -> None:
        """`name` begins the ids of events; `count` hears sent and dropped, `failed` why how many were dropped."""
        self._url = url
        self._key = key.encode()
        self._name = name
        self._count = count
        self._failed = failed
        self._gather_s = gather_s
        self._back_off_s = back_off_s
        self._queue: deque[dict[str, Any]] = deque()
        self._offered = 0
        self._sending = 0
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def offer(self, event: dict[str, Any]) -> None:
        """To be told, unless too many wait already."""
        self._offered += 1
        if len(self._queue) >= QUEUE_MAX or self._stopping.is_set():
            self._count("dropped", 1)
            return
        self._queue.append({"id": f"{self._name}-{self._offered}", **event})
        self._news.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Tell what waits, for FLUSH_S_MAX at most; the rest is dropped."""
        self._stopping.set()
        self._news.set()
        task, self._task = self._task, None
        if task is None:
            return
        await asyncio.wait((task,), timeout=FLUSH_S_MAX)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        left = len(self._queue) + self._sending
        if left:
            self._drop(left, "the server stops")

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S_MAX)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                while not self._queue:
                    if self._stopping.is_set():
                        return
                    self._news.clear()
                    await self._news.wait()
                if len(self._queue) < BATCH_MAX:
                    await self._pause(self._gather_s)
                batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
                self._sending = len(batch)
                why = await self._deliver(session, compact(batch))
                self._sending = 0  # not where this is cancelled: close() counts them
                if why:
                    self._drop(len(batch), why)
                else:
                    self._count("sent", len(batch))

    async def _deliver(self, session: aiohttp.ClientSession, body: bytes) -> str:
        """Empty, or why it could not be told."""
        headers = {"content-type": "application/json"}
        if self._key:
            headers["x-crowkis-signature"] = f"sha256={hmac.new(self._key, body, 'sha256').hexdigest()}"
        why = ""
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await self._pause(self._back_off_s * 2 ** (attempt - 1))
            try:
                async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                    status = response.status
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                why = type(error).__name__
                continue
            if status < 300:
                return ""
            why = f"status {status}"
            if status < 500 and status not in TRIED_AGAIN:
                break
        return why

    async def _pause(self, pause_s: float) -> None:
        """Not while the server stops."""
        try:
            await asyncio.wait_for(self._stopping.wait(), pause_s)
        except TimeoutError:
            return

    def _drop(self, events: int, why: str) -> None:
        self._count("dropped", events)
        self._failed(why, events)
