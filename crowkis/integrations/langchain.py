"""LangChain's LLM cache: `set_llm_cache(CrowkisCache())`, then a model is asked once for what means the same.

The last human message of a chat is the question, what came before it its context; a plain prompt is the question. A
chat that holds anything but words, calls of tools for one, is compared exactly, and so is the description of the model
and its settings (`llm_string`). Nothing but generations and messages is ever made of what is stored. A cache that
fails is as if it held nothing (`clear` raises). Needs langchain-core.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, GenerationChunk

from crowkis.client import AsyncCrowkis, Crowkis, Outage

ROLES = {"HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system"}
KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Generation, GenerationChunk, ChatGeneration, ChatGenerationChunk)
}


class CrowkisCache(BaseCache):
    """One namespace of one tenant. `server` is what Crowkis() takes: host, port, tenant, token ..."""

    def __init__(self, *, namespace: str = "langchain", ttl_s: float = 0.0, **server: Any) -> None:
        """Prepare to ask; no connection is made."""
        self._client = Crowkis(namespace=namespace, **server)
        self._async_client = AsyncCrowkis(namespace=namespace, **server)
        self._ttl_s = ttl_s
        self._outage = Outage()

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """See BaseCache."""
        question, about = _asked(prompt, llm_string)
        with self._outage:
            return _generations(self._client.ask(question, **about))
        return None

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """See BaseCache."""
        question, about = _asked(prompt, llm_string)
        with self._outage:
            self._client.store(question, _text_of(return_val), ttl_s=self._ttl_s, **about)

    def clear(self, **kwargs: Any) -> None:
        """See BaseCache."""
        self._client.flush()

    async def alookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """See BaseCache."""
        question, about = _asked(prompt, llm_string)
        with self._outage:
            return _generations(await self._async_client.ask(question, **about))
        return None

    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """See BaseCache."""
        question, about = _asked(prompt, llm_string)
        with self._outage:
            await self._async_client.store(question, _text_of(return_val), ttl_s=self._ttl_s, **about)

    async def aclear(self, **kwargs: Any) -> None:
        """See BaseCache."""
        await self._async_client.flush()


def _asked(prompt: str, llm_string: str) -> tuple[str, dict[str, str]]:
    """The question, and what must agree exactly."""
    rows = _rows(prompt)
    if rows is None:
        return prompt, {"model": _model(llm_string)}
    try:
        messages = [_message(row) for row in rows]
    except (KeyError, TypeError, AttributeError, ValueError):
        messages = []
    if not messages or messages[-1]["role"] != "user":
        return "a chat", {"model": _model(llm_string, prompt)}
    context = json.dumps(messages[:-1]) if len(messages) > 1 else ""
    return messages[-1]["content"], {"model": _model(llm_string), "context": context}


def _rows(prompt: str) -> list[Any] | None:
    """The messages of a chat as LangChain writes them down; nothing where it is a plain prompt."""
    try:
        rows = json.loads(prompt)
    except (ValueError, RecursionError):
        return None
    is_chat = isinstance(rows, list) and rows and all(isinstance(row, dict) and "lc" in row for row in rows)
    return rows if is_chat else None


def _message(row: dict[str, Any]) -> dict[str, str]:
    """Raises where a message is none in words alone."""
    content = row["kwargs"]["content"]
    if not isinstance(content, str) or not content.strip():
        raise ValueError("not in words alone")
    return {"role": ROLES[row["id"][-1]], "content": content}


def _model(*told: str) -> str:
    return "llm:" + blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


def _text_of(generations: Sequence[Any]) -> str:
    return json.dumps([_row(generation) for generation in generations], default=str)


def _row(generation: Generation) -> dict[str, Any]:
    row: dict[str, Any] = {"type": generation.type, "generation_info": generation.generation_info}
    message = getattr(generation, "message", None)
    return row | ({"text": generation.text} if message is None else {"message": message_to_dict(message)})


def _generations(answer: str | None) -> RETURN_VAL_TYPE | None:
    """What was stored; nothing where it is in another form than ours."""
    if answer is None:
        return None
    try:
        return [_generation(row) for row in json.loads(answer)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _generation(row: dict[str, Any]) -> Any:
    made, told = KINDS[row["type"]], {"generation_info": row["generation_info"]}
    if "message" in row:
        return made(message=messages_from_dict([row["message"]])[0], **told)
    return made(text=row["text"], **told)
