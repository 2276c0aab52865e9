"""The one task that runs every call: takes what waits in the inbox, runs it, appends and syncs once, then answers all.

Calls arrive by plain calls of submit(), without a Future each; a batch is also the group commit. Between taking a
batch and its commit nothing waits, so state is never seen half changed. Errands leave as values and come back
through resume(). A CommandError is the client's business; any other exception from a command fails that call and is
reported (decision 0002); one from apply() stops the process.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable
from functools import partial
from typing import Any, NamedTuple

from crowkis.engine import gate
from crowkis.engine.clients import Client, Sink
from crowkis.engine.engine import Engine
from crowkis.engine.errands import Errands
from crowkis.engine.inbox import Inbox
from crowkis.engine.modes import Modes
from crowkis.engine.outside import Outside
from crowkis.engine.tallies import NS
from crowkis.engine.transactions import Together
from crowkis.engine.upkeep import Upkeep
from crowkis.engine.witness import Witness
from crowkis.interfaces import Clock
from crowkis.storage.errors import DiskError, StorageError
from crowkis.values.call import Command, Vocabulary
from crowkis.values.errand import Then, Waiting
from crowkis.values.errors import CommandError, busy, malformed
from crowkis.values.limits import BATCH_CALLS_MAX, MIB
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Failure, Reply, Stream
from crowkis.wire.writer import encode

SHORT_CALLS, SHORT_PART = 16, 8
"""Packets of so few calls may fill the inbox by one in so many parts more."""
BUSY_RETRY_MS = 50
BATCH_BYTES_MAX = 16 * MIB
"""Replies encoded in one batch; what one client pipelines must not fill the memory before anything is sent.

After each batch a client that does not keep up is put aside (parked), so only what its reading makes room for is run.
"""
BATCH_NS_MAX = 2_000_000
"""A batch begins no further call after this long: the others wait for its end and for its commit."""
RESUMED_NS_MAX = BATCH_NS_MAX // 2
"""What of it calls may take that have come back from an errand while new ones wait."""
TURN_NS_MAX = 500_000
"""One client's calls give way after this long while other clients wait."""


