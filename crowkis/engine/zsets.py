"""A sorted set: members, each once with a score, in the order of scores and, where those are equal, of bytes.

element: member -> score:8        (little-endian double; never NaN)

A place is a number from 0 to the count of members: where in that order something stands, or would stand.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf, nextafter
from typing import NamedTuple

from sortedcontainers import SortedList

_SCORE = struct.Struct("<d")
ZSET_BYTES = 600
"""What a sorted set that is not empty takes in memory beside its members, approximately; most hold few."""
ZSET_MEMBER_BYTES = 170
"""What a member takes in memory beside its own bytes, approximately."""

Scored = tuple[float, bytes]
"""A score and its member, in the order of a sorted set."""


class ScoreBound(NamedTuple):
    """One end of a range of scores."""

    score: float
    excluded: bool


class MemberBound(NamedTuple):
    """One end of a range of members; `edge` -1: before all members, 1: behind all."""

    member: bytes
    excluded: bool
    edge: int = 0


class SortedSet:
    """Commands read `scores` and the places of `order` and change neither: see kinds.Collection."""

    __slots__ = ("kind", "order", "scores", "size_bytes")

    def __init__(self) -> None:
        self.kind = "zset"
        self.scores: dict[bytes, float] = {}
        self.order: SortedList = SortedList()
        """Of Scored."""
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self.scores)

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """See kinds.Collection."""
        scores, order = self.scores, self.order
        self.size_bytes -= ZSET_BYTES if scores else 0
        for member in drop:
            score = scores.pop(member, None)
            if score is not None:
                order.remove((score, member))
                self.size_bytes -= len(member) + ZSET_MEMBER_BYTES
        given = {member: _SCORE.unpack(stored)[0] for member, stored in put}
        for member in given:
            old = scores.get(member)
            if old is not None:
                order.remove((old, member))
            else:
                self.size_bytes += len(member) + ZSET_MEMBER_BYTES
        scores.update(given)
        order.update((score, member) for member, score in given.items())
        self.size_bytes += ZSET_BYTES if scores else 0

    def place(self, member: bytes) -> int | None:
        """Where a member stands, or None where it does not."""
        score = self.scores.get(member)
        return None if score is None else int(self.order.bisect_left((score, member)))

    def span_of_places(self, first: int, last: int) -> tuple[int, int]:
        """The places from `first` to `last`, both included; negative ones count from the end."""
        count = len(self)
        return max(first + count if first < 0 else first, 0), min((last + count if last < 0 else last) + 1, count)

    def span_of_scores(self, least: ScoreBound, most: ScoreBound) -> tuple[int, int]:
        """The places of the members whose scores lie between two bounds: from the first to before the second."""
        return self._place_of_score(*least), self._place_of_score(most.score, not most.excluded)

    def span_of_members(self, least: MemberBound, most: MemberBound) -> tuple[int, int]:
        """The same of members between two bounds; it means something only where all scores are equal."""
        return self._place_of_member(least, least.excluded), self._place_of_member(most, not most.excluded)

    def between(self, start: int, stop: int, backwards: bool = False) -> Iterator[Scored]:
        """What stands from place `start` to before `stop`."""
        found: Iterator[Scored] = self.order.islice(start, max(start, stop), backwards)
        return found

    def drawn(self, count: int, pick: Callable[[int], int]) -> list[Scored]:
        """`count` different members at random, all where there are no more; pick(n) gives a number below n.

        Each step draws from one place more than the one before; a place drawn twice gives way to the new one.
        """
        there = len(self)
        if count >= there:
            return list(self.order)
        chosen: dict[int, None] = {}
        for most in range(there - count, there):
            place = pick(most + 1)
            chosen[most if place in chosen else place] = None
        return [self.order[place] for place in chosen]

    def _place_of_score(self, score: float, above: bool) -> int:
        """Where the first member stands whose score is at least, or above, a score."""
        if above:
            if score == inf:
                return len(self)
            score = nextafter(score, inf)
        return int(self.order.bisect_left((score, b"")))

    def _place_of_member(self, bound: MemberBound, above: bool) -> int:
        if bound.edge:
            return 0 if bound.edge < 0 else len(self)
        search = bisect_right if above else bisect_left
        return search(self.order, bound.member, key=lambda pair: pair[1])


def stored_scores(scores: Iterable[tuple[bytes, float]]) -> list[tuple[bytes, bytes]]:
    """Members and their scores as the store keeps them."""
    return [(member, _SCORE.pack(score)) for member, score in scores]
