"""Who is connected: one Client per connection, owned by the actor; CLIENT LIST and CLIENT INFO are printed from here.

A client's sink is the door's end of it; the engine hands it encoded replies and never sees a socket.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from crowkis.engine.transactions import Transaction, Watched
from crowkis.guard.access import shown
from crowkis.values.access import NEW_DEFAULT
from crowkis.values.call import Command
from crowkis.values.reply import Stream

IN_ORDER = frozenset({"pubsub", "transactions"})
"""Categories whose words never run before what came before them."""


class Sink(Protocol):
    """Where replies to one client go. All methods are called on the event loop."""

    congested: bool
    """The client reads slower than it asks; its door calls Actor.unpark() when it has caught up."""

    def answer(self, slot: int, replies: list[bytes]) -> None:
        """The encoded replies of `slot` and the slots after it; each leaves when all earlier slots have left."""

    def stream(self, slot: int, stream: Stream, tail: bytes) -> None:
        """A reply in parts; the slot stays open until the last part is out."""

    def push(self, data: bytes) -> None:
        """Out-of-band data; leaves between two replies."""

    def flush(self) -> None:
        """Write what may leave now."""

    def close(self, reason: str) -> None:
        """Close after what is owed has been written; an empty reason is the client's own wish."""


class Tracker:
    """How one client wants to be told of changes; see CLIENT TRACKING."""

    __slots__ = ("broadcast", "broken", "caching", "mode", "noloop", "prefixes", "redirect")

    def __init__(self, redirect: int, broadcast: bool, prefixes: list[bytes], mode: str, noloop: bool) -> None:
        self.redirect = redirect
        """The id of who is told in its place; 0: nobody."""
        self.broadcast = broadcast
        self.prefixes = prefixes
        self.mode = mode
        """optin, optout or nothing."""
        self.noloop = noloop
        self.caching: bool | None = None
        """What CLIENT CACHING has said about the next call."""
        self.broken = False
        """Who was to be told in its place is gone."""


