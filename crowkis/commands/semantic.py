"""The words of the answer cache: store an answer, serve it again, say why or why not."""

from typing import Any

import numpy as np

from crowkis.commands.args import (
    BLOB,
    CONTEXT,
    IMAGE,
    SOURCE,
    TENANT,
    TEXT,
    VECTOR,
    WORD,
    Parameter,
    arg,
    choice,
    converted,
    flag,
    opt,
    real,
    whole,
)
from crowkis.commands.registry import command
from crowkis.commands.streaming import stream_of
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine, entry_id_of
from crowkis.engine.lookup import (
    Asked,
    Found,
    client_space,
    find,
    find_by_image,
    find_named,
    with_embedding,
    with_vector,
)
from crowkis.engine.state import is_alive
from crowkis.match.features import features
from crowkis.match.sketch import sketch
from crowkis.match.template import template
from crowkis.values.errors import embedder_down, malformed
from crowkis.values.intent import Intent, shelf_life_s
from crowkis.values.judgement import DropJudgements
from crowkis.values.limits import EXPIRE_MS_MAX, TAG_CHARS_MAX, TAGS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.question import NO_CONTEXT, Scope
from crowkis.values.record import DropEntry, DropScope, Entry, PutEntry, Record
from crowkis.values.reply import OK, Reply
from crowkis.values.vector import Vector

SCOPE: tuple[Parameter, ...] = (
    opt("tenant", TENANT, default="default"),
    opt("namespace", WORD, default=""),
    opt("model", WORD, default=""),
    opt("model_version", WORD, default=""),
)
"""Whose question it is, about what."""

IDENTITY: tuple[Parameter, ...] = (
    *SCOPE,
    opt("context", CONTEXT, default=NO_CONTEXT),
    opt("image", IMAGE, default=""),
    opt("variant", WORD, default=""),
)
"""What belongs to a question besides its text."""

ASKING: tuple[Parameter, ...] = (
    opt("threshold", real(0.0, 1.0)),
    opt("maxerror", real(0.0, 1.0)),
    opt("metric", choice("CONFIDENCE", "COSINE"), default=""),
    *IDENTITY,
    opt("tag", WORD, repeated=True),
    opt("vector", VECTOR),
)

USD_MAX = 1e6
"""More than this an answer does not cost."""

BY = opt("by", choice("MEANING", "NAME"), default="MEANING")
"""NAME: a text is a name and no question; what it says is not looked at."""

FULL = opt("full", choice("EVICT", "REFUSE"), default="EVICT")
"""What happens where the tenant's quota has no room: others leave, or it is refused."""

NOT_EMBEDDED = LookupError("stored BY NAME")
"""In place of a vector, where none is wanted."""

NO_TAGS: frozenset[str] = frozenset()