SETTLED = frozenset({Waiting, Stream, Together})
"""Replies that are more than bytes in a slot."""
NO_SLOT = -1
NO_ROW: list[int] = []
"""Of tallies, before the first call of a packet."""


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
        self._now_ns = clock.monotonic_ns
        self._outside = outside
        self._upkeep = Upkeep(engine, outside, self.tick)
        self._modes = Modes(engine, vocabulary.keys_of, self)
        self._own: list[tuple[Sink, int, bytes]] = []
        """What its call has pushed to itself; leaves behind the call's reply."""
        engine.push = self._push
        self._witness = Witness(engine, vocabulary, salt)
        self._inbox = Inbox()
        self._cut_short: list[Client] = []
        """Clients of whose packets something was left in this batch."""
        self._resumed: deque[_Resumed] = deque()
        self._echoes: list[asyncio.Future[None]] = []
        self._alarm: asyncio.Future[None] | None = None
        self._batch_bytes = 0
        self._batch_bytes_max = BATCH_BYTES_MAX
        self._ended_ns = 0
        """When the call run last was over."""
        self._answers: list[tuple[Sink, int, Any]] = []
        """A sink, a slot, and the encoded replies of this and the following slots, a stream with its tail, or a push.

        In the order in which they leave; a push has no slot.
        """
        self._acknowledged: list[tuple[list[bytes], int]] = []
        """Which of the replies speak of a change: where the commit fails, they become errors."""
        self._errands = Errands(engine, outside, clock, self.tick)
        self._shown: list[tuple[Client, bytes]] = []
        """Lines for MONITOR; sent after the batch's replies, so that the OK of MONITOR itself comes first."""

    def submit(self, client: Client, requests: list[list[bytes]], slot: int, at_once: bool = False) -> None:
        """Queue a client's requests; the first one's reply belongs to `slot`. A full inbox answers BUSY at once.

        Who sends a few finds room for a while where those who send many at a time have filled it. `at_once`: it is a
        word that only reads, and is run before this returns where nothing else waits: a turn of the loop is saved.
        """
        room = self.engine.settings.inbox_calls
        if self.queued_calls >= (room + room // SHORT_PART if len(requests) <= SHORT_CALLS else room):
            self.engine.metrics.count_for("errors_total", "BUSY", len(requests))
            client.sink.answer(slot, [_told(busy("the inbox", BUSY_RETRY_MS))] * len(requests))
            client.sink.flush()
            return
        self.queued_calls += len(requests)
        self._inbox.put(client, (requests, slot))
        if at_once and self._alarm is not None and not self._alarm.done():
            self.engine.now_ms = self._clock.now_ms()
            self._run_batch()
            self._send()
        if self._inbox:
            self._wake()

    def resume(self, client: Client, slot: int, command: Command, muted: bool, then: Then, result: Any) -> None:
        """An errand has come back: its call goes on in the next batch."""
        self._resumed.append(_Resumed(client, slot, command, muted, then, result))
        self._wake()

    def unpark(self, client: Client) -> None:
        """The client has caught up with its replies, or its errands are back: go on with what was put aside."""
        if client.parked:
            count = sum(len(requests) for requests, _ in client.parked)
            self.parked_calls -= count
            self.queued_calls += count
            self._inbox.put_back(client, client.parked)
            client.parked.clear()
            self._wake()

    def forget(self, client: Client) -> None:
        """The client is gone; what was put aside for it was never begun."""
        self.parked_calls -= sum(len(requests) for requests, _ in client.parked)
        client.parked.clear()

    def tick(self) -> None:
        """Do the regular chores in the next batch: expiry, a due sync, due flushes and folds."""
        self._upkeep.tick_due = True
        self._wake()

    def round_trip(self) -> Awaitable[None]:
        """Done when a batch that began after this call has been answered."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._echoes.append(future)
        self._wake()
        return future

    @property
    def idle(self) -> bool:
        """Nothing is queued, running or waiting for an errand, but for keys: that may take for ever."""
        waiting = self.waiting_calls - len(self.engine.blocked)
        return not (self._inbox or self._resumed or waiting or self.parked_calls or self._answers)

    async def run(self) -> None:
        """Run batches until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            if not (self._inbox or self._resumed or self._echoes or self._upkeep.wanted):
                self._alarm = loop.create_future()
                await self._alarm
                self._alarm = None
            echoes, self._echoes = self._echoes, []
            self.engine.now_ms = self._clock.now_ms()
            self._run_batch()
            if self._upkeep.wanted or self._acknowledged:
                self._upkeep.run(len(self._acknowledged))
                await self._commit()
            self._send()
            for future in echoes:
                if not future.done():
                    future.set_result(None)
            if self._inbox or self._resumed or self._upkeep.wanted:
                await asyncio.sleep(0)

    def _wake(self) -> None:
        if self._alarm is not None and not self._alarm.done():
            self._alarm.set_result(None)

    def _run_batch(self) -> None:
        """Run what waits until one of the limits is met; at least one call."""
        if self.engine.house.paused is not None:
            self._end_pause(self.engine.house.paused)
        if self.engine.blocked:
            self.engine.blocked.due(self.engine.now_ms)
        began_ns = self._ended_ns = self._now_ns()
        count, end_ns = self._go_on_until(began_ns + RESUMED_NS_MAX), began_ns + BATCH_NS_MAX
        now_ns = self._ended_ns
        self._batch_bytes = 0
        self._batch_bytes_max = min(BATCH_BYTES_MAX, self.engine.settings.output_buffer_bytes // 2)
        inbox = self._inbox
        while inbox and count < BATCH_CALLS_MAX and self._batch_bytes < self._batch_bytes_max and now_ns < end_ns:
            client, (requests, slot) = inbox.take()
            if client.parked or client.sink.congested:
                self._park(client, requests, slot)
                continue
            if len(requests) > BATCH_CALLS_MAX:
                self._cut(client, requests[BATCH_CALLS_MAX:], slot + BATCH_CALLS_MAX)
                requests = requests[:BATCH_CALLS_MAX]
            ran = self._run_packet(client, requests, slot, min(end_ns, now_ns + TURN_NS_MAX) if inbox else end_ns)
            client.calls += ran
            count += ran
            self.queued_calls -= ran
            now_ns = self._ended_ns
        self.engine.acting = None
        plain = self.engine.metrics.plain
        plain["commands_total"] += count
        plain["batches_total"] += 1

    def _go_on_until(self, end_ns: int) -> int:
        """Go on with calls whose errands are back; tells how many."""
        count = 0
        while self._resumed and count < BATCH_CALLS_MAX and self._ended_ns < end_ns:
            self._go_on(self._resumed.popleft())
            count += 1
        return count

    def _end_pause(self, paused: gate.Pause) -> None:
        """Once it is over, go on with what it has put aside."""
        if self.engine.now_ms >= paused.until_ms:
            self.engine.house.paused = None
            for client in self.engine.clients.all():
                if not client.out and not client.sink.congested:
                    self.unpark(client)

    def _cut(self, client: Client, requests: list[list[bytes]], slot: int) -> None:
        """What is left of a packet waits for the client's next turn."""
        self._inbox.put_back(client, deque([(requests, slot)]))
        self._cut_short.append(client)

    def _put_aside_cut(self) -> None:
        """Whose replies have just filled its socket need not take up room in the inbox until the next batch."""
        cut_short, self._cut_short = self._cut_short, []
        for client in cut_short:
            if client.sink.congested:
                for requests, slot in self._inbox.withdraw(client):
                    self._park(client, requests, slot)

    def _park(self, client: Client, requests: list[list[bytes]], slot: int) -> None:
        client.parked.append((requests, slot))
        self.parked_calls += len(requests)
        self.queued_calls -= len(requests)

    def _run_packet(self, client: Client, requests: list[list[bytes]], slot: int, end_ns: int) -> int:
        """The hot path: look up, gate, parse, run, encode, for each request of one packet; tells how many are done.

        Large replies or the end of the client's time end it early; what is left of the packet waits for its next turn.
        """
        engine, words = self.engine, self._vocabulary.words
        tallies, counted, row, notable_ns = engine.tallies, None, NO_ROW, engine.slowness.notable_ns
        client.last_ms, engine.acting = engine.now_ms, client
        normal, paused = engine.house.normal, engine.house.paused
        replies = self._begin_replies(client, slot)
        for place, request in enumerate(requests):
            args = None
            try:
                command = words.get(request[0])
                if command is None or command.subcommands:
                    command = self._vocabulary.find(request)
                if (client.out and not client.may_overtake(command)) or (paused and gate.waits(command, paused)):
                    self._park(client, requests[place:], slot + place)
                    return place
                if not (normal and client.free):
                    gate.check(client, command, request, engine.house, self._vocabulary)
                client.last = command
                if client.unusual:
                    reply = self._modes.run(client, command, request)
                else:
                    args = command.parse(request)
                    if engine.clients.monitors:
                        self.show(client, command, request)
                    reply = command.run(engine, client, args)
            except Exception as error:  # noqa: BLE001 - decision 0002: a bug in one command is that call's error
                reply, command = self.failed(command, self._modes.refused(client, command, error), args is None), None
            kind = type(reply)
            if kind in SETTLED or client.unusual:
                self._settle(client, slot + place, command, reply, self._mutes(client))
                replies = self._begin_replies(client, slot + place + 1)
            else:
                data = encode(self.done(command, reply, replies) if kind is Outcome else reply, client.protocol)
                replies.append(data)
                self._batch_bytes += len(data)
            ended_ns = self._now_ns()
            if command is not None:
                took_ns = ended_ns - self._ended_ns
                if command is not counted:
                    counted, row = command, tallies[command.name]
                row[took_ns.bit_length()] += 1
                row[NS] += took_ns
                if took_ns >= notable_ns:
                    self._witness.slow(client, command, request, took_ns)
            self._ended_ns = ended_ns
            if self._errands.pending and self._errands.end(client):
                return len(requests)
            if place + 1 < len(requests) and (self._batch_bytes > self._batch_bytes_max or ended_ns >= end_ns):
                self._cut(client, requests[place + 1 :], slot + place + 1)
                return place + 1
        return len(requests)

    def _begin_replies(self, client: Client, slot: int) -> list[bytes]:
        """Where the encoded replies of `slot` and the slots after it go, one after the other."""
        replies: list[bytes] = []
        self._answers.append((client.sink, slot, replies))
        return replies

    def _go_on(self, resumed: _Resumed) -> None:
        client, began_ns = resumed.client, self._ended_ns
        self.waiting_calls -= 1
        client.out -= 1
        self.engine.acting, client.last = client, resumed.command
        try:
            refused = gate.refused_write(resumed.command, self.engine.house)
            if refused is not None:
                raise refused
            reply = resumed.then(self.engine, resumed.result)
        except Exception as error:  # noqa: BLE001 - decision 0002
            reply = self.failed(resumed.command, error)
        self._settle(client, resumed.slot, resumed.command, reply, resumed.muted)
        self.engine.acting = None
        self._ended_ns = self._now_ns()
        took_ns = self._ended_ns - began_ns
        self.engine.tallies[resumed.command.name][NS] += took_ns
        if took_ns >= self.engine.slowness.notable_ns:
            self._witness.slow(client, resumed.command, [resumed.command.name.encode()], took_ns)
        if client.parked and not client.out and not client.sink.congested:
            self.unpark(client)

    def _settle(self, client: Client, slot: int, command: Command | None, reply: Reply, muted: bool) -> None:
        """Whatever is more than a bare reply: writes, errands, streams, silence."""
        if isinstance(reply, Waiting):
            assert command is not None
            back = partial(self.resume, client, slot, command, muted, reply.then)
            if self._errands.begin(client, reply.errand, back):
                self.waiting_calls += 1
                client.send_out(command)
                return
            reply = self.failed(None, busy("the embedding queue", BUSY_RETRY_MS))
        if isinstance(reply, Stream) and not muted:
            self._answers.append((client.sink, slot, (reply, encode(reply.tail, client.protocol))))
            return
        replies = self._begin_replies(client, slot)
        if isinstance(reply, Together):
            reply = self._modes.together(client, reply.calls, replies)
        elif isinstance(reply, Outcome):
            reply = self.done(command, reply, replies)
        replies.append(b"" if muted else encode(reply, client.protocol))
        self._batch_bytes += len(replies[0])
        if self._own:
            self._answers += self._own
            self._own.clear()

    def _push(self, client: Client, data: bytes) -> None:
        """Send what a client has not asked for just now: behind everything of this batch that came before."""
        self._batch_bytes += len(data)
        (self._own if client is self.engine.acting else self._answers).append((client.sink, NO_SLOT, data))

    def done(self, command: Command | None, outcome: Outcome, replies: list[bytes]) -> Reply:
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
                return self.failed(None, self._upkeep.stop_writing(error))
        if errands:
            self._errands.pending += errands
        return reply

    def _mutes(self, client: Client) -> bool:
        """Does CLIENT REPLY keep this reply from being sent? SKIP silences itself and the next."""
        mode = client.reply_mode
        if mode == "SKIP-NEXT":
            client.reply_mode = "SKIP"
        elif mode == "SKIP":
            client.reply_mode = "ON"
            client.weigh()
        return mode != "ON"

    async def _commit(self) -> None:
        """Make the batch durable; where that fails, whoever was told of a change is told of the failure instead."""
        began_ns = self._now_ns()
        failed = await self._upkeep.commit(len(self._acknowledged))
        self.engine.slowness.note_event("commit", self._now_ns() - began_ns, self.engine.now_ms)
        if failed is not None:
            for replies, place in self._acknowledged:
                replies[place] = _told(failed)
        self._acknowledged.clear()

    def _send(self) -> None:
        if self.engine.tracking.pending:
            self.engine.tracking.deliver()
        sinks: dict[Sink, None] = {}
        answers, self._answers = self._answers, []
        for sink, slot, answer in answers:
            if type(answer) is list:
                sink.answer(slot, answer)
            elif slot == NO_SLOT:
                sink.push(answer)
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
        self._put_aside_cut()
        self._errands.run()

    def show(self, client: Client, command: Command, request: list[bytes]) -> None:
        """Let MONITOR see a call."""
        shown = self._witness.line(client, command, request)
        self._shown += ((monitor, shown) for monitor in self.engine.clients.monitors)

    def failed(self, command: Command | None, error: Exception, rejected: bool = False) -> Failure:
        """What the client is told of an exception; `rejected`: from before the command was run."""
        if isinstance(error, StorageError):
            error = self._upkeep.unreadable(error)
        elif not isinstance(error, CommandError):
            self._outside.report(command.name if command is not None else "?", error)
            error = malformed("internal error; the server's log says more")
        if command is not None:
            self.engine.tallies.fail(command.name, rejected)
        self.engine.metrics.count_for("errors_total", error.code)
        return Failure(error.code, error.text)


def _told(error: CommandError) -> bytes:
    return encode(Failure(error.code, error.text), 2)
