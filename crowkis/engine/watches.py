"""Who watches which key: the optimistic lock of WATCH and EXEC.

Told of every change of a key by Keys, whoever or whatever makes it, and only while somebody watches. A key whose time
is up counts as changed at that moment, not when it is removed. Never looks at values.
"""

from collections.abc import Callable

from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.keys import Listener, Touch
from crowkis.engine.transactions import Watched
from crowkis.values.errors import too_many
from crowkis.values.limits import WATCHED_BYTES_MAX, WATCHED_KEYS_MAX

EndOf = Callable[[bytes], int | None]
"""When a full key ends (0: never), or None where it is not there."""


class Watches:
    """All watched keys of all clients."""

    def __init__(self, listeners: list[Listener], end_of: EndOf) -> None:
        self._listeners = listeners
        self._end_of = end_of
        self._watching: dict[bytes, dict[Client, None]] = {}
        """By full key."""

    def watch(self, client: Client, db: int, key: bytes, now_ms: int) -> None:
        """From now on a change of the key keeps the client's next EXEC from running. Raises CommandError."""
        full, watched = plain_key(db, key), client.watched
        if client.gone:
            watched.changed = True
        if watched.changed or full in watched.keys:
            return
        if len(watched.keys) >= WATCHED_KEYS_MAX or watched.size_bytes + len(full) > WATCHED_BYTES_MAX:
            raise too_many("watched keys", WATCHED_KEYS_MAX, WATCHED_BYTES_MAX)
        if not self._watching:
            self._listeners.append(self.heed)
        watched.keys[full] = self._is_over(full, now_ms)
        watched.size_bytes += len(full)
        self._watching.setdefault(full, {})[client] = None

    def unwatch(self, client: Client) -> None:
        """Forget what the client watches, and whether it has changed."""
        for full in client.watched.keys:
            watching = self._watching[full]
            del watching[client]
            if not watching:
                del self._watching[full]
        if client.watched.keys and not self._watching:
            self._listeners.remove(self.heed)
        client.watched = Watched()

    def leave(self, client: Client) -> None:
        """The client is gone: nobody sees to its keys, so an EXEC of its that depends on them must not run."""
        depends = bool(client.watched.keys)
        self.unwatch(client)
        client.watched.changed = depends

    def unchanged(self, client: Client, now_ms: int) -> bool:
        """Is everything the client watches as it was?"""
        watched = client.watched
        return not watched.changed and not any(
            self._is_over(full, now_ms) for full, was_over in watched.keys.items() if not was_over
        )

    def heed(self, touch: Touch) -> None:
        """A listener of Keys."""
        if touch.key is not None:
            self._mark(plain_key(touch.db, touch.key), touch.ended)
            return
        prefix = plain_key(touch.db, b"")
        for full in self._watching:
            if full.startswith(prefix) and self._end_of(full) is not None:
                self._mark(full, True)

    def _mark(self, full: bytes, ended: bool) -> None:
        for client in self._watching.get(full, ()):
            watched = client.watched
            if ended and watched.keys[full]:
                watched.keys[full] = False  # what was over already has now been removed: that changes nothing
            else:
                watched.changed = True

    def _is_over(self, full: bytes, now_ms: int) -> bool:
        at_ms = self._end_of(full)
        return at_ms is not None and 0 < at_ms <= now_ms

    def __len__(self) -> int:
        return len(self._watching)
