"""Lifetimes of single fields of a hash: HEXPIRE and its kin. They tell one code for each field they are given.

-2: no such field; -1: it never ends; 0: the condition is not met; 1: done; 2: the time is past, so it was removed.
"""

from collections.abc import Callable
from typing import Any

from crowkis.commands.args import KEY, RAW, Parameter, arg, choice, flag, whole
from crowkis.commands.hashes import HASH, hash_of, live_value
from crowkis.commands.keys import changed
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import Hash, stored_fields
from crowkis.values.errors import malformed
from crowkis.values.limits import EXPIRE_MS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Reply

NO_FIELD, NO_END, NOT_MET, DONE, REMOVED = -2, -1, 0, 1, 2
NAMED = (arg("fields", choice("FIELDS")), arg("numfields", whole(1)), arg("field", RAW, counted=True))


def _timed(name: str) -> tuple[Parameter, ...]:
    conditions = (flag(word, group="condition") for word in ("nx", "xx", "gt", "lt"))
    return arg("key", KEY), arg(name, whole(0)), *conditions, *NAMED


def _meets(args: Any, old_ms: int, at_ms: int) -> bool:
    """May a field's end be replaced? `old_ms` 0: it never ends, which is later than any end."""
    if args.nx:
        return not old_ms
    if args.xx:
        return bool(old_ms)
    if args.gt:
        return 0 < old_ms < at_ms
    return not args.lt or not old_ms or at_ms < old_ms


def _expire(engine: Engine, client: Client, args: Any, value: int, unit_ms: int, start_ms: int) -> Outcome:
    fields, at_ms = args.field, start_ms + value * unit_ms
    if at_ms > EXPIRE_MS_MAX:
        raise malformed("the expire time is too far away")
    found = hash_of(engine, client, args.key)
    if found is None:
        return Outcome([NO_FIELD] * len(fields))
    codes, ends, gone = [], dict[bytes, int](), dict[bytes, None]()
    for field in fields:
        if field in gone or live_value(engine, found, field) is None:
            codes.append(NO_FIELD)
        elif not _meets(args, ends.get(field, found.ends.get(field, 0)), at_ms):
            codes.append(NOT_MET)
        elif at_ms <= engine.now_ms:
            codes.append(REMOVED)
            gone[field] = None
        else:
            codes.append(DONE)
            ends[field] = at_ms
    return Outcome(codes, changed(engine, client.db, args.key, HASH, _with_ends(found, ends), list(gone)))


def _with_ends(found: Hash, ends: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    return stored_fields(found, {field: found.values[field] for field in ends}, ends)


@command("HEXPIRE", *_timed("seconds"), category="hash", writes=True, frees=True)
def hexpire(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give fields of a hash a lifetime in seconds."""
    return _expire(engine, client, args, args.seconds, 1000, engine.now_ms)


@command("HPEXPIRE", *_timed("milliseconds"), category="hash", writes=True, frees=True)
def hpexpire(engine: Engine, client: Client, args: Any) -> Outcome:
    """Give fields of a hash a lifetime in milliseconds."""
    return _expire(engine, client, args, args.milliseconds, 1, engine.now_ms)


@command("HEXPIREAT", *_timed("unix_seconds"), category="hash", writes=True, frees=True)
def hexpireat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let fields of a hash end at a Unix time in seconds."""
    return _expire(engine, client, args, args.unix_seconds, 1000, 0)


@command("HPEXPIREAT", *_timed("unix_milliseconds"), category="hash", writes=True, frees=True)
def hpexpireat(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let fields of a hash end at a Unix time in milliseconds."""
    return _expire(engine, client, args, args.unix_milliseconds, 1, 0)


@command("HPERSIST", arg("key", KEY), *NAMED, category="hash", writes=True, frees=True)
def hpersist(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take the lifetime of fields of a hash away."""
    fields = args.field
    found = hash_of(engine, client, args.key)
    if found is None:
        return Outcome([NO_FIELD] * len(fields))
    codes, kept = [], dict[bytes, int]()
    for field in fields:
        if live_value(engine, found, field) is None:
            codes.append(NO_FIELD)
        elif field in kept or field not in found.ends:
            codes.append(NO_END)
        else:
            codes.append(DONE)
            kept[field] = 0
    return Outcome(codes, changed(engine, client.db, args.key, HASH, _with_ends(found, kept)))


def _ends(engine: Engine, client: Client, args: Any, shown: Callable[[int], int]) -> Reply:
    """For each field a code, or its end as `shown` makes it of Unix milliseconds."""
    fields = args.field
    found = hash_of(engine, client, args.key)

    def told(field: bytes) -> int:
        if found is None or live_value(engine, found, field) is None:
            return NO_FIELD
        return shown(found.ends[field]) if field in found.ends else NO_END

    return [told(field) for field in fields]


@command("HTTL", arg("key", KEY), *NAMED, category="hash")
def httl(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the remaining seconds of fields of a hash, rounded up; -1: no end, -2: no such field."""
    return _ends(engine, client, args, lambda at_ms: (at_ms - engine.now_ms + 999) // 1000)


@command("HPTTL", arg("key", KEY), *NAMED, category="hash")
def hpttl(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the remaining milliseconds of fields of a hash; -1: no end, -2: no such field."""
    return _ends(engine, client, args, lambda at_ms: at_ms - engine.now_ms)


@command("HEXPIRETIME", arg("key", KEY), *NAMED, category="hash")
def hexpiretime(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the Unix time in seconds at which fields of a hash end, rounded up; -1: no end, -2: no such field."""
    return _ends(engine, client, args, lambda at_ms: (at_ms + 999) // 1000)


@command("HPEXPIRETIME", arg("key", KEY), *NAMED, category="hash")
def hpexpiretime(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the Unix time in milliseconds at which fields of a hash end; -1: no end, -2: no such field."""
    return _ends(engine, client, args, lambda at_ms: at_ms)
