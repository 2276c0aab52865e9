"""Which keys a range removal covers: sorted, disjoint intervals of keys, each [start, end) and perhaps without an end.

A prefix is such an interval, and so is what is left of one when a table that holds it is cut in two.
Never changes once made.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Interval = tuple[bytes, bytes | None]
"""From the first key, inclusive, to the second, exclusive; None is beyond every key."""


def prefix_end(prefix: bytes) -> bytes | None:
    """The first key after all that begin with `prefix`, or None where none can be."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None


class Ranges:
    """The intervals of one table or memtable."""

    __slots__ = ("_ends", "_starts", "intervals")

    def __init__(self, intervals: Iterable[Interval]) -> None:
        """Any intervals; those that touch or overlap become one."""
        joined: list[Interval] = []
        for start, end in sorted(intervals, key=lambda interval: interval[0]):
            if joined and reaches(joined[-1][1], start):
                joined[-1] = (joined[-1][0], later_end(joined[-1][1], end))
            else:
                joined.append((start, end))
        self.intervals = tuple(joined)
        self._starts = [start for start, _ in joined]
        self._ends = [end for _, end in joined]

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def covers(self, key: bytes) -> bool:
        """Is `key` in one of the intervals?"""
        at = bisect_right(self._starts, key) - 1
        if at < 0:
            return False
        end = self._ends[at]
        return end is None or key < end

    def covers_all(self, start: bytes, end: bytes | None) -> bool:
        """Is every key from `start` to `end`, exclusive, in one of the intervals?"""
        at = bisect_right(self._starts, start) - 1
        if at < 0:
            return False
        reached = self._ends[at]
        return reached is None or (end is not None and end <= reached)

    def within(self, start: bytes, end: bytes | None) -> "Ranges":
        """What lies from `start` to `end`."""
        first = max(0, bisect_right(self._starts, start) - 1)
        beyond = len(self._starts) if end is None else bisect_left(self._starts, end)
        found = []
        for begins, ends in self.intervals[first:beyond]:
            begins = max(begins, start)
            ends = earlier_end(ends, end)
            if ends is None or begins < ends:
                found.append((begins, ends))
        return Ranges(found)


NONE = Ranges(())


def union(several: Iterable[Ranges]) -> Ranges:
    """Every key that any of them covers."""
    return Ranges(interval for ranges in several for interval in ranges.intervals)


def reaches(end: bytes | None, key: bytes) -> bool:
    """Does an interval with this end come up to `key`, or beyond it?"""
    return end is None or end >= key


def later_end(one: bytes | None, other: bytes | None) -> bytes | None:
    """The end of two that is further away."""
    return None if one is None or other is None else max(one, other)


def earlier_end(one: bytes | None, other: bytes | None) -> bytes | None:
    """The end of two that comes first."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
