"""May this call run now? Every check that stands before a command, in order, in one function."""

import hmac

from crowkis.engine.clients import Client
from crowkis.values.call import Command
from crowkis.values.errors import CommandError, busy, denied, loading, not_authenticated, writes_stopped

CONGESTION_RETRY_MS = 500


class House:
    """What the gate asks about the server as a whole."""

    __slots__ = ("congested", "loaded", "token", "writes_stopped")

    def __init__(self, token: str) -> None:
        self.token = token
        self.loaded = False
        self.writes_stopped = ""
        """The disk error that stopped writing, or empty."""
        self.congested = False
        """Flushing and folding lag behind: writes must wait."""

    @property
    def normal(self) -> bool:
        """Nothing about the server keeps an admitted client's call from running."""
        return self.loaded and not self.writes_stopped and not self.congested


def refusal(client: Client, command: Command, house: House) -> CommandError | None:
    """The order is the policy; keep it visible."""
    if command.open:
        return None
    if not client.admitted:
        return not_authenticated() if house.token else denied()
    if not house.loaded:
        return loading()
    if command.writes and house.writes_stopped:
        return writes_stopped(house.writes_stopped)
    if command.writes and house.congested:
        return busy("the queue of tables to be folded", CONGESTION_RETRY_MS)
    return None


def admit(client: Client, house: House) -> None:
    """Work out whether the client may run ordinary commands: with the token, or from this machine where none is set."""
    client.admitted = client.authenticated if house.token else client.local


def token_fits(house: House, token: str) -> bool:
    """Compare in constant time; never true while no token is set."""
    return bool(house.token) and hmac.compare_digest(house.token.encode(), token.encode())
