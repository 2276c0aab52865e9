"""Words by which people tell whether served answers were right, and what was learned from them."""

from typing import Any

from crowkis.commands.args import ENTRY_ID, REASON, TENANT, TEXT, arg, choice, flag, opt, real
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.feedback import (
    ALL,
    Pair,
    Subject,
    bar_with,
    confidence_in,
    counting,
    flag_of,
    flagged,
    note,
    question_id_of,
    subject_of,
)
from crowkis.engine.lookup import client_space, with_embedding
from crowkis.match.features import features
from crowkis.match.sketch import digest_of
from crowkis.values.intent import NAMES
from crowkis.values.judgement import DropFlags, PutFlag, PutTally
from crowkis.values.outcome import Outcome
from crowkis.values.question import Question, Scope
from crowkis.values.reply import OK, Reply
from crowkis.values.vector import Vector

INTENT = choice(ALL.upper(), *(name.upper() for name in NAMES))


@command("CFEEDBACK", arg("key", ENTRY_ID), arg("verdict", choice("GOOD", "BAD")), opt("reason", REASON, default=""),
         opt("query", TEXT), opt("tenant", TENANT, default="default"),
         category="semantic", alone=True, writes=True, frees=True)  # fmt: skip
def cfeedback(engine: Engine, client: Client, args: Any) -> Any:
    """Tell whether a served answer was right; BAD removes it and never serves it again to such a question."""
    subject = subject_of(engine, args.key, args.tenant)
    if subject is None:
        engine.metrics.count_for("feedback_total", "unknown")
        return None
    good = args.verdict == "GOOD"
    last = engine.serves.last(args.key, args.tenant) if args.query is None else None
    if last is not None and (last.vector is not None or good):
        fingerprint = "" if last.vector is None else client_space(len(last.vector))
        pair = Pair(last.question, last.vector, fingerprint, last.confidence, last.exact)
        return _reported(engine, subject, pair, good, args.reason)
    asked = args.query if last is None else last.question
    if asked is None:  # nobody remembers whom it was served to: then it is about the question it is stored for
        asked = subject.entry.text if subject.entry is not None else None
        if asked is None or good:
            return _reported(engine, subject, None, good, args.reason)

    def embedded(engine: Engine, vector: Vector | Exception) -> Any:
        present = subject_of(engine, args.key, args.tenant)
        if present is None:
            return None
        known = None if isinstance(vector, Exception) else vector
        confidence: float | None = None
        exact = False
        if last is not None:
            confidence, exact = last.confidence, last.exact
        elif args.query is not None:
            confidence, exact = confidence_in(engine, present, asked, known)
        pair = Pair(asked, known, engine.embedder.fingerprint, confidence, exact)
        return _reported(engine, present, pair, good, args.reason)

    return with_embedding(engine, asked, embedded)


def _reported(engine: Engine, subject: Subject, pair: Pair | None, good: bool, reason: str) -> Outcome:
    noted = note(engine, subject, pair, good, reason)
    engine.metrics.count_for("feedback_total", "good" if good else "bad")
    told = {
        "key": subject.entry_id.hex(),
        "good": noted.reports.good,
        "bad": noted.reports.bad,
        "evicted": not good and subject.entry is not None,
        "flagged": not good and pair is not None,
        "source": subject.source,
        "trust": noted.trust,
        "intent": noted.intent,
        "counted": pair is not None and pair.confidence is not None,
    }
    return Outcome(told, tuple(noted.writes))


@command("CFLAG", arg("query", TEXT), arg("bad", TEXT), opt("reason", REASON, default=""),
         opt("tenant", TENANT, default="default"), category="semantic", alone=True, writes=True)  # fmt: skip
def cflag(engine: Engine, client: Client, args: Any) -> Any:
    """Remember that an answer is wrong for a question, and for every question practically the same."""

    def embedded(engine: Engine, vector: Vector | Exception) -> Outcome:
        known = None if isinstance(vector, Exception) else vector
        bad = args.bad.encode("utf-8", "surrogatepass")
        made = flag_of(args.tenant, args.query, bad, digest_of(bad), args.reason, engine.now_ms)
        fingerprint = "" if known is None else engine.embedder.fingerprint
        return Outcome(OK, (PutFlag(made._replace(fingerprint=fingerprint), known),))

    return with_embedding(engine, args.query, embedded)


@command("CCHECKBAD", arg("query", TEXT), opt("tenant", TENANT, default="default"), opt("threshold", real(0.0, 1.0)),
         category="semantic", alone=True)  # fmt: skip
def ccheckbad(engine: Engine, client: Client, args: Any) -> Any:
    """Tell the flagged question that is practically this one, its wrong answer and the reason; or nothing."""

    def embedded(engine: Engine, vector: Vector | Exception) -> Reply:
        known = None if isinstance(vector, Exception) else vector
        scope = Scope(args.tenant, "", "", "")
        question = Question(
            args.query, scope, engine.embedder.fingerprint, frozenset(), features(args.query), engine.now_ms
        )
        least = engine.settings.flag_similarity_min if args.threshold is None else args.threshold
        found = flagged(engine, question, known, least)
        return None if found is None else [found.question, found.answer, found.reason]

    if args.tenant not in engine.state.judgements.flags:
        return None
    return with_embedding(engine, args.query, embedded)


@command("CUNFLAG", arg("query", TEXT), opt("answer", TEXT), opt("tenant", TENANT, default="default"),
         category="semantic", writes=True, frees=True)  # fmt: skip
def cunflag(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take back the flags on a question, or the one on this ANSWER to it; tells how many."""
    same = question_id_of(args.query)
    digest = None if args.answer is None else digest_of(args.answer.encode("utf-8", "surrogatepass"))
    ids = tuple(
        held.flag_id
        for held in engine.state.judgements.flags.get(args.tenant, {}).values()
        if held.question_id == same and digest in (None, held.answer_digest)
    )
    return Outcome(len(ids), (DropFlags(args.tenant, ids),) if ids else ())


@command("CBAR", opt("intent", INTENT, default=ALL), opt("bar", real(0.0, 1.0), token="PIN", group="pin"),
         flag("unpin", group="pin"), opt("maxerror", real(0.0, 1.0)), opt("tenant", TENANT, default="default"),
         category="semantic", writes=True, frees=True)  # fmt: skip
def cbar(engine: Engine, client: Client, args: Any) -> Outcome:
    """Tell the bar answers must reach and the reports behind it; PIN holds it where you say, UNPIN lets it move."""
    intent = args.intent.lower()
    tally = engine.state.judgements.tally_of(args.tenant, intent)
    budget = engine.settings.max_error if args.maxerror is None else args.maxerror
    writes: tuple[PutTally, ...] = ()
    if args.bar is not None or args.unpin:
        tally = tally._replace(pinned=args.bar)
        writes = (PutTally(args.tenant, intent, tally),)
    held = tally if intent == ALL else counting(engine, args.tenant, tally)
    told = {
        "intent": intent,
        "bar": bar_with(engine, held, budget),
        "pinned": tally.pinned is not None,
        "max_error": budget,
        "good": sum(tally.right) + tally.exact_right,
        "bad": sum(tally.wrong) + tally.exact_wrong,
    }
    return Outcome(told, writes)
