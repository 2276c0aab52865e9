"""Words that look into the cache: list entries, explain a look-up, tell the cache's figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from crowkis.commands import report
from crowkis.commands.args import RAW, SOURCE, TENANT, TEXT, WORD, arg, choice, flag, opt, whole
from crowkis.commands.keyspace import CURSOR, walk
from crowkis.commands.registry import command
from crowkis.commands.semantic import ASKING, asked_of, remaining_s
from crowkis.engine.clients import Client
from crowkis.engine.codec import ENTRY, scope_prefix
from crowkis.engine.engine import Engine
from crowkis.engine.lookup import Found, client_space, exact, nearest, policy_of, with_embedding, with_vector
from crowkis.engine.rules import SERVE_RULES
from crowkis.engine.state import is_alive
from crowkis.match.confidence import contributions
from crowkis.match.features import features
from crowkis.match.intent import intent_of
from crowkis.match.judge import explain
from crowkis.match.normalise import normalise
from crowkis.match.template import template
from crowkis.match.tokens import tokens
from crowkis.values.glob import matcher
from crowkis.values.intent import NAMES, Intent
from crowkis.values.limits import SCAN_COUNT_MAX
from crowkis.values.question import CONFIDENCE, Policy
from crowkis.values.reply import Reply
from crowkis.values.vector import Vector
from crowkis.values.verdict import Verdict

INTENT = choice(*(name.upper() for name in NAMES))
SECTION = choice("ALL", *(name.upper() for name in report.CINFO_SECTIONS))


@command("CINFO", arg("section", SECTION, repeated=True, optional=True), category="semantic")
def cinfo(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the cache's figures, all sections or those named."""
    return report.cinfo(engine, [section.lower() for section in args.section])


@command("CSCAN", arg("cursor", CURSOR), opt("pattern", RAW, token="MATCH", default=b"*"),
         opt("count", whole(1, SCAN_COUNT_MAX), default=10), opt("tenant", TENANT, default="default"),
         opt("namespace", WORD), opt("tag", WORD, repeated=True), opt("intent", INTENT),
         opt("source", SOURCE), opt("model", WORD), flag("details"), category="semantic")  # fmt: skip
def cscan(engine: Engine, client: Client, args: Any) -> Reply:
    """Walk a tenant's stored answers in steps; MATCH looks at the question, INTENT at its aim, DETAILS shows more."""
    listed, cursor = walk(engine, ENTRY + scope_prefix(args.tenant, args.namespace), args.cursor, args.count)
    fits = matcher(args.pattern.lower())
    wanted = frozenset(args.tag)
    rows: list[Any] = []
    for key in listed:
        entry = engine.state.entries[key[-16:]]
        fitting = wanted <= entry.tags and fits(entry.text.lower().encode("utf-8", "surrogatepass"))
        fitting = fitting and args.source in (None, entry.source) and args.model in (None, entry.scope.model)
        if args.intent is not None and fitting:
            fitting = intent_of(entry.text).name == args.intent.lower()
        if not fitting or not is_alive(entry, engine.now_ms):
            continue
        name = entry.entry_id.hex()
        if not args.details:
            rows.append(name)
            continue
        rows.append(
            {
                "key": name,
                "query": entry.text,
                "namespace": entry.scope.namespace,
                "model": entry.scope.model,
                "model_version": entry.scope.model_version,
                "tags": sorted(entry.tags),
                "source": entry.source,
                "created_ms": entry.created_ms,
                "ttl": remaining_s(engine, entry),
                "bytes": entry.answer_bytes,
                "embedded": bool(entry.fingerprint),
                "pinned": entry.pinned,
            }
        )
    return [cursor, rows]


