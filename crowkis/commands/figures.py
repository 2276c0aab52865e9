"""The sections of INFO that Redis has too, under its names, as monitoring tools read them.

What has no meaning here is told as what it would be on a server that never does it (no replicas, no Lua, no forks),
so that nobody's dashboard breaks; what has one is measured.
"""

import os
import resource

from crowkis.engine.engine import Engine
from crowkis.engine.memory import resident_bytes
from crowkis.guard.access import shown
from crowkis.values.limits import DATABASES, MIB

REPLICATION_ID = "0" * 40


def clients(engine: Engine) -> list[str]:
    """Who is connected."""
    return [
        f"connected_clients:{len(engine.clients)}",
        "cluster_connections:0",
        f"maxclients:{engine.settings.max_connections}",
        "client_recent_max_input_buffer:0",
        "client_recent_max_output_buffer:0",
        f"blocked_clients:{len(engine.blocked)}",
        f"tracking_clients:{sum(each.tracker is not None for each in engine.clients.all())}",
        f"pubsub_clients:{sum(bool(each.subscriptions) for each in engine.clients.all())}",
        f"watching_clients:{sum(bool(each.watched.keys) for each in engine.clients.all())}",
        "clients_in_timeout_table:0",
        f"monitors:{len(engine.clients.monitors)}",
    ]


def _human(size_bytes: int) -> str:
    return f"{size_bytes / MIB:.2f}M"


def memory(engine: Engine) -> list[str]:
    """What is held, by part, against the limit."""
    resident, parts_of = resident_bytes(), engine.memory
    used, start, parts = parts_of.used_bytes(), parts_of.process_bytes, parts_of.parts()
    peak, dataset = max(parts_of.most_used_bytes, used), max(0, used - start)
    limit = parts_of.limit_bytes
    return [
        f"used_memory:{used}",
        f"used_memory_human:{_human(used)}",
        f"used_memory_rss:{resident}",
        f"used_memory_rss_human:{_human(resident)}",
        f"used_memory_peak:{peak}",
        f"used_memory_peak_human:{_human(peak)}",
        f"used_memory_peak_perc:{100 * used / max(1, peak):.2f}%",
        f"used_memory_overhead:{start + parts.get('overhead', 0)}",
        f"used_memory_startup:{start}",
        f"used_memory_dataset:{dataset}",
        f"used_memory_dataset_perc:{100 * dataset / max(1, used):.2f}%",
        *(f"allocator_{name}:{size}" for name, size in (("allocated", used), ("active", used), ("resident", resident))),
        f"total_system_memory:{_machine_bytes()}",
        f"total_system_memory_human:{_human(_machine_bytes())}",
        "used_memory_lua:0",
        "used_memory_scripts:0",
        "number_of_cached_scripts:0",
        f"maxmemory:{limit}",
        f"maxmemory_human:{_human(limit)}",
        "maxmemory_policy:noeviction",
        f"mem_fragmentation_ratio:{resident / max(1, used):.2f}",
        f"mem_fragmentation_bytes:{resident - used}",
        "mem_not_counted_for_evict:0",
        "mem_replication_backlog:0",
        "mem_clients_slaves:0",
        f"mem_clients_normal:{parts.get('clients', 0)}",
        "mem_aof_buffer:0",
        "mem_allocator:libc",
        "active_defrag_running:0",
        "lazyfree_pending_objects:0",
        f"memory_full:{'yes' if engine.house.memory_full_bytes else 'no'}",
        *(f"part_{name}:{size}" for name, size in parts.items()),
    ]


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def stats(engine: Engine) -> list[str]:
    """What has been done since the start or the last CONFIG RESETSTAT."""
    metrics, rates = engine.metrics, engine.pulse.rates()
    plain, denials = metrics.plain, metrics.split["access_denials_total"]
    expired, batches = plain["expired_total"], plain["batches_total"]
    return [
        f"total_connections_received:{plain['connections_total']}",
        f"total_commands_processed:{plain['commands_total']}",
        f"instantaneous_ops_per_sec:{rates.commands:.0f}",
        f"total_net_input_bytes:{plain['net_input_bytes_total']}",
        f"total_net_output_bytes:{plain['net_output_bytes_total']}",
        "total_net_repl_input_bytes:0",
        "total_net_repl_output_bytes:0",
        f"instantaneous_input_kbps:{rates.input_bytes / 1024:.2f}",
        f"instantaneous_output_kbps:{rates.output_bytes / 1024:.2f}",
        f"rejected_connections:{plain['connections_refused_total']}",
        "sync_full:0",
        "sync_partial_ok:0",
        "sync_partial_err:0",
        f"expired_keys:{expired}",
        f"evicted_keys:{plain['evicted_total']}",
        "evicted_clients:0",
        f"keyspace_hits:{plain['keyspace_hits_total']}",
        f"keyspace_misses:{plain['keyspace_misses_total']}",
        f"pubsub_channels:{len(engine.channels.names())}",
        f"pubsub_patterns:{engine.channels.pattern_count()}",
        "latest_fork_usec:0",
        "total_forks:0",
        "migrate_cached_sockets:0",
        "slave_expires_tracked_keys:0",
        "active_defrag_hits:0",
        "active_defrag_misses:0",
        "tracking_total_keys:0",
        "tracking_total_items:0",
        "tracking_total_prefixes:0",
        "unexpected_error_replies:0",
        f"total_error_replies:{sum(metrics.split['errors_total'].values())}",
        f"total_reads_processed:{batches}",
        f"total_writes_processed:{batches}",
        *(f"acl_access_denied_{kind}:{denials.get(name, 0)}" for kind, name in _DENIALS),
    ]


