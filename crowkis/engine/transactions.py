"""What MULTI has queued for one client, and what it watches: plain values, bounded, changed by the actor only.

Queueing looks at the number of a call's arguments and no more: what is wrong with them comes to light when EXEC runs
it, as the call's own error.
"""

from collections.abc import Sequence
from typing import NamedTuple

from crowkis.values.call import Command
from crowkis.values.errors import not_in_transaction, queue_full, wrong_count
from crowkis.values.limits import QUEUED_BYTES_MAX, QUEUED_CALLS_MAX

CALL_BYTES = 200
"""What a queued call takes in memory beside its arguments, approximately."""


class Queued(NamedTuple):
    """A call that EXEC will run."""

    command: Command
    request: list[bytes]


class Together(NamedTuple):
    """EXEC's reply before its calls have run: they are run one after the other, and nothing comes between them."""

    calls: Sequence[Queued]


class Transaction:
    """The calls of one client since MULTI."""

    __slots__ = ("calls", "size_bytes", "spoiled")

    def __init__(self) -> None:
        self.calls: list[Queued] = []
        self.size_bytes = 0
        self.spoiled = False
        """A call was refused: EXEC will run none."""

    def queue(self, command: Command, request: list[bytes]) -> None:
        """Take one more call. Raises CommandError."""
        count, least = len(request), abs(command.arity)
        if count < least or (count > least and command.arity > 0):
            raise wrong_count(command.name, command.syntax)
        if command.alone:
            raise not_in_transaction(command.name)
        self.size_bytes += CALL_BYTES + sum(map(len, request))
        if len(self.calls) >= QUEUED_CALLS_MAX or self.size_bytes > QUEUED_BYTES_MAX:
            raise queue_full(QUEUED_CALLS_MAX, QUEUED_BYTES_MAX)
        self.calls.append(Queued(command, request))


class Watched:
    """The keys one client watches; Watches keeps it."""

    __slots__ = ("changed", "keys", "size_bytes")

    def __init__(self) -> None:
        self.keys: dict[bytes, bool] = {}
        """By full key: was the key's time already up when it was watched, and is it still in the store?"""
        self.size_bytes = 0
        self.changed = False
        """One of them is not what it was."""
