"""Who waits for a key to get something: BLPOP and its kin. First come, first served; nobody is given to who is gone.

A call that finds nothing leaves as the errand AwaitKeys. When one of its keys is changed it comes back with WOKEN and
tries again, in the place of the queue it had; when its time is up with TIMED_OUT. Listens to keys only while somebody
waits. Never reads a clock.
"""

from bisect import insort
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NamedTuple

from crowkis.engine.clients import Client
from crowkis.engine.keys import Listener, Touch
from crowkis.values.errand import AwaitKeys
from crowkis.values.errors import unblocked

WOKEN, TIMED_OUT = "woken", "timed out"
"""What an AwaitKeys brings back; or a CommandError."""


class _Waiter(NamedTuple):
    """Sorted by turn."""

    turn: int
    errand: AwaitKeys
    client: Client
    back: Callable[[Any], None]


class Blocked:
    """All who wait."""

    def __init__(self, listeners: list[Listener]) -> None:
        self._listeners = listeners
        self._queues: dict[tuple[int, bytes], list[_Waiter]] = {}
        self._by_turn: dict[int, _Waiter] = {}
        self._ends: list[tuple[int, int]] = []
        """Unix milliseconds and turn, the earliest first; who has been served leaves its line behind."""
        self._last_turn = 0

    def __len__(self) -> int:
        return len(self._by_turn)

    def turn(self) -> int:
        """The place in the queues of a call that may have to wait."""
        self._last_turn += 1
        return self._last_turn

    def enter(self, client: Client, errand: AwaitKeys, back: Callable[[Any], None]) -> None:
        """Wait, until one of the keys is changed."""
        waiter = _Waiter(errand.turn, errand, client, back)
        if not self._by_turn:
            self._listeners.append(self.heed)
        self._by_turn[errand.turn] = waiter
        for key in dict.fromkeys(errand.keys):
            insort(self._queues.setdefault((errand.db, key), []), waiter, key=lambda other: other.turn)
        if errand.until_ms:
            heappush(self._ends, (errand.until_ms, errand.turn))
        client.unblock = self.end

    def heed(self, touch: Touch) -> None:
        """A listener of Keys: whoever has waited longest for this key tries again."""
        if touch.key is not None and not touch.ended:
            self.wake(touch.db, touch.key)

    def wake(self, db: int, key: bytes) -> None:
        """Let the first who waits for a key try again."""
        queue = self._queues.get((db, key))
        if queue:
            self._leave(queue[0]).back(WOKEN)

    def due(self, now_ms: int) -> None:
        """End the waiting of those whose time is up."""
        while self._ends and self._ends[0][0] <= now_ms:
            _, turn = heappop(self._ends)
            waiter = self._by_turn.get(turn)
            if waiter is not None:
                self._leave(waiter).back(TIMED_OUT)

    def end(self, client: Client, with_error: bool) -> bool:
        """End what a client waits for, as if its time were up or with an error; tells whether it waited."""
        found = [waiter for waiter in self._by_turn.values() if waiter.client is client]
        for waiter in found:
            self._leave(waiter).back(unblocked() if with_error else TIMED_OUT)
        return bool(found)

    def _leave(self, waiter: _Waiter) -> _Waiter:
        errand = waiter.errand
        del self._by_turn[waiter.turn]
        for key in dict.fromkeys(errand.keys):
            queue = self._queues[errand.db, key]
            queue.remove(waiter)
            if not queue:
                del self._queues[errand.db, key]
        if not self._by_turn:
            self._listeners.remove(self.heed)
            self._ends.clear()
        return waiter