@command("CEXPLAIN", arg("query", TEXT), *ASKING, flag("withconfidence"), category="semantic", alone=True)
def cexplain(engine: Engine, client: Client, args: Any) -> Any:
    """Say what CGET would serve and why: every candidate looked at, every gate with its measure and limit."""
    asked = asked_of(args)
    fingerprint = engine.embedder.fingerprint if asked.vector is None else client_space(len(asked.vector))
    intent = intent_of(asked.text)
    policy = policy_of(engine, asked, fingerprint, intent)
    first = exact(engine, asked)
    if first.hit is not None:
        return _told(first, policy, intent)
    return with_vector(
        engine, asked, lambda engine, vector: _told(nearest(engine, asked, vector, first), policy, intent)
    )


def _told(found: Found, policy: Policy, intent: Intent) -> Reply:
    objection = found.objection
    best = found.verdicts[-1 if found.hit is not None else 0].candidate if found.verdicts else None
    return {
        "verdict": found.verdict,
        "hit_type": found.hit_type,
        "key": found.hit.entry_id.hex() if found.hit is not None else None,
        "reason": objection.id if objection is not None else None,
        "measure": _shown(objection.measure) if objection is not None else None,
        "limit": _shown(objection.limit) if objection is not None else None,
        "similarity": found.similarity,
        "similarity_min": policy.similarity_min,
        "metric": policy.metric,
        "confidence": best.confidence if best is not None else 0.0,
        "confidence_min": policy.confidence_min,
        "intent": intent.name,
        "intent_score": intent.score,
        "candidates": [_candidate(verdict) for verdict in found.verdicts],
    }


def _found_by(verdict: Verdict) -> str:
    """What leads to a candidate: the very same question, the same template, or its vector alone."""
    candidate, question = verdict.candidate, verdict.question
    if candidate.exact:
        return "exact"
    alike = template(question.text, question.features) == template(candidate.text, candidate.features)
    return "skeleton" if alike else "vector"


def _candidate(verdict: Verdict) -> dict[str, Any]:
    candidate = verdict.candidate
    return {
        "key": candidate.entry_id.hex(),
        "query": candidate.text,
        "match": _found_by(verdict),
        "similarity": candidate.similarity,
        "confidence": candidate.confidence,
        "signals": contributions(verdict.question, candidate) if _is_weighed(verdict) else {},
        "objection": verdict.objection.id if verdict.objection is not None else None,
        "gates": [
            {
                "gate": row.gate,
                "passes": row.objection is None,
                "measure": _shown(row.measure),
                "limit": _shown(row.limit),
            }
            for row in explain(verdict, SERVE_RULES)
        ],
    }


def _is_weighed(verdict: Verdict) -> bool:
    """Was a confidence worked out from signals: no exact match, no gate that objects, and not by cosine alone?"""
    return verdict.policy.metric == CONFIDENCE and verdict.candidate.confidence > 0.0 and not verdict.candidate.exact


@command("CDUMP", arg("text", TEXT), category="semantic", alone=True)
def cdump(engine: Engine, client: Client, args: Any) -> Any:
    """Show what the cache makes of a text: its vector's facts, normal form, tokens, and all that the rules look at."""

    def tell(engine: Engine, vector: Vector | Exception) -> Reply:
        known = features(args.text)
        apart = template(args.text, known)
        return {
            "fingerprint": engine.embedder.fingerprint,
            "dimension": engine.embedder.dimension,
            "norm": None if isinstance(vector, Exception) else float(np.linalg.norm(vector)),
            "normal_form": normalise(args.text),
            "tokens": tokens(args.text),
            "skeleton": apart.skeleton,
            "slots": list(apart.slots),
            "template": apart.digest.hex(),
            "features": _laid_open(known),
        }

    return with_embedding(engine, args.text, tell)


def _laid_open(value: Any) -> Any:
    """Whatever features hold, as maps, arrays, numbers and texts: a new field needs no line here."""
    if hasattr(value, "_asdict"):
        return {name: _laid_open(part) for name, part in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): _laid_open(part) for name, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(_laid_open, value), key=str)
    if isinstance(value, tuple | list):
        return [_laid_open(part) for part in value]
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _shown(value: object) -> Reply:
    """A measure or limit as a reply: numbers stay numbers, everything else is text."""
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)
