"""What the dashboard's panels show, as one JSON value: GET /api/metrics, its stream and /ws/live are made of it.

Read between two batches of the actor and changes nothing. Whoever is bound to a tenant sees that tenant's alone.
"""

from collections.abc import Callable, Iterable
from typing import Any

from crowkis import __version__
from crowkis.engine.engine import Engine
from crowkis.engine.live import BAND_FROM, BAND_WIDTH, KINDS, MINUTE_MS, OTHERS, TENANTS_MAX, Figures, Seen
from crowkis.engine.ranking import Counter
from crowkis.metrics import LATENCY_BOUNDS_S, Histogram
from crowkis.values.record import Entry
from crowkis.values.verdict import REASONS

RECENT_SHOWN, TOP_SHOWN, TENANTS_SHOWN, MINUTES_SHOWN = 100, 12, 100, 60
PERCENTILES = {"p50_ms": 0.50, "p99_ms": 0.99}
REASON_OF = {row.id: row for row in REASONS}


def figures(engine: Engine, tenant: str, house: bool) -> dict[str, Any]:
    """All panels, of one tenant or (empty) of all; `house`: with the figures of the whole server."""
    live = engine.live
    total = live.total(tenant)
    return {
        "now_ms": engine.now_ms,
        "version": __version__,
        "tenant": tenant or None,
        "resp_port": engine.ports.get("resp", 0),
        "questions_kept": engine.settings.live_questions,
        "global": {**_summed(total), "dollars_saved_today": None if tenant else _usd(live.usd_today(engine.now_ms)),
                   "since_ms": engine.started_ms},
        "hits": _hits(engine, total, bool(tenant)),
        "refusals": _refusals(total),
        "top_questions": _top(live.most_served(TOP_SHOWN, tenant), _served),
        "top_misses": _top(live.most_missed(TOP_SHOWN, tenant), _missed),
        "tenants": _tenants(engine, tenant),
        "budgets": _budgets(engine),
        "system": _system(engine) if house else None,
        "recent_log": feed(engine, tenant),
    }  # fmt: skip


def feed(engine: Engine, tenant: str, after: int = 0, most: int = RECENT_SHOWN) -> list[dict[str, Any]]:
    """The last look-ups behind a number, the newest first."""
    return [_line(number, seen) for number, seen in engine.live.recent(most, tenant, after)]


def _line(number: int, seen: Seen) -> dict[str, Any]:
    answer = seen.answer
    key = answer.entry_id if isinstance(answer, Entry) else answer
    told: dict[str, Any] = {
        "number": number,
        "time_ms": seen.at_ms,
        "tenant": seen.scope.tenant,
        "namespace": seen.scope.namespace,
        "model": seen.scope.model,
        "verdict": KINDS[seen.kind],
        "similarity": round(seen.similarity, 4),
        "confidence": round(seen.confidence, 4),
        "question": seen.question,
        "key": key.hex() if key is not None else None,
        "reason": None,
    }
    if seen.objection is not None:
        told |= _meaning(seen.objection.id)
        told |= {"measure": _text(seen.objection.measure), "limit": _text(seen.objection.limit)}
    return told


def _meaning(reason: str) -> dict[str, str]:
    row = REASON_OF.get(reason)
    gate, meaning = (row.gate, row.meaning) if row is not None else (reason.partition(".")[0], "")
    return {"reason": reason, "gate": gate, "meaning": meaning}


