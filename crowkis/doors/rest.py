"""Management over HTTP: look at entries, change and remove them, say why, report, invalidate, flush, figures, bars.

Each request is one or a few words to the engine. Whoever is bound to a tenant reaches that tenant alone.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from crowkis.doors.bodies import RefusedError, malformed
from crowkis.doors.endpoints import Asked, Endpoint, Visit, text_of
from crowkis.doors.guests import not_there
from crowkis.engine.engine import Engine
from crowkis.engine.inside import CallRefusedError
from crowkis.guard.roles import ASK, AUDIT, LOOK, MANAGE, STORE
from crowkis.values.glob import quoted
from crowkis.values.intent import NAMES, Column

Text = Annotated[str, Meta(min_length=1, max_length=262_144)]
Key = "/api/v1/cache/entries/{key}"
Seconds = Annotated[int, Meta(ge=0, le=315_360_000)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]


class Whose(Asked):
    """Of which tenant; where it is left out, the caller's own, or default."""

    tenant: str | UnsetType = UNSET


class Page(Whose):
    """Which entries, and how many."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")] = "0"
    namespace: str | UnsetType = UNSET
    match: str | UnsetType = UNSET
    """A pattern of the question with * and ?."""
    tag: str | UnsetType = UNSET


class Edit(Asked):
    """What of an entry is to change."""

    answer: Text | UnsetType = UNSET
    ttl_s: Seconds | UnsetType = UNSET
    """How long it lives from now; 0: without end."""
    pinned: bool | UnsetType = UNSET


class Question(Asked):
    """A question, asked to see what would be served."""

    query: Text
    tenant: str | UnsetType = UNSET
    namespace: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    threshold: Fraction | UnsetType = UNSET


class Report(Asked):
    """What somebody says of an answer."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    verdict: Literal["good", "bad"]
    query: Text | UnsetType = UNSET
    reason: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    tenant: str | UnsetType = UNSET


class Invalidation(Asked):
    """Entries to be removed: those that fit all that is given."""

    tenant: str | UnsetType = UNSET
    source_id: Text | UnsetType = UNSET
    model: Text | UnsetType = UNSET
    prefix: Text | UnsetType = UNSET
    """How the question begins, in any letters."""
    tag: Text | UnsetType = UNSET
    namespace: Text | UnsetType = UNSET
    dry_run: bool = True
    """Only tell what would go."""


class Thresholds(Asked):
    """Bars to be set."""

    confidence_min: Fraction | UnsetType = UNSET
    similarity_min: Fraction | UnsetType = UNSET
    max_error: Fraction | UnsetType = UNSET
    intents: dict[str, Fraction | None] | UnsetType = UNSET
    """By intent; null: the general one."""


class Entries(Struct):
    """A page of entries; a cursor of 0 says it was the last."""

    entries: list[dict[str, Any]]
    cursor: str


class Health(Struct):
    """In one word: starting, ok, or degraded (reads go on, writes do not)."""

    status: str


class Removed(Struct):
    """How many entries went, or would."""

    removed: int
    dry_run: bool
    keys: list[str]
    """The first hundred of them."""


async def page(visit: Visit) -> object:
    """GET entries."""
    asked = visit.query
    words = [
        b"CSCAN",
        asked.cursor.encode(),
        b"COUNT",
        b"%d" % asked.limit,
        b"TENANT",
        visit.tenant(_given(asked.tenant)),
    ]
    for word, value in ((b"NAMESPACE", asked.namespace), (b"MATCH", asked.match), (b"TAG", asked.tag)):
        words += [] if value is UNSET else [word, _bytes(value)]
    cursor, rows = await visit.caller.call(*words, b"DETAILS")
    return {"entries": text_of(rows), "cursor": text_of(cursor)}


async def show(visit: Visit) -> object:
    """GET one entry, its answer included."""
    return text_of(await _entry(visit, b"ANSWER"))


async def edit(visit: Visit) -> object:
    """PATCH one entry."""
    asked = visit.body
    words: list[bytes] = [] if asked.answer is UNSET else [b"ANSWER", _bytes(asked.answer)]
    if asked.ttl_s is not UNSET:
        words += [b"EX", b"%d" % asked.ttl_s] if asked.ttl_s else [b"PERSIST"]
    words += [] if asked.pinned is UNSET else [b"PIN" if asked.pinned else b"UNPIN"]
    if not words:
        raise malformed("nothing to change; give answer, ttl_s or pinned")
    await _entry(visit)
    await visit.caller.call(b"CEDIT", *_key(visit), *words)
    return text_of(await _entry(visit, b"ANSWER"))


