"""May this call run now? Every check that stands before a command, in order, in one function."""

import hmac
from typing import NamedTuple

from crowkis.engine.clients import Client
from crowkis.values.call import Command
from crowkis.values.errors import CommandError, denied, loading, not_authenticated, writes_stopped


class Progress(NamedTuple):
    """How far the start has come; `total` 0: not known."""

    phase: str
    done: int
    total: int


class House:
    """What the gate asks about the server as a whole."""

    __slots__ = ("loaded", "progress", "token", "writes_stopped")

    def __init__(self, token: str) -> None:
        self.token = token
        self.loaded = False
        self.progress = Progress("opening the store", 0, 0)
        """Set by the thread that loads, until `loaded`."""
        self.writes_stopped = ""
        """The disk error that stopped writing, or empty."""

    @property
    def normal(self) -> bool:
        """Nothing about the server keeps an admitted client's call from running."""
        return self.loaded and not self.writes_stopped


def refusal(client: Client, command: Command, house: House) -> CommandError | None:
    """The order is the policy; keep it visible."""
    if command.open:
        return None
    if not client.admitted:
        return not_authenticated() if house.token else denied()
    if not house.loaded and not command.while_loading:
        return loading()
    if command.writes and house.writes_stopped:
        return writes_stopped(house.writes_stopped)
    return None


def admit(client: Client, house: House) -> None:
    """Work out whether the client may run ordinary commands: with the token, or from this machine where none is set."""
    client.admitted = client.authenticated if house.token else client.local


def token_fits(house: House, token: str) -> bool:
    """Compare in constant time; never true while no token is set."""
    return bool(house.token) and hmac.compare_digest(house.token.encode(), token.encode())
