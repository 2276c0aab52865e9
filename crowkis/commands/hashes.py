"""Hashes: fields and their values under one key. A field whose time is up is never shown (see hash_ends.py)."""

from collections.abc import Mapping
from typing import Any

from crowkis.commands.args import BLOB, KEY, RAW, Parameter, arg, flag, whole
from crowkis.commands.counting import DECIMAL, added, added_decimal
from crowkis.commands.cursors import WALK, walk_elements
from crowkis.commands.keys import changed, collection
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import Hash, stored_fields
from crowkis.values.errors import malformed, wrong_count
from crowkis.values.glob import matcher
from crowkis.values.limits import DRAWS_MAX, FRAME_BYTES_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import Record
from crowkis.values.reply import OK, Reply

HASH = "hash"
FIELDS = (
    arg("key", KEY), arg("field", RAW), arg("value", BLOB), arg("field_value", BLOB, repeated=True, optional=True),
)  # fmt: skip


def hash_of(engine: Engine, client: Client, key: bytes) -> Hash | None:
    """The live hash under a key. Raises CommandError where it holds another type."""
    found = collection(engine, client.db, key, HASH)
    assert found is None or isinstance(found, Hash)
    return found


def live_value(engine: Engine, found: Hash | None, field: bytes) -> bytes | None:
    """What a field holds, or None where it is not there or its time is up."""
    if found is None or 0 < found.ends.get(field, 0) <= engine.now_ms:
        return None
    return found.values.get(field)


def live_values(engine: Engine, found: Hash | None) -> Mapping[bytes, bytes]:
    """The fields whose time is not up, and their values; to be read only."""
    if found is None:
        return {}
    ends, now_ms = found.ends, engine.now_ms
    if not 0 < found.first_end_ms() <= now_ms:
        return found.values
    return {field: value for field, value in found.values.items() if not 0 < ends.get(field, 0) <= now_ms}


def _set(engine: Engine, client: Client, args: Any, found: Hash | None, given: Mapping[bytes, bytes],
         ends: Mapping[bytes, int] | None = None) -> tuple[Record, ...]:  # fmt: skip
    return changed(engine, client.db, args.key, HASH, stored_fields(found, given, ends or {}))


def _given(args: Any, name: str) -> dict[bytes, bytes]:
    """The fields and values of HSET and its kin. Raises CommandError where a value is missing."""
    if len(args.field_value) % 2:
        raise wrong_count(name, f"{name} key field value [field value ...]")
    flat = (args.field, args.value, *args.field_value)
    return dict(zip(flat[::2], flat[1::2], strict=True))


@command("HSET", *FIELDS, category="hash", writes=True)
def hset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set fields of a hash; tells how many are new."""
    given = _given(args, "HSET")
    found = hash_of(engine, client, args.key)
    new = sum(live_value(engine, found, field) is None for field in given)
    return Outcome(new, _set(engine, client, args, found, given))


@command("HMSET", *FIELDS, category="hash", writes=True)
def hmset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set fields of a hash; the older name of HSET, answers OK."""
    given = _given(args, "HMSET")
    return Outcome(OK, _set(engine, client, args, hash_of(engine, client, args.key), given))


@command("HSETNX", arg("key", KEY), arg("field", RAW), arg("value", BLOB), category="hash", writes=True)
def hsetnx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a field of a hash only where it is not there yet."""
    found = hash_of(engine, client, args.key)
    if live_value(engine, found, args.field) is not None:
        return Outcome(0)
    return Outcome(1, _set(engine, client, args, found, {args.field: args.value}))


@command("HGET", arg("key", KEY), arg("field", RAW), category="hash")
def hget(engine: Engine, client: Client, args: Any) -> Reply:
    """Read a field of a hash."""
    return live_value(engine, hash_of(engine, client, args.key), args.field)


@command("HMGET", arg("key", KEY), arg("field", RAW, repeated=True), category="hash")
def hmget(engine: Engine, client: Client, args: Any) -> Reply:
    """Read several fields of a hash."""
    found = hash_of(engine, client, args.key)
    return [live_value(engine, found, field) for field in args.field]


@command("HGETALL", arg("key", KEY), category="hash")
def hgetall(engine: Engine, client: Client, args: Any) -> Reply:
    """Read all fields of a hash and their values."""
    return dict(live_values(engine, hash_of(engine, client, args.key)))


@command("HKEYS", arg("key", KEY), category="hash")
def hkeys(engine: Engine, client: Client, args: Any) -> Reply:
    """Read the names of all fields of a hash."""
    return list(live_values(engine, hash_of(engine, client, args.key)))


@command("HVALS", arg("key", KEY), category="hash")
def hvals(engine: Engine, client: Client, args: Any) -> Reply:
    """Read the values of all fields of a hash."""
    return list(live_values(engine, hash_of(engine, client, args.key)).values())


@command("HEXISTS", arg("key", KEY), arg("field", RAW), category="hash")
def hexists(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell whether a hash has a field."""
    return int(live_value(engine, hash_of(engine, client, args.key), args.field) is not None)


