"""Words that wait until a list or sorted set has something: first come, first served (see engine/blocked.py)."""

from collections.abc import Callable, Sequence
from typing import Any

from crowkis.commands.args import KEY, Kind, arg, choice, opt, real, whole
from crowkis.commands.lists import LEFT, SIDE, first_popped, move, pop
from crowkis.commands.registry import command
from crowkis.commands.zsets import first_taken
from crowkis.engine.blocked import TIMED_OUT
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errand import AwaitKeys, Waiting
from crowkis.values.errors import CommandError, malformed
from crowkis.values.limits import EXPIRE_MS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.reply import NULL_ARRAY, Reply

Attempt = Callable[[], Outcome | None]
"""Does what was asked for, if there is something now. Raises CommandError."""


def _seconds(raw: bytes) -> float:
    convert = real().convert
    assert convert is not None
    value = float(convert(raw))
    if value < 0 or value * 1000 > EXPIRE_MS_MAX:
        raise ValueError("is negative or too long; 0 waits for ever")
    return value


SECONDS = Kind("double", False, _seconds)


def wait_for(
    engine: Engine, client: Client, keys: Sequence[bytes], seconds: float, attempt: Attempt, nothing: Reply
) -> Any:
    """What the attempt comes to, now or as soon as one of the keys has something; `nothing` when the time is up."""
    found = attempt()
    if found is not None:
        return found
    if client.leaving:
        return nothing
    until_ms = engine.now_ms + max(1, round(seconds * 1000)) if seconds else 0
    errand = AwaitKeys(client.db, tuple(keys), until_ms, engine.blocked.turn())

    def again(engine: Engine, result: Any) -> Any:
        if isinstance(result, CommandError):
            raise result
        if client.gone or client.leaving:  # whoever waits next is given what this one is not
            for key in keys:
                engine.blocked.wake(errand.db, key)
            return nothing
        if result == TIMED_OUT:
            return nothing
        try:
            return attempt() or Waiting(errand, again)
        except CommandError:  # another type has taken the key
            return Waiting(errand, again)

    return Waiting(errand, again)


def _keys_before_timeout(request: list[bytes]) -> list[bytes]:
    return request[1:-1]


def _keys_after_timeout(request: list[bytes]) -> list[bytes]:
    count = request[2] if len(request) > 2 else b""
    return request[3 : 3 + int(count)] if count.isdigit() and len(count) < 8 else []


def _split(args: Any) -> tuple[tuple[bytes, ...], float]:
    """The keys, and the seconds behind them. Raises CommandError."""
    given: tuple[bytes, ...] = (args.key, *args.key_timeout)
    try:
        return given[:-1], _seconds(given[-1])
    except ValueError as error:
        raise malformed(f"timeout {error}") from None


KEYS_TIMEOUT = (arg("key", KEY), arg("key_timeout", KEY, repeated=True))


def _first_popped(engine: Engine, client: Client, args: Any, left: bool) -> Any:
    keys, seconds = _split(args)
    db = client.db

    def attempt() -> Outcome | None:
        for key in keys:
            values, writes = pop(engine, db, key, 1, left)
            if values:
                return Outcome([key, values[0]], writes)
        return None

    return wait_for(engine, client, keys, seconds, attempt, NULL_ARRAY)


@command("BLPOP", *KEYS_TIMEOUT, category="list", writes=True, frees=True, keys=_keys_before_timeout)
def blpop(engine: Engine, client: Client, args: Any) -> Any:
    """Take the first value of the first list that has any, waiting for one so many seconds."""
    return _first_popped(engine, client, args, True)


@command("BRPOP", *KEYS_TIMEOUT, category="list", writes=True, frees=True, keys=_keys_before_timeout)
def brpop(engine: Engine, client: Client, args: Any) -> Any:
    """Take the last value of the first list that has any, waiting for one so many seconds."""
    return _first_popped(engine, client, args, False)


@command("BLMPOP", arg("timeout", SECONDS), arg("numkeys", whole(1)), arg("key", KEY, counted=True), arg("side", SIDE),
         opt("count", whole(1), default=1), category="list", writes=True, frees=True,
         keys=_keys_after_timeout)  # fmt: skip
def blmpop(engine: Engine, client: Client, args: Any) -> Any:
    """Take values from an end of the first list that has any, waiting for one so many seconds."""
    db = client.db
    return wait_for(
        engine, client, args.key, args.timeout,
        lambda: first_popped(engine, db, args.key, args.count, args.side == LEFT), NULL_ARRAY,
    )  # fmt: skip


def _moved(engine: Engine, client: Client, args: Any, ends: tuple[bool, bool]) -> Any:
    db = client.db
    return wait_for(
        engine, client, (args.source,), args.timeout,
        lambda: move(engine, db, args.source, args.destination, ends), None,
    )  # fmt: skip


@command("BLMOVE", arg("source", KEY), arg("destination", KEY), arg("from_", SIDE), arg("to", SIDE),
         arg("timeout", SECONDS), category="list", writes=True)  # fmt: skip
def blmove(engine: Engine, client: Client, args: Any) -> Any:
    """Move a value from an end of one list to an end of another, waiting for one so many seconds."""
    return _moved(engine, client, args, (args.from_ == LEFT, args.to == LEFT))


@command("BRPOPLPUSH", arg("source", KEY), arg("destination", KEY), arg("timeout", SECONDS), category="list",
         writes=True)  # fmt: skip
def brpoplpush(engine: Engine, client: Client, args: Any) -> Any:
    """Move the last value of one list to the head of another, waiting for one so many seconds."""
    return _moved(engine, client, args, (False, True))


def _outermost(engine: Engine, client: Client, args: Any, highest: bool) -> Any:
    keys, seconds = _split(args)

    def attempt() -> Outcome | None:
        found = first_taken(engine, client, keys, 1, highest)
        if found is None:
            return None
        key, [[member, score]] = found.reply
        return found._replace(reply=[key, member, score])

    return wait_for(engine, client, keys, seconds, attempt, NULL_ARRAY)


@command("BZPOPMIN", *KEYS_TIMEOUT, category="sorted-set", writes=True, frees=True, keys=_keys_before_timeout)
def bzpopmin(engine: Engine, client: Client, args: Any) -> Any:
    """Take the member with the lowest score of the first sorted set that has any, waiting so many seconds."""
    return _outermost(engine, client, args, False)


@command("BZPOPMAX", *KEYS_TIMEOUT, category="sorted-set", writes=True, frees=True, keys=_keys_before_timeout)
def bzpopmax(engine: Engine, client: Client, args: Any) -> Any:
    """Take the member with the highest score of the first sorted set that has any, waiting so many seconds."""
    return _outermost(engine, client, args, True)


@command("BZMPOP", arg("timeout", SECONDS), arg("numkeys", whole(1)), arg("key", KEY, counted=True),
         arg("end", choice("MIN", "MAX")), opt("count", whole(1), default=1), category="sorted-set", writes=True,
         frees=True, keys=_keys_after_timeout)  # fmt: skip
def bzmpop(engine: Engine, client: Client, args: Any) -> Any:
    """Take members from one end of the first sorted set that has any, waiting so many seconds."""
    return wait_for(
        engine, client, args.key, args.timeout,
        lambda: first_taken(engine, client, args.key, args.count, args.end == "MAX"), NULL_ARRAY,
    )  # fmt: skip
