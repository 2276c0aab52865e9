"""A small typed client over redis-py: look up, store, or compute once what is missing. Knows nothing of the server.

    cache = Crowkis(tenant="acme")
    answer = cache.get_or_compute("How do I reset my password?", lambda: call_the_model(), ttl_s=3600)

Threads that ask the same at once wait for the first one's answer (AsyncCrowkis: tasks). A cache that cannot be reached
never fails the caller: `get_or_compute` then computes, and the log of "crowkis" says so once a minute at most, with no
word of questions and answers. Everything else raises redis.RedisError; a lost connection is tried once more, at once.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

LOG = logging.getLogger("crowkis")
TOLD_EVERY_S = 60.0
STREAM_PUSH = "cgetstream"
"""Begins a push message that carries a piece of an answer."""
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class CacheHit(NamedTuple):
    """A stored answer, as CGET tells it."""

    answer: str
    confidence: float
    """Probability that it is right for the question asked, 0 to 1."""
    similarity: float
    exact: bool
    ttl_s: int
    """Seconds left; -1: no end."""
    key: str
    """For feedback()."""


class Neighbour(NamedTuple):
    """A stored question near to one asked, as CSIM tells it."""

    question: str
    similarity: float
    key: str


class Outage:
    """`with outage:` a cache that fails is as if it held nothing, and the log says so without repeating itself."""

    def __init__(self) -> None:
        self._quiet_until_s = 0.0

    def __enter__(self) -> None:
        """Nothing happens."""

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, redis.RedisError):
            return False
        self.tell(error)
        return True

    def tell(self, error: redis.RedisError) -> None:
        """What failed; of the server's own words the first alone, for the others may quote a question."""
        now_s = time.monotonic()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + TOLD_EVERY_S
            said = str(error) if isinstance(error, redis.ConnectionError) else str(error).partition(" ")[0]
            LOG.warning("the cache does not answer, models are asked every time: %s: %s", type(error).__name__, said)


class _Words:
    """What both clients send."""

    def __init__(self, tenant: str, namespace: str, model: str) -> None:
        self._whose = ["TENANT", tenant, *(["NAMESPACE", namespace] if namespace else [])]
        self._model = model
        self._tenant = tenant

    def _about(self, model: str, context: str, image: str, tags: Sequence[str]) -> list[str]:
        words = [*self._whose, *[word for tag in tags for word in ("TAG", tag)]]
        for name, value in (("MODEL", model or self._model), ("CONTEXT", context), ("IMAGE", image)):
            words += [name, value] if value else []
        return words

    def lookup(
        self, question: str, threshold: float | None, model: str, context: str, image: str, tags: Sequence[str]
    ) -> list[str]:
        words = ["CGET", question, *self._about(model, context, image, tags)]
        return words + (["THRESHOLD", str(threshold)] if threshold is not None else [])

    def stream(self, lookup: Sequence[str], words: int, pace_ms: int) -> list[str]:
        return ["CGETSTREAM", *lookup[1:], "CHUNK", str(words), "DELAY", str(pace_ms), "PUSH"]

    def store(
        self, question: str, answer: str, ttl_s: float, model: str, context: str, image: str, tags: Sequence[str]
    ) -> list[str]:
        words = ["CSET", question, answer, *self._about(model, context, image, tags)]
        return words + (["PX", str(max(1, int(ttl_s * 1000)))] if ttl_s else [])

    def similar(self, question: str, k: int) -> list[str]:
        return ["CSIM", question, "K", str(k), *self._whose, *(["MODEL", self._model] if self._model else [])]

    def feedback(self, key: str, good: bool, reason: str) -> list[str]:
        words = ["CFEEDBACK", key, "GOOD" if good else "BAD", "TENANT", self._tenant]
        return words + (["REASON", reason] if reason else [])

    def flush(self) -> list[str]:
        return ["CFLUSH", *self._whose]


