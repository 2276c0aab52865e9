"""A set: members, each once, in no order that means anything.

element: member -> nothing        (the value is empty)

A random member costs the same however many there are: all stand in one list, and each one's place in it is known.
"""

from collections.abc import Callable, Iterable, Sequence

SET_MEMBER_BYTES = 130
"""What a member takes in memory beside its own bytes, approximately."""


class Set:
    """Commands read `members` and `places` and change neither: see kinds.Collection."""

    __slots__ = ("kind", "members", "places", "size_bytes")

    def __init__(self) -> None:
        self.kind = "set"
        self.members: list[bytes] = []
        self.places: dict[bytes, int] = {}
        """Where in `members` each one stands; by its keys the set itself, for what sets do."""
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self.members)

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """See kinds.Collection. The last member takes the place of one that leaves."""
        members, places = self.members, self.places
        for member in drop:
            place = places.pop(member, None)
            if place is None:
                continue
            last = members.pop()
            if place < len(members):
                members[place] = last
                places[last] = place
            self.size_bytes -= len(member) + SET_MEMBER_BYTES
        for member, _ in put:
            if member not in places:
                places[member] = len(members)
                members.append(member)
                self.size_bytes += len(member) + SET_MEMBER_BYTES

    def drawn(self, count: int, pick: Callable[[int], int]) -> list[bytes]:
        """`count` different members at random, all where there are no more; pick(n) gives a number below n.

        A shuffle that stops after `count` steps and notes only what it moved: it costs what it draws.
        """
        members, moved = self.members, dict[int, int]()
        found = []
        for place in range(min(count, len(members))):
            chosen = place + pick(len(members) - place)
            found.append(members[moved.get(chosen, chosen)])
            moved[chosen] = moved.get(place, place)
        return found


def stored_members(members: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """Members as the store keeps them."""
    return [(member, b"") for member in members]
