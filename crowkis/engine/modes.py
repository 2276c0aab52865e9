"""Calls of clients that have something switched on: a transaction begun, channels subscribed to, keys tracked.

The actor sends a call here when Client.unusual says so, after it has found the word and asked the gate. Never looks
at what a command means: which words run at once inside MULTI and which a RESP2 subscriber may send stands here.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from crowkis.engine import gate
from crowkis.engine.clients import Client, Tracker
from crowkis.engine.engine import Engine
from crowkis.engine.transactions import Queued, Together
from crowkis.values.call import Command
from crowkis.values.errand import Waiting
from crowkis.values.errors import CommandError, exec_aborted, subscribed_only
from crowkis.values.outcome import Outcome
from crowkis.values.reply import NULL_ARRAY, QUEUED, Encoded, Failure, Frames, Reply
from crowkis.wire.writer import encode

AT_ONCE = frozenset({"EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET"})
"""What MULTI does not queue."""
CACHING = "CLIENT CACHING"
LISTENING = frozenset({"SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PING", "QUIT", "RESET"})
"""All that a RESP2 client may send that has subscribed to something."""


KeysOf = Callable[[Command, list[bytes]], list[bytes]]
"""The keys a request names."""


UNTIMED = 0
"""The class of duration in which calls inside EXEC are counted: the time they take is EXEC's."""


class Runner(Protocol):
    """What of the actor is needed here."""

    def done(self, command: Command | None, outcome: Outcome, replies: list[bytes]) -> Reply:
        """Do what an outcome asks for; the reply, which belongs at the end of `replies`."""

    def show(self, client: Client, command: Command, request: list[bytes]) -> None:
        """Let MONITOR see a call."""

    def failed(self, command: Command | None, error: Exception) -> Failure:
        """What the client is told of an exception."""


class Modes:
    """The long way of a call."""

    def __init__(self, engine: Engine, keys_of: KeysOf, runner: Runner) -> None:
        self._engine = engine
        self._keys_of = keys_of
        self._runner = runner

    def run(self, client: Client, command: Command, request: list[bytes]) -> Reply:
        """Queue the call or run it. Raises CommandError where it was refused, which spoils a transaction."""
        if client.listens_only and command.name not in LISTENING:
            raise subscribed_only(command.name)
        transaction = client.transaction
        if transaction is not None and command.name not in AT_ONCE:
            transaction.queue(command, request)
            return QUEUED
        args = command.parse(request)
        if self._engine.clients.monitors:
            self._runner.show(client, command, request)
        try:
            reply = command.run(self._engine, client, args)
        except CommandError as error:  # WATCH and MULTI inside MULTI are errors of their own
            reply = self._runner.failed(command, error)
        tracker = client.tracker
        if tracker is not None:
            self._track(client, tracker, command, request)
            if client.transaction is None and type(reply) is not Together and command.name != CACHING:
                tracker.caching = None
        return reply

    def _track(self, client: Client, tracker: Tracker, command: Command, request: list[bytes]) -> None:
        if not command.writes and command.category != "transactions":
            self._engine.tracking.remember(client, tracker, self._keys_of(command, request))

    def refused(self, client: Client, command: Command | None, error: Exception) -> Exception:
        """A call was refused inside MULTI, or EXEC itself was, and then the transaction is over; what to tell."""
        transaction = client.transaction
        if transaction is None or not isinstance(error, CommandError):
            return error
        if command is None or command.name != "EXEC":
            transaction.spoiled = True
            return error
        self._engine.discard(client)
        return exec_aborted(str(error))

    def together(self, client: Client, calls: Sequence[Queued], replies: list[bytes]) -> Reply:
        """Run what EXEC is to run as one step and one record of the log; its reply, which belongs behind `replies`."""
        engine = self._engine
        for command, _ in calls:
            refused = gate.refused_write(command, engine.house)
            if refused is not None:
                return self._runner.failed(command, exec_aborted(str(refused)))
        store, left_bytes = engine.state.store, engine.settings.output_buffer_bytes
        parts = [b"*%d\r\n" % len(calls)]
        store.together = True
        try:
            for call in calls:
                data = self._one(client, call, replies)
                left_bytes -= len(data)
                parts.append(data if left_bytes >= 0 else _LEFT_OUT)
        finally:
            store.together = False
        if client.tracker is not None:
            client.tracker.caching = None
        return Encoded(b"".join(parts))

    def _one(self, client: Client, call: Queued, replies: list[bytes]) -> bytes:
        command, request = call
        client.last = command
        try:
            args = command.parse(request)
            if self._engine.clients.monitors:
                self._runner.show(client, command, request)
            reply = command.run(self._engine, client, args)
            self._engine.tallies[command.name][UNTIMED] += 1
        except Exception as error:  # noqa: BLE001 - decision 0002
            reply = self._runner.failed(command, error)
        if client.tracker is not None:
            self._track(client, client.tracker, command, request)
        kind = type(reply)
        if kind is Outcome:
            reply = self._runner.done(command, reply, replies)
        elif kind is Waiting:
            reply = NULL_ARRAY  # whoever would wait has waited long enough
        if type(reply) is Frames:  # a message of its own has no place inside a reply
            rows = [frame.items for frame in reply.replies]
            reply = rows[0] if len(rows) == 1 else rows
        return encode(reply, client.protocol)


_LEFT_OUT = encode(Failure("ERR", "left out: the replies of this EXEC exceed output_buffer_bytes"), 2)
