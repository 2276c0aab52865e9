"""What clients have asked and nobody has run yet: packets as they came, and what is left of those that were cut short.

A client that sends a thousand calls at once waits for its own calls, not everybody else for them: packets that have
just come and clients whose packet was cut short have turns one after the other, so that a short call waits for one
turn of the long ones. A client's own calls keep their order. Never looks at what a request says, never decides how
long a turn is.
"""

from collections import deque

from crowkis.engine.clients import Client

Packet = tuple[list[list[bytes]], int]
"""Requests, and the slot of the first one's reply."""


class Inbox:
    """Every step costs the same however much waits."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[Client, Packet]] = deque()
        self._going_on: deque[Client] = deque()
        """Clients that have something in `queued`, each once."""
        self._arrived_was_last = False

    def __bool__(self) -> bool:
        """Is there anything to take?"""
        return bool(self._arrived or self._going_on)

    def put(self, client: Client, packet: Packet) -> None:
        """Behind everything that has come before."""
        self._arrived.append((client, packet))

    def put_back(self, client: Client, packets: deque[Packet]) -> None:
        """Before whatever this client has sent since; its next turn comes after the others that go on."""
        if not client.queued:
            self._going_on.append(client)
        client.queued.extendleft(reversed(packets))

    def withdraw(self, client: Client) -> deque[Packet]:
        """What has been put back for this client, out of the queue."""
        packets, client.queued = client.queued, deque()
        if packets:
            self._going_on.remove(client)
        return packets

    def take(self) -> tuple[Client, Packet]:
        """The packet whose turn it is. Raises IndexError where there is none."""
        while self._arrived and not (self._going_on and self._arrived_was_last):
            client, packet = self._arrived.popleft()
            if not client.queued:
                self._arrived_was_last = True
                return client, packet
            client.queued.append(packet)
        self._arrived_was_last = False
        client = self._going_on.popleft()
        packet = client.queued.popleft()
        if client.queued:
            self._going_on.append(client)
        return client, packet
