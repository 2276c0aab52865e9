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


class Lines:
    """Names to the Unix millisecond they end at, and a queue of lines (end, name) in order of time.

    A name whose end has changed leaves its line behind; such lines are dropped when they are due or too many.
    """

    __slots__ = ("_queue", "_spare", "by_name")

    def __init__(self, spare: int) -> None:
        self.by_name: dict[bytes, int] = {}
        """Of those that have one, their end; to be read only."""
        self._queue: list[tuple[int, bytes]] = []
        self._spare = spare
        """So many lines that mean nothing any more are kept beyond as many as there are that do."""

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, name: bytes, at_ms: int) -> None:
        """The name ends then, whatever its end was."""
        self.by_name[name] = at_ms
        heappush(self._queue, (at_ms, name))
        if len(self._queue) > 2 * len(self.by_name) + self._spare:
            self._queue = [(at_ms, name) for name, at_ms in self.by_name.items()]
            heapify(self._queue)

    def drop(self, name: bytes) -> int | None:
        """The name has no end any more; the one it had."""
        return self.by_name.pop(name, None)

    def first_ms(self) -> int:
        """The earliest end that due() has not told yet; 0: there is none."""
        queue = self._queue
        while queue and self.by_name.get(queue[0][1]) != queue[0][0]:
            heappop(queue)
        return queue[0][0] if queue else 0

    def due(self, now_ms: int, most: int) -> list[bytes]:
        """Up to `most` names whose time is up; each is told once."""
        found: list[bytes] = []
        queue = self._queue
        while queue and queue[0][0] <= now_ms and len(found) < most:
            line = heappop(queue)
            while queue and queue[0] == line:  # the end was taken away and given again
                heappop(queue)
            at_ms, name = line
            if self.by_name.get(name) == at_ms:
                found.append(name)
        return found


class Ends:
    """The ends of all that the store holds, by store key."""

    def __init__(self) -> None:
        self._lines = Lines(SPARE_LINES)
        self._by_key = self._lines.by_name
        self._counts, self._sums = [0] * DATABASES, [0] * DATABASES
        """Of plain keys, by database: how many have an end, and all ends together."""

    def put(self, key: bytes, at_ms: int) -> None:
        """The key is set, and ends then; 0: never."""
        if self._by_key:
            self.drop(key)
        if at_ms:
            self._lines.put(key, at_ms)
            self._tally(key, 1, at_ms)

    def drop(self, key: bytes) -> None:
        """The key is gone, or its end is."""
        at_ms = self._lines.drop(key)
        if at_ms is not None:
            self._tally(key, -1, -at_ms)

    def drop_prefix(self, prefix: bytes) -> None:
        """Every key that begins so is gone."""
        for key in [key for key in self._by_key if key.startswith(prefix)]:
            self.drop(key)

    def due(self, now_ms: int, most: int) -> list[bytes]:
        """Up to `most` keys whose time is up; each is told once."""
        return self._lines.due(now_ms, most)

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
