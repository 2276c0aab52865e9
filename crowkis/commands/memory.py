"""MEMORY: what keys and the server's parts take."""

from typing import Any

from crowkis.commands.args import KEY, arg, opt, whole
from crowkis.commands.keys import is_there
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.engine.keys import HEAD_BYTES
from crowkis.engine.memory import resident_bytes
from crowkis.values.limits import DATABASES, MIB
from crowkis.values.reply import OK, Reply

SERVER = "server"
STRING_BYTES = 90
"""What a string takes in the memtable beside key and value, approximately."""


@command("MEMORY USAGE", arg("key", KEY), opt("samples", whole(0)), category=SERVER)
def memory_usage(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many bytes a key takes, approximately; SAMPLES makes no difference: every element is counted."""
    if not is_there(engine, client.db, args.key):
        return None
    full = plain_key(client.db, args.key)
    held = engine.state.keys.collection(full)
    if held is not None:
        return held.size_bytes + HEAD_BYTES + len(full)
    return len(engine.state.get(full) or b"") + len(full) + STRING_BYTES


@command("MEMORY STATS", category=SERVER)
def memory_stats(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell what takes how much, under Redis's names, and each part of ours."""
    memory = engine.memory
    used, start, parts, resident = memory.used_bytes(), memory.process_bytes, memory.parts(), resident_bytes()
    peak, dataset = max(memory.most_used_bytes, used), max(0, used - start)
    keys = sum(engine.state.key_count(db) for db in range(DATABASES)) + len(engine.state.entries)
    return {
        "peak.allocated": peak,
        "total.allocated": used,
        "startup.allocated": start,
        "replication.backlog": 0,
        "clients.slaves": 0,
        "clients.normal": parts.get("clients", 0),
        "aof.buffer": 0,
        "lua.caches": 0,
        "overhead.total": start + parts.get("overhead", 0),
        "keys.count": keys,
        "keys.bytes-per-key": dataset // keys if keys else 0,
        "dataset.bytes": dataset,
        "dataset.percentage": 100 * dataset / max(1, used),
        "peak.percentage": 100 * used / max(1, peak),
        "allocator.allocated": used,
        "allocator.active": used,
        "allocator.resident": resident,
        "fragmentation": resident / max(1, used),
        "fragmentation.bytes": resident - used,
    } | {f"part.{name}": size for name, size in parts.items()}


@command("MEMORY DOCTOR", category=SERVER)
def memory_doctor(engine: Engine, client: Client, args: Any) -> Reply:
    """Say in words whether memory runs short, and what takes most of it."""
    memory = engine.memory
    used, limit = memory.used_bytes(), memory.limit_bytes
    parts = {name: size for name, size in memory.parts().items() if name != "process"}
    largest = max(parts, key=lambda name: parts[name])
    lines = [f"{used / MIB:.0f} of {limit / MIB:.0f} MiB are used; most by {largest} ({parts[largest] / MIB:.0f} MiB)."]
    if engine.house.memory_full_bytes:
        lines.append("The limit is reached and nothing is left to evict: remove keys or raise memory_limit.")
    elif memory.making_room:
        lines.append("Answers are being evicted to make room: raise memory_limit to keep more of them.")
    else:
        lines.append("There is room: nothing is evicted.")
    if memory.overhead > 1.5:
        lines.append(
            f"The process holds {memory.overhead:.1f} times what is accounted for; a restart would give it back."
        )
    return "\n".join(lines)


@command("MEMORY PURGE", category=SERVER, partly="does nothing")
def memory_purge(engine: Engine, client: Client, args: Any) -> Reply:
    """Do nothing: what is freed is given back by the allocator as it can."""
    return OK


@command("MEMORY MALLOC-STATS", category=SERVER, partly="lists the parts memory is accounted to")
def memory_malloc_stats(engine: Engine, client: Client, args: Any) -> Reply:
    """List the parts memory is accounted to; the allocator itself tells nothing."""
    return "".join(f"{name}: {size} bytes\n" for name, size in engine.memory.parts().items())


@command("MEMORY HELP", category=SERVER)
def memory_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about memory."""
    return help_on("MEMORY")