class Client:
    """One connection as the engine sees it."""

    __slots__ = (
        "account", "address", "admitted", "authenticated", "calls", "channels", "created_ms", "db", "fd", "free",
        "gone", "id", "last", "last_ms", "leaving", "library", "library_version", "local", "local_address",
        "monitoring", "name", "no_evict", "no_touch", "out", "out_word", "out_writes", "parked", "patterns",
        "protocol", "queued", "reply_mode", "sink", "subscribed_bytes", "tracker", "transaction",
        "unblock", "unusual", "watched",
    )  # fmt: skip

    def __init__(self, client_id: int, address: str, local: bool, sink: Sink, now_ms: int) -> None:
        self.id = client_id
        self.address = address
        self.local_address, self.fd = "", 0
        """Our end of the connection, and its number for the system."""
        self.local = local
        """The peer is on this machine."""
        self.sink = sink
        self.created_ms = self.last_ms = now_ms
        self.calls = 0
        self.last: Command | None = None
        """The word it sent last, which may be running."""
        self.leaving = False
        """It sends no more, and may be reading or be gone: nothing is kept waiting for it."""
        self.gone = False
        """The connection is lost; calls that came over it may still be running."""
        self.transaction: Transaction | None = None
        """Between MULTI and EXEC or DISCARD; see put_transaction()."""
        self.watched = Watched()
        self.channels: dict[bytes, None] = {}
        self.patterns: dict[bytes, None] = {}
        """What it has subscribed to; Channels' affair."""
        self.subscribed_bytes = 0
        self.tracker: Tracker | None = None
        """Tracking's affair."""
        self.unblock: Callable[[Client, bool], bool] | None = None
        """While a call of it waits for a key: ends the waiting, with an error if told so; tells whether it did."""
        self.parked: deque[tuple[list[list[bytes]], int]] = deque()
        """Packets, each with its first slot, put aside until the client reads or its earlier calls are done."""
        self.queued: deque[tuple[list[list[bytes]], int]] = deque()
        """Packets whose turn has not come; Inbox's."""
        self.out = 0
        """Calls whose errand is out."""
        self.out_word: Command | None = None
        """What all of them are, if they are all the same."""
        self.out_writes = False
        """One of them will write."""
        self.reset()
        self.name = self.library = self.library_version = ""

    def reset(self) -> None:
        """As after connecting: RESET and new connections."""
        self.protocol = 2
        self.db = 0
        self.account = NEW_DEFAULT
        """Who it is; where `authenticated`, it has shown that user's password."""
        self.authenticated = False
        self.admitted = False
        """May run ordinary commands; set by gate.admit()."""
        self.free = False
        """May run all of them with all keys, so that nobody need look at each."""
        self.monitoring = False
        self.no_evict = self.no_touch = False
        self.name = ""
        self.reply_mode = "ON"
        self.weigh()

    def weigh(self) -> None:
        """Work out `unusual`; to be called after a change of what it depends on."""
        self.unusual = bool(
            self.transaction or self.channels or self.patterns or self.tracker or self.reply_mode != "ON"
        )
        """Its calls take the long way (see modes.py): the one thing the short way asks."""

    @property
    def subscriptions(self) -> int:
        """Channels and patterns together."""
        return len(self.channels) + len(self.patterns)

    @property
    def listens_only(self) -> bool:
        """A RESP2 client that has subscribed could not tell a reply from a message."""
        return self.protocol == 2 and bool(self.channels or self.patterns)

    @property
    def kind(self) -> str:
        """As CLIENT LIST TYPE and CLIENT KILL TYPE name it."""
        return "PUBSUB" if self.subscriptions else "NORMAL"

    def send_out(self, command: Command) -> None:
        """A call of this client waits for its errand."""
        self.out_word = command if not self.out or self.out_word is command else None
        self.out_writes = command.writes or (self.out > 0 and self.out_writes)
        self.out += 1

    def may_overtake(self, command: Command) -> bool:
        """May a later call run while errands of earlier ones are out?

        Reads may overtake reads, and a word itself (a pipeline of CSET is embedded side by side). Everything else
        would be seen out of order: a flush before the store it follows, a new protocol for an old reply, a message
        before the subscription is confirmed, an invalidation before what was read.
        """
        return command is self.out_word or not (
            self.out_writes or self.tracker or command.writes or command.open or command.category in IN_ORDER
        )

    def line(self, now_ms: int) -> str:
        """This client as CLIENT LIST shows it."""
        marks = (
            ("O", self.monitoring), ("P", self.subscriptions), ("x", self.transaction), ("d", self.watched.changed),
            ("t", self.tracker), ("B", self.tracker and self.tracker.broadcast),
            ("R", self.tracker and self.tracker.broken),
        )  # fmt: skip
        flags = ("".join(mark for mark, there in marks if there) or "N") + ("e" if self.no_evict else "")
        flags += "T" if self.no_touch else ""
        redirect = -1 if self.tracker is None else self.tracker.redirect
        queued = -1 if self.transaction is None else len(self.transaction.calls)
        return (
            f"id={self.id} addr={self.address} laddr={self.local_address} fd={self.fd} name={self.name} "
            f"age={(now_ms - self.created_ms) // 1000} "
            f"idle={(now_ms - self.last_ms) // 1000} flags={flags} db={self.db} "
            f"sub={len(self.channels)} psub={len(self.patterns)} multi={queued} watch={len(self.watched.keys)} "
            f"tot-cmds={self.calls} cmd={shown(self.last.name) if self.last is not None else 'NULL'} "
            f"user={self.account.name} redir={redirect} "
            f"resp={self.protocol} lib-name={self.library} lib-ver={self.library_version}"
        )


class Clients:
    """All connections, by id."""

    def __init__(self) -> None:
        self._by_id: dict[int, Client] = {}
        self._last_id = 0
        self.monitors: list[Client] = []

    def enter(self, address: str, local: bool, sink: Sink, now_ms: int) -> Client:
        """A new connection."""
        self._last_id += 1
        client = Client(self._last_id, address, local, sink, now_ms)
        self._by_id[client.id] = client
        return client

    def leave(self, client: Client) -> None:
        """The connection is gone."""
        self._by_id.pop(client.id, None)
        self.stop_monitoring(client)

    def of_user(self, name: str) -> list[Client]:
        """Everyone who is this user."""
        return [client for client in self._by_id.values() if client.account.name == name]

    def find(self, client_id: int) -> Client | None:
        """The client of this id, if connected."""
        return self._by_id.get(client_id)

    def all(self) -> list[Client]:
        """Everyone connected, oldest first."""
        return list(self._by_id.values())

    def monitor(self, client: Client) -> None:
        """Show this client every command from now on."""
        if not client.monitoring:
            client.monitoring = True
            self.monitors.append(client)

    def stop_monitoring(self, client: Client) -> None:
        """Show it no more."""
        if client in self.monitors:
            self.monitors.remove(client)
        client.monitoring = False

    def __len__(self) -> int:
        return len(self._by_id)
