"""When things end: which keys of the store have an end, how many of each database, and what is due.

Kept beside the store so that nobody has to read it to know: setting a key, asking what is due and telling how many
keys have an end cost the same however many there are. Holds keys and times, never values; never reads a clock.
"""

from heapq import heapify, heappop, heappush

from crowkis.engine.codec import PLAIN
from crowkis.values.limits import DATABASES

SPARE_LINES = 1_024
"""Lines that mean nothing any more are kept until they are this many more than those that do."""
LINE_BYTES = 250
"""What an end takes in memory, approximately."""


class Ends:
    """Store key to the Unix millisecond it ends at, and a queue of lines (end, key) in order of time.

    A key whose end has changed leaves its line behind; such lines are dropped when they are due or too many.
    """

    def __init__(self) -> None:
        self._by_key: dict[bytes, int] = {}
        self._lines: list[tuple[int, bytes]] = []
        self._counts, self._sums = [0] * DATABASES, [0] * DATABASES
        """Of plain keys, by database: how many have an end, and all ends together."""

    def put(self, key: bytes, at_ms: int) -> None:
        """The key is set, and ends then; 0: never."""
        if self._by_key:
            self.drop(key)
        if not at_ms:
            return
        self._by_key[key] = at_ms
        heappush(self._lines, (at_ms, key))
        self._tally(key, 1, at_ms)
        if len(self._lines) > 2 * len(self._by_key) + SPARE_LINES:
            self._lines = [(at_ms, key) for key, at_ms in self._by_key.items()]
            heapify(self._lines)

    def drop(self, key: bytes) -> None:
        """The key is gone, or its end is."""
        at_ms = self._by_key.pop(key, None)
        if at_ms is not None:
            self._tally(key, -1, -at_ms)

    def drop_prefix(self, prefix: bytes) -> None:
        """Every key that begins so is gone."""
        for key in [key for key in self._by_key if key.startswith(prefix)]:
            self.drop(key)

    def due(self, now_ms: int, most: int) -> list[bytes]:
        """Up to `most` keys whose time is up; each is told once."""
        found: list[bytes] = []
        while self._lines and self._lines[0][0] <= now_ms and len(found) < most:
            line = heappop(self._lines)
            while self._lines and self._lines[0] == line:  # the end was taken away and given again
                heappop(self._lines)
            at_ms, key = line
            if self._by_key.get(key) == at_ms:
                found.append(key)
        return found

    def of_database(self, db: int, now_ms: int) -> tuple[int, int]:
        """How many plain keys of a database have an end, and how long they have left on average, in milliseconds."""
        count = self._counts[db]
        return count, max(0, self._sums[db] // count - now_ms) if count else 0

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return len(self._lines) * LINE_BYTES

    def _tally(self, key: bytes, one: int, at_ms: int) -> None:
        if key[:1] == PLAIN:
            self._counts[key[1]] += one
            self._sums[key[1]] += at_ms
