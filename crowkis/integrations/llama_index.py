"""LlamaIndex asks the cache first: `Settings.llm = CachedLLM(llm)`. It has no cache of its own to plug one into.

An LLM in front of another: chats and completions, whole, streamed and async, are answered from the cache or by it. The
last user message (the prompt) is the question; the messages before it, the model and its settings are compared exactly,
and so is a prompt that carries what was retrieved. Calls of tools go straight to the model. A hit says
`additional_kwargs["cached"]`, and no token is counted for it. Needs llama-index-core.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    ImageBlock,
    LLMMetadata,
    MessageRole,
    TextBlock,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM
from pydantic import PrivateAttr, SerializeAsAny

from crowkis.integrations.chats import ChatCache, Found, read
from crowkis.wire.chat import CHAT
from crowkis.wire.shape import Asked, parts_of

__all__ = ["CachedLLM", "ChatCache"]

SECRETS = ("key", "token", "secret", "password", "headers")
"""Settings whose names hold one of these do not change what a model is."""
CACHED = {"cached": True}


class CachedLLM(FunctionCallingLLM):  # type: ignore[misc]
    """See the file's docstring. `cache` says where answers are kept."""

    llm: SerializeAsAny[LLM]
    _cache: ChatCache = PrivateAttr()

    def __init__(self, llm: LLM, cache: ChatCache | None = None) -> None:
        super().__init__(
            llm=llm, callback_manager=llm.callback_manager, system_prompt=llm.system_prompt,
            messages_to_prompt=llm.messages_to_prompt, completion_to_prompt=llm.completion_to_prompt,
            output_parser=llm.output_parser, pydantic_program_mode=llm.pydantic_program_mode,
        )  # fmt: skip
        self._cache = cache or ChatCache(namespace="llama_index")

    @classmethod
    def class_name(cls) -> str:
        """Of the wrapper, for LlamaIndex."""
        return "CachedLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """That of the model behind."""
        return self.llm.metadata

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """See LLM."""
        asked = self._asked(messages, kwargs)
        found = self._cache.find(CHAT, asked) if asked is not None else None
        if found is not None:
            return _chat(_text(found))
        response = self.llm.chat(messages, **kwargs)
        if asked is not None:
            self._cache.keep(CHAT, asked, _answer(response))
        return response

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """See LLM."""
        asked = self._asked(messages, kwargs)
        found = self._cache.find(CHAT, asked) if asked is not None else None
        if found is not None:
            return (_chat(text, delta) for text, delta in _growing(found))
        return self._followed(asked, self.llm.stream_chat(messages, **kwargs))

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """See LLM."""
        asked = self._asked_to_complete(prompt, formatted, kwargs)
        found = self._cache.find(CHAT, asked) if asked is not None else None
        if found is not None:
            return CompletionResponse(text=_text(found), additional_kwargs=CACHED)
        response = self.llm.complete(prompt, formatted=formatted, **kwargs)
        if asked is not None:
            self._cache.keep(CHAT, asked, _answer(response))
        return response

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """See LLM."""
        asked = self._asked_to_complete(prompt, formatted, kwargs)
        found = self._cache.find(CHAT, asked) if asked is not None else None
        if found is not None:
            grown = _growing(found)
            return (CompletionResponse(text=text, delta=delta, additional_kwargs=CACHED) for text, delta in grown)
        return self._followed(asked, self.llm.stream_complete(prompt, formatted=formatted, **kwargs))

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """See LLM."""
        asked = self._asked(messages, kwargs)
        found = await self._cache.afind(CHAT, asked) if asked is not None else None
        if found is not None:
            return _chat(_text(found))
        response = await self.llm.achat(messages, **kwargs)
        if asked is not None:
            await self._cache.akeep(CHAT, asked, _answer(response))
        return response

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """See LLM."""
        asked = self._asked(messages, kwargs)
        found = await self._cache.afind(CHAT, asked) if asked is not None else None
        if found is not None:
            return _later(_chat(text, delta) for text, delta in _growing(found))
        return self._afollowed(asked, await self.llm.astream_chat(messages, **kwargs))

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """See LLM."""
        asked = self._asked_to_complete(prompt, formatted, kwargs)
        found = await self._cache.afind(CHAT, asked) if asked is not None else None
        if found is not None:
            return CompletionResponse(text=_text(found), additional_kwargs=CACHED)
        response = await self.llm.acomplete(prompt, formatted=formatted, **kwargs)
        if asked is not None:
            await self._cache.akeep(CHAT, asked, _answer(response))
        return response

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """See LLM."""
        asked = self._asked_to_complete(prompt, formatted, kwargs)
        found = await self._cache.afind(CHAT, asked) if asked is not None else None
        if found is not None:
            grown = _growing(found)
            return _later(CompletionResponse(text=text, delta=delta, additional_kwargs=CACHED) for text, delta in grown)
        return self._afollowed(asked, await self.llm.astream_complete(prompt, formatted=formatted, **kwargs))

    # Tools: what is called depends on more than the question.

    @property
    def _behind(self) -> Any:
        return self.llm

    def chat_with_tools(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return self._behind.chat_with_tools(*args, **kwargs)

    async def achat_with_tools(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return await self._behind.achat_with_tools(*args, **kwargs)

    def stream_chat_with_tools(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return self._behind.stream_chat_with_tools(*args, **kwargs)

    async def astream_chat_with_tools(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return await self._behind.astream_chat_with_tools(*args, **kwargs)

    def predict_and_call(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return self._behind.predict_and_call(*args, **kwargs)

    async def apredict_and_call(self, *args: Any, **kwargs: Any) -> Any:
        """Not cached."""
        return await self._behind.apredict_and_call(*args, **kwargs)

    def get_tool_calls_from_response(self, *args: Any, **kwargs: Any) -> Any:
        """As the model behind does."""
        return self._behind.get_tool_calls_from_response(*args, **kwargs)

    def _prepare_chat_with_tools(self, *args: Any, **kwargs: Any) -> Any:
        return self._behind._prepare_chat_with_tools(*args, **kwargs)

    def _asked(self, messages: Sequence[ChatMessage], parameters: dict[str, Any]) -> Asked | None:
        """What is asked; nothing where a parameter is not to be written down: it could not be compared."""
        body = {**parameters, "model": _model(self.llm), "messages": [_message(message) for message in messages]}
        try:
            return read(CHAT.read, body, self._cache)
        except TypeError:
            return None

    def _asked_to_complete(self, prompt: str, formatted: bool, parameters: dict[str, Any]) -> Asked | None:
        return self._asked([ChatMessage(content=prompt)], {**parameters, "to complete": formatted})

    def _followed(self, asked: Asked | None, responses: Iterator[Any]) -> Generator[Any, None, None]:
        last = None
        for last in responses:
            yield last
        if asked is not None and last is not None:
            self._cache.keep(CHAT, asked, _answer(last))

    async def _afollowed(self, asked: Asked | None, responses: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
        last = None
        async for last in responses:
            yield last
        if asked is not None and last is not None:
            await self._cache.akeep(CHAT, asked, _answer(last))


def _model(llm: LLM) -> str:
    """Its class and settings; objects among them by their class."""
    told = {
        name: value for name, value in llm.to_dict().items() if not any(secret in name.lower() for secret in SECRETS)
    }
    text = json.dumps(told, sort_keys=True, default=lambda value: type(value).__name__)
    return "llm:" + blake2b(text.encode(), digest_size=16).hexdigest()


def _message(message: ChatMessage) -> dict[str, Any]:
    """In OpenAI's shape, as far as the question goes."""
    parts = [_part(block) for block in message.blocks]
    words = len(parts) == 1 and parts[0]["type"] == "text"
    content = parts[0]["text"] if words else parts
    return {"role": message.role.value, "content": content, **_plain(message.additional_kwargs)}


