"""A listener for HTTP: serves routes on the event loop of the server. What is answered the routes decide."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

KEEP_ALIVE_S = 75
HEADER_BYTES_MAX = 64 * 1024
SOCKET_BYTES_MAX = 4 * 1024
"""Of a message to a WebSocket."""


class HttpDoor:
    """One port."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._app = Starlette(routes=list(routes), exception_handlers={HTTPException: _told})
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def listen(self, host: str, port: int, loop: asyncio.AbstractEventLoop) -> int:
        """Start listening; tells the port. Raises OSError."""
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._server = _Server(
            uvicorn.Config(
                self._app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=KEEP_ALIVE_S,
                server_header=False, date_header=False, h11_max_incomplete_event_size=HEADER_BYTES_MAX,
                ws="websockets-sansio", ws_max_size=SOCKET_BYTES_MAX, ws_per_message_deflate=False,
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


async def _told(request: Request, error: Exception) -> Response:
    """What no route answers, as the routes tell errors."""
    assert isinstance(error, HTTPException)
    code = error.detail.lower().replace(" ", "_")
    text = "there is nothing at this path" if error.status_code == 404 else error.detail
    told = {"error": {"code": code, "message": text}}
    return JSONResponse(told, error.status_code, error.headers)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the app stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