def _text(value: object) -> object:
    """What a rule measured, or its limit, for people."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, int | str) or value is None:
        return value
    if isinstance(value, Iterable):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)


def _summed(row: Figures) -> dict[str, Any]:
    requests = row.requests
    return {
        "total_requests": requests,
        "total_hits": row.hits,
        "total_misses": requests - row.hits,
        "refused": row.kinds[KINDS.index("refused")],
        "hit_rate_pct": round(100 * row.hits / requests, 2) if requests else 0.0,
        "tokens_saved": row.tokens,
        "dollars_saved_total": _usd(row.usd),
    }


def _usd(amount: float) -> float:
    return round(amount, 6)


def _hits(engine: Engine, total: Figures, bound: bool) -> dict[str, Any]:
    by_kind = dict(zip(KINDS, total.kinds, strict=True))
    if bound:
        return {"by_kind": by_kind}
    live, split = engine.live, engine.metrics.split
    since = engine.now_ms // MINUTE_MS - MINUTES_SHOWN
    histograms = engine.metrics.histograms["lookup_seconds"]
    return {
        "by_kind": by_kind,
        "by_intent": dict(sorted(split["intent_hits_total"].items(), key=lambda row: -row[1])),
        "by_model": [
            {
                "model": "" if name == OTHERS else name,
                "others": name == OTHERS,
                "hits": row.hits,
                "tokens_saved": row.tokens,
                "dollars_saved": _usd(row.usd),
            }
            for name, row in sorted(live.models.items(), key=lambda pair: -pair[1].hits)[:TOP_SHOWN]
        ],
        "confidence": {"from": BAND_FROM, "width": BAND_WIDTH, "counts": live.bands},
        "minutes": [
            {"time_ms": minute * MINUTE_MS, **dict(zip(KINDS, row.kinds, strict=True)), "dollars_saved": _usd(row.usd)}
            for minute, row in live.minutes
            if minute > since
        ],
        "latency": {"semantic" if kind == "vector" else kind: _latency(row) for kind, row in histograms.items()},
    }


def _latency(histogram: Histogram) -> dict[str, float]:
    """Milliseconds under which such a share of the look-ups stayed; the upper end of a class of the histogram."""
    total, found = sum(histogram.counts), {}
    for name, share in PERCENTILES.items():
        seen = 0
        for bound_s, count in zip((*LATENCY_BOUNDS_S, LATENCY_BOUNDS_S[-1]), histogram.counts, strict=True):
            seen += count
            if seen >= share * total:
                found[name] = bound_s * 1000
                break
    return found


def _refusals(total: Figures) -> list[dict[str, Any]]:
    rows = sorted(total.reasons.items(), key=lambda row: -row[1])
    return [{**_meaning(reason), "count": count} for reason, count in rows]


def _top(rows: list[tuple[bytes, Counter]], told: Callable[[Counter], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"key": key.hex(), "tenant": row.tenant, "question": row.text, "count": row.count, "last_ms": row.at_ms}
        | told(row)
        for key, row in rows
    ]


def _served(row: Counter) -> dict[str, Any]:
    return {"exact": row.exact, "semantic": row.count - row.exact, "dollars_saved": _usd(row.usd)}


def _missed(row: Counter) -> dict[str, Any]:
    return _meaning(row.reason)


def _tenants(engine: Engine, tenant: str) -> list[dict[str, Any]]:
    """Those that asked, that have something stored or a quota; the busiest first."""
    live, shares, quotas = engine.live.tenants, engine.state.shares.by_tenant, engine.state.roster.quotas
    names = {tenant} if tenant else live.keys() | quotas.keys()
    if not tenant and len(shares) <= TENANTS_MAX:
        names |= shares.keys()  # of more, those that ask nothing are not looked through every second
    nothing, rows = Figures(), []
    for name in sorted(names, key=lambda name: -live.get(name, nothing).requests)[:TENANTS_SHOWN]:
        share, quota = shares.get(name), quotas.get(name)
        rows.append({
            "tenant": "" if name == OTHERS else name, "others": name == OTHERS, **_summed(live.get(name, nothing)),
            "entries": share.entries if share is not None else 0,
            "bytes": share.size_bytes if share is not None else 0,
            "quota": {"entries": quota.entries, "bytes": quota.size_bytes} if quota is not None else None,
        })  # fmt: skip
    return rows


def _budgets(engine: Engine) -> dict[str, Any]:
    """How much error is allowed, and the bars that follow from it."""
    return {
        "max_error": engine.settings.max_error,
        "confidence_min": engine.settings.confidence_min,
        "bars": dict(engine.metrics.split_sources["confidence_bar"]()),
    }


def _system(engine: Engine) -> dict[str, Any]:
    memory, store, metrics = engine.memory, engine.state.store, engine.metrics
    jobs = metrics.split["storage_jobs_total"]

    def read(name: str) -> int:
        return int(metrics.read(name))

    return {
        "status": "degraded" if engine.house.writes_stopped else "ok",
        "uptime_s": read("uptime_seconds"),
        "commands_per_s": round(engine.pulse.rates().commands, 1),
        "memory": {
            "used_bytes": memory.used_bytes(), "limit_bytes": memory.limit_bytes, "parts": memory.parts(),
            "making_room": memory.making_room, "evicted": read("evicted_total"),
        },
        "disk": {
            "bytes": store.disk_bytes, "log_bytes": store.log_bytes, "tables": read("tables"),
            "damaged_tables": read("damaged_tables"), "writes_stopped": engine.house.writes_stopped or None,
        },
        "index": {"entries": read("entries"), "vectors": read("vectors"), "bytes": read("index_bytes")},
        "compaction": {
            "lagging": store.lagging, "congested": store.congested, "running": engine.compaction.claimed,
            "flushes": jobs.get("flush", 0), "folds": jobs.get("fold", 0),
        },
        "event_loop": {
            "delay_ms": round(1000 * engine.live.delay_s(), 1), "worst_ms": round(1000 * engine.live.worst_delay_s, 1),
        },
        "inbox": {"calls": read("inbox_calls"), "limit": engine.settings.inbox_calls},
        "connections": {"open": len(engine.clients), "limit": engine.settings.max_connections},
        "embedder": {
            "name": engine.embedder.name, "state": engine.embedder.state(), "queue": read("embed_queue_texts"),
            "failures": read("embed_failures_total"),
        },
    }  # fmt: skip