class Crowkis:
    """For threads. All arguments have the defaults of a server on this machine."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 6383, *, tenant: str = "default", namespace: str = "",
        model: str = "", token: str | None = None, timeout_s: float = 5.0,
    ) -> None:  # fmt: skip
        self._words = _Words(tenant, namespace, model)
        self.outage = Outage()
        self._redis: Any = redis.Redis(
            host=host, port=port, password=token, protocol=3, decode_responses=True, socket_timeout=timeout_s,
            encoding_errors="surrogatepass", retry=Retry(NoBackoff(), 1),
        )  # fmt: skip
        self._computing: dict[Any, Future[str]] = {}
        self._lock = threading.Lock()

    def lookup(
        self, question: str, *, threshold: float | None = None, model: str = "", context: str = "",
        image: str = "", tags: Sequence[str] = (),
    ) -> CacheHit | None:  # fmt: skip
        """A stored answer that is right for the question, or nothing. `context`: earlier messages as JSON;
        `image`: what it is about, in base64; `model`: in place of the client's own."""
        return _hit(self._send(*self._words.lookup(question, threshold, model, context, image, tags)))

    def store(
        self, question: str, answer: str, *, ttl_s: float = 0.0, model: str = "", context: str = "",
        image: str = "", tags: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Keep an answer, for `ttl_s` seconds (0: as the server's settings say)."""
        self._send(*self._words.store(question, answer, ttl_s, model, context, image, tags))

    def ask(self, question: str, **about: Any) -> str | None:
        """The answer lookup() finds, alone."""
        hit = self.lookup(question, **about)
        return None if hit is None else hit.answer

    def stream(
        self, question: str, *, words: int = 4, pace_ms: int = 20, threshold: float | None = None, model: str = "",
        context: str = "", image: str = "", tags: Sequence[str] = (),
    ) -> Iterator[str]:  # fmt: skip
        """A stored answer in pieces of so many words, one every `pace_ms`; where none is right, no piece at all."""
        asked = self._words.lookup(question, threshold, model, context, image, tags)
        pool = self._redis.connection_pool
        connection, whole = pool.get_connection(), False
        try:
            connection.send_command(*_encoded(self._words.stream(asked, words, pace_ms)))
            while isinstance(told := connection.read_response(push_request=True), list):
                if told[0] == STREAM_PUSH:
                    yield told[4]
            whole = True
        finally:
            if not whole:  # the rest of the stream must not meet who uses the connection next
                connection.disconnect()
            pool.release(connection)

    def get_or_compute(
        self, question: str, compute: Callable[[], str], *, ttl_s: float = 0.0, threshold: float | None = None,
        model: str = "", context: str = "", tags: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """The stored answer, or what compute() returns, which is then kept; raises what compute() raises."""
        hit: CacheHit | None = None
        with self.outage:
            hit = self.lookup(question, threshold=threshold, model=model, context=context, tags=tags)
        if hit is not None:
            return hit.answer
        with self._first((question, model, context, tuple(tags))) as (mine, future):
            if not mine:
                return future.result()
            answer = compute()
            if answer:
                with self.outage:
                    self.store(question, answer, ttl_s=ttl_s, model=model, context=context, tags=tags)
            future.set_result(answer)
            return answer

    @contextmanager
    def _first(self, key: Any) -> Iterator[tuple[bool, "Future[str]"]]:
        """Whether nobody else computes this just now, and where the answer will be."""
        with self._lock:
            found = self._computing.get(key)
            future = found or self._computing.setdefault(key, Future())
        try:
            yield found is None, future
        except BaseException as error:
            if found is None:
                future.set_exception(error)
            raise
        finally:
            if found is None:
                with self._lock:
                    del self._computing[key]

    def feedback(self, key: str, good: bool, reason: str = "") -> None:
        """Tell whether a served answer was right; a bad one is gone, and never served to such a question again."""
        self._send(*self._words.feedback(key, good, reason))

    def similar(self, question: str, k: int = 5) -> list[Neighbour]:
        """The stored questions nearest to one, whether or not their answers would be served."""
        return _neighbours(self._send(*self._words.similar(question, k)))

    def embed(self, text: str) -> list[float]:
        """The vector of a text."""
        return [float(number) for number in self._send("CEMBED", text)]

    def explain(
        self, question: str, *, threshold: float | None = None, model: str = "", context: str = "", image: str = "",
        tags: Sequence[str] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """What lookup() would serve and why, or why not, as CEXPLAIN tells it."""
        asked = self._words.lookup(question, threshold, model, context, image, tags)
        return dict(self._send("CEXPLAIN", *asked[1:]))

    def stats(self) -> dict[str, float | str]:
        """The figures of CINFO, of all tenants."""
        return _figures(self._send("CINFO"))

    def flush(self) -> int:
        """Remove every answer of this tenant, or of this namespace of it; tells how many."""
        return int(self._send(*self._words.flush()))

    def _send(self, word: str, *words: str) -> Any:
        return self._redis.execute_command(word, *_encoded(words))

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()


class AsyncCrowkis:
    """For tasks; arguments and methods are those of Crowkis. Made once, it serves every event loop that comes."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 6383, *, tenant: str = "default", namespace: str = "",
        model: str = "", token: str | None = None, timeout_s: float = 5.0,
    ) -> None:  # fmt: skip
        self._words = _Words(tenant, namespace, model)
        self.outage = Outage()
        self._connect: Callable[[], Any] = partial(
            redis.asyncio.Redis, host=host, port=port, password=token, protocol=3, decode_responses=True,
            encoding_errors="surrogatepass", socket_timeout=timeout_s, retry=AsyncRetry(NoBackoff(), 1),
        )  # fmt: skip
        self._by_loop: dict[asyncio.AbstractEventLoop, Any] = {}
        self._computing: dict[Any, asyncio.Future[str]] = {}

    @property
    def _redis(self) -> Any:
        """Connections belong to the event loop that made them: one set of them for each."""
        loop = asyncio.get_running_loop()
        found = self._by_loop.get(loop)
        if found is None:
            self._by_loop = {one: made for one, made in self._by_loop.items() if not one.is_closed()}
            found = self._by_loop[loop] = self._connect()
        return found

    async def lookup(
        self, question: str, *, threshold: float | None = None, model: str = "", context: str = "",
        image: str = "", tags: Sequence[str] = (),
    ) -> CacheHit | None:  # fmt: skip
        """See Crowkis.lookup."""
        return _hit(await self._send(*self._words.lookup(question, threshold, model, context, image, tags)))

    async def store(
        self, question: str, answer: str, *, ttl_s: float = 0.0, model: str = "", context: str = "",
        image: str = "", tags: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """See Crowkis.store."""
        await self._send(*self._words.store(question, answer, ttl_s, model, context, image, tags))

    async def ask(self, question: str, **about: Any) -> str | None:
        """See Crowkis.ask."""
        hit = await self.lookup(question, **about)
        return None if hit is None else hit.answer

    async def stream(
        self, question: str, *, words: int = 4, pace_ms: int = 20, threshold: float | None = None, model: str = "",
        context: str = "", image: str = "", tags: Sequence[str] = (),
    ) -> AsyncIterator[str]:  # fmt: skip
        """See Crowkis.stream."""
        asked = self._words.lookup(question, threshold, model, context, image, tags)
        pool = self._redis.connection_pool
        connection, whole = await pool.get_connection(), False
        try:
            await connection.send_command(*_encoded(self._words.stream(asked, words, pace_ms)))
            while isinstance(told := await connection.read_response(push_request=True), list):
                if told[0] == STREAM_PUSH:
                    yield told[4]
            whole = True
        finally:
            if not whole:
                await connection.disconnect(nowait=True)
            await pool.release(connection)

    async def get_or_compute(
        self, question: str, compute: Callable[[], Awaitable[str]], *, ttl_s: float = 0.0,
        threshold: float | None = None, model: str = "", context: str = "", tags: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """See Crowkis.get_or_compute; a task that is cancelled while it computes ends it for those who wait, too."""
        hit: CacheHit | None = None
        with self.outage:
            hit = await self.lookup(question, threshold=threshold, model=model, context=context, tags=tags)
        if hit is not None:
            return hit.answer
        key = (asyncio.get_running_loop(), question, model, context, tuple(tags))
        computing = self._computing.get(key)
        if computing is not None:
            return await asyncio.shield(computing)
        future = self._computing[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await compute()
            if answer:
                with self.outage:  # a cache that cannot keep it must not cost the caller the answer
                    await self.store(question, answer, ttl_s=ttl_s, model=model, context=context, tags=tags)
            future.set_result(answer)
            return answer
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            future.exception()  # nobody may be waiting
            raise
        finally:
            del self._computing[key]

    async def feedback(self, key: str, good: bool, reason: str = "") -> None:
        """See Crowkis.feedback."""
        await self._send(*self._words.feedback(key, good, reason))

    async def similar(self, question: str, k: int = 5) -> list[Neighbour]:
        """See Crowkis.similar."""
        return _neighbours(await self._send(*self._words.similar(question, k)))

    async def embed(self, text: str) -> list[float]:
        """See Crowkis.embed."""
        return [float(number) for number in await self._send("CEMBED", text)]

    async def explain(
        self, question: str, *, threshold: float | None = None, model: str = "", context: str = "", image: str = "",
        tags: Sequence[str] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """See Crowkis.explain."""
        asked = self._words.lookup(question, threshold, model, context, image, tags)
        return dict(await self._send("CEXPLAIN", *asked[1:]))

    async def stats(self) -> dict[str, float | str]:
        """See Crowkis.stats."""
        return _figures(await self._send("CINFO"))

    async def flush(self) -> int:
        """See Crowkis.flush."""
        return int(await self._send(*self._words.flush()))

    def _send(self, word: str, *words: str) -> Any:
        return self._redis.execute_command(word, *_encoded(words))

    async def close(self) -> None:
        """Let go of this event loop's connections."""
        await self._redis.aclose()


def _encoded(words: Sequence[str]) -> list[bytes]:
    """Half a character, which JSON can hold, goes through; the packer refuses it as text."""
    return [word.encode("utf-8", "surrogatepass") for word in words]


def _hit(found: dict[str, Any] | None) -> CacheHit | None:
    if not found:
        return None
    return CacheHit(found["response"], found["confidence"], found["similarity"], found["hit_type"] == "exact",
                    found["ttl"], found["key"])  # fmt: skip


def _neighbours(rows: Sequence[dict[str, Any]]) -> list[Neighbour]:
    return [Neighbour(row["query"], row["similarity"], row["key"]) for row in rows]


def _figures(told: str) -> dict[str, float | str]:
    """The lines of a report, numbers as numbers."""
    pairs = [line.partition(":")[::2] for line in told.splitlines() if ":" in line]
    return {name: float(value) if NUMBER.fullmatch(value) else value for name, value in pairs}
