"""Words about one stored answer, named by its key: show it, remove it."""

from typing import Any

from crowkis.commands.args import ENTRY_ID, TENANT, arg, flag, opt
from crowkis.commands.registry import command
from crowkis.commands.semantic import remaining_s
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.state import is_alive
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropEntry, Entry
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
    }
    return {**shown, "answer": engine.state.answer(entry)} if args.answer else shown


@command("CDELETEKEY", arg("key", ENTRY_ID), MINE, category="semantic", writes=True, frees=True)
def cdeletekey(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the answer stored under a key; tells how many were removed."""
    entry = _entry(engine, args.key, args.tenant)
    if entry is None:
        return Outcome(0)
    return Outcome(1, (DropEntry(args.key, entry.scope, "kept.deleted", engine.now_ms),))


def _entry(engine: Engine, key: bytes, tenant: str) -> Entry | None:
    entry = engine.state.entries.get(key)
    if entry is None or entry.scope.tenant != tenant or not is_alive(entry, engine.now_ms):
        return None
    return entry
