"""What a request brings, read within limits, and the refusals that say what is wrong with it."""

import json
from typing import Any

from starlette.requests import Request

from crowkis.values.limits import HTTP_BODY_BYTES_MAX

CLIENT_CLOSED = 499
"""What is noted of a request whose client has gone; nobody is sent it."""


class RefusedError(Exception):
    """The request is not let in or cannot be understood: status, kind, and a text that says what to do."""

    def __init__(self, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind
        self.headers = headers or {}


def malformed(text: str) -> RefusedError:
    """The request cannot be understood."""
    return RefusedError(400, "invalid_request_error", text)


async def body_of(request: Request, most: int = HTTP_BODY_BYTES_MAX) -> bytes:
    """All of it, within the limit. Raises RefusedError, ClientDisconnect.

    Packed bodies are not unpacked: a few bytes could become gigabytes. How long is waited, the connection knows
    (see patience.py).
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "unsupported_encoding", "send the body unpacked, without Content-Encoding")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > most:
        raise _too_large(most)
    parts, size_bytes = [], 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


async def object_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises RefusedError, ClientDisconnect."""
    try:
        value = json.loads(await body_of(request))
    except (ValueError, RecursionError):
        raise malformed("the body must be JSON") from None
    if not isinstance(value, dict):
        raise malformed("the body must be a JSON object")
    return value


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, "too_large", f"the body may have at most {most} bytes", {"connection": "close"})
