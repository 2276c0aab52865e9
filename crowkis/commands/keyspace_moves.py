"""Words that give keys another name or database, copy them, or pick one by chance."""

from typing import Any

from crowkis.commands.args import KEY, arg, flag, opt, whole
from crowkis.commands.keys import contents, expiry_of, is_there, recreated
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed
from crowkis.values.limits import DATABASES
from crowkis.values.outcome import Outcome
from crowkis.values.record import MoveKey
from crowkis.values.reply import OK, Reply

DATABASE = whole(0, DATABASES - 1)
RANDOM_WINDOW_KEYS = 128
"""A key is picked among so many that follow each other; of a database with more, RANDOMKEY goes on where it was."""
RANDOM_WINDOWS_MAX = 8
"""After so many windows without a live key there is none to tell."""


def _checked(engine: Engine, client: Client, key: bytes) -> None:
    if not is_there(engine, client.db, key):
        raise malformed("no such key")


@command("RENAME", arg("key", KEY), arg("newkey", KEY), category="keyspace", writes=True, frees=True)
def rename(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give a key another name, with its lifetime; what had that name is replaced."""
    _checked(engine, client, args.key)
    if args.key == args.newkey:
        return Outcome(OK)
    return Outcome(OK, (MoveKey(client.db, args.key, client.db, args.newkey),))


@command("RENAMENX", arg("key", KEY), arg("newkey", KEY), category="keyspace", writes=True, frees=True)
def renamenx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give a key another name, only if no key has it."""
    _checked(engine, client, args.key)
    if is_there(engine, client.db, args.newkey):
        return Outcome(0)
    return Outcome(1, (MoveKey(client.db, args.key, client.db, args.newkey),))


@command("MOVE", arg("key", KEY), arg("db", DATABASE), category="keyspace", writes=True, frees=True)
def move(engine: Engine, client: Client, args: Any) -> Outcome:
    """Move a key to another database, only if none there has its name."""
    if args.db == client.db:
        raise malformed("the key is in this database already")
    if not is_there(engine, client.db, args.key) or is_there(engine, args.db, args.key):
        return Outcome(0)
    return Outcome(1, (MoveKey(client.db, args.key, args.db, args.key),))


@command("COPY", arg("source", KEY), arg("destination", KEY), opt("db", DATABASE), flag("replace"),
         category="keyspace", writes=True)  # fmt: skip
def copy(engine: Engine, client: Client, args: Any) -> Outcome:
    """Copy what a key holds, with its lifetime, to another name or database."""
    to_db = client.db if args.db is None else args.db
    if (client.db, args.source) == (to_db, args.destination):
        raise malformed("source and destination are the same key")
    held = contents(engine, client.db, args.source)
    if held is None or (not args.replace and is_there(engine, to_db, args.destination)):
        return Outcome(0)
    expire_at_ms = expiry_of(engine, client.db, args.source) or 0
    return Outcome(1, recreated(engine, to_db, args.destination, held, expire_at_ms))


@command("RANDOMKEY", category="keyspace")
def randomkey(engine: Engine, client: Client, args: Any) -> Reply:
    """Pick a key of this database by chance."""
    db, store = client.db, engine.state.store
    prefix = plain_key(db, b"")
    for _ in range(RANDOM_WINDOWS_MAX):
        after = engine.last_random.get(db) if engine.state.key_count(db) > RANDOM_WINDOW_KEYS else None
        found = store.scan(prefix, after, RANDOM_WINDOW_KEYS)
        if after is not None and len(found) < RANDOM_WINDOW_KEYS:
            found += store.scan(prefix, None, RANDOM_WINDOW_KEYS - len(found))
        live = [full for full in found if is_there(engine, db, full[2:])]
        if live:
            engine.last_random[db] = picked = live[engine.pick(len(live))]
            return picked[2:]
        if len(found) < RANDOM_WINDOW_KEYS:
            return None
        engine.last_random[db] = found[-1]
    return None
