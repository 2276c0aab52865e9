"""LiteLLM's cache: `litellm.cache = CrowkisCache()`, then a model is asked once for what means the same, streams too.

The last user message is the question; the messages before it, and all that LiteLLM's own cache key is made of, are
compared exactly. Behind LiteLLM's proxy every key, team and organisation has answers of its own. Only chats are cached.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from litellm.caching.base_cache import BaseCache
from litellm.caching.caching import Cache
from litellm.types.caching import LiteLLMCacheType

from crowkis.integrations.chats import ChatCache, read
from crowkis.wire.chat import CHAT, UNRELATED
from crowkis.wire.shape import Asked

__all__ = ["ChatCache", "CrowkisCache"]

NOT_IN_THE_KEY = (UNRELATED - {"model", "metadata"}) | {"messages"}
"""The key names what must agree exactly. LiteLLM leaves the metadata out itself, and reads the model's group there."""
OWNERS = ("user_api_key", "user_api_key_team_id", "user_api_key_org_id")
"""Whom the proxy answers, where there is one."""


class CrowkisCache(Cache):  # type: ignore[misc]
    """`cache` says where answers are kept; all else is what litellm.Cache takes: ttl, mode, supported_call_types ..."""

    def __init__(self, *, cache: ChatCache | None = None, **options: Any) -> None:
        """Prepare to ask; no connection is made. A chat of any length is looked up, unless `max_messages` is set."""
        told = {"supported_call_types": ["completion", "acompletion"], "max_messages": None, **options}
        super().__init__(type=LiteLLMCacheType.LOCAL, **told)
        self.cache = _Kept(cache or ChatCache(namespace="litellm"))

    def get_cache_key(self, **kwargs: Any) -> str:
        """What must agree exactly, in place of all that was said."""
        exact = {name: value for name, value in kwargs.items() if name not in NOT_IN_THE_KEY}
        return f"{super().get_cache_key(**exact)} {_owner(kwargs)}"


def _owner(kwargs: Mapping[str, Any]) -> str:
    within = kwargs.get("litellm_params") or {}
    told: dict[str, Any] = {}
    for source in (kwargs, within):
        for name in ("metadata", "litellm_metadata"):
            told = {**(source.get(name) or {}), **told}
    return json.dumps([told.get(name) for name in OWNERS], default=str)


class _Kept(BaseCache):  # type: ignore[misc]
    """What LiteLLM calls for every chat."""

    def __init__(self, cache: ChatCache) -> None:
        super().__init__()
        self._cache = cache

    def get_cache(self, key: str, **kwargs: Any) -> Any:
        asked = self._asked(key, kwargs)
        found = self._cache.find(CHAT, asked) if asked is not None else None
        return None if found is None else _dated(found.answer)

    def set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        asked, answer = self._asked(key, kwargs), _answer(value)
        if asked is not None and answer is not None:
            self._cache.keep(CHAT, asked, answer, float(kwargs.get("ttl") or 0))

    async def async_get_cache(self, key: str, **kwargs: Any) -> Any:
        asked = self._asked(key, kwargs)
        found = await self._cache.afind(CHAT, asked) if asked is not None else None
        return None if found is None else _dated(found.answer)

    async def async_set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        asked, answer = self._asked(key, kwargs), _answer(value)
        if asked is not None and answer is not None:
            await self._cache.akeep(CHAT, asked, answer, float(kwargs.get("ttl") or 0))

    async def async_set_cache_pipeline(self, cache_list: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        for key, value in cache_list:
            await self.async_set_cache(key, value, **kwargs)

    async def disconnect(self) -> None:
        await self._cache.close()

    def _asked(self, key: str, kwargs: Mapping[str, Any]) -> Asked | None:
        messages = [
            dump() if (dump := getattr(said, "model_dump", None)) else said for said in kwargs.get("messages") or ()
        ]
        return read(CHAT.read, {"model": key, "messages": messages}, self._cache)


def _answer(value: Any) -> dict[str, Any] | None:
    """The answer LiteLLM wants kept: text of JSON beside its time."""
    told = value.get("response") if isinstance(value, dict) else None
    try:
        answer = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _dated(answer: dict[str, Any]) -> dict[str, Any]:
    created_s = answer.get("created")
    return {"timestamp": created_s, "response": answer} if isinstance(created_s, int) else answer
