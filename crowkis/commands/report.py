"""The texts of INFO and CINFO: sections of name:value lines, printed from the tables and from what is measured now."""

import os
import platform
from collections.abc import Callable, Sequence

from crowkis import __version__
from crowkis.commands import figures
from crowkis.commands.connection import REDIS_VERSION
from crowkis.engine.engine import Engine
from crowkis.metrics import METRICS

Section = Callable[[Engine], list[str]]


def info(engine: Engine, wanted: Sequence[str]) -> str:
    """INFO: the sections wanted, or all."""
    return _text(engine, INFO_SECTIONS, wanted)


def cinfo(engine: Engine, wanted: Sequence[str]) -> str:
    """CINFO: the sections wanted, or all."""
    return _text(engine, CINFO_SECTIONS, wanted)


def _text(engine: Engine, sections: dict[str, Section], wanted: Sequence[str]) -> str:
    names = {name for name in wanted if name in sections}
    if not wanted or "default" in wanted:
        names |= sections.keys() - ASKED_FOR
    if not {"all", "everything"}.isdisjoint(wanted):
        names |= sections.keys()
    chosen = [name for name in sections if name in names]
    return "\r\n".join("\r\n".join((_headline(name), *sections[name](engine), "")) for name in chosen)


def _headline(name: str) -> str:
    return f"# {'CPU' if name == 'cpu' else name.capitalize()}"


def _uptime_s(engine: Engine) -> int:
    return max(0, engine.now_ms - engine.started_ms) // 1000


def _server(engine: Engine) -> list[str]:
    return [
        f"redis_version:{REDIS_VERSION}",
        f"crowkis_version:{__version__}",
        "redis_git_sha1:00000000",
        "redis_git_dirty:0",
        f"redis_build_id:{__version__}",
        "redis_mode:standalone",
        f"os:{platform.system()} {platform.release()} {platform.machine()}",
        "arch_bits:64",
        f"python_version:{platform.python_version()}",
        "multiplexing_api:epoll",
        f"process_id:{os.getpid()}",
        f"run_id:{engine.run_id}",
        *(f"{name}_port:{port}" for name, port in engine.ports.items()),
        f"tcp_port:{engine.ports.get('resp', 0)}",
        f"server_time_usec:{engine.now_ms * 1000}",
        f"uptime_in_seconds:{_uptime_s(engine)}",
        f"uptime_in_days:{_uptime_s(engine) // 86_400}",
        "hz:10",
        "configured_hz:10",
        f"lru_clock:{engine.now_ms // 1000 & 0xFFFFFF}",
        "executable:crowkis",
        "config_file:",
        "io_threads_active:0",
        f"credentials_required:{'yes' if engine.house.token else 'no'}",
    ]


def _persistence(engine: Engine) -> list[str]:
    backups, progress = engine.backups, engine.house.progress
    running_s = (engine.now_ms - backups.started_ms) // 1000 if backups.running else -1
    loading = [
        f"loading_start_time:{engine.started_ms // 1000}",
        f"loading_phase:{progress.phase}",
        f"loading_loaded_things:{progress.done}",
    ]
    return [
        f"loading:{int(not engine.house.loaded)}",
        *([] if engine.house.loaded else loading),
        "async_loading:0",
        f"rdb_changes_since_last_save:{backups.unsaved}",
        f"rdb_bgsave_in_progress:{int(bool(backups.running))}",
        f"rdb_last_save_time:{backups.written_ms // 1000}",
        f"rdb_last_bgsave_status:{'err' if backups.failure else 'ok'}",
        f"rdb_last_bgsave_time_sec:{backups.took_ms // 1000}",
        f"rdb_current_bgsave_time_sec:{running_s}",
        f"backup_running:{backups.running or 'no'}",
        f"backup_last:{backups.written or 'none'}",
        f"backup_failure:{backups.failure or 'no'}",
        f"rdb_saves:{engine.metrics.split['backups_total'].get('written', 0)}",
        "rdb_last_cow_size:0",
        "aof_enabled:1",
        "aof_rewrite_in_progress:0",
        "aof_rewrite_scheduled:0",
        "aof_last_rewrite_time_sec:-1",
        "aof_current_rewrite_time_sec:-1",
        "aof_last_bgrewrite_status:ok",
        "aof_last_cow_size:0",
        *_log(engine),
        f"aof_last_write_status:{'err' if engine.house.writes_stopped else 'ok'}",
        f"wal_sync:{engine.settings.wal_sync}",
        f"writes_stopped:{engine.house.writes_stopped or 'no'}",
        *_outage(engine),
        *_scrub(engine),
    ]


