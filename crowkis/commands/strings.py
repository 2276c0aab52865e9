"""Plain keys holding strings: enough of Redis that a client used as a plain cache works."""

from typing import Any

from crowkis.commands.args import BLOB, KEY, Parameter, arg, flag, opt, whole
from crowkis.commands.counting import DECIMAL, INT64_MAX, added, added_decimal
from crowkis.commands.keys import checked_expiry, expiry_of, is_there, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed, wrong_count
from crowkis.values.limits import BULK_BYTES_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropKey, PutKey, Record, SetEnd
from crowkis.values.reply import OK, Reply


def expire_options(group: str) -> tuple[Parameter, ...]:
    """EX PX EXAT PXAT; at most one of the group."""
    return (
        opt("seconds", whole(), token="EX", group=group),
        opt("milliseconds", whole(), token="PX", group=group),
        opt("unix_seconds", whole(), token="EXAT", group=group),
        opt("unix_milliseconds", whole(), token="PXAT", group=group),
    )


def expire_at(engine: Engine, args: Any, name: str) -> int:
    """Unix milliseconds the options ask for, 0 where they ask for none. Raises CommandError."""
    if args.seconds is not None:
        return checked_expiry(args.seconds, 1000, engine.now_ms, name)
    if args.milliseconds is not None:
        return checked_expiry(args.milliseconds, 1, engine.now_ms, name)
    if args.unix_seconds is not None:
        return checked_expiry(args.unix_seconds, 1000, 0, name)
    if args.unix_milliseconds is not None:
        return checked_expiry(args.unix_milliseconds, 1, 0, name)
    return 0


@command("GET", arg("key", KEY), category="string")
def get(engine: Engine, client: Client, args: Any) -> Reply:
    """Read a key."""
    value = read(engine, client.db, args.key)
    engine.metrics.plain["keyspace_hits_total" if value is not None else "keyspace_misses_total"] += 1
    return value


@command("SET", arg("key", KEY), arg("value", BLOB), flag("nx", group="condition"), flag("xx", group="condition"),
         flag("get"), *expire_options("expiry"), flag("keepttl", group="expiry"),
         category="string", writes=True)  # fmt: skip
def set_(engine: Engine, client: Client, args: Any) -> Any:
    """Set a key, on conditions and with a lifetime if asked."""
    db, key = client.db, args.key
    expire_at_ms = expire_at(engine, args, "set")
    if not (args.nx or args.xx or args.get or args.keepttl):
        return Outcome(OK, (PutKey(db, key, args.value, expire_at_ms),))
    old = read(engine, db, key) if args.get else None
    there = is_there(engine, db, key)
    if args.keepttl:
        expire_at_ms = expiry_of(engine, db, key) or 0
    if (args.nx and there) or (args.xx and not there):
        return old if args.get else None
    return Outcome(old if args.get else OK, (PutKey(db, key, args.value, expire_at_ms),))


@command("SETNX", arg("key", KEY), arg("value", BLOB), category="string", writes=True)
def setnx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a key only where it is not there yet."""
    if is_there(engine, client.db, args.key):
        return Outcome(0)
    return Outcome(1, (PutKey(client.db, args.key, args.value, 0),))


@command("SETEX", arg("key", KEY), arg("seconds", whole()), arg("value", BLOB), category="string", writes=True)
def setex(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a key with a lifetime in seconds."""
    at_ms = checked_expiry(args.seconds, 1000, engine.now_ms, "setex")
    return Outcome(OK, (PutKey(client.db, args.key, args.value, at_ms),))


