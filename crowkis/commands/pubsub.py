"""Words that publish and listen. A message reaches who listens when it is published, and nobody later."""

from collections.abc import Callable, Iterable
from typing import Any

from crowkis.commands.args import BLOB, RAW, arg
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errors import CommandError
from crowkis.values.glob import matcher
from crowkis.values.reply import Failure, Frames, Push, Reply

PUBSUB = "pubsub"


def _confirmed(client: Client, kind: bytes, names: Iterable[bytes], change: Callable[[bytes], None]) -> Frames:
    """Make one change after the other and confirm each, until one cannot be made."""
    replies: list[Any] = []
    for name in names:
        try:
            change(name)
        except CommandError as error:
            replies.append(Failure(error.code, error.text))
            break
        replies.append(Push([kind, name, client.subscriptions]))
    return Frames(replies or [Push([kind, None, client.subscriptions])])


@command("SUBSCRIBE", arg("channel", RAW, repeated=True), category=PUBSUB)
def subscribe(engine: Engine, client: Client, args: Any) -> Reply:
    """Listen to channels; each is confirmed by a reply of its own."""
    return _confirmed(client, b"subscribe", args.channel, lambda name: engine.channels.subscribe(client, name))


@command("UNSUBSCRIBE", arg("channel", RAW, repeated=True, optional=True), category=PUBSUB)
def unsubscribe(engine: Engine, client: Client, args: Any) -> Reply:
    """Listen no more to these channels, or to none of those subscribed to by name."""
    names = args.channel or tuple(client.channels)
    return _confirmed(client, b"unsubscribe", names, lambda name: engine.channels.unsubscribe(client, name))


@command("PSUBSCRIBE", arg("pattern", RAW, repeated=True), category=PUBSUB)
def psubscribe(engine: Engine, client: Client, args: Any) -> Reply:
    """Listen to every channel that matches a glob; each glob is confirmed by a reply of its own."""

    def change(pattern: bytes) -> None:
        engine.channels.subscribe_pattern(client, pattern, matcher(pattern))

    return _confirmed(client, b"psubscribe", args.pattern, change)


@command("PUNSUBSCRIBE", arg("pattern", RAW, repeated=True, optional=True), category=PUBSUB)
def punsubscribe(engine: Engine, client: Client, args: Any) -> Reply:
    """Listen no more to what these globs match, or any."""
    names = args.pattern or tuple(client.patterns)
    return _confirmed(client, b"punsubscribe", names, lambda name: engine.channels.unsubscribe_pattern(client, name))


@command("PUBLISH", arg("channel", RAW), arg("message", BLOB), category=PUBSUB)
def publish(engine: Engine, client: Client, args: Any) -> Reply:
    """Hand a message to everybody who listens to a channel; tells how many times it was handed out."""
    return engine.channels.publish(args.channel, args.message)


@command("PUBSUB CHANNELS", arg("pattern", RAW, optional=True), category=PUBSUB)
def pubsub_channels(engine: Engine, client: Client, args: Any) -> Reply:
    """List the channels somebody has subscribed to by name, all or those that match a glob."""
    fits = matcher(b"*" if args.pattern is None else args.pattern)
    return [name for name in engine.channels.names() if fits(name)]


@command("PUBSUB NUMSUB", arg("channel", RAW, repeated=True, optional=True), category=PUBSUB)
def pubsub_numsub(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell for each channel how many have subscribed to it by name."""
    return [piece for name in args.channel for piece in (name, engine.channels.count(name))]


@command("PUBSUB NUMPAT", category=PUBSUB)
def pubsub_numpat(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many different globs are listened to."""
    return engine.channels.pattern_count()
