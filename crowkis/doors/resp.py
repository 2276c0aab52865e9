"""The RESP door: sockets on one side, wire sessions and the actor on the other. It decides nothing about commands.

One connection is one asyncio Protocol. What is read is parsed at once and submitted; what is answered leaves in one
write per batch. A reader that falls behind is first read from no more, then closed at output_buffer_bytes.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from typing import cast

from crowkis.engine import gate
from crowkis.engine.actor import Actor
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.limits import KIB
from crowkis.values.reply import Stream
from crowkis.wire.session import Session
from crowkis.wire.writer import push_part, stream_head, stream_part

UNANSWERED_CALLS_MAX = 4_096
"""Calls of one connection that may be open before it is read from no more.

Well below the inbox: a client that pipelines for all it is worth is slowed down, not answered BUSY.
"""

CONNECTION_BYTES = 8 * KIB
"""What a connection takes at rest, approximately."""

Log = Callable[..., None]


class RespDoor:
    """The listener: hands each new connection a Connection, and knows all that are open."""

    def __init__(self, engine: Engine, actor: Actor, log: Log) -> None:
        self.engine = engine
        self.actor = actor
        self.log = log
        self.counts = engine.metrics.plain
        self.connections: set[Connection] = set()
        self.closing = False
        self.held_bytes = 0
        """Memory of all connections: what they are owed or have sent in part, and what each takes at rest."""
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Start listening; tells the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    def stop_accepting(self) -> None:
        """Take no more connections and read no more requests; replies still go out."""
        self.closing = True
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.stop_reading()

    @property
    def streaming(self) -> bool:
        """An answer is on its way in parts, to a client that takes them."""
        return any(connection.streaming for connection in self.connections)

    def close(self) -> None:
        """Close every connection after what it is owed has been written."""
        for connection in list(self.connections):
            connection.close("shutdown")


class Connection(asyncio.Protocol):
    """One client's socket; the engine sees it as the client's sink."""

    def __init__(self, door: RespDoor) -> None:
        self._door = door
        self._session = Session()
        self._transport: asyncio.Transport
        self._client: Client | None = None
        self._paused = False
        """Read from no more until the client has taken what it is owed."""
        self.congested = False
        """The socket takes no more just now: streams and further requests wait."""
        self._finished = False
        self._held_bytes = 0
        """What of the door's held_bytes is this connection's."""
        self._streams: dict[int, Playback] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new client: turn it away when the house is full, else make it known."""
        transport = cast(asyncio.Transport, transport)  # uvloop transports do not inherit from it
        self._transport = transport
        door, engine = self._door, self._door.engine
        engine.metrics.count("connections_total")
        if door.closing or len(door.connections) >= engine.settings.max_connections:
            engine.metrics.count("connections_refused_total")
            transport.write(b"-ERR max number of clients reached\r\n")
            transport.close()
            self._finished = True
            return
        peer = transport.get_extra_info("peername")
        address, local = _address_of(peer)
        self._client = engine.clients.enter(address, local, self, engine.now_ms)
        self._client.local_address, _ = _address_of(transport.get_extra_info("sockname"))
        self._client.fd = _number_of(transport)
        gate.admit(self._client, engine.house)
        door.connections.add(self)
        self._account(0)

    def data_received(self, data: bytes) -> None:
        """Parse what came and submit it; after a bad byte, answer what was good and close."""
        client, session = self._client, self._session
        if client is None or self._finished:
            return
        self._door.counts["net_input_bytes_total"] += len(data)
        session.receive_data(data)
        slot = session.slots_taken
        requests = session.requests()
        if requests:
            self._door.actor.submit(client, requests, slot)
        if session.broken:
            self._door.engine.metrics.count_for("clients_dropped_total", "protocol")
            self._finished = True
            self.stop_reading()
            self._leave_when_answered()
        elif session.slots_taken - slot and session.waiting > UNANSWERED_CALLS_MAX:
            self._pause()

    def eof_received(self) -> bool:
        """The client sends no more but may still read: answer what it asked, waiting for no key, then close."""
        self._finished = True
        if self._client is not None:
            self._client.leaving = True
            self._door.engine.blocked.end(self._client, with_error=False)
        self._leave_when_answered()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; its streams end, its accepted writes stay."""
        self._finished = True
        self.congested = False
        for playback in list(self._streams.values()):
            playback.cancel()
        self._streams.clear()
        self._door.connections.discard(self)
        self._door.held_bytes -= self._held_bytes
        self._held_bytes = 0
        if self._client is not None:
            self._door.actor.forget(self._client)
            self._door.engine.leave(self._client)
            self._client = None  # or each would keep the other, and nobody looks for such pairs (decision 0020)

    def pause_writing(self) -> None:
        """The client reads slower than it asks: ask it to wait by not reading."""
        self.congested = True
        self._pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.congested = False
        self._account(self._transport.get_write_buffer_size() + self._session.pending_bytes)
        if self._client is not None:
            self._door.actor.unpark(self._client)
        if self._paused and not self._finished and not self._door.closing:
            self._paused = False
            self._transport.resume_reading()

    def answer(self, slot: int, replies: list[bytes]) -> None:
        """See clients.Sink."""
        self._session.answer_run(slot, replies)

    def stream(self, slot: int, stream: Stream, tail: bytes) -> None:
        """See clients.Sink."""
        if self._transport.is_closing():
            return
        playback = Playback(self, self._session, slot, stream, tail)
        self._streams[slot] = playback
        playback.begin()

    def push(self, data: bytes) -> None:
        """See clients.Sink."""
        self._session.push(data)

    def flush(self) -> None:
        """See clients.Sink."""
        transport, session = self._transport, self._session
        data = session.data_to_send()
        if data and not transport.is_closing():
            self._door.counts["net_output_bytes_total"] += len(data)
            transport.write(data)
        owed = transport.get_write_buffer_size() + session.pending_bytes
        self._account(owed)
        if owed > self._door.engine.settings.output_buffer_bytes:
            self._drop("output-buffer")
        elif self._finished:
            self._leave_when_answered()
        elif self._paused and not self.congested and session.waiting <= UNANSWERED_CALLS_MAX // 2:
            self.resume_writing()

    def close(self, reason: str) -> None:
        """See clients.Sink."""
        if reason and reason != "shutdown":
            self._door.engine.metrics.count_for("clients_dropped_total", reason)
        self._finished = True
        data = self._session.data_to_send()
        if data:
            self._transport.write(data)
        self._transport.close()

    def stop_reading(self) -> None:
        """Take no more requests from this client."""
        self._pause()

    def stream_ended(self, slot: int) -> None:
        """A playback has sent its last part."""
        self._streams.pop(slot, None)

    @property
    def streaming(self) -> bool:
        """A stream is under way, and the client reads it."""
        return bool(self._streams) and not self.congested

    def _account(self, owed_bytes: int) -> None:
        if self not in self._door.connections:
            return
        held_bytes = CONNECTION_BYTES + owed_bytes
        self._door.held_bytes += held_bytes - self._held_bytes
        self._held_bytes = held_bytes

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _leave_when_answered(self) -> None:
        if not self._session.waiting:
            self.close("")

    def _drop(self, reason: str) -> None:
        self._door.engine.metrics.count_for("clients_dropped_total", reason)
        self._door.log("client dropped", reason=reason, client=self._client.id if self._client else 0)
        self._finished = True
        self._transport.abort()


class Playback:
    """One streamed answer on its way out: a part whenever one is due and the socket has room."""

    def __init__(self, connection: Connection, session: Session, slot: int, stream: Stream, tail: bytes) -> None:
        self._connection = connection
        self._session = session
        self._slot = slot
        self._stream = stream
        self._tail = tail
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Send the head and the first part at once."""
        self._session.begin_parts(self._slot)
        if not self._stream.push:
            self._session.answer_part(self._slot, stream_head(len(self._stream.parts)))
        self._step()

    def cancel(self) -> None:
        """The client is gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _step(self) -> None:
        stream = self._stream
        if not self._connection.congested:
            self._send_part()
            while stream.delay_ms == 0 and self._next < len(stream.parts):
                self._send_part()
            if self._next >= len(stream.parts):
                self._end()
                return
            self._connection.flush()
        self._timer = asyncio.get_running_loop().call_later(max(stream.delay_ms, 1) / 1000, self._step)

    def _send_part(self) -> None:
        stream, part = self._stream, self._stream.parts[self._next]
        self._next += 1
        final = self._next == len(stream.parts)
        data = push_part(stream.stream_id, self._next - 1, final, part) if stream.push else stream_part(part)
        self._session.answer_part(self._slot, data)

    def _end(self) -> None:
        if self._stream.push:
            self._session.answer_part(self._slot, self._tail)
        self._session.end_parts(self._slot)
        self._connection.stream_ended(self._slot)
        self._connection.flush()


def _number_of(transport: asyncio.Transport) -> int:
    """The file descriptor as CLIENT LIST shows it; -1: unknown."""
    found = transport.get_extra_info("socket")
    return -1 if found is None else int(found.fileno())


def _address_of(peer: object) -> tuple[str, bool]:
    """The peer as CLIENT LIST shows it, and whether it is on this machine."""
    if not isinstance(peer, tuple):
        return "unknown:0", False
    host, port = str(peer[0]), peer[1]
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"{host}:{port}", False
    mapped = getattr(parsed, "ipv4_mapped", None)
    local = parsed.is_loopback or (mapped is not None and mapped.is_loopback)
    return (f"[{host}]:{port}" if parsed.version == 6 else f"{host}:{port}"), local
