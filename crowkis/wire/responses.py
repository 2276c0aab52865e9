"""OpenAI's responses as values, without I/O: what a request asks, and answers as a body or as a stream.

Of a request only the last user message is matched by meaning; instructions, tools and sampling are part of its
instructions, earlier items are its history. What goes on from something the upstream keeps is not looked up. Field and
event names are those of the API reference (POST /v1/responses).
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from crowkis.wire.chat import STEERING, error
from crowkis.wire.shape import Asked, Shape, Tokens, compact, context_of, parts_of, text_and_image, too_hot, used

UNRELATED = frozenset(
    ("input", "model", "stream", "stream_options", "user", "metadata", "store", "service_tier", "safety_identifier",
     "prompt_cache_key", "prompt_cache_retention")
)  # fmt: skip
"""Fields that do not change what a right answer is."""
KEPT_THERE = ("previous_response_id", "conversation", "background", "prompt", "store")
"""Fields by which a request goes on from, or is to become, something the upstream keeps."""
MORE_THAN_WORDS = ("include", "top_logprobs", "moderation")
"""Fields that ask for more than words."""
OWN_TOOLS = frozenset(("function", "custom"))
"""Kinds of tools the caller runs itself; those of the upstream look at a world that changes."""


def read_response(body: object, temperature_max: float) -> Asked:
    """See Shape.read."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    model = body["model"] if isinstance(body.get("model"), str) else ""
    asked = Asked("", b"", "", model, body.get("stream") is True, True, "")
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items) or not model:
        return asked._replace(bypass="not a request for a response")
    kept_there = [name for name in KEPT_THERE if body.get(name)]
    if kept_there:
        return asked._replace(bypass=f"{kept_there[0]} belongs to the upstream")
    if any(body.get(name) for name in MORE_THAN_WORDS):
        return asked._replace(bypass="more than words is asked for")
    tools = body.get("tools")
    if isinstance(tools, list) and not all(isinstance(tool, dict) and tool.get("type") in OWN_TOOLS for tool in tools):
        return asked._replace(bypass="tools of the upstream are offered")
    if any(item.get("type") == "item_reference" for item in items):
        return asked._replace(bypass="an item of the input belongs to the upstream")
    if items[-1].get("role") != "user" or items[-1].get("type", "message") != "message":
        return asked._replace(bypass="the last message is not a user's")
    if too_hot(body, temperature_max):
        return asked._replace(bypass="the temperature is above gateway_temperature_max")
    try:
        text, image = text_and_image(items[-1].get("content"), "input_image", "parts", "input_text")
    except ValueError as wrong:
        return asked._replace(bypass=str(wrong))
    steering = [item for item in items[:-1] if item.get("role") in STEERING]
    history = [item for item in items[:-1] if item.get("role") not in STEERING]
    parameters = {name: value for name, value in body.items() if name not in UNRELATED}
    parameters["stored"] = body.get("store") is not False
    return asked._replace(text=text, image=image, context=context_of(["responses", steering, parameters], history))


def worth_keeping(answer: object) -> bool:
    """See Shape.worth_keeping. That the model thought before it spoke may stand beside the words."""
    if not isinstance(answer, dict) or answer.get("object") != "response" or answer.get("status") != "completed":
        return False
    items = answer.get("output")
    if not isinstance(items, list) or answer.get("error") or answer.get("incomplete_details"):
        return False
    said = [item for item in items if not (isinstance(item, dict) and item.get("type") == "reasoning")]
    return len(said) == 1 and _is_words(said[0])


def _is_words(item: object) -> bool:
    if not isinstance(item, dict) or item.get("type") != "message" or not isinstance(item.get("content"), list):
        return False
    parts = item["content"]
    plain = all(
        isinstance(part, dict)
        and part.get("type") == "output_text"
        and isinstance(part.get("text"), str)
        and not part.get("annotations")
        for part in parts
    )
    return plain and any(part["text"].strip() for part in parts)


def tokens_of(answer: dict[str, Any]) -> Tokens:
    """See Shape.tokens_of."""
    return used(answer, "input_tokens", "output_tokens")


def replayed(answer: dict[str, Any], wants_usage: bool) -> Iterator[bytes]:
    """See Shape.replayed; the usage is part of the last event."""
    numbers = count()

    def event(kind: str, **told: Any) -> bytes:
        body = {"type": kind, "sequence_number": next(numbers), **told}
        return b"event: " + kind.encode() + b"\ndata: " + compact(body) + b"\n\n"

    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(answer["output"]):
        fresh = {**item, "status": "in_progress", "content": []} if item["type"] == "message" else item
        yield event("response.output_item.added", output_index=index, item=fresh)
        for place, part in enumerate(item["content"] if item["type"] == "message" else ()):
            where = {"item_id": item.get("id", ""), "output_index": index, "content_index": place}
            yield event("response.content_part.added", **where, part={**part, "text": ""})
            for piece in parts_of(part["text"]):
                yield event("response.output_text.delta", **where, delta=piece, logprobs=[])
            yield event("response.output_text.done", **where, text=part["text"], logprobs=[])
            yield event("response.content_part.done", **where, part=part)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=answer)


class _Assembler:
    """See shape.Assembler. The last event holds the whole answer."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] | None = None
        self._strange = False

    def take(self, data: bytes) -> bool:
        """See shape.Assembler; no event holds the usage alone."""
        try:
            event = json.loads(data)
            if event["type"] == "response.completed":
                self._whole = dict(event["response"])
            self._strange |= event["type"] in ("error", "response.failed", "response.incomplete")
        except (ValueError, KeyError, TypeError, RecursionError):
            self._strange = True
        return False

    def answer(self) -> dict[str, Any] | None:
        """See shape.Assembler."""
        return None if self._strange else self._whole


def _sent(body: bytes, asked: Asked) -> bytes:
    return body


RESPONSES = Shape("/v1/responses", read_response, worth_keeping, tokens_of, replayed, _Assembler, _sent, error)
"""OpenAI's POST /v1/responses."""
