"""The one task that runs every call: takes what waits in the inbox, runs it, appends and syncs once, then answers all.

Calls arrive by plain calls of submit(), without a Future each; a batch is also the group commit. Between taking a
batch and its commit nothing waits, so state is never seen half changed. Errands leave as values and come back
through resume(). A CommandError is the client's business; any other exception from a command fails that call and is
reported (decision 0002); one from apply() stops the process.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from crowkis.engine import feed, gate
from crowkis.engine.clients import Client, Sink
from crowkis.engine.engine import Engine
from crowkis.engine.evict import EVICTIONS_STEP
from crowkis.interfaces import Clock
from crowkis.storage.errors import DiskError
from crowkis.values.call import Command, Vocabulary
from crowkis.values.errand import CloseClients, StopServer, Then, Waiting
from crowkis.values.errors import CommandError, busy, malformed, writes_stopped
from crowkis.values.limits import BATCH_CALLS_MAX, MIB
from crowkis.values.outcome import Outcome
from crowkis.values.record import Record
from crowkis.values.reply import Failure, Reply, Stream
from crowkis.wire.writer import encode

BUSY_RETRY_MS = 50
BATCH_BYTES_MAX = 16 * MIB
"""Replies encoded in one batch; what one client pipelines must not fill the memory before anything is sent.

