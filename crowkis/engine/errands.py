"""Begins what calls wait for and what they leave to be done after the batch; never waits itself."""

from collections.abc import Callable
from typing import Any

from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.outside import Outside
from crowkis.interfaces import Clock
from crowkis.values.errand import (
    AwaitKeys,
    CloseClients,
    EmbedText,
    Errand,
    FoldTables,
    HashSecret,
    Pause,
    StopServer,
    WriteBackup,
)


class Errands:
    """The actor's way out."""

    def __init__(self, engine: Engine, outside: Outside, clock: Clock, tick: Callable[[], None]) -> None:
        self.pending: list[CloseClients | StopServer | WriteBackup] = []
        """What nobody waits for; done once the replies of the batch are out."""
        self._engine = engine
        self._outside = outside
        self._clock = clock
        self._tick = tick

    def begin(self, client: Client, errand: Errand, back: Callable[[Any], None]) -> bool:
        """Begin what a call of this client waits for; False: the queue is full."""
        if isinstance(errand, EmbedText):
            return self._outside.embed(errand.text, back)
        if isinstance(errand, AwaitKeys):
            self._engine.blocked.enter(client, errand, back)
            if errand.until_ms:
                self._outside.later(errand.until_ms - self._engine.now_ms, lambda _: self._tick())
        elif isinstance(errand, HashSecret):
            self._outside.hash_secret(errand.secret, back)
        elif isinstance(errand, Pause):
            self._outside.later(errand.delay_ms, back)
        elif isinstance(errand, FoldTables):
            self._engine.compaction.begin(self._engine.state.store, self._engine.now_ms, back)
            self._tick()
        else:
            self._back_up(errand.name, back)
        return True

    def end(self, client: Client) -> bool:
        """Is this client to be closed, or the server to be stopped? Then it is not asked what it sent after that."""
        return any(
            isinstance(errand, StopServer) or (isinstance(errand, CloseClients) and client.id in errand.client_ids)
            for errand in self.pending
        )

    def run(self) -> None:
        """Do what is pending."""
        pending, self.pending = self.pending, []
        for errand in pending:
            if isinstance(errand, StopServer):
                self._outside.stop()
            elif isinstance(errand, WriteBackup):
                self._back_up(errand.name)
            else:
                for client_id in errand.client_ids:
                    client = self._engine.clients.find(client_id)
                    if client is not None:
                        client.sink.close("killed")

    def _back_up(self, name: str, back: Callable[[Any], None] | None = None) -> None:
        engine = self._engine
        engine.backups.write(name, engine.state.store, self._outside, self._clock.now_ms, back)
        self._tick()