_DENIALS = (("auth", "auth"), ("cmd", "command"), ("key", "key"), ("channel", "channel"))


def replication(engine: Engine) -> list[str]:
    """There is none."""
    return [
        "role:master",
        "connected_slaves:0",
        "master_failover_state:no-failover",
        f"master_replid:{REPLICATION_ID}",
        f"master_replid2:{REPLICATION_ID}",
        "master_repl_offset:0",
        "second_repl_offset:-1",
        "repl_backlog_active:0",
        "repl_backlog_size:0",
        "repl_backlog_first_byte_offset:0",
        "repl_backlog_histlen:0",
    ]


def cpu(engine: Engine) -> list[str]:
    """Processor time, in seconds."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    loop = resource.getrusage(resource.RUSAGE_THREAD) if hasattr(resource, "RUSAGE_THREAD") else own
    return [
        f"used_cpu_sys:{own.ru_stime:.6f}",
        f"used_cpu_user:{own.ru_utime:.6f}",
        f"used_cpu_sys_children:{ended.ru_stime:.6f}",
        f"used_cpu_user_children:{ended.ru_utime:.6f}",
        f"used_cpu_sys_main_thread:{loop.ru_stime:.6f}",
        f"used_cpu_user_main_thread:{loop.ru_utime:.6f}",
    ]


def modules(engine: Engine) -> list[str]:
    """There are none."""
    return []


def commandstats(engine: Engine) -> list[str]:
    """Calls, time and failures by word; see tallies.py for what exactly is timed."""
    rows = []
    for name in sorted(engine.tallies):
        tally = engine.tallies.read(name)
        rows.append(
            f"cmdstat_{shown(name)}:calls={tally.calls},usec={tally.usec},"
            f"usec_per_call={tally.usec / max(1, tally.calls):.2f},"
            f"rejected_calls={tally.rejected},failed_calls={tally.failed}"
        )
    return rows


def errorstats(engine: Engine) -> list[str]:
    """Error replies by code."""
    return [f"errorstat_{code}:count={count}" for code, count in sorted(engine.metrics.split["errors_total"].items())]


def latencystats(engine: Engine) -> list[str]:
    """How long calls took, by word, each at most twice what it should be."""
    rows = []
    for name in sorted(engine.tallies):
        found = engine.tallies.percentiles(name)
        if found is not None:
            p50, p99, p999 = found
            rows.append(f"latency_percentiles_usec_{shown(name)}:p50={p50:.3f},p99={p99:.3f},p99.9={p999:.3f}")
    return rows


def cluster(engine: Engine) -> list[str]:
    """There is none."""
    return ["cluster_enabled:0"]


def keyspace(engine: Engine) -> list[str]:
    """Plain keys by database."""
    if not engine.house.loaded:
        return []
    rows = []
    for db in range(DATABASES):
        count = engine.state.key_count(db)
        if count:
            expires, left_ms = engine.state.ends.of_database(db, engine.now_ms)
            rows.append(f"db{db}:keys={count},expires={expires},avg_ttl={left_ms}")
    return rows
