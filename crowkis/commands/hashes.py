"""Hashes: fields and their values under one key."""

from typing import Any

from crowkis.commands.args import BLOB, KEY, RAW, arg
from crowkis.commands.keys import changed, collection
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import Hash, stored_field
from crowkis.values.errors import wrong_count
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Reply

HASH = "hash"


def hash_of(engine: Engine, client: Client, key: bytes) -> Hash | None:
    """The live hash under a key. Raises CommandError where it holds another type."""
    found = collection(engine, client.db, key, HASH)
    assert found is None or isinstance(found, Hash)
    return found


def live_values(engine: Engine, found: Hash | None) -> dict[bytes, bytes]:
    """The fields whose time is not up, and their values."""
    if found is None:
        return {}
    if not found.ends:
        return found.values
    now_ms, ends = engine.now_ms, found.ends
    return {field: value for field, value in found.values.items() if not 0 < ends.get(field, 0) <= now_ms}


@command("HSET", arg("key", KEY), arg("field", RAW), arg("value", BLOB), arg("field_value", BLOB, repeated=True,
         optional=True), category="hash", writes=True)  # fmt: skip
def hset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set fields of a hash; tells how many are new."""
    if len(args.field_value) % 2:
        raise wrong_count("HSET", "HSET key field value [field value ...]")
    flat = (args.field, args.value, *args.field_value)
    given = dict(zip(flat[::2], flat[1::2], strict=True))
    there = live_values(engine, hash_of(engine, client, args.key))
    put = [(field, stored_field(value)) for field, value in given.items()]
    return Outcome(sum(field not in there for field in given), changed(engine, client.db, args.key, HASH, put))


@command("HGET", arg("key", KEY), arg("field", RAW), category="hash")
def hget(engine: Engine, client: Client, args: Any) -> Reply:
    """Read a field of a hash."""
    return live_values(engine, hash_of(engine, client, args.key)).get(args.field)


@command("HGETALL", arg("key", KEY), category="hash")
def hgetall(engine: Engine, client: Client, args: Any) -> Reply:
    """Read all fields of a hash and their values."""
    return dict(live_values(engine, hash_of(engine, client, args.key)))


@command("HDEL", arg("key", KEY), arg("field", RAW, repeated=True), category="hash", writes=True, frees=True)
def hdel(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove fields of a hash; tells how many were there."""
    there = live_values(engine, hash_of(engine, client, args.key))
    gone = [field for field in dict.fromkeys(args.field) if field in there]
    return Outcome(len(gone), changed(engine, client.db, args.key, HASH, (), gone))


@command("HLEN", arg("key", KEY), category="hash")
def hlen(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many fields a hash has."""
    return len(live_values(engine, hash_of(engine, client, args.key)))
