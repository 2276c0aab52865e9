"""Slow work that leaves the actor as a value and comes back as a call.

An errand never touches state. Its result (or the error it ended with) is handed to `then` inside the actor.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class EmbedText(NamedTuple):
    """Make the vector of a text. Result: Vector, or EmbedderError."""

    text: str


class HashSecret(NamedTuple):
    """Work out the Argon2id hash of a secret, which takes long on purpose. Result: str."""

    secret: str


class WriteBackup(NamedTuple):
    """Write everything into the archive `name` in backup_dir. Result: None once it is durable, or StorageError."""

    name: str


class FoldTables(NamedTuple):
    """Flush what is in memory and fold all tables. Result: what it did (a Compacted), or DiskError."""


class Pause(NamedTuple):
    """Wait so long. Result: None."""

    delay_ms: int


class AwaitKeys(NamedTuple):
    """Wait until one of these keys is changed. Result: see engine/blocked.py."""

    db: int
    keys: tuple[bytes, ...]
    until_ms: int
    """Unix milliseconds; 0: for ever."""
    turn: int
    """The place among those who wait; kept when the call has to wait again."""


class CloseClients(NamedTuple):
    """Close these connections after their replies are out. No result."""

    client_ids: tuple[int, ...]


class StopServer(NamedTuple):
    """Stop as on SIGTERM. No result."""


Errand = EmbedText | HashSecret | WriteBackup | FoldTables | Pause | AwaitKeys
"""What a call can wait for."""

Then = Callable[[Any, Any], Any]
"""then(engine, result) -> Reply | Outcome | Waiting, run inside the actor."""


class Waiting(NamedTuple):
    """A command's word that the reply comes later: run `errand`, then `then` with what it brought."""

    errand: Errand
    then: Then
