"""Plain keys holding strings: enough of Redis that a client used as a plain cache works."""

import re
from decimal import Decimal, localcontext
from typing import Any

from crowkis.commands.args import BLOB, KEY, Kind, Parameter, arg, flag, opt, whole
from crowkis.commands.keys import checked_expiry, expiry_of, is_there, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed, wrong_count
from crowkis.values.limits import BULK_BYTES_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropKey, PutKey
from crowkis.values.reply import OK, Reply

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1


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
    old = read(engine, client.db, key)
    digits = b"0" if old is None else old
    sound = len(digits) <= 20 and digits.removeprefix(b"-").isdigit() and str(int(digits)).encode() == digits
    if not sound or not INT64_MIN <= int(digits) <= INT64_MAX:
        raise malformed("value is not an integer or out of range")
    value = int(digits) + by
    if not INT64_MIN <= value <= INT64_MAX:
        raise malformed("increment or decrement would overflow")
    kept = expiry_of(engine, client.db, key) or 0
    return Outcome(value, (PutKey(client.db, key, str(value).encode(), kept),))


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


DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
DECIMAL_BYTES_MAX = 400
DECIMAL_PLACES = 17
DECIMAL_MAX = Decimal("1e308")
DECIMAL_DIGITS = 1_200
"""Enough for the exact sum of any two numbers DECIMAL_BYTES_MAX and the exponent allow."""


def _decimal(raw: bytes) -> Decimal:
    if len(raw) > DECIMAL_BYTES_MAX or DECIMAL.fullmatch(raw) is None:
        raise ValueError("is not a valid float")
    return Decimal(raw.decode())


@command("INCRBYFLOAT", arg("key", KEY), arg("increment", Kind("double", False, _decimal)), category="string",
         writes=True)  # fmt: skip
def incrbyfloat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a decimal number; tells the sum as text.

    The sum is exact in decimal, so that 0.1 and 0.2 are 0.3, and shown without exponent, rounded to DECIMAL_PLACES.
    """
    old = read(engine, client.db, args.key)
    try:
        before = _decimal(old if old is not None else b"0")
    except ValueError:
        raise malformed("value is not a valid float") from None
    with localcontext(prec=DECIMAL_DIGITS):
        total = before + args.increment
        if abs(total) > DECIMAL_MAX:
            raise malformed("increment would produce NaN or Infinity")
        shown = f"{total.quantize(Decimal(1).scaleb(-DECIMAL_PLACES)):f}".rstrip("0").rstrip(".")
    value = b"0" if shown == "-0" else shown.encode()
    kept = expiry_of(engine, client.db, args.key) or 0
    return Outcome(value, (PutKey(client.db, args.key, value, kept),))
