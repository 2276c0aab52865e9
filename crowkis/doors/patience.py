"""What the HTTP door puts up with: uvicorn's connection with a limit on time and size, and word of clients that leave.

uvicorn waits for a request's end as long as it takes, of any size, from as many as come. Parsing is llhttp's, strictly:
what could be read as two requests by two readers (two lengths, a length and chunks, folded lines, bare line ends) is
answered 400 and the connection closed. Never looks at what is asked.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, NamedTuple, cast

from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
FIELDS_MAX = 256
SPARE_CONNECTIONS = 256
"""So many beyond the limit are told so; the rest are not even listened to."""
TOLD_S = 5.0
"""How long somebody who is told so may take to send a request."""
GONE = "crowkis.gone"
"""Where a request's scope has its Gone."""


class Limits(NamedTuple):
    """Of one door."""

    head_s: float = 20.0
    """In which the head of a request must be complete, from its first byte, or from the connection's beginning."""
    body_s: float = 300.0
    """In which its body must be."""
    silence_s: float = 30.0
    """A body of which nothing more has come for so long is given up."""
    stall_s: float = 120.0
    """An answer of which a client has taken nothing for so long is given up."""
    connections_max: int = 10_000


USUAL = Limits()


class Refusal(NamedTuple):
    """Why a connection is closed."""

    kind: str
    status: int
    text: str


TOO_LARGE = Refusal(
    "head_too_large", 431, f"the head of a request may have at most {HEAD_BYTES_MAX} bytes in {FIELDS_MAX} fields"
)
TOO_SLOW = Refusal("too_slow", 408, "the rest of the request did not come in time")
MALFORMED = Refusal("malformed", 400, "this is no HTTP request, or one that could be read in two ways")
TOO_MANY = "too_many_connections"


class Gone:
    """Tells whoever watches when a connection is lost; one at a time, since requests are answered in turn."""

    __slots__ = ("over", "tell")

    def __init__(self) -> None:
        self.over = False
        self.tell: Callable[[], object] | None = None

    def happen(self) -> None:
        """The connection is lost."""
        self.over = True
        if self.tell is not None:
            self.tell()


class UnlessGone:
    """What is awaited within is given up when the client leaves: ClientDisconnect is raised in its place."""

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self._gone: Gone = scope[GONE]
        self._left = False
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        if self._gone.over:
            raise ClientDisconnect
        self._task = asyncio.current_task()
        self._gone.tell = self._leave

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task, self._gone.tell = self._task, None, None
        if self._left:
            assert task is not None
            if task.uncancel() == 0 and kind is asyncio.CancelledError:
                raise ClientDisconnect from None

    def _leave(self) -> None:
        self._left = True
        assert self._task is not None
        self._task.cancel()


class _Joining(asyncio.Transport):
    """A transport that holds the head of an answer until its body begins, or until nothing comes any more just now:
    every write is a call of the system, and a packet."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, stall_s: float) -> None:
        self.plain = transport
        self._loop = loop
        self._stall_s = stall_s
        self._held = b""
        for name in ("get_extra_info", "is_closing", "pause_reading", "resume_reading", "get_protocol", "set_protocol"):
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Everything leaves in its order."""
        if self._held:
            held, self._held = self._held, b""
            self.plain.write(held + data)
        elif data[:5] == b"HTTP/" and data[-4:] == b"\r\n\r\n":
            self._held = bytes(data)
            self._loop.call_soon(self._let_go)
        else:
            self.plain.write(data)

    def close(self) -> None:
        """Once all has left, or nobody takes it."""
        self._let_go()
        self.plain.close()
        if self.plain.get_write_buffer_size():
            self._loop.call_later(self._stall_s, self.plain.abort)

    def abort(self) -> None:
        """At once."""
        self.plain.abort()

    def _let_go(self) -> None:
        if self._held:
            self.plain.write(self._held)
            self._held = b""


