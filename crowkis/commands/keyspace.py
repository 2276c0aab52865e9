"""Words about keys whatever they hold: removing, expiring, listing, flushing."""

from typing import Any

from crowkis.commands.args import KEY, RAW, WORD, arg, choice, flag, opt, whole
from crowkis.commands.keys import expiry_of, is_there, kind_of
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.judgement import DropJudgements
from crowkis.values.limits import DATABASES, EXPIRE_MS_MAX, SCAN_COUNT_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropDatabase, DropKey, DropScope, Record, SetEnd
from crowkis.values.reply import OK, Reply, Simple

CURSOR = whole(0, (1 << 64) - 1)


@command("DEL", arg("key", KEY, repeated=True), category="keyspace", writes=True, frees=True)
def del_(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove keys; tells how many were there."""
    return _removed(engine, client, args.key)


def _removed(engine: Engine, client: Client, keys: tuple[bytes, ...]) -> Outcome:
    live = [key for key in dict.fromkeys(keys) if is_there(engine, client.db, key)]
    return Outcome(len(live), tuple(DropKey(client.db, key) for key in live))


@command("UNLINK", arg("key", KEY, repeated=True), category="keyspace", writes=True, frees=True)
def unlink(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove keys; here the same as DEL."""
    return _removed(engine, client, args.key)


@command("EXISTS", arg("key", KEY, repeated=True), category="keyspace")
def exists(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many of the keys are there; one named twice counts twice."""
    return sum(1 for key in args.key if is_there(engine, client.db, key))


@command("TOUCH", arg("key", KEY, repeated=True), category="keyspace", partly="counts the keys; uses are not noted")
def touch(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many of the keys are there."""
    return exists(engine, client, args)


@command("TYPE", arg("key", KEY), category="keyspace")
def type_(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell what kind of value a key holds, or none."""
    return Simple(kind_of(engine, client.db, args.key) or "none")


CONDITIONS = tuple(flag(word) for word in ("nx", "xx", "gt", "lt"))


def _expire(engine: Engine, client: Client, args: Any, at_ms: int) -> Outcome:
    if (args.nx and (args.xx or args.gt or args.lt)) or (args.gt and args.lt):
        raise malformed("NX stands alone, and GT and LT exclude each other")
    old = expiry_of(engine, client.db, args.key)
    if old is None:
        return Outcome(0)
    refused = (
        (args.nx and old)
        or (args.xx and not old)
        or (args.gt and (not old or at_ms <= old))
        or (args.lt and old and at_ms >= old)
    )
    if refused:
        return Outcome(0)
    if at_ms <= engine.now_ms:
        return Outcome(1, (DropKey(client.db, args.key),))
    return Outcome(1, (SetEnd(client.db, args.key, at_ms),))


def _bounded(value: int, unit_ms: int, start_ms: int, name: str) -> int:
    at_ms = start_ms + value * unit_ms
    if abs(at_ms) > EXPIRE_MS_MAX:
        raise malformed(f"invalid expire time in '{name}' command")
    return at_ms


@command("EXPIRE", arg("key", KEY), arg("seconds", whole()), *CONDITIONS, category="keyspace", writes=True, frees=True)
def expire(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give a key a lifetime in seconds."""
    return _expire(engine, client, args, _bounded(args.seconds, 1000, engine.now_ms, "expire"))


@command(
    "PEXPIRE", arg("key", KEY), arg("milliseconds", whole()), *CONDITIONS, category="keyspace", writes=True, frees=True
)
def pexpire(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give a key a lifetime in milliseconds."""
    return _expire(engine, client, args, _bounded(args.milliseconds, 1, engine.now_ms, "pexpire"))


@command(
    "EXPIREAT", arg("key", KEY), arg("unix_seconds", whole()), *CONDITIONS, category="keyspace", writes=True, frees=True
)
def expireat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key end at a Unix time in seconds."""
    return _expire(engine, client, args, _bounded(args.unix_seconds, 1000, 0, "expireat"))


@command(
    "PEXPIREAT",
    arg("key", KEY),
    arg("unix_milliseconds", whole()),
    *CONDITIONS,
    category="keyspace",
    writes=True,
    frees=True,
)
def pexpireat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key end at a Unix time in milliseconds."""
    return _expire(engine, client, args, _bounded(args.unix_milliseconds, 1, 0, "pexpireat"))


@command("PTTL", arg("key", KEY), category="keyspace")
def pttl(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell a key's remaining milliseconds; -1: no end, -2: no such key."""
    at_ms = expiry_of(engine, client.db, args.key)
    return -2 if at_ms is None else at_ms - engine.now_ms if at_ms else -1


@command("TTL", arg("key", KEY), category="keyspace")
def ttl(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell a key's remaining seconds, rounded; -1: no end, -2: no such key."""
    left_ms = pttl(engine, client, args)
    return left_ms if left_ms < 0 else (left_ms + 500) // 1000


@command("PEXPIRETIME", arg("key", KEY), category="keyspace")
def pexpiretime(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the Unix time in milliseconds at which a key ends; -1: no end, -2: no such key."""
    at_ms = expiry_of(engine, client.db, args.key)
    return -2 if at_ms is None else at_ms or -1


@command("EXPIRETIME", arg("key", KEY), category="keyspace")
def expiretime(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the Unix time in seconds at which a key ends, rounded; -1: no end, -2: no such key."""
    at_ms = pexpiretime(engine, client, args)
    return at_ms if at_ms < 0 else (at_ms + 500) // 1000


@command("PERSIST", arg("key", KEY), category="keyspace", writes=True, frees=True)
def persist(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take a key's lifetime away; tells whether it had one."""
    if not expiry_of(engine, client.db, args.key):
        return Outcome(0)
    return Outcome(1, (SetEnd(client.db, args.key, 0),))


@command("KEYS", arg("pattern", RAW), category="keyspace")
def keys(engine: Engine, client: Client, args: Any) -> Reply:
    """List the keys of this database that match a glob; walks them all, so prefer SCAN."""
    fits = matcher(args.pattern)
    prefix = plain_key(client.db, b"")
    names = (full[2:] for full, _ in engine.state.store.items(prefix))
    return [key for key in names if fits(key) and is_there(engine, client.db, key)]


@command("SCAN", arg("cursor", CURSOR), opt("pattern", RAW, token="MATCH", default=b"*"),
         opt("count", whole(1, SCAN_COUNT_MAX), default=10), opt("type", WORD),
         category="keyspace")  # fmt: skip
def scan(engine: Engine, client: Client, args: Any) -> Reply:
    """Walk the keys of this database a few at a time, in order; a key that stays is never skipped."""
    prefix = plain_key(client.db, b"")
    found, cursor = walk(engine, prefix, args.cursor, args.count)
    fits, kind = matcher(args.pattern), args.type.lower() if args.type is not None else None
    names = [full[2:] for full in found]
    kinds = [(key, kind_of(engine, client.db, key)) for key in names if fits(key)]
    return [cursor, [key for key, held in kinds if held is not None and kind in (None, held)]]


def walk(engine: Engine, prefix: bytes, cursor: int, count: int) -> tuple[list[bytes], str]:
    """Up to `count` store keys of a prefix from a cursor on, and the cursor to go on with ("0": the end)."""
    found = engine.state.store.scan(prefix, engine.cursors.after(cursor), count)
    return found, str(engine.cursors.hold(found[-1])) if len(found) == count else "0"


@command("DBSIZE", category="keyspace")
def dbsize(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many plain keys this database holds."""
    return engine.state.key_count(client.db)


MODE = arg("mode", choice("ASYNC", "SYNC"), optional=True)


@command("FLUSHDB", MODE, category="keyspace", writes=True, frees=True)
def flushdb(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove every plain key of this database; stored answers stay."""
    return Outcome(OK, (DropDatabase(client.db),))


@command("FLUSHALL", MODE, category="keyspace", writes=True, frees=True)
def flushall(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove everything: the plain keys of all databases and every stored answer of every tenant."""
    used = [db for db in range(DATABASES) if engine.state.key_count(db)] or [client.db]
    engine.serves.forget(None)
    engine.live.forget(None)
    emptied: list[Record] = [
        *(DropDatabase(db) for db in used),
        DropScope(None, None, engine.now_ms),
        DropJudgements(None),
    ]
    return Outcome(OK, emptied)
