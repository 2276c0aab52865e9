"""Which client has read which key and wants to be told when it changes: what client-side caches rest on.

Told of every change by Keys, and only while somebody tracks. What must be sent is gathered during a batch and leaves
behind its replies: a client may be told of more than it needs, never of less. Bounded: where too much is remembered,
what was read longest ago is invalidated early. Databases do not matter here, as in Redis.
"""

from collections import OrderedDict
from collections.abc import Callable

from crowkis.engine.clients import Client, Clients, Tracker
from crowkis.engine.keys import Listener, Touch
from crowkis.values.limits import TRACKED_BYTES_MAX
from crowkis.values.reply import Push
from crowkis.wire.writer import encode

KEY_BYTES = 350
READER_BYTES = 100
"""What a remembered key, and each client that has read it, take in memory, approximately."""
CHANNEL = b"__redis__:invalidate"
"""Where a RESP2 client hears what is redirected to it."""


class Tracking:
    """All that is tracked."""

    def __init__(
        self,
        listeners: list[Listener],
        clients: Clients,
        push: Callable[[Client, bytes], None],
        acting: Callable[[], Client | None],
    ) -> None:
        self.size_bytes = 0
        self._listeners = listeners
        self._clients = clients
        self._push = push
        self._acting = acting
        """Whose call is being run."""
        self._trackers: dict[Client, None] = {}
        self._readers: OrderedDict[bytes, dict[int, None]] = OrderedDict()
        """Ids of clients by key, the one read first in front. Whoever has gone stays here until the key changes."""
        self._prefixes: dict[bytes, dict[Client, None]] = {}
        self._stale: list[tuple[Client, bytes]] = []
        self._stale_under: dict[bytes, dict[bytes, Client | None]] = {}
        """By prefix: keys that changed, and whose call changed each last."""
        self._emptied = False

    def begin(self, client: Client, tracker: Tracker) -> None:
        """Track for a client from now on, as it wishes."""
        if client.gone:
            return
        if not self._trackers:
            self._listeners.append(self.heed)
        self._trackers[client] = None
        client.tracker = tracker
        for prefix in tracker.prefixes:
            self._prefixes.setdefault(prefix, {})[client] = None
        client.weigh()

    def end(self, client: Client) -> None:
        """Track nothing for it any more; what it has read is forgotten when it changes."""
        tracker, client.tracker = client.tracker, None
        if tracker is None:
            return
        client.weigh()
        for prefix in tracker.prefixes:
            clients = self._prefixes[prefix]
            del clients[client]
            if not clients:
                del self._prefixes[prefix]
        self._trackers.pop(client)
        if not self._trackers:
            self._listeners.remove(self.heed)
            self._forget()

    def remember(self, client: Client, tracker: Tracker, keys: list[bytes]) -> None:
        """The client has read these keys."""
        if tracker.broadcast or tracker.caching is False or (tracker.mode == "optin" and not tracker.caching):
            return
        for key in keys:
            readers = self._readers.get(key)
            if readers is None:
                readers = self._readers[key] = {}
                self.size_bytes += KEY_BYTES + len(key)
            if client.id not in readers:
                readers[client.id] = None
                self.size_bytes += READER_BYTES
        while self.size_bytes > TRACKED_BYTES_MAX:
            self._invalidate(next(iter(self._readers)), None)

    def heed(self, touch: Touch) -> None:
        """A listener of Keys."""
        key = touch.key
        if key is None:
            self._emptied = True
            self._forget()
            return
        acting = self._acting()
        if key in self._readers:
            self._invalidate(key, acting)
        for prefix in self._prefixes:
            if key.startswith(prefix):
                self._stale_under.setdefault(prefix, {})[key] = acting

    @property
    def pending(self) -> bool:
        """Is there something to be sent?"""
        return bool(self._stale or self._stale_under or self._emptied)

    def deliver(self) -> None:
        """Send what has gathered."""
        stale, self._stale = self._stale, []
        stale_under, self._stale_under = self._stale_under, {}
        for client, key in stale:
            self._send(client, [key])
        for prefix, changed in stale_under.items():
            for client in self._prefixes.get(prefix, ()):
                assert client.tracker is not None
                quiet = client.tracker.noloop
                keys = [key for key, acting in changed.items() if not (quiet and acting is client)]
                if keys:
                    self._send(client, keys)
        if self._emptied:
            self._emptied = False
            for client in self._trackers:
                self._send(client, None)

    def _invalidate(self, key: bytes, acting: Client | None) -> None:
        readers = self._readers.pop(key)
        self.size_bytes -= KEY_BYTES + len(key) + READER_BYTES * len(readers)
        for client in filter(None, map(self._clients.find, readers)):
            if client.tracker is not None and not (client.tracker.noloop and client is acting):
                self._stale.append((client, key))

    def _forget(self) -> None:
        self._readers.clear()
        self.size_bytes = 0

    def _send(self, client: Client, keys: list[bytes] | None) -> None:
        tracker = client.tracker
        if tracker is None:
            return
        target: Client | None = client
        if tracker.redirect:
            target = self._clients.find(tracker.redirect)
            if target is None:
                tracker.broken = True
                if client.protocol == 3:
                    self._push(client, encode(Push([b"tracking-redir-broken", tracker.redirect]), 3))
                return
        assert target is not None
        if target.protocol == 3:
            self._push(target, encode(Push([b"invalidate", keys]), 3))
        elif tracker.redirect and target.subscriptions:
            self._push(target, encode(Push([b"message", CHANNEL, keys]), 2))
