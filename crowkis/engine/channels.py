"""Who listens to which channel, and handing a message to all of them.

A message is encoded once for each protocol, however many listen. Patterns come with the test they mean; nothing here
understands them. Nothing is kept for clients that are not there.
"""

from collections.abc import Callable

from crowkis.engine.clients import Client
from crowkis.values.errors import too_many
from crowkis.values.limits import SUBSCRIPTION_BYTES_MAX, SUBSCRIPTIONS_MAX
from crowkis.values.reply import Push
from crowkis.wire.writer import encode

SendTo = Callable[[Client, bytes], None]
Fits = Callable[[bytes], object]


class Pattern:
    """One pattern and who listens to what fits it."""

    __slots__ = ("clients", "fits")

    def __init__(self, fits: Fits) -> None:
        self.fits = fits
        self.clients: dict[Client, None] = {}


class Channels:
    """All subscriptions. `push` sends a client an encoded message."""

    def __init__(self, push: SendTo) -> None:
        self._push = push
        self._channels: dict[bytes, dict[Client, None]] = {}
        self._patterns: dict[bytes, Pattern] = {}

    def subscribe(self, client: Client, channel: bytes) -> None:
        """Send the client what is published there from now on. Raises CommandError."""
        if channel not in client.channels and not client.gone:
            _take(client, channel)
            client.channels[channel] = None
            self._channels.setdefault(channel, {})[client] = None
            client.weigh()

    def unsubscribe(self, client: Client, channel: bytes) -> None:
        """The client hears no more of the channel, unless a pattern brings it."""
        if channel in client.channels:
            del client.channels[channel]
            client.subscribed_bytes -= len(channel)
            clients = self._channels[channel]
            del clients[client]
            if not clients:
                del self._channels[channel]
            client.weigh()

    def subscribe_pattern(self, client: Client, pattern: bytes, fits: Fits) -> None:
        """Send the client what is published to any channel that fits. Raises CommandError."""
        if pattern not in client.patterns and not client.gone:
            _take(client, pattern)
            client.patterns[pattern] = None
            self._patterns.setdefault(pattern, Pattern(fits)).clients[client] = None
            client.weigh()

    def unsubscribe_pattern(self, client: Client, pattern: bytes) -> None:
        """The pattern brings the client nothing more."""
        if pattern in client.patterns:
            del client.patterns[pattern]
            client.subscribed_bytes -= len(pattern)
            clients = self._patterns[pattern].clients
            del clients[client]
            if not clients:
                del self._patterns[pattern]
            client.weigh()

    def leave(self, client: Client) -> None:
        """The client listens to nothing any more."""
        for channel in tuple(client.channels):
            self.unsubscribe(client, channel)
        for pattern in tuple(client.patterns):
            self.unsubscribe_pattern(client, pattern)

    def publish(self, channel: bytes, message: bytes) -> int:
        """Hand a message to everybody who listens; tells how many times it was handed out."""
        clients = self._channels.get(channel)
        count = self._send(clients, [b"message", channel, message]) if clients else 0
        for pattern, known in self._patterns.items():
            if known.fits(channel):
                count += self._send(known.clients, [b"pmessage", pattern, channel, message])
        return count

    def _send(self, clients: dict[Client, None], items: list[bytes]) -> int:
        encoded: dict[int, bytes] = {}
        for client in clients:
            data = encoded.get(client.protocol)
            if data is None:
                data = encoded[client.protocol] = encode(Push(items), client.protocol)
            self._push(client, data)
        return len(clients)

    def names(self) -> list[bytes]:
        """Every channel somebody has subscribed to by name."""
        return list(self._channels)

    def count(self, channel: bytes) -> int:
        """How many have subscribed to a channel by name."""
        return len(self._channels.get(channel, ()))

    def pattern_count(self) -> int:
        """How many different patterns there are."""
        return len(self._patterns)


def _take(client: Client, name: bytes) -> None:
    """One more subscription, if there is room for it. Raises CommandError."""
    size_bytes = client.subscribed_bytes + len(name)
    if client.subscriptions >= SUBSCRIPTIONS_MAX or size_bytes > SUBSCRIPTION_BYTES_MAX:
        raise too_many("subscriptions", SUBSCRIPTIONS_MAX, SUBSCRIPTION_BYTES_MAX)
    client.subscribed_bytes = size_bytes
