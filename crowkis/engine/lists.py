"""A list: values in order, quick at both ends.

    element: position:8 -> value        (big-endian, so that the store's order is the list's)

Positions have no gaps. The first value of a list gets START; what is put before it counts down, what comes behind up.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

START = 1 << 63
LIST_VALUE_BYTES = 60
"""What a value takes in memory beside its own bytes, approximately."""


def field_of(position: int) -> bytes:
    """A position as the store keeps it."""
    return position.to_bytes(8, "big")


class List:
    """Commands read `values` and `first` and change neither: see kinds.Collection."""

    __slots__ = ("first", "kind", "size_bytes", "values")

    def __init__(self) -> None:
        self.kind = "list"
        self.values: deque[bytes] = deque()
        self.first = START
        """The position of the first value."""
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self.values)

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """See kinds.Collection. What is dropped or added stands at an end when its turn comes."""
        values = self.values
        for field in drop:
            if int.from_bytes(field, "big") == self.first:
                gone = values.popleft()
                self.first += 1
            else:
                gone = values.pop()
            self.size_bytes -= len(gone) + LIST_VALUE_BYTES
        for field, value in put:
            position = int.from_bytes(field, "big")
            if not values:
                self.first = position
            place = position - self.first
            self.size_bytes += len(value) + LIST_VALUE_BYTES
            if place < 0:
                values.appendleft(value)
                self.first = position
            elif place == len(values):
                values.append(value)
            else:
                self.size_bytes -= len(values[place]) + LIST_VALUE_BYTES
                values[place] = value

    def slice(self, start: int, stop: int) -> list[bytes]:
        """The values from place `start` to before `stop`, both within the list."""
        length = len(self.values)
        if start > length // 2:  # nearer to the end
            found = list(islice(reversed(self.values), length - stop, length - start))
            found.reverse()
            return found
        return list(islice(self.values, start, stop))


Changes = tuple[list[tuple[bytes, bytes]], list[bytes]]
"""What to put and what to drop."""


def pushed(held: List | None, values: Sequence[bytes], left: bool) -> list[tuple[bytes, bytes]]:
    """The elements that pushing values one after the other adds."""
    first, length = (START, 0) if held is None else (held.first, len(held))
    if left:
        return [(field_of(first - 1 - i), value) for i, value in enumerate(values)]
    return [(field_of(first + length + i), value) for i, value in enumerate(values)]


def popped(held: List, count: int, left: bool) -> list[bytes]:
    """The elements that taking `count` values from an end drops, in their order."""
    first, last = held.first, held.first + len(held) - 1
    return [field_of(first + i if left else last - i) for i in range(min(count, len(held)))]


def rewritten(held: List, values: list[bytes]) -> Changes:
    """What makes the list hold `values` instead: what is the same at one end stays where it is.

    Of the two ends the one is kept that leaves less to be written.
    """
    old = list(held.values)
    most = min(len(old), len(values))
    before = next((i for i in range(most) if old[i] != values[i]), most)
    behind = next((i for i in range(most) if old[-1 - i] != values[-1 - i]), most)
    first = held.first
    if before >= behind:
        put = [(field_of(first + i), values[i]) for i in range(before, len(values))]
        return put, [field_of(first + i) for i in range(len(old) - 1, len(values) - 1, -1)]
    moved, most = first + len(old) - len(values), len(values) - behind
    new = range(max(0, min(first - moved, most)) - 1, -1, -1)  # each is put right before the first one
    put = [(field_of(moved + i), values[i]) for i in (*new, *range(len(new), most))]
    return put, [field_of(position) for position in range(first, moved)]
