"""OpenAI's older completions as values, without I/O: a prompt goes on as text.

The prompt is matched by meaning, every other field is part of its instructions. Field names are those of the API
reference (POST /v1/completions). Raises nothing but ValueError.
"""

import json
from collections.abc import Iterator
from typing import Any

from crowkis.wire.chat import DONE, UNRELATED, error, event, nothing_yet, sent, tokens_of
from crowkis.wire.shape import Asked, Shape, context_of, parts_of, too_hot

HEAD = ("id", "created", "model", "system_fingerprint")


def read_completion(body: object, temperature_max: float) -> Asked:
    """See Shape.read."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    asked = nothing_yet(body)
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str) or not prompt.strip() or not asked.model:
        return asked._replace(bypass="not one prompt in words")
    if body.get("n") not in (None, 1) or body.get("best_of") not in (None, 1):
        return asked._replace(bypass="more than one answer is asked for")
    if body.get("echo"):
        return asked._replace(bypass="the prompt itself is asked for")
    if body.get("logprobs") is not None:
        return asked._replace(bypass="probabilities of words are asked for")
    if too_hot(body, temperature_max):
        return asked._replace(bypass="the temperature is above gateway_temperature_max")
    parameters = {name: value for name, value in body.items() if name not in UNRELATED and name != "prompt"}
    return asked._replace(text=prompt, context=context_of(["completions", parameters], []))


def worth_keeping(completion: object) -> bool:
    """See Shape.worth_keeping."""
    choices = completion.get("choices") if isinstance(completion, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return False
    text = choices[0].get("text")
    return choices[0].get("finish_reason") == "stop" and isinstance(text, str) and bool(text.strip())


def replayed(completion: dict[str, Any], wants_usage: bool) -> Iterator[bytes]:
    """See Shape.replayed."""
    choice = completion["choices"][0]
    head: dict[str, Any] = {name: completion[name] for name in HEAD if name in completion}
    head["object"] = "text_completion"

    def chunk(text: str, finish: str | None) -> bytes:
        told = {**choice, "text": text, "finish_reason": finish}
        return event({**head, "choices": [told], **({"usage": None} if wants_usage else {})})

    for part in parts_of(choice["text"]):
        yield chunk(part, None)
    yield chunk("", choice["finish_reason"])
    if wants_usage:
        yield event({**head, "choices": [], "usage": completion.get("usage")})
    yield DONE


class _Assembler:
    """See shape.Assembler."""

    def __init__(self) -> None:
        self._done = False
        self._head: dict[str, Any] = {}
        self._texts: list[str] = []
        self._finish: str | None = None
        self._usage: Any = None
        self._strange = False
        """Something came that is not one answer in words."""

    def take(self, data: bytes) -> bool:
        """See shape.Assembler."""
        if data == b"[DONE]":
            self._done = True
            return False
        try:
            chunk = json.loads(data)
            choices = chunk["choices"]
            self._usage = chunk.get("usage") or self._usage
            self._head = {**{name: chunk[name] for name in HEAD if name in chunk}, **self._head}
            for choice in choices:
                self._strange |= choice.get("index", 0) != 0 or bool(choice.get("logprobs"))
                self._texts.append(choice["text"] or "")
                self._finish = choice.get("finish_reason") or self._finish
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._strange = True
            return False
        return not choices and bool(chunk.get("usage"))

    def answer(self) -> dict[str, Any] | None:
        """See shape.Assembler."""
        if not self._done or self._strange:
            return None
        choice = {"index": 0, "text": "".join(self._texts), "logprobs": None, "finish_reason": self._finish}
        made = {**self._head, "object": "text_completion", "choices": [choice]}
        return {**made, "usage": self._usage} if self._usage else made


COMPLETIONS = Shape(
    "/v1/completions", read_completion, worth_keeping, tokens_of, replayed, _Assembler, sent, error
)  # fmt: skip
"""OpenAI's POST /v1/completions."""