@command("HSTRLEN", arg("key", KEY), arg("field", RAW), category="hash")
def hstrlen(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the length of a field's value in bytes; 0 where it is not there."""
    return len(live_value(engine, hash_of(engine, client, args.key), args.field) or b"")


@command("HDEL", arg("key", KEY), arg("field", RAW, repeated=True), category="hash", writes=True, frees=True)
def hdel(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove fields of a hash; tells how many were there."""
    found = hash_of(engine, client, args.key)
    gone = [field for field in dict.fromkeys(args.field) if live_value(engine, found, field) is not None]
    return Outcome(len(gone), changed(engine, client.db, args.key, HASH, (), gone))


@command("HLEN", arg("key", KEY), category="hash")
def hlen(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many fields a hash has."""
    return len(live_values(engine, hash_of(engine, client, args.key)))


def _counted(engine: Engine, client: Client, args: Any, found: Hash | None, value: bytes) -> tuple[Record, ...]:
    """The records that set a field to a new number; its end stays."""
    kept = {} if found is None or live_value(engine, found, args.field) is None else found.ends
    return _set(engine, client, args, found, {args.field: value}, kept)


@command("HINCRBY", arg("key", KEY), arg("field", RAW), arg("increment", whole()), category="hash", writes=True)
def hincrby(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a whole number in a field of a hash."""
    found = hash_of(engine, client, args.key)
    value = added(live_value(engine, found, args.field), args.increment)
    return Outcome(value, _counted(engine, client, args, found, b"%d" % value))


@command("HINCRBYFLOAT", arg("key", KEY), arg("field", RAW), arg("increment", DECIMAL), category="hash", writes=True)
def hincrbyfloat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a decimal number in a field of a hash, exactly; tells the sum as text."""
    found = hash_of(engine, client, args.key)
    value = added_decimal(live_value(engine, found, args.field), args.increment)
    return Outcome(value, _counted(engine, client, args, found, value))


COUNT: Parameter = arg("count", whole(-DRAWS_MAX), optional=True)


@command("HRANDFIELD", arg("key", KEY), COUNT, flag("withvalues"), category="hash")
def hrandfield(engine: Engine, client: Client, args: Any) -> Reply:
    """Pick a field of a hash by chance, or several: no field twice, or with a count below zero as often as it falls."""
    values = live_values(engine, hash_of(engine, client, args.key))
    fields = list(values)
    if args.count is None:
        return fields[engine.pick(len(fields))] if fields else None
    picked = picks(engine, fields, args.count)
    if sum(len(field) + len(values[field]) for field in picked) > FRAME_BYTES_MAX and args.count < 0:
        raise malformed(f"the reply would exceed {FRAME_BYTES_MAX} bytes")
    if not args.withvalues:
        return picked
    if client.protocol == 3:
        return [[field, values[field]] for field in picked]
    return [item for field in picked for item in (field, values[field])]


def picks(engine: Engine, names: list[bytes], count: int) -> list[bytes]:
    """`count` of the names by chance, none twice; with a count below zero any may come again."""
    if count < 0:
        return [names[engine.pick(len(names))] for _ in range(-count)] if names else []
    if count >= len(names):
        return names
    for place in range(count):
        other = place + engine.pick(len(names) - place)
        names[place], names[other] = names[other], names[place]
    return names[:count]


@command("HSCAN", *WALK, flag("novalues"), category="hash")
def hscan(engine: Engine, client: Client, args: Any) -> Reply:
    """Walk the fields of a hash and their values a few at a time; a field that stays is never skipped."""
    found = hash_of(engine, client, args.key)
    if found is None:
        return ["0", []]
    fits = matcher(args.pattern)
    walked, cursor = walk_elements(engine, client.db, args.key, args.cursor, args.count)
    shown: list[bytes] = []
    for field in walked:
        value = live_value(engine, found, field)
        if value is not None and fits(field):
            shown += (field,) if args.novalues else (field, value)
    return [cursor, shown]