def _part(block: Any) -> dict[str, Any]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    kind = "image_url" if isinstance(block, ImageBlock) else f"block {type(block).__name__}"
    return {"type": kind, "image_url": block.model_dump(mode="json")}


def _plain(told: dict[str, Any]) -> Any:
    return json.loads(json.dumps(told, default=str))


def _answer(response: Any) -> dict[str, Any]:
    """In OpenAI's shape; one that is no whole answer in words says so, and is not kept."""
    if isinstance(response, CompletionResponse):
        text, more = response.text, {}
    else:
        said = response.message
        only_words = all(isinstance(block, TextBlock) for block in said.blocks)
        text, more = (said.content or "") if only_words else "", said.additional_kwargs
    message = {"role": "assistant", "content": text, "tool_calls": bool(more.get("tool_calls"))}
    return {"choices": [{"index": 0, "message": message, "finish_reason": _finish(response.raw)}]}


def _finish(raw: Any) -> str:
    """Why the model ended, where its own response tells; an end that is not told is taken for a good one."""
    choices = _field(raw, "choices")
    told = [_field(source, name) for source in (raw, choices[0] if choices else None)
            for name in ("finish_reason", "stop_reason", "done_reason")]  # fmt: skip
    reasons = {str(getattr(reason, "name", reason)).lower() for reason in told if reason is not None}
    return "stop" if reasons <= {"stop", "end_turn", "stop_sequence"} else "other"


def _field(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def _text(found: Found) -> str:
    return str(found.answer["choices"][0]["message"]["content"])


def _growing(found: Found) -> Iterator[tuple[str, str]]:
    """The text so far and what came last, a few words at a time."""
    text = ""
    for part in parts_of(_text(found)):
        text += part
        yield text, part


def _chat(text: str, delta: str | None = None) -> ChatResponse:
    message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
    return ChatResponse(message=message, delta=delta, additional_kwargs=CACHED)


async def _later(responses: Iterator[Any]) -> AsyncGenerator[Any, None]:
    for response in responses:
        yield response
