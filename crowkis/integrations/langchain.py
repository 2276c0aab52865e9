"""LangChain's LLM cache: `set_llm_cache(CrowkisCache())`, then a model is asked once for what means the same.

The last human message of a chat is the question, what came before it its context; a plain prompt is the question. The
description of the model and its settings (`llm_string`) is compared exactly. Needs langchain-core.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.load import dumps, loads

from crowkis.client import AsyncCrowkis, Crowkis

ROLES = {"HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system"}


class CrowkisCache(BaseCache):
    """One namespace of one tenant. `server` is what Crowkis() takes: host, port, tenant, token ..."""

    def __init__(self, *, namespace: str = "langchain", ttl_s: float = 0.0, **server: Any) -> None:
        """Prepare to ask; no connection is made."""
        self._client = Crowkis(namespace=namespace, **server)
        self._async_client = AsyncCrowkis(namespace=namespace, **server)
        self._ttl_s = ttl_s

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """See BaseCache."""
        question, context = _asked(prompt)
        hit = self._client.lookup(question, context=context, model=_model(llm_string))
        return None if hit is None else _generations(hit.answer)

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """See BaseCache."""
        question, context = _asked(prompt)
        answer = _text_of(return_val)
        self._client.store(question, answer, ttl_s=self._ttl_s, context=context, model=_model(llm_string))

    def clear(self, **kwargs: Any) -> None:
        """See BaseCache."""
        self._client.flush()

    async def alookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """See BaseCache."""
        question, context = _asked(prompt)
        hit = await self._async_client.lookup(question, context=context, model=_model(llm_string))
        return None if hit is None else _generations(hit.answer)

    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """See BaseCache."""
        question, context = _asked(prompt)
        answer = _text_of(return_val)
        await self._async_client.store(question, answer, ttl_s=self._ttl_s, context=context, model=_model(llm_string))

    async def aclear(self, **kwargs: Any) -> None:
        """See BaseCache."""
        await self._async_client.flush()


def _asked(prompt: str) -> tuple[str, str]:
    """The question, and what came before it as JSON for CONTEXT."""
    try:
        messages = [_message(row) for row in json.loads(prompt)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return prompt, ""
    if not messages or messages[-1]["role"] != "user":
        return prompt, ""
    return messages[-1]["content"], json.dumps(messages[:-1]) if len(messages) > 1 else ""


def _message(row: dict[str, Any]) -> dict[str, str]:
    """A message as LangChain writes it down; raises where it is none in words alone."""
    content = row["kwargs"]["content"]
    if not isinstance(content, str) or not content.strip():
        raise ValueError("not in words alone")
    return {"role": ROLES[row["id"][-1]], "content": content}


def _model(llm_string: str) -> str:
    return "llm:" + blake2b(llm_string.encode(), digest_size=16).hexdigest()


def _text_of(generations: Sequence[Any]) -> str:
    return json.dumps([dumps(generation) for generation in generations])


def _generations(answer: str) -> RETURN_VAL_TYPE:
    return [loads(text) for text in json.loads(answer)]