After each batch a client that does not keep up is put aside (parked), so only what its reading makes room for is run.
"""
EXPIRE_BATCH_MAX = 64
"""Things whose time is up removed per batch: a removal takes up to 0.05 ms. While there are more, the next follows."""
SYNC_EVERY_MS = 1_000
"""How often the log is synced under wal_sync=everysec."""


class Outside(Protocol):
    """What the actor needs done beside it; app.py provides it."""

    def embed(self, text: str, done: Callable[[Any], None]) -> bool:
        """Embed a text and call done(vector or error) on the loop; False: the queue is full."""

    def sync(self) -> Awaitable[None]:
        """Make the log durable without holding the loop. Raises DiskError."""

    def checkpoint(self, job: Any, done: Callable[[Exception | None], None]) -> None:
        """Write a checkpoint in a thread and call done() on the loop."""

    def stop(self) -> None:
        """Stop the server as on SIGTERM."""

    def report(self, command: str, error: Exception) -> None:
        """Log a bug in a command; no arguments are shown."""


class _Resumed(NamedTuple):
    """A call whose errand has come back."""

    client: Client
    slot: int
    command: Command
    muted: bool
    then: Then
    result: Any


class Actor:
    """Owns the engine while it runs."""

    def __init__(self, engine: Engine, vocabulary: Vocabulary, clock: Clock, outside: Outside, salt: bytes) -> None:
        self.engine = engine
        self.queued_calls = 0
        self.waiting_calls = 0
        """Calls whose errand is out."""
        self.parked_calls = 0
        """Calls put aside because their client does not read or an earlier one must be done first."""
        self._vocabulary = vocabulary
        self._clock = clock
        self._outside = outside
        self._salt = salt
        self._inbox: deque[tuple[Client, list[list[bytes]], int]] = deque()
        self._resumed: deque[_Resumed] = deque()
        self._echoes: list[asyncio.Future[None]] = []
        self._alarm: asyncio.Future[None] | None = None
        self._tick_due = False
        self._synced_ms = 0
        self._checkpointing = False
        self._batch_bytes = 0
        self._crowded = False
        """Answers are still to be evicted."""
        self._batch_bytes_max = BATCH_BYTES_MAX
        self._answers: list[tuple[Sink, int, Any]] = []
        """A sink, a slot, and the encoded replies of this and the following slots, or a stream with its tail."""
        self._acknowledged: list[tuple[list[bytes], int]] = []
        """Which of the replies speak of a change: where the commit fails, they become errors."""
        self._errands: list[CloseClients | StopServer] = []
        self._shown: list[tuple[Client, bytes]] = []
        """Lines for MONITOR; sent after the batch's replies, so that the OK of MONITOR itself comes first."""

    def submit(self, client: Client, requests: list[list[bytes]], slot: int) -> None:
        """Queue a client's requests; the first one's reply belongs to `slot`. A full inbox answers BUSY at once."""
        if self.queued_calls >= self.engine.settings.inbox_calls:
            self.engine.metrics.count_for("errors_total", "BUSY", len(requests))
            client.sink.answer(slot, [_told(busy("the inbox", BUSY_RETRY_MS))] * len(requests))
            client.sink.flush()
            return
        self.queued_calls += len(requests)
        self._inbox.append((client, requests, slot))
        if self._alarm is not None:
            self._wake()

    def resume(self, client: Client, slot: int, command: Command, muted: bool, then: Then, result: Any) -> None:
        """An errand has come back: its call goes on in the next batch."""
        self._resumed.append(_Resumed(client, slot, command, muted, then, result))
        self._wake()

    def unpark(self, client: Client) -> None:
        """The client has caught up with its replies, or its errands are back: go on with what was put aside."""
        if client.parked:
            parked = [(client, requests, slot) for requests, slot in client.parked]
            client.parked.clear()
            count = sum(len(requests) for _, requests, _ in parked)
            self.parked_calls -= count
            self.queued_calls += count
            self._inbox.extendleft(reversed(parked))
            self._wake()

    def forget(self, client: Client) -> None:
        """The client is gone; what was put aside for it was never begun."""
        self.parked_calls -= sum(len(requests) for requests, _ in client.parked)
        client.parked.clear()

    def tick(self) -> None:
        """Do the regular chores in the next batch: expiry, a due sync, a due checkpoint."""
        self._tick_due = True
        self._wake()

    def round_trip(self) -> Awaitable[None]:
        """Done when a batch that began after this call has been answered."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._echoes.append(future)
        self._wake()
        return future

    @property
    def idle(self) -> bool:
        """Nothing is queued, running or waiting for an errand."""
        return not (self._inbox or self._resumed or self.waiting_calls or self.parked_calls or self._answers)

    async def run(self) -> None:
        """Run batches until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            if not (self._inbox or self._resumed or self._tick_due or self._echoes or self._crowded):
                self._alarm = loop.create_future()
                await self._alarm
                self._alarm = None
            echoes, self._echoes = self._echoes, []
            self.engine.now_ms = self._clock.now_ms()
            self._run_batch()
            if self._tick_due:
                self._chores()
                self._make_room()
                await self._commit()
            elif self._acknowledged or self._crowded:
                self._make_room()
                await self._commit()
            self._send()
            for future in echoes:
                if not future.done():
                    future.set_result(None)
            if self._inbox or self._resumed or self._crowded or self._tick_due:
                await asyncio.sleep(0)

    def _wake(self) -> None:
        if self._alarm is not None and not self._alarm.done():
            self._alarm.set_result(None)

    def _run_batch(self) -> None:
        count = 0
        while self._resumed and count < BATCH_CALLS_MAX:
            self._go_on(self._resumed.popleft())
            count += 1
        self._batch_bytes = 0
        self._batch_bytes_max = min(BATCH_BYTES_MAX, self.engine.settings.output_buffer_bytes // 2)
        while self._inbox and count < BATCH_CALLS_MAX and self._batch_bytes < self._batch_bytes_max:
            client, requests, slot = self._inbox.popleft()
            if client.parked or client.sink.congested:
                self._park(client, requests, slot)
                continue
            if len(requests) > BATCH_CALLS_MAX:
                self._inbox.appendleft((client, requests[BATCH_CALLS_MAX:], slot + BATCH_CALLS_MAX))
                requests = requests[:BATCH_CALLS_MAX]
            ran = self._run_packet(client, requests, slot)
            client.calls += ran
            count += ran
            self.queued_calls -= ran
        plain = self.engine.metrics.plain
        plain["commands_total"] += count
        plain["batches_total"] += 1

    def _park(self, client: Client, requests: list[list[bytes]], slot: int) -> None:
        client.parked.append((requests, slot))
        self.parked_calls += len(requests)
        self.queued_calls -= len(requests)

    def _run_packet(self, client: Client, requests: list[list[bytes]], slot: int) -> int:
        """The hot path: look up, gate, parse, run, encode, for each request of one packet; tells how many are done.

        Large replies end the batch early; what is left of the packet goes back to the head of the inbox.
        """
        engine, words = self.engine, self._vocabulary.words
        client.last_ms = engine.now_ms
        normal = engine.house.normal
        replies = self._begin_replies(client, slot)
        for place, request in enumerate(requests):
            try:
                command = words.get(request[0])
                if command is None or command.subcommands:
                    command = self._vocabulary.find(request)
                if client.out and not client.may_overtake(command):
                    self._park(client, requests[place:], slot + place)
                    return place
                if not (normal and client.admitted):
                    refused = gate.refusal(client, command, engine.house)
                    if refused is not None:
                        raise refused
                args = command.parse(request)
                if engine.clients.monitors:
                    self._show(client, command, request)
                reply = command.run(engine, client, args)
                client.last_word = command.name
            except CommandError as error:
                command, reply = None, self._failure(error)
            except Exception as error:  # noqa: BLE001 - decision 0002: a bug in one command is that call's error
                reply = self._bug(command, error)
            kind = type(reply)
            if kind is Waiting or kind is Stream or client.reply_mode != "ON":
                self._settle(client, slot + place, command, reply, self._mutes(client))
                replies = self._begin_replies(client, slot + place + 1)
            else:
                data = encode(self._done(command, reply, replies) if kind is Outcome else reply, client.protocol)
                replies.append(data)
                self._batch_bytes += len(data)
            if self._errands and self._leaves(client):
                return len(requests)
            if self._batch_bytes > self._batch_bytes_max and place + 1 < len(requests):
                self._inbox.appendleft((client, requests[place + 1 :], slot + place + 1))
                return place + 1
        return len(requests)

    def _begin_replies(self, client: Client, slot: int) -> list[bytes]:
        """Where the encoded replies of `slot` and the slots after it go, one after the other."""
        replies: list[bytes] = []
        self._answers.append((client.sink, slot, replies))
        return replies

    def _go_on(self, resumed: _Resumed) -> None:
        client = resumed.client
        self.waiting_calls -= 1
        client.out -= 1
        try:
            refused = gate.refused_write(resumed.command, self.engine.house)
            if refused is not None:
                raise refused
            reply = resumed.then(self.engine, resumed.result)
        except CommandError as error:
            reply = self._failure(error)
        except Exception as error:  # noqa: BLE001 - decision 0002
            reply = self._bug(resumed.command, error)
        self._settle(client, resumed.slot, resumed.command, reply, resumed.muted)
        if client.parked and not client.out and not client.sink.congested:
            self.unpark(client)

    def _settle(self, client: Client, slot: int, command: Command | None, reply: Reply, muted: bool) -> None:
        """Whatever is more than a bare reply: writes, errands, streams, silence."""
        if isinstance(reply, Waiting):
            assert command is not None
            back = partial(self.resume, client, slot, command, muted, reply.then)
            if self._outside.embed(reply.errand.text, back):
                self.waiting_calls += 1
                client.send_out(command)
                return
            reply = self._failure(busy("the embedding queue", BUSY_RETRY_MS))
        if isinstance(reply, Stream) and not muted:
            self._answers.append((client.sink, slot, (reply, encode(reply.tail, client.protocol))))
            return
        replies = self._begin_replies(client, slot)
        if isinstance(reply, Outcome):
            reply = self._done(command, reply, replies)
        replies.append(b"" if muted else encode(reply, client.protocol))

    def _done(self, command: Command | None, outcome: Outcome, replies: list[bytes]) -> Reply:
        """Do what an outcome asks for; the reply, which belongs at the end of `replies`."""
        reply, writes, errands = outcome
        if writes:
            assert command is not None
            assert command.writes, f"{command.name} is not declared as writing"
            self._acknowledged.append((replies, len(replies)))
            try:
                for record in writes:
                    self.engine.state.apply(record)
            except DiskError as error:
                return self._failure(self._stop_writing(error))
        if errands:
            self._errands += errands
        return reply

    def _mutes(self, client: Client) -> bool:
        """Does CLIENT REPLY keep this reply from being sent? SKIP silences itself and the next."""
        mode = client.reply_mode
        if mode == "SKIP-NEXT":
            client.reply_mode = "SKIP"
        elif mode == "SKIP":
            client.reply_mode = "ON"
        return mode != "ON"

    def _leaves(self, client: Client) -> bool:
        return any(isinstance(errand, StopServer) or client.id in errand.client_ids for errand in self._errands)

    def _chores(self) -> None:
        self._tick_due = False
        if not self.engine.house.writable:
            return
        self.engine.memory.observe()
        due = self.engine.state.due(self.engine.now_ms, EXPIRE_BATCH_MAX)
        self._remove(due)
        self._tick_due = len(due) == EXPIRE_BATCH_MAX and self.engine.house.writable
        self.engine.metrics.count("expired_total", len(due))

    def _make_room(self) -> None:
        """Evict a few answers where memory runs short, and let the gate know when that is not enough."""
        engine = self.engine
        self._crowded = False
        if not engine.house.writable:
            return
        self._remove(engine.make_room(EVICTIONS_STEP))
        self._crowded = engine.memory.making_room and len(engine.state.residents) > 0 and engine.house.writable
        engine.house.memory_full_bytes = engine.memory.limit_bytes if engine.memory.full else 0

    def _remove(self, records: Sequence[Record]) -> None:
        try:
            for record in records:
                self.engine.state.apply(record)
        except DiskError as error:
            self._stop_writing(error)

    async def _commit(self) -> None:
        if not self.engine.house.loaded:
            return
        store, metrics = self.engine.state.store, self.engine.metrics.plain
        try:
            if store.append():
                metrics["wal_appends_total"] += 1
            mode = self.engine.settings.wal_sync
            due = mode == "always" or (mode == "everysec" and self.engine.now_ms - self._synced_ms >= SYNC_EVERY_MS)
            if due and store.unsynced_bytes:
                await self._outside.sync()
                self._synced_ms = self.engine.now_ms
                metrics["wal_syncs_total"] += 1
            if store.checkpoint_due and not self._checkpointing:
                self._checkpointing = True
                job = store.begin_checkpoint()
                self._outside.checkpoint(job, partial(self._checkpointed, job))
        except DiskError as error:
            data = _told(self._stop_writing(error))
            for replies, place in self._acknowledged:
                replies[place] = data
        self._acknowledged.clear()

    def _checkpointed(self, job: Any, error: Exception | None) -> None:
        """A failed checkpoint costs only disk: the log still holds everything."""
        self._checkpointing = False
        try:
            self.engine.state.store.finish_checkpoint(job)
            if error is not None:
                raise error
            self.engine.metrics.count("checkpoints_total")
        except DiskError as failed:
            self._outside.report("checkpoint", failed)

    def _send(self) -> None:
        sinks: dict[Sink, None] = {}
        answers, self._answers = self._answers, []
        for sink, slot, answer in answers:
            if type(answer) is list:
                sink.answer(slot, answer)
            else:
                sink.stream(slot, *answer)
            sinks[sink] = None
        shown, self._shown = self._shown, []
        for monitor, line in shown:
            if monitor.monitoring:
                monitor.sink.push(line)
                sinks[monitor.sink] = None
        for sink in sinks:
            sink.flush()
        errands, self._errands = self._errands, []
        for errand in errands:
            if isinstance(errand, StopServer):
                self._outside.stop()
                continue
            for client_id in errand.client_ids:
                client = self.engine.clients.find(client_id)
                if client is not None:
                    client.sink.close("killed")

    def _show(self, client: Client, command: Command, request: list[bytes]) -> None:
        private = self._vocabulary.is_private(command, request)
        if self.engine.settings.log_query_previews and not command.open:
            private = [False] * len(request)
        shown = feed.line(client, request, private, self._salt, self.engine.now_ms)
        self._shown += ((monitor, shown) for monitor in self.engine.clients.monitors)

    def _stop_writing(self, error: DiskError) -> CommandError:
        self.engine.house.writes_stopped = str(error)
        self._outside.report("storage", error)
        return writes_stopped(str(error))

    def _failure(self, error: CommandError) -> Failure:
        self.engine.metrics.count_for("errors_total", error.code)
        return Failure(error.code, error.text)

    def _bug(self, command: Command | None, error: Exception) -> Failure:
        self._outside.report(command.name if command is not None else "?", error)
        return self._failure(malformed("internal error; the server's log says more"))


def _told(error: CommandError) -> bytes:
    return encode(Failure(error.code, error.text), 2)
