"""A listener for HTTP: serves routes on the event loop of the server. What is answered the routes decide."""

import asyncio
import contextlib
import inspect
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from crowkis.doors.patience import USUAL, Limits, UnlessGone, connection_with

KEEP_ALIVE_S = 75
SOCKET_BYTES_MAX = 4 * 1024
"""Of a message to a WebSocket."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CORS_S = 600
TOLD = (
    "x-cache-match", "x-crowkis-cache", "x-crowkis-key", "x-crowkis-confidence", "x-crowkis-age", "x-crowkis-ttl",
    "x-crowkis-tokens-saved", "x-crowkis-money-saved", "x-crowkis-bypass", "x-crowkis-coalesced", "x-crowkis-stale",
    "retry-after",
)  # fmt: skip
"""Fields that pages of other sites may read too."""


class HttpDoor:
    """One port."""

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        limits: Limits = USUAL,
        origins: Sequence[str] = (),
        count: Callable[[str], None] = lambda kind: None,
    ) -> None:
        """`origins`: the sites whose pages may read answers (Fetch standard, CORS); cookies are never meant by that.

        `count` hears the kind of each connection that is refused something.
        """
        self._app: ASGIApp = _Shortcuts(routes)
        if origins:
            self._app = CORSMiddleware(
                self._app, origins, METHODS, ["*"], expose_headers=TOLD, max_age=CORS_S
            )  # fmt: skip
        self._connection = connection_with(limits, count)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def listen(self, host: str, port: int, loop: asyncio.AbstractEventLoop) -> int:
        """Start listening; tells the port. Raises OSError."""
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._server = _Server(
            uvicorn.Config(
                self._app, log_config=None, log_level="error", access_log=False, lifespan="off", http=self._connection,
                timeout_keep_alive=KEEP_ALIVE_S, server_header=False, date_header=False,
                ws=_Socket, ws_max_size=SOCKET_BYTES_MAX, ws_per_message_deflate=False,
            )
        )  # fmt: skip
        self._task = loop.create_task(self._server.serve(sockets=[listener]))
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end what is going on."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            await self._task


class Streamed(Response):
    """A body that is sent part by part, none held back; given up as soon as the client leaves."""

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        status: int,
        headers: Mapping[str, str],
        media_type: str | None = None,
        ended: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """`ended` is awaited however it ends, even where no part was ever asked for."""
        super().__init__(None, status, headers, media_type)
        del self.headers["content-length"]
        self._parts = parts
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See starlette.responses.Response."""
        try:
            with UnlessGone(scope):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                async for part in self._parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientDisconnect:
            pass
        finally:
            await self._parts.aclose()
            if self._ended is not None:
                await self._ended()


class _Fields(Headers):
    """A request's fields, looked at often: the first of each name at hand."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._first: dict[str, str] = {}
        for name, value in self._list:
            self._first.setdefault(name.decode("latin-1"), value.decode("latin-1"))

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        return self._first.get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first


class _Request(Request):
    @property
    def headers(self) -> Headers:
        if not hasattr(self, "_headers"):
            self._headers = _Fields(self.scope)
        return self._headers


class _Shortcuts:
    """The routes as an application: those without variables are found at once, the others by Starlette's router."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._others = Starlette(routes=list(routes), exception_handlers={HTTPException: _told})
        self._endpoints: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {}
        for route in routes:
            if isinstance(route, Route) and not route.param_convertors and _is_plain(route.endpoint):
                for method in route.methods or ():
                    if _first_match(routes, method, route.path) is route:
                        self._endpoints[method, route.path] = route.endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self._others(scope, receive, send)
            return
        scope["path_params"] = {}
        request = _Request(scope, receive, send)
        try:
            response = await endpoint(request)
        except HTTPException as error:
            response = await _told(request, error)
        await response(scope, receive, send)


def _is_plain(endpoint: object) -> bool:
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return inspect.iscoroutinefunction(endpoint)


def _first_match(routes: Sequence[BaseRoute], method: str, path: str) -> BaseRoute | None:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


async def _told(request: Request, error: Exception) -> Response:
    """What no route answers, as the routes tell errors."""
    assert isinstance(error, HTTPException)
    code = error.detail.lower().replace(" ", "_")
    text = "there is nothing at this path" if error.status_code == 404 else error.detail
    told = {"error": {"code": code, "message": text}}
    return JSONResponse(told, error.status_code, error.headers)


class _Socket(WebSocketsSansIOProtocol):
    """uvicorn's, which takes a refusal that was sent whole for a handshake that was forgotten."""

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the app stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