class Connection(HttpToolsProtocol):
    """One client of an HTTP door."""

    limits = USUAL

    @staticmethod
    def count(kind: str) -> None:
        """Hears the kind of each refusal."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._gone = Gone()
        self._state = "idle"
        """idle: between requests, or one is being answered; head, body: one is coming."""
        self._fresh = False
        """The head that is coming began with this packet."""
        self._head_bytes = self._come_bytes = 0
        """Of the parts of a head read so far, and of the packets behind its first."""
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._timed = ""
        """The state the timer was set in."""
        self._body_until_s = 0.0
        self._refusal = MALFORMED

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn it away where there are too many, else wait for its first request."""
        super().connection_made(_Joining(cast(asyncio.Transport, transport), self.loop, self.limits.stall_s))
        over = len(self.connections) - self.limits.connections_max
        if over > 0:
            self.count(TOO_MANY)
        if over > SPARE_CONNECTIONS:
            self.transport.abort()
            return
        if over > 0:
            self.limit_concurrency = 0  # uvicorn answers 503 and closes
        self._set_timer(TOLD_S if over > 0 else self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._stop_timer()
        if self._stalled is not None:
            self._stalled.cancel()
        super().connection_lost(exc)
        self._gone.happen()

    def data_received(self, data: bytes) -> None:
        """Parse it, and watch the clock where a request is not whole."""
        self._fresh = False
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._stop_timer()
        elif self._state == "idle":
            if self._answering:
                self._stop_timer()
            elif self._timer is None and self.timeout_keep_alive_task is None:
                self._set_timer(self.limits.head_s)  # line ends before a request are none
        elif self._state == "body":
            self._set_timer(min(self.limits.silence_s, self._body_until_s - self.loop.time()))
        elif self._timer is None or self._timed != "head":
            self._set_timer(self.limits.head_s)
        if self._state == "head" and not self._fresh:
            self._come_bytes += len(data)
            if self._come_bytes > HEAD_BYTES_MAX:
                self._refuse(TOO_LARGE)

    def pause_writing(self) -> None:
        """The client takes nothing just now."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.limits.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def handle_websocket_upgrade(self) -> None:
        """What follows is no HTTP."""
        self._stop_timer()
        self.transport = cast(_Joining, self.transport).plain
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope[GONE] = self._gone  # type: ignore[literal-required]
        self._state, self._fresh = "head", True
        self._head_bytes = self._come_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        super().on_url(url)
        self._weigh(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those behind a body are not taken for it."""
        if self._state != "head":
            return
        super().on_header(name, value)
        self._weigh(len(name) + len(value))
        if len(self.headers) > FIELDS_MAX:
            self._refusal = TOO_LARGE
            raise ValueError  # ends the parsing

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._state = "body"
        self._body_until_s = self.loop.time() + self.limits.body_s
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._state = "idle"
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong and close."""
        if self.transport.is_closing():
            return
        kind, status, text = self._refusal
        self.count(kind)
        self.transport.write(
            b"%bcontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (STATUS_LINE[status], len(text), text.encode())
        )
        self.transport.close()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _weigh(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refusal = TOO_LARGE
            raise ValueError

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self.send_400_response("")

    def _set_timer(self, delay_s: float) -> None:
        self._stop_timer()
        self._timed = self._state
        self._timer = self.loop.call_later(delay_s, self._too_slow, delay_s)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self, delay_s: float) -> None:
        self._timer = None
        if self.pipeline or (self._answering and self._state != "body"):
            self._set_timer(delay_s)  # what comes waits behind an answer
        elif self._state == "head" or (self._state == "body" and not self.cycle.response_started):
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()


def connection_with(limits: Limits, count: Callable[[str], None]) -> type[Connection]:
    """The class of a door's connections; `count` hears the kind of each refusal."""
    return type("Connection", (Connection,), {"limits": limits, "count": staticmethod(count)})