async def delete(visit: Visit) -> object:
    """DELETE one entry."""
    await _entry(visit)
    return {
        "removed": await visit.caller.call(b"CDELETEKEY", *_key(visit)),
        "dry_run": False,
        "keys": [visit.part("key")],
    }


async def explain(visit: Visit) -> object:
    """POST explain: what CGET would serve, and why."""
    asked = visit.body
    words = [b"CEXPLAIN", _bytes(asked.query), b"TENANT", visit.tenant(_given(asked.tenant))]
    for word, value in ((b"NAMESPACE", asked.namespace), (b"MODEL", asked.model)):
        words += [] if value is UNSET else [word, _bytes(value)]
    words += [] if asked.threshold is UNSET else [b"THRESHOLD", repr(float(asked.threshold)).encode()]
    return text_of(await visit.caller.call(*words))


async def feedback(visit: Visit) -> object:
    """POST feedback: an answer was right or wrong."""
    asked = visit.body
    tenant = visit.tenant(_given(asked.tenant))
    words = [b"CFEEDBACK", asked.key.encode(), asked.verdict.upper().encode(), b"TENANT", tenant]
    for word, value in ((b"QUERY", asked.query), (b"REASON", asked.reason)):
        words += [] if value is UNSET else [word, _bytes(value)]
    return {"told": text_of(await visit.caller.call(*words))}


async def invalidate(visit: Visit) -> object:
    """POST invalidate: remove, or tell what would be removed, all that fits."""
    asked = visit.body
    if all(value is UNSET for value in (asked.source_id, asked.model, asked.prefix, asked.tag, asked.namespace)):
        raise malformed("say what: source_id, model, prefix, tag or namespace; to remove a whole tenant, flush it")
    tenant = visit.tenant(_given(asked.tenant))
    words = [b"TENANT", tenant]
    prefix = UNSET if asked.prefix is UNSET else f"{quoted(asked.prefix)}*"
    for word, value in ((b"NAMESPACE", asked.namespace), (b"TAG", asked.tag), (b"SOURCE", asked.source_id),
                        (b"MODEL", asked.model), (b"MATCH", prefix)):  # fmt: skip
        words += [] if value is UNSET else [word, _bytes(value)]
    found = await visit.caller.keys(*words)
    removed = len(found)
    if not asked.dry_run:
        removed = sum([await visit.caller.call(b"CDELETEKEY", key, b"TENANT", tenant) for key in found])
    return {"removed": removed, "dry_run": asked.dry_run, "keys": text_of(found[:100])}


async def flush(visit: Visit) -> object:
    """POST flush: remove every answer of a tenant."""
    tenant = visit.tenant(visit.part("id"))
    return {"removed": await visit.caller.call(b"CFLUSH", b"TENANT", tenant), "dry_run": False, "keys": []}


async def tenants(visit: Visit) -> object:
    """GET tenants: all that this visitor reaches, with what is stored and their quotas."""
    own = visit.visitor.known.tenant
    rows = text_of(await visit.caller.call(b"CTENANTS"))
    return {"tenants": [row for row in rows if own in ("", row["tenant"])]}


