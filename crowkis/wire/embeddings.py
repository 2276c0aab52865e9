"""OpenAI's embeddings as values, without I/O: a request is known by all it says, and nothing like it will do.

A vector belongs to its text alone, so what is looked up is a digest of the whole input, never its meaning; a list of
texts is one request with one answer. Field names are those of the API reference (POST /v1/embeddings).
"""

from collections.abc import Iterator
from typing import Any

from crowkis.wire.chat import error
from crowkis.wire.shape import Asked, Shape, Tokens, context_of, digest, used

UNRELATED = frozenset(("input", "model", "user"))
"""Fields that do not change the vectors, and those that are told apart by themselves."""


def read_embedding(body: object, temperature_max: float) -> Asked:
    """See Shape.read."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    model, given = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model or not isinstance(given, str | list) or not given:
        return Asked("", b"", "", "", stream=False, wants_usage=True, bypass="not a request for embeddings")
    parameters = {name: value for name, value in body.items() if name not in UNRELATED}
    told = context_of(["embeddings", parameters], [])
    return Asked(f"embeddings {digest(given)}", told, "", model, False, True, "", exact=True)


def worth_keeping(answer: object) -> bool:
    """See Shape.worth_keeping: vectors, each with its place, and none missing."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not rows:
        return False
    return all(
        isinstance(row, dict) and row.get("index") == place and row.get("embedding") for place, row in enumerate(rows)
    )


def tokens_of(answer: dict[str, Any]) -> Tokens:
    """See Shape.tokens_of."""
    return used(answer, "prompt_tokens", "completion_tokens")


def replayed(answer: dict[str, Any], wants_usage: bool) -> Iterator[bytes]:
    """See Shape.replayed; nobody asks for vectors in parts."""
    return iter(())


class _Assembler:
    """See shape.Assembler; nobody asks for vectors in parts."""

    def take(self, data: bytes) -> bool:
        """See shape.Assembler."""
        return False

    def answer(self) -> None:
        """See shape.Assembler."""


def _sent(body: bytes, asked: Asked) -> bytes:
    return body


EMBEDDINGS = Shape("/v1/embeddings", read_embedding, worth_keeping, tokens_of, replayed, _Assembler, _sent, error)
"""OpenAI's POST /v1/embeddings."""
