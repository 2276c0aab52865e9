"""May this call run now? Every check that stands before a command, in order, in one function."""

import hmac
from collections.abc import Mapping
from typing import NamedTuple

from crowkis.engine.clients import Client
from crowkis.engine.denials import Denials
from crowkis.guard import access
from crowkis.values.access import DEFAULT, NEW_DEFAULT, User
from crowkis.values.call import Command, Vocabulary
from crowkis.values.errors import (
    CommandError,
    busy,
    denied,
    loading,
    memory_full,
    no_permission,
    not_authenticated,
    writes_stopped,
)

CONGESTION_RETRY_MS = 500


class Progress(NamedTuple):
    """How far the start has come. How much there is in all is not known before it has been read."""

    phase: str
    done: int


class Pause(NamedTuple):
    """Calls wait until then: all, or those that change something."""

    until_ms: int
    writes_only: bool


UNPAUSING = frozenset({"CLIENT PAUSE", "CLIENT UNPAUSE"})
"""What a pause does not hold up: it could not be ended."""


class House:
    """What the gate asks about the server as a whole."""

    __slots__ = (
        "congested", "denials", "loaded", "memory_full_bytes", "paused", "progress", "token", "users", "writes_stopped",
    )  # fmt: skip

    def __init__(self, token: str) -> None:
        self.token = token
        self.users: Mapping[str, User] = {DEFAULT: NEW_DEFAULT}
        """Until the data directory is read, the default user alone."""
        self.denials = Denials()
        self.loaded = False
        self.progress = Progress("opening the store", 0)
        """Set by the thread that loads, until `loaded`."""
        self.writes_stopped = ""
        """The disk error that stopped writing, or empty."""
        self.congested = False
        """Flushing and folding lag behind: writes must wait."""
        self.memory_full_bytes = 0
        """The memory limit while it is reached, else 0."""
        self.paused: Pause | None = None
        """Set by CLIENT PAUSE until the actor sees that it is over."""

    def pause(self, until_ms: int, writes_only: bool) -> None:
        """Let calls wait; of two pauses the later end and the wider one counts."""
        old = self.paused or Pause(0, True)
        self.paused = Pause(max(old.until_ms, until_ms), old.writes_only and writes_only)

    def unpause(self) -> None:
        """Let no call wait any longer."""
        if self.paused is not None:
            self.paused = self.paused._replace(until_ms=0)

    @property
    def normal(self) -> bool:
        """Nothing about the server keeps an admitted client's call from running."""
        return not (self.congested or self.memory_full_bytes) and self.writable

    @property
    def status(self) -> str:
        """In one word for probes: starting, degraded or ok."""
        return "starting" if not self.loaded else "degraded" if self.writes_stopped else "ok"

    @property
    def writable(self) -> bool:
        """The data directory is read and takes changes."""
        return self.loaded and not self.writes_stopped


def refusal(
    client: Client, command: Command, request: list[bytes], house: House, words: Vocabulary
) -> CommandError | None:
    """The order is the policy; keep it visible."""
    if command.open:
        return None
    if not client.admitted:
        return unadmitted(house)
    if not house.loaded and not command.while_loading:
        return loading()
    return (None if client.free else forbidden(client, command, request, house, words)) or refused_write(command, house)


def check(client: Client, command: Command, request: list[bytes], house: House, words: Vocabulary) -> None:
    """Raises CommandError where the call is refused."""
    refused = refusal(client, command, request, house, words)
    if refused is not None:
        raise refused


def unadmitted(house: House) -> CommandError:
    """What a client is told that has not shown who it is."""
    return not_authenticated() if house.token or len(house.users) > 1 or not house.users[DEFAULT].on else denied()


def forbidden(
    client: Client, command: Command, request: list[bytes], house: House, words: Vocabulary
) -> CommandError | None:
    """What the client's user may not do, noted for ACL LOG. Raises CommandError where the request makes no sense."""
    user = client.account
    keys, channels = words.key_uses(command, request), words.channel_uses(command, request)
    denial = access.objection(user, command.name, command.categories, keys, channels)
    if denial is None:
        return None
    house.denials.note(denial, user.name, client, client.last_ms)
    return no_permission(user.name, denial)


def waits(command: Command, pause: Pause) -> bool:
    """Must a call of this word wait for the end of the pause?"""
    if pause.writes_only:
        return command.writes
    return not command.open and command.name not in UNPAUSING


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
    """Work out whether the client may run ordinary commands: with its user's password, or, as the default user, from
    this machine where no token is set."""
    user = house.users.get(client.account.name)
    if user is None:
        client.admitted = client.free = False
        return
    named = user.name != DEFAULT or house.token
    client.admitted = user.on and bool(client.authenticated if named else client.local)
    regrant(client, user)


def regrant(client: Client, user: User) -> None:
    """The client's user may do other things now. Whoever is in stays in, even where the user has been switched off."""
    client.account = user
    client.free = client.admitted and access.unrestricted(user)


def token_fits(house: House, token: str) -> bool:
    """Compare in constant time; never true while no token is set."""
    return bool(house.token) and hmac.compare_digest(house.token.encode(), token.encode())


def log_in(client: Client, house: House, name: str, password: str) -> bool:
    """The client says who it is; tells whether that is believed. A wrong password changes nothing but ACL LOG."""
    user = house.users.get(name)
    if user is None or name != DEFAULT:
        fits = access.password_fits(user or User(""), password.encode())
    else:
        fits = user.on and token_fits(house, password)
    if user is None or not fits:
        house.denials.note(access.WRONG_PASSWORD, name, client, client.last_ms)
        return False
    client.account, client.authenticated = user, True
    admit(client, house)
    return True
