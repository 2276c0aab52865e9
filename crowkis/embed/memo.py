"""Remembers the vectors of recent texts, within a limit in bytes.

Every operation takes constant time; the least recently used text is forgotten first.
Never holds more than its limit, never locks: it belongs to one thread, the event loop's.
"""

import sys
from collections import OrderedDict

from crowkis.values.vector import Vector

ENTRY_OVERHEAD_BYTES = 320
"""What a remembered text costs beside its characters and numbers: the array's head and a place in the ordered dict."""


class Memo:
    """Least-recently-used map of text to vector, bounded in bytes. With a limit of 0 it remembers nothing."""

    def __init__(self, size_bytes_max: int) -> None:
        self.size_bytes_max = size_bytes_max
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0
        self._vectors: OrderedDict[str, Vector] = OrderedDict()

    def get(self, text: str) -> Vector | None:
        """The vector remembered for exactly this text."""
        vector = self._vectors.get(text)
        if vector is None:
            self.misses += 1
            return None
        self.hits += 1
        self._vectors.move_to_end(text)
        return vector

    def put(self, text: str, vector: Vector) -> None:
        """Remember `vector`, forgetting the least recently used ones to stay within the limit.

        The vector becomes read-only, for it is shared from now on. One too large for the limit is not remembered.
        """
        self._forget(text)
        if vector.base is not None:
            vector = vector.copy()  # a row of a batch would keep the whole batch alive
        vector.setflags(write=False)
        size = entry_bytes(text, vector)
        if size > self.size_bytes_max:
            return
        while self.size_bytes + size > self.size_bytes_max:
            oldest, forgotten = self._vectors.popitem(last=False)
            self.size_bytes -= entry_bytes(oldest, forgotten)
        self._vectors[text] = vector
        self.size_bytes += size

    def clear(self) -> None:
        """Forget everything; the counters go on."""
        self._vectors.clear()
        self.size_bytes = 0

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._vectors)

    def _forget(self, text: str) -> None:
        vector = self._vectors.pop(text, None)
        if vector is not None:
            self.size_bytes -= entry_bytes(text, vector)


def entry_bytes(text: str, vector: Vector) -> int:
    """What remembering this text costs."""
    return sys.getsizeof(text) + vector.nbytes + ENTRY_OVERHEAD_BYTES
