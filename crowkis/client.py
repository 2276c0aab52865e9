"""A small typed client over redis-py: look up, store, or compute once what is missing. Knows nothing of the server.

    cache = Crowkis(tenant="acme")
    answer = cache.get_or_compute("How do I reset my password?", lambda: call_the_model(), ttl_s=3600)

Threads that ask the same at once wait for the first one's answer (AsyncCrowkis: tasks). A cache that cannot be reached
never fails the caller: `get_or_compute` then computes. Everything else raises redis.RedisError.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import redis
import redis.asyncio


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


class _Words:
    """What both clients send."""

    def __init__(self, tenant: str, namespace: str, model: str) -> None:
        self._whose = ["TENANT", tenant, *(["NAMESPACE", namespace] if namespace else [])]
        self._model = model
        self._tenant = tenant

    def _about(self, model: str, context: str, tags: Sequence[str]) -> list[str]:
        words = [*self._whose, *[word for tag in tags for word in ("TAG", tag)]]
        words += ["MODEL", model or self._model] if model or self._model else []
        return words + (["CONTEXT", context] if context else [])

    def lookup(
        self, question: str, threshold: float | None, model: str, context: str, tags: Sequence[str]
    ) -> list[str]:
        words = ["CGET", question, *self._about(model, context, tags)]
        return words + (["THRESHOLD", str(threshold)] if threshold is not None else [])

    def store(
        self, question: str, answer: str, ttl_s: float, model: str, context: str, tags: Sequence[str]
    ) -> list[str]:
        words = ["CSET", question, answer, *self._about(model, context, tags)]
        return words + (["PX", str(max(1, int(ttl_s * 1000)))] if ttl_s else [])

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
        self._redis: Any = redis.Redis(
            host=host, port=port, password=token, protocol=3, decode_responses=True, socket_timeout=timeout_s
        )
        self._computing: dict[Any, Future[str]] = {}
        self._lock = threading.Lock()

    def lookup(
        self,
        question: str,
        *,
        threshold: float | None = None,
        model: str = "",
        context: str = "",
        tags: Sequence[str] = (),
    ) -> CacheHit | None:
        """A stored answer that is right for the question, or nothing. `context`: earlier messages as JSON;
        `model`: in place of the client's own."""
        return _hit(self._redis.execute_command(*self._words.lookup(question, threshold, model, context, tags)))

    def store(
        self,
        question: str,
        answer: str,
        *,
        ttl_s: float = 0.0,
        model: str = "",
        context: str = "",
        tags: Sequence[str] = (),
    ) -> None:
        """Keep an answer, for `ttl_s` seconds (0: as the server's settings say)."""
        self._redis.execute_command(*self._words.store(question, answer, ttl_s, model, context, tags))

    def get_or_compute(
        self, question: str, compute: Callable[[], str], *, ttl_s: float = 0.0, threshold: float | None = None,
        model: str = "", context: str = "", tags: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """The stored answer, or what compute() returns, which is then kept; raises what compute() raises."""
        hit = _or_none(lambda: self.lookup(question, threshold=threshold, model=model, context=context, tags=tags))
        if hit is not None:
            return str(hit.answer)
        with self._first((question, model, context, tuple(tags))) as (mine, future):
            if not mine:
                return future.result()
            answer = compute()
            if answer:
                _or_none(lambda: self.store(question, answer, ttl_s=ttl_s, model=model, context=context, tags=tags))
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
        self._redis.execute_command(*self._words.feedback(key, good, reason))

    def flush(self) -> int:
        """Remove every answer of this tenant, or of this namespace of it; tells how many."""
        return int(self._redis.execute_command(*self._words.flush()))

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()


class AsyncCrowkis:
    """For tasks of one event loop; arguments and methods are those of Crowkis."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 6383, *, tenant: str = "default", namespace: str = "",
        model: str = "", token: str | None = None, timeout_s: float = 5.0,
    ) -> None:  # fmt: skip
        self._words = _Words(tenant, namespace, model)
        self._redis: Any = redis.asyncio.Redis(
            host=host, port=port, password=token, protocol=3, decode_responses=True, socket_timeout=timeout_s
        )
        self._computing: dict[Any, asyncio.Future[str]] = {}

    async def lookup(
        self,
        question: str,
        *,
        threshold: float | None = None,
        model: str = "",
        context: str = "",
        tags: Sequence[str] = (),
    ) -> CacheHit | None:
        """See Crowkis.lookup."""
        return _hit(await self._redis.execute_command(*self._words.lookup(question, threshold, model, context, tags)))

    async def store(
        self,
        question: str,
        answer: str,
        *,
        ttl_s: float = 0.0,
        model: str = "",
        context: str = "",
        tags: Sequence[str] = (),
    ) -> None:
        """See Crowkis.store."""
        await self._redis.execute_command(*self._words.store(question, answer, ttl_s, model, context, tags))

    async def get_or_compute(
        self, question: str, compute: Callable[[], Awaitable[str]], *, ttl_s: float = 0.0,
        threshold: float | None = None, model: str = "", context: str = "", tags: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """See Crowkis.get_or_compute; a task that is cancelled while it computes ends it for those who wait, too."""
        try:
            hit = await self.lookup(question, threshold=threshold, model=model, context=context, tags=tags)
        except redis.RedisError:
            hit = None
        if hit is not None:
            return hit.answer
        key = (question, model, context, tuple(tags))
        computing = self._computing.get(key)
        if computing is not None:
            return await asyncio.shield(computing)
        future = self._computing[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await compute()
            if answer:
                with suppress(redis.RedisError):  # a cache that cannot keep it must not cost the caller the answer
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
        await self._redis.execute_command(*self._words.feedback(key, good, reason))

    async def flush(self) -> int:
        """See Crowkis.flush."""
        return int(await self._redis.execute_command(*self._words.flush()))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()


def _hit(found: dict[str, Any] | None) -> CacheHit | None:
    if not found:
        return None
    return CacheHit(found["response"], found["confidence"], found["similarity"], found["hit_type"] == "exact",
                    found["ttl"], found["key"])  # fmt: skip


def _or_none(call: Callable[[], Any]) -> Any:
    """A cache that cannot be reached is like one that holds nothing."""
    try:
        return call()
    except redis.RedisError:
        return None
