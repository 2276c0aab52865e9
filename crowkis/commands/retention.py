"""Words about what stays and what leaves: why an answer is kept or gone, and tidying by hand."""

from typing import Any

from crowkis.commands.args import TEXT, arg
from crowkis.commands.registry import command
from crowkis.commands.semantic import IDENTITY, entry_named, scope_of
from crowkis.engine.clients import Client
from crowkis.engine.compaction import Compacted
from crowkis.engine.engine import Engine
from crowkis.values.errand import FoldTables, Waiting
from crowkis.values.errors import compaction_failed, compaction_running
from crowkis.values.limits import SWEEP_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import Departure, Entry
from crowkis.values.reply import Reply


@command("CWHYEVICT", arg("query", TEXT), *IDENTITY, category="semantic")
def cwhyevict(engine: Engine, client: Client, args: Any) -> Reply:
    """Say what keeps an answer in the cache, part by part, or when and why it left; nothing where it is not known."""
    scope = scope_of(args)
    entry_id = entry_named(args)
    entry = engine.state.entries.get(entry_id)
    if entry is not None:
        return _live(engine, entry)
    row = engine.state.ledger.of(entry_id, scope)
    return None if row is None else _left(engine, entry_id, row)


def _live(engine: Engine, entry: Entry) -> Reply:
    residents = engine.state.residents
    resident = residents.by_id[entry.entry_id]
    engine.evictor.look(resident, engine.now_ms)
    parts = residents.parts(resident, 1.0 - engine.settings.similarity_min)
    return {
        "key": entry.entry_id.hex(),
        "state": "live",
        "score": parts.score,
        "cost_usd": parts.cost_usd,
        "cost_source": "estimated" if entry.cost_usd is None else "given",
        "frequency": parts.frequency,
        "idle_ms": max(0, engine.now_ms - resident.used_ms),
        "idle_turns": parts.idle_turns,
        "rate": parts.rate,
        "isolation": resident.isolation,
        "need": parts.need,
        "size_bytes": parts.size_bytes,
    }


def _left(engine: Engine, entry_id: bytes, row: Departure) -> Reply:
    when = {"reason": row.reason, "at_ms": row.at_ms, "ago_ms": max(0, engine.now_ms - row.at_ms)}
    if not row.entry_id:  # was this very answer among them? The ledger does not know
        return {"key": entry_id.hex(), "state": "flushed"} | when
    return (
        {"key": entry_id.hex(), "state": "left"}
        | when
        | {
            "score": row.score,
            "cost_usd": row.cost_usd,
            "frequency": row.frequency,
            "idle_ms": row.idle_ms,
            "size_bytes": row.size_bytes,
        }
    )


@command("SWEEP", category="server", writes=True, frees=True)
def sweep(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove what has expired and, near the memory limit, what is worth least; tells how many, to repeat until 0."""
    due = engine.state.due(engine.now_ms, SWEEP_MAX)
    engine.metrics.count("expired_total", len(due))
    victims = engine.make_room(SWEEP_MAX) if not due else []
    return Outcome(len(due) + len(victims), (*due, *victims))


@command("COMPACT", category="server", alone=True)
def compact(engine: Engine, client: Client, args: Any) -> Waiting:
    """Write all of memory to disk and fold all tables, so that what was removed leaves the disk; tells what it did."""
    if engine.compaction.claimed:
        raise compaction_running()
    engine.compaction.claimed = True
    return Waiting(FoldTables(), _compacted)


def _compacted(engine: Engine, result: Compacted | Exception) -> Reply:
    if isinstance(result, Exception):
        raise compaction_failed(str(result))
    return {
        "tables_before": result.before.tables,
        "tables": result.after.tables,
        "disk_bytes_before": result.before.disk_bytes,
        "disk_bytes": result.after.disk_bytes,
        "took_ms": result.took_ms,
    }
