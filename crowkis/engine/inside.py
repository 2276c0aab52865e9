"""Calls from inside the process: a door that speaks no RESP asks the actor as every client does, and awaits it.

One caller is one client of the engine: it is gated, counted and listed like the others; the door says who it is.
Replies come back as Python values of RESP3 (bytes, int, float, bool, None, list, dict).
"""

import asyncio
from typing import Any

import hiredis

from crowkis.engine import gate
from crowkis.engine.actor import Actor
from crowkis.engine.engine import Engine
from crowkis.values.access import User
from crowkis.values.reply import Stream

SCAN_STEP = b"1000"
"""Stored answers looked at in one call of keys()."""


class CallRefusedError(Exception):
    """The server has answered a call with an error; `code` is its first word, as in ERRORS."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = text.partition(" ")[0]


class Caller:
    """A client of the engine that lives in this process; leave() when done."""

    def __init__(self, engine: Engine, actor: Actor, address: str, local: bool) -> None:
        self._engine = engine
        self._actor = actor
        self._replies = _Replies()
        self._client = engine.clients.enter(address, local, self._replies, engine.now_ms)
        self._client.protocol = 3
        self._client.library = "http"
        gate.admit(self._client, engine.house)

    def vouch(self, user: User) -> None:
        """The door has found out who it is."""
        self._client.authenticated = self._client.admitted = True
        gate.regrant(self._client, user)

    async def call(self, *words: bytes) -> Any:
        """Send one request and wait for its reply. Raises CallRefusedError."""
        slot, future = self._replies.expect()
        self._actor.submit(self._client, [list(words)], slot)
        return await future

    async def look(self, *words: bytes) -> Any:
        """call() of a word that only reads; answered at once where the actor has nothing else to do."""
        slot, future = self._replies.expect()
        self._actor.submit(self._client, [list(words)], slot, at_once=True)
        return await future

    async def keys(self, *words: bytes) -> list[bytes]:
        """The keys of all stored answers that CSCAN with these words finds. Raises CallRefusedError."""
        found: list[bytes] = []
        cursor = b"0"
        while True:
            cursor, some = await self.call(b"CSCAN", cursor, b"COUNT", SCAN_STEP, *words)
            found += some
            if cursor == b"0":
                return found

    def leave(self) -> None:
        """Nothing more will be asked; what was accepted is still done."""
        self._client.leaving = True
        self._actor.forget(self._client)
        self._engine.leave(self._client)


class _Replies:
    """The client's Sink. It does not know the client: nobody looks for such pairs (decision 0020)."""

    congested = False

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._slots = 0

    def expect(self) -> tuple[int, "asyncio.Future[Any]"]:
        """The slot of the next request, and what its reply will be put into."""
        slot, self._slots = self._slots, self._slots + 1
        future = self._open[slot] = asyncio.get_running_loop().create_future()
        return slot, future

    def answer(self, slot: int, replies: list[bytes]) -> None:
        """See clients.Sink."""
        for place, data in enumerate(replies):
            self._reader.feed(data)
            reply = self._reader.gets()
            future = self._open.pop(slot + place, None)
            if future is None or future.done():
                continue
            if isinstance(reply, hiredis.ReplyError):
                future.set_exception(CallRefusedError(str(reply)))
            else:
                future.set_result(reply)

    def stream(self, slot: int, stream: Stream, tail: bytes) -> None:
        """See clients.Sink; nobody inside asks for an answer in parts."""
        self.answer(slot, [tail])

    def push(self, data: bytes) -> None:
        """See clients.Sink; nobody inside listens."""

    def flush(self) -> None:
        """See clients.Sink."""

    def close(self, reason: str) -> None:
        """See clients.Sink: what is still open gets no reply any more."""
        for future in self._open.values():
            if not future.done():
                future.set_exception(CallRefusedError(f"ERR the server closed the connection ({reason or 'asked to'})"))
        self._open.clear()
