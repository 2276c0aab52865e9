"""Anthropic's messages as values, without I/O: what a request asks, and answers as a body or as a stream.

Of a request only the last user message is matched by meaning; system, tools and sampling are part of its instructions,
earlier turns are its history. Field and event names are those of the API reference (POST /v1/messages).
"""

import json
from collections.abc import Iterator
from typing import Any

from crowkis.wire.shape import Asked, Shape, Tokens, compact, context_of, parts_of, text_and_image, too_hot, used

UNRELATED = frozenset(("messages", "model", "stream", "metadata", "service_tier"))
"""Fields that do not change what a right answer is."""
WHOLE = frozenset(("end_turn", "stop_sequence"))


def read_messages(body: object, temperature_max: float) -> Asked:
    """See Shape.read."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    model = body["model"] if isinstance(body.get("model"), str) else ""
    asked = Asked("", b"", "", model, body.get("stream") is True, True, "")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not model:
        return asked._replace(bypass="not a request for a message")
    if not messages or messages[-1].get("role") != "user":
        return asked._replace(bypass="the last message is not a user's")
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") != "disabled":
        return asked._replace(bypass="thinking is asked for")
    if too_hot(body, temperature_max):
        return asked._replace(bypass="the temperature is above gateway_temperature_max")
    try:
        text, image = text_and_image(messages[-1].get("content"), "image", "blocks")
    except ValueError as error:
        return asked._replace(bypass=str(error))
    parameters = {name: value for name, value in body.items() if name not in UNRELATED}
    steering, history = _without_marks(["anthropic", parameters]), _without_marks(messages[:-1])
    return asked._replace(text=text, image=image, context=context_of(steering, history))


def _without_marks(value: Any) -> Any:
    """A value without its cache_control: what the upstream keeps of a prompt does not change the answer."""
    if isinstance(value, dict):
        return {name: _without_marks(inner) for name, inner in value.items() if name != "cache_control"}
    return [_without_marks(inner) for inner in value] if isinstance(value, list) else value


def worth_keeping(answer: object) -> bool:
    """See Shape.worth_keeping."""
    if not isinstance(answer, dict) or answer.get("type") != "message" or answer.get("stop_reason") not in WHOLE:
        return False
    blocks = answer.get("content")
    if not isinstance(blocks, list) or not blocks:
        return False
    return all(_is_words(block) for block in blocks) and any(block["text"].strip() for block in blocks)


def _is_words(block: object) -> bool:
    return (
        isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
        and not block.get("citations")
    )


def tokens_of(answer: dict[str, Any]) -> Tokens:
    """See Shape.tokens_of."""
    return used(answer, "input_tokens", "output_tokens")


def replayed(answer: dict[str, Any], wants_usage: bool) -> Iterator[bytes]:
    """See Shape.replayed; the usage is always part of the events."""
    usage = answer.get("usage") or {}
    begun = {
        **answer,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 0},
    }
    yield _event({"type": "message_start", "message": begun})
    for index, block in enumerate(answer["content"]):
        yield _event({"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}})
        for part in parts_of(block["text"]):
            delta = {"type": "text_delta", "text": part}
            yield _event({"type": "content_block_delta", "index": index, "delta": delta})
        yield _event({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": answer["stop_reason"], "stop_sequence": answer.get("stop_sequence")}
    yield _event({"type": "message_delta", "delta": ended, "usage": usage})
    yield _event({"type": "message_stop"})


def _event(value: dict[str, Any]) -> bytes:
    return b"event: " + str(value["type"]).encode() + b"\ndata: " + compact(value) + b"\n\n"


class _Assembler:
    """See shape.Assembler."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: list[dict[str, Any]] = []
        self._done = False
        self._strange = False
        """Something came that is not one answer in words."""

    def take(self, data: bytes) -> bool:
        """See shape.Assembler; no event holds the usage alone."""
        try:
            self._take(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            self._strange = True
        return False

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "message_start":
            self._message = dict(event["message"])
        elif kind == "content_block_start":
            self._strange |= event["index"] != len(self._blocks) or event["content_block"]["type"] != "text"
            self._blocks.append(dict(event["content_block"]))
        elif kind == "content_block_delta":
            self._strange |= event["delta"]["type"] != "text_delta"
            self._blocks[event["index"]]["text"] += event["delta"]["text"]
        elif kind == "message_delta":
            usage = {**(self._message.get("usage") or {}), **(event.get("usage") or {})}
            self._message.update(event["delta"], usage=usage)
        elif kind == "message_stop":
            self._done = True
        else:
            self._strange |= kind not in ("ping", "content_block_stop")

    def answer(self) -> dict[str, Any] | None:
        """See shape.Assembler."""
        if not self._done or self._strange or not self._message:
            return None
        return {**self._message, "content": self._blocks}


def _sent(body: bytes, asked: Asked) -> bytes:
    return body


def _error(kind: str, text: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": text}}


MESSAGES = Shape("/v1/messages", read_messages, worth_keeping, tokens_of, replayed, _Assembler, _sent, _error)
"""Anthropic's POST /v1/messages."""
