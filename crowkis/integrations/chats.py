"""Requests to models' APIs, looked up in a Crowkis server and kept there; what is the same question is what the gateway
says (wire/shape.py): the last user message by meaning, all else exactly.

A cache that fails never fails the caller: it is as if it held nothing (client.py: Outage).
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from crowkis.client import AsyncCrowkis, CacheHit, Crowkis, Outage
from crowkis.wire.shape import Asked, Shape, compact


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
        hit: CacheHit | None = None
        with self._outage:
            hit = self._client.lookup(asked.text, threshold=self.threshold, **_about(asked))
        return self._found(shape, hit)

    def keep(self, shape: Shape, asked: Asked, answer: dict[str, Any], ttl_s: float = 0.0) -> None:
        """Keep an answer that is whole; any other is none to serve again."""
        if shape.worth_keeping(answer):
            with self._outage:
                self._client.store(asked.text, _text_of(answer), ttl_s=ttl_s or self.ttl_s, **_about(asked))

    async def afind(self, shape: Shape, asked: Asked) -> Found | None:
        """See find()."""
        hit: CacheHit | None = None
        with self._outage:
            hit = await self._async_client.lookup(asked.text, threshold=self.threshold, **_about(asked))
        return self._found(shape, hit)

    async def akeep(self, shape: Shape, asked: Asked, answer: dict[str, Any], ttl_s: float = 0.0) -> None:
        """See keep()."""
        if shape.worth_keeping(answer):
            with self._outage:
                await self._async_client.store(asked.text, _text_of(answer), ttl_s=ttl_s or self.ttl_s, **_about(asked))

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
