"""Words about one stored answer, named by its key: show it, change it, remove it."""

from typing import Any

from crowkis.commands.args import BLOB, ENTRY_ID, TENANT, arg, flag, opt
from crowkis.commands.registry import command
from crowkis.commands.semantic import EXPIRY, remaining_s
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.state import is_alive
from crowkis.match.sketch import sketch
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropEntry, Entry, PutEntry
from crowkis.values.reply import Reply

MINE = opt("tenant", TENANT, default="default")


@command("CENTRY", arg("key", ENTRY_ID), MINE, flag("answer"), category="semantic")
def centry(engine: Engine, client: Client, args: Any) -> Reply:
    """Show what is stored under a key as CGET and CSCAN tell it, with ANSWER its answer too; nothing where none is."""
    entry = _entry(engine, args.key, args.tenant)
    if entry is None:
        return None
    shown: dict[str, Reply] = {
        "key": entry.entry_id.hex(),
        "query": entry.text,
        "namespace": entry.scope.namespace,
        "model": entry.scope.model,
        "model_version": entry.scope.model_version,
        "tags": sorted(entry.tags),
        "source": entry.source,
        "intent": entry.features.intent.name if entry.features is not None else "unread",
        "created_ms": entry.created_ms,
        "ttl": remaining_s(engine, entry),
        "bytes": entry.answer_bytes,
        "cost_usd": entry.cost_usd,
        "embedded": bool(entry.fingerprint),
        "pinned": entry.pinned,
    }
    return {**shown, "answer": engine.state.answer(entry)} if args.answer else shown


@command("CDELETEKEY", arg("key", ENTRY_ID), MINE, category="semantic", writes=True, frees=True)
def cdeletekey(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the answer stored under a key; tells how many were removed."""
    entry = _entry(engine, args.key, args.tenant)
    if entry is None:
        return Outcome(0)
    return Outcome(1, (DropEntry(args.key, entry.scope, "kept.deleted", engine.now_ms),))


@command("CEDIT", arg("key", ENTRY_ID), MINE, opt("answer", BLOB), *EXPIRY, flag("persist", group="expiry"),
         flag("pin", group="stay"), flag("unpin", group="stay"), category="semantic", writes=True)  # fmt: skip
def cedit(engine: Engine, client: Client, args: Any) -> Outcome:
    """Change what is stored under a key: its answer, its end, if it may be evicted; tells how many were changed."""
    entry = _entry(engine, args.key, args.tenant)
    if entry is None:
        return Outcome(0)
    if args.answer == b"":
        raise malformed("ANSWER must not be empty: an empty answer is never worth serving; CDELETEKEY removes it")
    changed = _with_end(entry, args, engine.now_ms)
    answer = args.answer
    if answer is None:
        answer = engine.state.answer(entry)
    else:
        changed = changed._replace(
            created_ms=engine.now_ms, answer_bytes=len(answer), answer_sketch=sketch(answer), cost_usd=None
        )
    if args.pin or args.unpin:
        changed = changed._replace(pinned=args.pin)
    if changed == entry and args.answer is None:
        raise malformed("nothing to change; give ANSWER, EX, PX, PERSIST, PIN or UNPIN")
    room = engine.room_in_quota(changed) if args.answer is not None else []
    return Outcome(1, (*room, PutEntry(changed, engine.state.stored_vector(entry), answer)))


def _with_end(entry: Entry, args: Any, now_ms: int) -> Entry:
    if args.persist:
        return entry._replace(expire_at_ms=0, grace_ms=0)
    life_ms = args.milliseconds if args.milliseconds is not None else (args.seconds or 0) * 1000
    return entry._replace(expire_at_ms=now_ms + life_ms, grace_ms=0) if life_ms else entry


def _entry(engine: Engine, key: bytes, tenant: str) -> Entry | None:
    entry = engine.state.entries.get(key)
    if entry is None or entry.scope.tenant != tenant or not is_alive(entry, engine.now_ms):
        return None
    return entry
