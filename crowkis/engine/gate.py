"""May this call run now? Every check that stands before a command, in order, in one function."""

import hmac
from typing import NamedTuple

from crowkis.engine.clients import Client
from crowkis.values.call import Command
from crowkis.values.errors import CommandError, busy, denied, loading, memory_full, not_authenticated, writes_stopped

CONGESTION_RETRY_MS = 500


class Progress(NamedTuple):
    """How far the start has come. How much there is in all is not known before it has been read."""

    phase: str
    done: int


class House:
    """What the gate asks about the server as a whole."""

    __slots__ = ("congested", "loaded", "memory_full_bytes", "progress", "token", "writes_stopped")

    def __init__(self, token: str) -> None:
        self.token = token
        self.loaded = False
        self.progress = Progress("opening the store", 0)
        """Set by the thread that loads, until `loaded`."""
        self.writes_stopped = ""
        """The disk error that stopped writing, or empty."""
        self.congested = False
        """Flushing and folding lag behind: writes must wait."""
        self.memory_full_bytes = 0
        """The memory limit while it is reached, else 0."""

    @property
    def normal(self) -> bool:
        """Nothing about the server keeps an admitted client's call from running."""
        return not (self.congested or self.memory_full_bytes) and self.writable

    @property
    def writable(self) -> bool:
        """The data directory is read and takes changes."""
        return self.loaded and not self.writes_stopped


def refusal(client: Client, command: Command, house: House) -> CommandError | None:
    """The order is the policy; keep it visible."""
    if command.open:
        return None
    if not client.admitted:
        return not_authenticated() if house.token else denied()
    if not house.loaded and not command.while_loading:
        return loading()
    return refused_write(command, house)


def refused_write(command: Command, house: House) -> CommandError | None:
    """What keeps a writing command from changing anything now; asked again when an errand of its comes back."""
    if not command.writes:
        return None
    if house.writes_stopped:
        return writes_stopped(house.writes_stopped)
    if house.congested:
        return busy("the queue of tables to be folded", CONGESTION_RETRY_MS)
    if house.memory_full_bytes and not command.frees:
        return memory_full(house.memory_full_bytes)
    return None


def admit(client: Client, house: House) -> None:
    """Work out whether the client may run ordinary commands: with the token, or from this machine where none is set."""
    client.admitted = client.authenticated if house.token else client.local


def token_fits(house: House, token: str) -> bool:
    """Compare in constant time; never true while no token is set."""
    return bool(house.token) and hmac.compare_digest(house.token.encode(), token.encode())
