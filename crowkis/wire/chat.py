"""OpenAI's chat completions as values, without I/O: what a request asks, and answers as a body or as a stream.

Of a request only the last user message is matched by meaning. Everything else that could change the answer (system
messages, tools, response format, sampling, unknown fields) is part of its instructions; earlier turns are its history.
Field names are those of the API reference (POST /v1/chat/completions). Raises nothing but ValueError.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from crowkis.wire.shape import Asked, Shape, Tokens, compact, context_of, parts_of, text_and_image, too_hot, used

UNRELATED = frozenset(
    ("messages", "model", "stream", "stream_options", "user", "metadata", "store", "service_tier", "safety_identifier",
     "prompt_cache_key", "prompt_cache_retention")
)  # fmt: skip
"""Fields that do not change what a right answer is; all others do, those nobody here has heard of too."""
NOT_WORDS_ALONE = {
    "logprobs": "probabilities of words are asked for",
    "web_search_options": "the answer is looked up on the web",
    "audio": "sound is asked for",
}
"""Fields that ask for more than words, or for words that are another day's tomorrow."""
STEERING = frozenset({"system", "developer"})


def nothing_yet(body: dict[str, Any]) -> Asked:
    """What OpenAI's older APIs ask for in the same fields; the question itself is still to be read."""
    options = body.get("stream_options")
    return Asked(
        text="", context=b"", image="", model=body["model"] if isinstance(body.get("model"), str) else "",
        stream=body.get("stream") is True,
        wants_usage=isinstance(options, dict) and options.get("include_usage") is True, bypass="",
    )  # fmt: skip


def read_chat(body: object, temperature_max: float) -> Asked:
    """What a request's body asks. What the upstream will refuse anyway is bypassed, so that it can say so itself."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    asked = nothing_yet(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not asked.model:
        return asked._replace(bypass="not a chat request")
    if not messages or messages[-1].get("role") != "user":
        return asked._replace(bypass="the last message is not a user's")
    if body.get("n") not in (None, 1):
        return asked._replace(bypass="more than one answer is asked for")
    for name, why in NOT_WORDS_ALONE.items():
        if body.get(name):
            return asked._replace(bypass=why)
    if too_hot(body, temperature_max):
        return asked._replace(bypass="the temperature is above gateway_temperature_max")
    try:
        text, image = text_and_image(messages[-1].get("content"), "image_url", "parts")
    except ValueError as wrong:
        return asked._replace(bypass=str(wrong))
    return asked._replace(text=text, image=image, context=_context(body, messages[:-1]))


def _context(body: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> bytes:
    steering = [message for message in earlier if message.get("role") in STEERING]
    parameters = {name: value for name, value in body.items() if name not in UNRELATED}
    return context_of([steering, parameters], [message for message in earlier if message.get("role") not in STEERING])


def worth_keeping(completion: object) -> bool:
    """Is it one whole answer in words? Cut off, filtered, empty, or a call of tools is not."""
    choices = completion.get("choices") if isinstance(completion, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return False
    message = choices[0].get("message")
    if choices[0].get("finish_reason") != "stop" or not isinstance(message, dict):
        return False
    content = message.get("content")
    return isinstance(content, str) and bool(content.strip()) and not message.get("tool_calls")


def tokens_of(completion: dict[str, Any]) -> Tokens:
    """See Shape.tokens_of."""
    return used(completion, "prompt_tokens", "completion_tokens")


def event(value: object) -> bytes:
    """One server-sent event."""
    return b"data: " + compact(value) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def replayed(completion: dict[str, Any], wants_usage: bool) -> Iterator[bytes]:
    """A whole answer as the events of a stream: the role, the words, the end, the usage if asked for, [DONE]."""
    choice = completion["choices"][0]
    head: dict[str, Any] = {
        name: completion[name] for name in ("id", "created", "model", "system_fingerprint") if name in completion
    }
    head["object"] = "chat.completion.chunk"

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        told = {"index": choice.get("index", 0), "delta": delta, "finish_reason": finish}
        return event({**head, "choices": [told], **({"usage": None} if wants_usage else {})})

    message = choice["message"]
    yield chunk({**{name: value for name, value in message.items() if name != "content"}, "content": ""})
    for part in parts_of(message["content"]):
        yield chunk({"content": part})
    yield chunk({}, choice["finish_reason"])
    if wants_usage:
        yield event({**head, "choices": [], "usage": completion.get("usage")})
    yield DONE


class _Assembler:
    """See shape.Assembler."""

    def __init__(self) -> None:
        self.done = False
        """[DONE] has come."""
        self._head: dict[str, Any] = {}
        self._message: dict[str, Any] = {"role": "assistant"}
        self._content: list[str] = []
        self._finish: str | None = None
        self._usage: Any = None
        self._strange = False
        """Something came that is not one answer in words."""

    def take(self, data: bytes) -> bool:
        """See shape.Assembler."""
        if data == b"[DONE]":
            self.done = True
            return False
        try:
            chunk = json.loads(data)
            choices = chunk["choices"]
            if chunk.get("usage"):
                self._usage = chunk["usage"]
            for name in ("id", "created", "model", "system_fingerprint"):
                if name in chunk:
                    self._head.setdefault(name, chunk[name])
            for choice in choices:
                self._take_choice(choice)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._strange = True
            return False
        return not choices and bool(chunk.get("usage"))

    def _take_choice(self, choice: dict[str, Any]) -> None:
        self._strange |= choice.get("index", 0) != 0
        for name, value in choice["delta"].items():
            if name == "content":
                self._content.append(value or "")
            elif isinstance(value, str) and name != "role":
                self._message[name] = self._message.get(name, "") + value
            elif name != "role" and value is not None:
                self._strange = True
        self._finish = choice.get("finish_reason") or self._finish

    def answer(self) -> dict[str, Any] | None:
        """See shape.Assembler."""
        if not self.done or self._strange:
            return None
        message = {**self._message, "content": "".join(self._content)}
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        made = {**self._head, "object": "chat.completion", "choices": [choice]}
        return {**made, "usage": self._usage} if self._usage else made


def sent(body: bytes, asked: Asked) -> bytes:
    """See Shape.sent. A streamed request asks for the usage too, so that it is known what a hit saves.

    The caller is not shown it.
    """
    if not asked.stream or asked.wants_usage:
        return body
    value = json.loads(body)
    value["stream_options"] = {**(value.get("stream_options") or {}), "include_usage": True}
    return compact(value)


def error(kind: str, text: str) -> dict[str, Any]:
    """See Shape.error."""
    return {"error": {"message": text, "type": kind, "param": None, "code": kind}}


CHAT = Shape("/v1/chat/completions", read_chat, worth_keeping, tokens_of, replayed, _Assembler, sent, error)
"""OpenAI's POST /v1/chat/completions."""
