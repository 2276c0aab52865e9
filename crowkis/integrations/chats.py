"""Requests to models' APIs, looked up in a Crowkis server and kept there; what is the same question is what the gateway
says (wire/shape.py): the last user message by meaning, all else exactly.

A cache that fails never fails the caller: it is as if it held nothing, and the log of "crowkis" says so once a minute
at most. No question and no answer is ever in the log.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import redis

from crowkis.client import AsyncCrowkis, CacheHit, Crowkis
from crowkis.wire.shape import Asked, Shape, compact

LOG = logging.getLogger("crowkis")
TOLD_EVERY_S = 60.0


class Outage:
    """Tells the log of a cache that fails, and does not repeat itself."""

    def __init__(self) -> None:
        self._quiet_until_s = 0.0

    def tell(self, error: redis.RedisError) -> None:
        """What failed; of the server's own words the first alone, for the others may quote a question."""
        now_s = time.monotonic()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + TOLD_EVERY_S
            said = str(error) if isinstance(error, redis.ConnectionError) else str(error).partition(" ")[0]
            LOG.warning("the cache does not answer, models are asked every time: %s: %s", type(error).__name__, said)


class Found(NamedTuple):
    """A stored answer that is served."""

    answer: dict[str, Any]
    exact: bool


class ChatCache:
    """Where answers are kept: one namespace of one tenant. `server` is what Crowkis() takes: host, port, token ...

    `ttl_s`: how long (0: as the server's settings say); `threshold`: the confidence an answer must reach;
    `temperature_max`: requests with a higher temperature are neither looked up nor kept; `pace_ms`: the pause between
    the parts of a stored answer that is streamed.
    """

    def __init__(
        self, *, namespace: str = "chats", ttl_s: float = 0.0, threshold: float | None = None,
        temperature_max: float = 10.0, pace_ms: int = 0, **server: Any,
    ) -> None:  # fmt: skip
        self._client = Crowkis(namespace=namespace, **server)
        self._async_client = AsyncCrowkis(namespace=namespace, **server)
        self.ttl_s = ttl_s
        self.threshold = threshold
        self.temperature_max = temperature_max
        self.pace_s = pace_ms / 1000
        self._outage = Outage()

    def find(self, shape: Shape, asked: Asked) -> Found | None:
        """A stored answer that is right for what is asked, or nothing."""
        try:
            return self._found(shape, self._client.lookup(asked.text, threshold=self.threshold, **_about(asked)))
        except redis.RedisError as error:
            self._outage.tell(error)
            return None

    def keep(self, shape: Shape, asked: Asked, answer: dict[str, Any], ttl_s: float = 0.0) -> None:
        """Keep an answer that is whole; any other is none to serve again."""
        if shape.worth_keeping(answer):
            try:
                self._client.store(asked.text, _text_of(answer), ttl_s=ttl_s or self.ttl_s, **_about(asked))
            except redis.RedisError as error:
                self._outage.tell(error)

    async def afind(self, shape: Shape, asked: Asked) -> Found | None:
        """See find()."""
        try:
            hit = await self._async_client.lookup(asked.text, threshold=self.threshold, **_about(asked))
            return self._found(shape, hit)
        except redis.RedisError as error:
            self._outage.tell(error)
            return None

    async def akeep(self, shape: Shape, asked: Asked, answer: dict[str, Any], ttl_s: float = 0.0) -> None:
        """See keep()."""
        if shape.worth_keeping(answer):
            try:
                await self._async_client.store(asked.text, _text_of(answer), ttl_s=ttl_s or self.ttl_s, **_about(asked))
            except redis.RedisError as error:
                self._outage.tell(error)

    def flush(self) -> int:
        """Remove every answer of this namespace; tells how many."""
        return self._client.flush()

    async def close(self) -> None:
        """Let go of the connections."""
        self._client.close()
        await self._async_client.close()

    def _found(self, shape: Shape, hit: CacheHit | None) -> Found | None:
        if hit is None:
            return None
        try:
            answer = json.loads(hit.answer)
        except ValueError:
            return None  # stored by somebody else, in another form
        return Found(answer, hit.exact) if shape.worth_keeping(answer) else None


def _about(asked: Asked) -> dict[str, Any]:
    return {"model": asked.model, "context": asked.context.decode(), "image": asked.image}


def _text_of(answer: dict[str, Any]) -> str:
    return compact(answer).decode("utf-8", "surrogatepass")


def read(read_body: Callable[[object, float], Asked], body: object, cache: ChatCache) -> Asked | None:
    """What a request asks; nothing where the gateway would let it pass, too."""
    try:
        asked = read_body(body, cache.temperature_max)
    except (ValueError, RecursionError):
        return None
    return None if asked.bypass else asked