def _scrub(engine: Engine) -> list[str]:
    if not engine.house.loaded:
        return []
    scrub = engine.scrub
    results = engine.metrics.split["scrubbed_tables_total"]
    damaged = scrub.damaged(engine.state.store)
    return [
        f"scrub_running:{int(scrub.running)}",
        f"scrub_rounds:{scrub.rounds}",
        f"scrub_last_time:{scrub.checked_ms // 1000}",
        *(f"scrub_tables_{name}:{results.get(name, 0)}" for name in ("sound", "damaged", "unread")),
        f"scrub_damaged:{'; '.join(damaged.values()) or 'no'}",
    ]


def _log(engine: Engine) -> list[str]:
    if not engine.house.loaded:
        return []
    store = engine.state.store
    return [
        f"aof_current_size:{store.log_bytes}",
        "aof_base_size:0",
        "aof_pending_rewrite:0",
        f"aof_buffer_length:{store.unsynced_bytes}",
        "aof_pending_bio_fsync:0",
        "aof_delayed_fsync:0",
    ]


def _outage(engine: Engine) -> list[str]:
    outage = engine.outage
    if not outage.began_ms:
        return []
    return [
        f"writes_stopped_for_ms:{max(0, engine.now_ms - outage.began_ms)}",
        f"resume_tries:{outage.tries}",
        f"resume_failure:{outage.failure or 'no'}",
        f"resume_next_try_in_ms:{max(0, outage.next_ms - engine.now_ms)}",
    ]


def _crowkis(engine: Engine) -> list[str]:
    return engine.metrics.lines([row.name for row in METRICS if row.kind != "histogram"])


def _embedder(engine: Engine) -> list[str]:
    facts = engine.embedder
    return [
        f"name:{facts.name}",
        f"dimension:{facts.dimension}",
        f"fingerprint:{facts.fingerprint}",
        f"state:{facts.state()}",
    ]


def _cache(engine: Engine) -> list[str]:
    results = engine.metrics.split["lookups_total"]
    hits = results.get("exact", 0) + results.get("vector", 0)
    total = hits + results.get("miss", 0)
    rows = [
        f"similarity_min:{engine.settings.similarity_min}",
        f"lookups:{total}",
        f"hits:{hits}",
        *(f"{name}:{results.get(name, 0)}" for name in ("exact", "vector", "miss")),
        f"hit_rate_pct:{100 * hits / total if total else 0:.2f}",
    ]
    if engine.house.loaded:
        entries = engine.state.entries.values()
        rows += [
            f"entries:{len(entries)}",
            f"tenants:{len({entry.scope.tenant for entry in entries})}",
            f"vectors:{engine.state.vector_count()}",
            f"entries_without_vector:{sum(1 for entry in entries if not entry.fingerprint)}",
            f"entries_of_other_embedders:{engine.state.strangers(engine.embedder.fingerprint)}",
        ]
    return rows


def _savings(engine: Engine) -> list[str]:
    results = engine.metrics.split["lookups_total"]
    return [f"upstream_calls_saved:{results.get('exact', 0) + results.get('vector', 0)}"]


def _security(engine: Engine) -> list[str]:
    errors = engine.metrics.split["errors_total"]
    return [
        f"credentials_required:{'yes' if engine.house.token else 'no'}",
        f"denied_errors:{sum(errors.get(code, 0) for code in ('DENIED', 'NOAUTH', 'WRONGPASS'))}",
        *engine.metrics.lines(["refusals_total"]),
    ]


def _db(engine: Engine) -> list[str]:
    names = (
        "keys",
        "entries",
        "storage_bytes",
        "wal_bytes",
        "wal_appends_total",
        "wal_syncs_total",
        "disk_bytes",
        "tables",
        "storage_jobs_total",
    )
    return [
        f"data_dir:{engine.settings.data_dir}",
        f"wal_sync:{engine.settings.wal_sync}",
        *engine.metrics.lines(names),
    ]


INFO_SECTIONS: dict[str, Section] = {
    "server": _server,
    "clients": figures.clients,
    "memory": figures.memory,
    "persistence": _persistence,
    "stats": figures.stats,
    "replication": figures.replication,
    "cpu": figures.cpu,
    "modules": figures.modules,
    "commandstats": figures.commandstats,
    "errorstats": figures.errorstats,
    "latencystats": figures.latencystats,
    "cluster": figures.cluster,
    "keyspace": figures.keyspace,
    "embedder": _embedder,
    "crowkis": _crowkis,
}
ASKED_FOR = {"commandstats", "latencystats"}
"""Sections only INFO ALL, INFO EVERYTHING and their names show: they have a line for each word."""

CINFO_SECTIONS: dict[str, Section] = {
    "server": _server,
    "cache": _cache,
    "savings": _savings,
    "security": _security,
    "db": _db,
}