@command("PSETEX", arg("key", KEY), arg("milliseconds", whole()), arg("value", BLOB), category="string", writes=True)
def psetex(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a key with a lifetime in milliseconds."""
    at_ms = checked_expiry(args.milliseconds, 1, engine.now_ms, "psetex")
    return Outcome(OK, (PutKey(client.db, args.key, args.value, at_ms),))


@command("GETSET", arg("key", KEY), arg("value", BLOB), category="string", writes=True)
def getset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a key and tell what it held."""
    return Outcome(read(engine, client.db, args.key), (PutKey(client.db, args.key, args.value, 0),))


@command("GETDEL", arg("key", KEY), category="string", writes=True, frees=True)
def getdel(engine: Engine, client: Client, args: Any) -> Outcome:
    """Read a key and remove it."""
    value = read(engine, client.db, args.key)
    return Outcome(value, () if value is None else (DropKey(client.db, args.key),))


@command("GETEX", arg("key", KEY), *expire_options("expiry"), flag("persist", group="expiry"), category="string",
         writes=True, frees=True)  # fmt: skip
def getex(engine: Engine, client: Client, args: Any) -> Outcome:
    """Read a key and give it another lifetime, or take it away."""
    db, key = client.db, args.key
    value = read(engine, db, key)
    if value is None:
        return Outcome(None)
    at_ms, records = expire_at(engine, args, "getex"), tuple[Record, ...]()
    if 0 < at_ms <= engine.now_ms:
        records = (DropKey(db, key),)
    elif at_ms or (args.persist and expiry_of(engine, db, key)):
        records = (SetEnd(db, key, at_ms),)
    return Outcome(value, records)


@command("GETRANGE", arg("key", KEY), arg("start", whole()), arg("end", whole()), category="string")
def getrange(engine: Engine, client: Client, args: Any) -> Reply:
    """Read part of a key's value, both ends included; below zero counts from the end."""
    value = read(engine, client.db, args.key) or b""
    start = args.start if args.start >= 0 else max(0, len(value) + args.start)
    end = args.end if args.end >= 0 else max(0, len(value) + args.end)
    return b"" if 0 > args.end < args.start < 0 else value[start : end + 1]


@command("SUBSTR", arg("key", KEY), arg("start", whole()), arg("end", whole()), category="string")
def substr(engine: Engine, client: Client, args: Any) -> Reply:
    """Read part of a key's value; the older name of GETRANGE."""
    return getrange(engine, client, args)


@command("SETRANGE", arg("key", KEY), arg("offset", whole()), arg("value", BLOB), category="string", writes=True)
def setrange(engine: Engine, client: Client, args: Any) -> Outcome:
    """Overwrite a key's value from an offset on, zero bytes before it where it was shorter; tells the new length."""
    if args.offset < 0:
        raise malformed("offset must not be below zero")
    old = read(engine, client.db, args.key) or b""
    if not args.value:
        return Outcome(len(old))
    end = args.offset + len(args.value)
    if end > BULK_BYTES_MAX:
        raise malformed(f"the value would exceed {BULK_BYTES_MAX} bytes")
    value = b"".join((old[: args.offset].ljust(args.offset, b"\0"), args.value, old[end:]))
    return Outcome(len(value), (PutKey(client.db, args.key, value, expiry_of(engine, client.db, args.key) or 0),))


@command("STRLEN", arg("key", KEY), category="string")
def strlen(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the length of a key's value in bytes."""
    return len(read(engine, client.db, args.key) or b"")


@command("APPEND", arg("key", KEY), arg("value", BLOB), category="string", writes=True)
def append(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to the end of a key's value; tells the new length."""
    value = (read(engine, client.db, args.key) or b"") + args.value
    if len(value) > BULK_BYTES_MAX:
        raise malformed(f"the value would exceed {BULK_BYTES_MAX} bytes")
    return Outcome(len(value), (PutKey(client.db, args.key, value, expiry_of(engine, client.db, args.key) or 0),))


@command("MGET", arg("key", KEY, repeated=True), category="string")
def mget(engine: Engine, client: Client, args: Any) -> Reply:
    """Read several keys at once; one that holds no string reads as if it were not there."""
    heads, db = engine.state.keys.heads, client.db
    values = [None if heads and plain_key(db, key) in heads else read(engine, db, key) for key in args.key]
    found = len(values) - values.count(None)
    engine.metrics.plain["keyspace_hits_total"] += found
    engine.metrics.plain["keyspace_misses_total"] += len(values) - found
    return values


PAIRS = (arg("key", KEY), arg("value", BLOB), arg("key_value", BLOB, repeated=True, optional=True))


def pairs_of(args: Any, name: str) -> list[tuple[bytes, bytes]]:
    """The keys and values of MSET and its kin. Raises CommandError where a value is missing."""
    if len(args.key_value) % 2:
        raise wrong_count(name, f"{name} key value [key value ...]")
    flat = (args.key, args.value, *args.key_value)
    return list(zip(flat[::2], flat[1::2], strict=True))


@command("MSET", *PAIRS, category="string", writes=True)
def mset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set several keys at once, all or none."""
    return Outcome(OK, tuple(PutKey(client.db, key, value, 0) for key, value in pairs_of(args, "MSET")))


@command("MSETNX", *PAIRS, category="string", writes=True)
def msetnx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set several keys at once, only if none is there yet."""
    pairs = pairs_of(args, "MSETNX")
    if any(is_there(engine, client.db, key) for key, _ in pairs):
        return Outcome(0)
    return Outcome(1, tuple(PutKey(client.db, key, value, 0) for key, value in pairs))


def _added(engine: Engine, client: Client, key: bytes, by: int) -> Outcome:
    value = added(read(engine, client.db, key), by)
    kept = expiry_of(engine, client.db, key) or 0
    return Outcome(value, (PutKey(client.db, key, b"%d" % value, kept),))


@command("INCR", arg("key", KEY), category="string", writes=True)
def incr(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add one to a whole number."""
    return _added(engine, client, args.key, 1)


@command("DECR", arg("key", KEY), category="string", writes=True)
def decr(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take one from a whole number."""
    return _added(engine, client, args.key, -1)


@command("INCRBY", arg("key", KEY), arg("increment", whole()), category="string", writes=True)
def incrby(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a whole number."""
    return _added(engine, client, args.key, args.increment)


@command("DECRBY", arg("key", KEY), arg("decrement", whole(-INT64_MAX)), category="string", writes=True)
def decrby(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take from a whole number."""
    return _added(engine, client, args.key, -args.decrement)


@command("INCRBYFLOAT", arg("key", KEY), arg("increment", DECIMAL), category="string", writes=True)
def incrbyfloat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a decimal number, exactly; tells the sum as text."""
    value = added_decimal(read(engine, client.db, args.key), args.increment)
    kept = expiry_of(engine, client.db, args.key) or 0
    return Outcome(value, (PutKey(client.db, args.key, value, kept),))