class Figures:
    """What needs the engine's own numbers: figures and bars of the whole server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._registry = CollectorRegistry()
        self._registry.register(engine.metrics)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """For the table of what the HTTP door offers."""
        return (
            Endpoint("GET", "/health", None, "Tell whether the server is up", self._health, Health),
            Endpoint("GET", "/metrics", AUDIT, "Show the figures as Prometheus reads them", self._metrics, bytes),
            Endpoint("GET", "/stats", AUDIT, "Show the figures of the whole server", self._stats),
            Endpoint("GET", "/config/thresholds", AUDIT, "Show the bars in force", self._thresholds),
            Endpoint("PUT", "/config/thresholds", MANAGE, "Set bars", self._set_thresholds, body=Thresholds),
        )

    async def _health(self, visit: Visit) -> object:
        return Health(self._engine.house.status)

    async def _metrics(self, visit: Visit) -> object:
        _unbound(visit)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    async def _stats(self, visit: Visit) -> object:
        _unbound(visit)
        metrics = self._engine.metrics
        lookups = metrics.split["lookups_total"]
        exact, vector, misses = (lookups.get(name, 0) for name in ("exact", "vector", "miss"))
        asked = exact + vector + misses
        return {
            "total_requests": asked,
            "total_hits": exact + vector,
            "total_misses": misses,
            "hit_rate_pct": round(100 * (exact + vector) / asked, 2) if asked else 0.0,
            "hits": {"exact": exact, "semantic": vector},
            "tokens_saved": metrics.plain["gateway_tokens_saved_total"],
            "refusals": dict(metrics.split["refusals_total"]),
            "entries": int(metrics.read("entries")),
            "vector_index_entries": int(metrics.read("vectors")),
            "memory_used_bytes": int(metrics.read("memory_used_bytes")),
            "memory_limit_bytes": int(metrics.read("memory_limit_bytes")),
            "disk_bytes": int(metrics.read("disk_bytes")),
            "uptime_s": int(metrics.read("uptime_seconds")),
        }

    async def _thresholds(self, visit: Visit) -> object:
        _unbound(visit)
        settings = self._engine.settings
        return {
            "confidence_min": settings.confidence_min,
            "similarity_min": settings.similarity_min,
            "max_error": settings.max_error,
            "intents": dict(settings.intent_bars),
        }

    async def _set_thresholds(self, visit: Visit) -> object:
        _unbound(visit)
        asked = visit.body
        pairs = [
            (name, value)
            for name in ("confidence_min", "similarity_min", "max_error")
            if (value := getattr(asked, name)) is not UNSET
        ]
        words = [word for name, value in pairs for word in (name.encode(), repr(float(value)).encode())]
        if asked.intents is not UNSET:
            unknown = sorted(asked.intents.keys() - set(NAMES))
            if unknown:
                raise malformed(f"there is no intent '{unknown[0][:64]}'; there are {', '.join(NAMES)}")
            bars = Column({**self._engine.settings.intent_bars, **asked.intents})
            words += [b"intent_bars", str(bars).encode()]
        if not words:
            raise malformed("nothing to set; give confidence_min, similarity_min, max_error or intents")
        await visit.caller.call(b"CONFIG", b"SET", *words)
        return await self._thresholds(visit)


def _unbound(visit: Visit) -> None:
    if visit.visitor.known.tenant:
        raise RefusedError(403, "forbidden", "a key bound to a tenant does not reach the whole server")


async def _entry(visit: Visit, *more: bytes) -> dict[bytes, Any]:
    try:
        found = await visit.caller.call(b"CENTRY", *_key(visit), *more)
    except CallRefusedError as refused:
        if refused.code != "ERR":
            raise
        found = None
    if found is None:
        raise not_there()
    return found  # type: ignore[no-any-return]


def _key(visit: Visit) -> list[bytes]:
    return [_bytes(visit.part("key")), b"TENANT", visit.tenant(_given(visit.query.tenant))]


def _given(value: str | UnsetType) -> str | None:
    return None if value is UNSET else value


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "replace")


GONE: dict[int, str] = {404: "Nothing is there for this caller."}
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/api/v1/cache/entries", LOOK, "List entries, a page at a time", page, Entries, Page, also=GONE),
    Endpoint("GET", Key, LOOK, "Show an entry with its answer", show, query=Whose, also=GONE),
    Endpoint("PATCH", Key, STORE, "Change an entry's answer, end or pin", edit, query=Whose, body=Edit, also=GONE),
    Endpoint("DELETE", Key, STORE, "Remove an entry", delete, Removed, Whose, also=GONE),
    Endpoint("POST", "/api/v1/explain", LOOK, "Say what would be served to a question, and why", explain,
             body=Question, also=GONE),
    Endpoint("POST", "/api/v1/feedback", ASK, "Report an answer as right or wrong", feedback, body=Report, also=GONE),
    Endpoint("POST", "/api/v1/invalidate", STORE, "Remove what fits, or tell what would go", invalidate, Removed,
             body=Invalidation, also=GONE),
    Endpoint("GET", "/api/v1/tenants", LOOK, "List tenants with what they store and may", tenants),
    Endpoint("POST", "/api/v1/tenants/{id}/flush", STORE, "Remove every answer of a tenant", flush, Removed, also=GONE),
)  # fmt: skip