EXPIRY: tuple[Parameter, ...] = (
    opt("seconds", whole(1, EXPIRE_MS_MAX // 1000), token="EX", group="expiry"),
    opt("milliseconds", whole(1, EXPIRE_MS_MAX), token="PX", group="expiry"),
)


def scope_of(args: Any) -> Scope:
    """The scope a request names."""
    return Scope(args.tenant, args.namespace, args.model, args.model_version)


def tags_of(tags: tuple[str, ...]) -> frozenset[str]:
    """The tags a request names, within bounds. Raises CommandError."""
    if not tags:
        return NO_TAGS
    if len(tags) > TAGS_MAX or any(not 1 <= len(tag) <= TAG_CHARS_MAX for tag in tags):
        raise malformed(f"TAG must be 1 to {TAG_CHARS_MAX} characters, at most {TAGS_MAX} times")
    return frozenset(tags)


def asked_of(args: Any, text: str | None = None) -> Asked:
    """The look-up a request asks for; `text` where the request does not call it its query."""
    text = args.query if text is None else text
    return Asked(
        text, scope_of(args), tags_of(args.tag), args.threshold, args.vector, args.context, args.image, args.maxerror,
        args.metric.lower(), args.variant, getattr(args, "stale", False),
    )  # fmt: skip


def entry_named(args: Any) -> bytes:
    """The id of the answer stored for the very question a request names."""
    return entry_id_of(args.query, scope_of(args), args.context, args.image, args.variant)


def life_ms_of(engine: Engine, args: Any, intent: Intent) -> int:
    """How long a new answer lives, 0: no end. What the client says, or the shorter of default and shelf life."""
    if args.milliseconds is not None:
        return int(args.milliseconds)
    if args.seconds is not None:
        return int(args.seconds) * 1000
    settings = engine.settings
    lives_s = (settings.default_ttl_s, shelf_life_s(intent, settings.intent_shelf_lives))
    return min((life_s for life_s in lives_s if life_s), default=0) * 1000


@command("CSET", arg("query", TEXT), arg("answer", BLOB), *EXPIRY, *IDENTITY, opt("tag", WORD, repeated=True),
         opt("vector", VECTOR), opt("usd", real(0.0, USD_MAX), token="COST"), opt("source", SOURCE, default=""),
         opt("grace", whole(1, EXPIRE_MS_MAX // 1000), default=0), BY, FULL,
         category="semantic", alone=True, writes=True)  # fmt: skip
def cset(engine: Engine, client: Client, args: Any) -> Any:
    """Store the answer to a question, replacing the one stored for the very same question; BY NAME: for it alone."""
    if not args.answer:
        raise malformed("answer must not be empty: an empty answer is never worth serving")
    if args.by == "NAME" and args.vector is not None:
        raise malformed("VECTOR cannot be given with BY NAME: what is found by its name alone needs none")
    asked = Asked(
        args.query, scope_of(args), tags_of(args.tag), None, args.vector, args.context, args.image, variant=args.variant
    )
    known_features = features(asked.text)
    life_ms = life_ms_of(engine, args, known_features.intent)

    def store(engine: Engine, vector: Vector | Exception) -> Outcome:
        known = None if isinstance(vector, Exception) else vector
        fingerprint = (
            "" if known is None else engine.embedder.fingerprint if args.vector is None else client_space(len(known))
        )
        entry = Entry(
            entry_id=asked.entry_id,
            scope=asked.scope,
            text=asked.text,
            features=known_features,
            tags=asked.tags,
            fingerprint=fingerprint,
            created_ms=engine.now_ms,
            expire_at_ms=engine.now_ms + life_ms + args.grace * 1000 if life_ms else 0,
            answer_bytes=len(args.answer),
            cost_usd=args.usd,
            context=asked.context,
            image=asked.image,
            source=args.source,
            answer_sketch=sketch(args.answer),
            template=template(asked.text, known_features).digest,
            grace_ms=args.grace * 1000 if life_ms else 0,
        )
        room = engine.room_in_quota(entry, args.full == "REFUSE")
        engine.metrics.count("stores_total")
        return Outcome(OK, (*room, PutEntry(entry, known, args.answer)))

    return store(engine, NOT_EMBEDDED) if args.by == "NAME" else with_vector(engine, asked, store)


@command("CGET", arg("query", TEXT), *ASKING, flag("withconfidence"), BY, flag("stale"), flag("withage"),
         category="semantic", alone=True)  # fmt: skip
def cget(engine: Engine, client: Client, args: Any) -> Any:
    """Serve a stored answer to a question that means the same, or nothing; BY NAME: to the very same alone."""

    def finish(engine: Engine, found: Found) -> Reply:
        reply = hit_reply(engine, client, found, args.withconfidence)
        if args.withage and isinstance(reply, dict) and found.hit is not None:
            reply["age"] = max(0, engine.now_ms - found.hit.created_ms) // 1000
        return reply

    return find_named(engine, asked_of(args), finish) if args.by == "NAME" else find(engine, asked_of(args), finish)


@command("CIMGGET", arg("subject", BLOB), *ASKING, flag("withconfidence"), category="semantic", alone=True)
def cimgget(engine: Engine, client: Client, args: Any) -> Any:
    """Serve an answer about an image: subject is the question when IMAGE follows, else the image itself."""

    def finish(engine: Engine, found: Found) -> Reply:
        return hit_reply(engine, client, found, args.withconfidence)

    if args.image:
        return find(engine, asked_of(args, converted("query", TEXT, args.subject)), finish)
    image = converted("image", IMAGE, args.subject)
    return find_by_image(engine, asked_of(args._replace(image=image), ""), finish)


@command("CGETSTREAM", arg("query", TEXT), *ASKING, flag("withconfidence"), opt("chunk", whole(1, 128), default=4),
         opt("delay", whole(0, 2000), default=20), flag("push"), category="semantic", alone=True)  # fmt: skip
def cgetstream(engine: Engine, client: Client, args: Any) -> Any:
    """Serve a stored answer piece by piece, as if it were being typed."""
    if args.push and client.protocol < 3:
        raise malformed("PUSH needs RESP3; send HELLO 3 first, or leave PUSH out to get one array")

    def finish(engine: Engine, found: Found) -> Reply:
        reply = hit_reply(engine, client, found, args.withconfidence)
        if found.hit is None:
            return reply
        engine.metrics.count("streams_total")
        return stream_of(engine.state.answer(found.hit), args.chunk, args.delay, args.push, reply)

    return find(engine, asked_of(args), finish)


def hit_reply(engine: Engine, client: Client, found: Found, with_confidence: bool) -> Reply:
    """A hit as CGET tells it: a map under RESP3, the answer alone (or with its confidence) under RESP2."""
    entry = found.hit
    if entry is None:
        return None
    answer = engine.state.answer(entry)
    sure = found.verdicts[-1].candidate.confidence
    if client.protocol < 3:
        return [answer, f"{sure:.4f}"] if with_confidence else answer
    return {
        "response": answer,
        "similarity": found.similarity,
        "ttl": remaining_s(engine, entry),
        "key": entry.entry_id.hex(),
        "confidence": sure,
        "hit_type": found.hit_type,
    }


def remaining_s(engine: Engine, entry: Entry) -> int:
    """Seconds an answer has left, rounded up; -1: no end; of one that is past but kept, 0 and less."""
    return -1 if not entry.expire_at_ms else -((engine.now_ms - entry.good_until_ms) // 1000)


@command("CDELETEENTRY", arg("query", TEXT), *IDENTITY, category="semantic", writes=True, frees=True)
def cdeleteentry(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the answer stored for this very question; tells how many were removed."""
    scope = scope_of(args)
    entry_id = entry_named(args)
    if entry_id not in engine.state.entries:
        return Outcome(0)
    return Outcome(1, (DropEntry(entry_id, scope, "kept.deleted", engine.now_ms),))


@command("CFLUSH", opt("tenant", TENANT, group="whose"), flag("all", group="whose"), opt("namespace", WORD),
         flag("reports"), category="semantic", writes=True, frees=True)  # fmt: skip
def cflush(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove every answer of a tenant (the default one unless named), or of ALL; tells how many. REPORTS: flags too."""
    tenant = None if args.all else args.tenant or "default"
    if args.reports and args.namespace is not None:
        raise malformed("REPORTS cannot be given with NAMESPACE: reports are kept by tenant")
    removed = engine.state.in_scope(tenant, args.namespace)
    writes: list[Record] = [DropScope(tenant, args.namespace, engine.now_ms)] if removed else []
    if args.reports:
        engine.serves.forget(tenant)
        writes.append(DropJudgements(tenant))
    if args.namespace is None:
        engine.live.forget(tenant)
    return Outcome(removed, tuple(writes))


@command("CVECCOUNT", opt("tenant", TENANT), category="semantic")
def cveccount(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many vectors are indexed, of all tenants or of one."""
    return engine.state.vector_count(args.tenant)


@command("CEMBED", arg("text", TEXT), category="semantic", alone=True)
def cembed(engine: Engine, client: Client, args: Any) -> Any:
    """Show the vector of a text."""
    return _embedded(engine, args.text, lambda engine, vector: [float(value) for value in vector])


@command("CSIM", arg("query", TEXT), arg("other", TEXT, optional=True), opt("k", whole(1, 100)),
         opt("threshold", real(-1.0, 1.0), default=-1.0), *SCOPE, category="semantic", alone=True)  # fmt: skip
def csim(engine: Engine, client: Client, args: Any) -> Any:
    """Compare two texts, or list the K stored questions nearest to one."""
    if (args.other is None) == (args.k is None):
        raise malformed("CSIM takes either two texts or one text and K; syntax: CSIM query other, or CSIM query K n")
    if args.other is None:
        return _embedded(engine, args.query, lambda engine, vector: _neighbours(engine, vector, args))

    def second(engine: Engine, first: Vector) -> Any:
        return _embedded(engine, args.other, lambda engine, other: f"{float(np.dot(first, other)):.4f}")

    return _embedded(engine, args.query, second)


def _neighbours(engine: Engine, vector: Vector, args: Any) -> Reply:
    space = engine.state.spaces.get((args.tenant, args.namespace, engine.embedder.fingerprint))
    if space is None:
        return []
    scope = scope_of(args)
    rows = []
    for label, similarity in space.index.search(vector, args.k):
        entry = engine.state.entries[space.by_label[label]]
        if similarity >= args.threshold and is_alive(entry, engine.now_ms) and (not args.model or entry.scope == scope):
            rows.append({"key": entry.entry_id.hex(), "similarity": similarity, "query": entry.text})
    return rows


def _embedded(engine: Engine, text: str, then: Any) -> Any:
    """Go on with a text's vector; a failing embedder is an error to the client."""

    def check(engine: Engine, result: Vector | Exception) -> Any:
        if isinstance(result, Exception):
            raise embedder_down(str(result))
        return then(engine, result)

    return with_embedding(engine, text, check)
