"""Who comes in over HTTP: the caller it is to the engine, what it shows, how much it may send. The routes share it."""

import ipaddress
import json
from typing import Any

from starlette.requests import Request

from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.engine.inside import Caller
from crowkis.values.limits import HTTP_BODY_BYTES_MAX

CLIENT_CLOSED = 499
"""What is noted of a request whose client has gone; nobody is sent it."""


class RefusedError(Exception):
    """The request is not let in or cannot be understood: status, kind, and a text that says what to do."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind


def malformed(text: str) -> RefusedError:
    """The request cannot be understood."""
    return RefusedError(400, "invalid_request_error", text)


def caller_of(engine: Engine, actor: Actor, request: Request) -> Caller:
    """A client of the engine for one request; leave() it."""
    host, port = request.client or ("unknown", 0)
    return Caller(engine, actor, f"{host}:{port}", is_local(host))


def let_in(caller: Caller, shown: str, how: str) -> None:
    """Where a token is set, or the caller is on another machine, the token must be shown. Raises RefusedError."""
    if caller.admitted:
        return
    if not shown or not caller.log_in("default", shown):
        raise RefusedError(401, "invalid_api_key", f"this server asks for its token, {how}")


async def body_of(request: Request) -> bytes:
    """All of it, within the limit. Raises RefusedError, ClientDisconnect."""
    parts, size_bytes = [], 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > HTTP_BODY_BYTES_MAX:
            raise RefusedError(413, "invalid_request_error", f"a request may have at most {HTTP_BODY_BYTES_MAX} bytes")
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


def is_local(host: str) -> bool:
    """Is the peer on this machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
