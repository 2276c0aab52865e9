"""What reports change, and what look-ups must know of them: flags, trust, complaints, the bar of the error budget.

Everything durable leaves as records; nothing is kept here. Reads state, never waits, never reads a clock.
"""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

import numpy as np

from crowkis.engine.codec import ENTRY, decode_vector, entry_suffix
from crowkis.engine.engine import Engine, entry_id_of
from crowkis.engine.judgements import Held
from crowkis.engine.rules import MEANING_RULES
from crowkis.engine.serves import Gone
from crowkis.guard import trust
from crowkis.match import thresholds
from crowkis.match.confidence import by_cosine, probability
from crowkis.match.intent import intent_of as classified
from crowkis.match.judge import judge
from crowkis.match.normalise import normalise
from crowkis.match.sketch import digest_in, digest_of
from crowkis.match.weights import FITTED_FOR
from crowkis.values.judgement import Flag, PutFlag, PutReports, PutSource, PutTally, Reports, Source, Tally
from crowkis.values.limits import FLAG_ANSWER_BYTES_MAX
from crowkis.values.question import ALONE, Candidate, Policy, Question, Scope
from crowkis.values.record import DropEntry, Entry, Record
from crowkis.values.vector import Vector

TENANTS_SHOWN_MAX = 64
"""The gauge of bars looks at so many tenants and intents, those reported on last."""

ALL = "all"
"""Under this name the reports on every intent are counted together."""
OWN_REPORTS_MIN = 50
"""With fewer reports an intent is held to the bar that all reports together make."""


def intent_of(text: str) -> str:
    """Which bar a question is held to."""
    return classified(text).name


def question_id_of(text: str) -> bytes:
    """16 bytes that name a question, whatever its scope."""
    return blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def bar_of(engine: Engine, tenant: str, intent: str, budget: float) -> float:
    """The confidence an answer must reach: the pinned one, else what the budget asks for; 0: neither is there."""
    own = engine.state.judgements.tally_of(tenant, intent)
    return bar_with(engine, counting(engine, tenant, own), budget)


def counting(engine: Engine, tenant: str, own: Tally) -> Tally:
    """Whose bar holds for an intent: a pin of its own, a pin on all, else its own reports once there are enough."""
    pooled = engine.state.judgements.tally_of(tenant, ALL)
    few = sum(own.right) + sum(own.wrong) < OWN_REPORTS_MIN
    return pooled if own.pinned is None and (few or pooled.pinned is not None) else own


def bar_with(engine: Engine, tally: Tally, budget: float) -> float:
    """The bar these reports make of a budget."""
    if tally.pinned is not None:
        return tally.pinned
    return thresholds.bar(tally, budget, engine.settings.feedback_noise) if budget > 0.0 else 0.0


def bars(engine: Engine) -> dict[str, float]:
    """By intent, the highest bar in force by the settings, for the gauge."""
    found = {ALL: bar_of(engine, "default", ALL, engine.settings.max_error)}
    for tenant, intent in islice(reversed(engine.state.judgements.tallies), TENANTS_SHOWN_MAX):
        found[intent] = max(found.get(intent, 0.0), bar_of(engine, tenant, intent, engine.settings.max_error))
    return found


def distrusted(engine: Engine) -> int:
    """How many sources have lost too much trust."""
    return sum(1 for row in engine.state.judgements.sources.values() if row.trust < engine.settings.trust_min)


def regarded(
    engine: Engine, question: Question, vector: Vector | None, entry: Entry, candidate: Candidate, policy: Policy
) -> Candidate:
    """The candidate with what is held against it."""
    judgements = engine.state.judgements
    tenant = entry.scope.tenant
    if entry.source:
        candidate = candidate._replace(trust=judgements.trust_of(tenant, entry.source))
    if judgements.reports:
        candidate = candidate._replace(complaints=judgements.complaints_of(entry.entry_id))
    if tenant in judgements.flags and (candidate.exact or candidate.similarity >= policy.similarity_min):
        held = judgements.flags_on(tenant, digest_in(entry.answer_sketch) or digest_of(engine.state.answer(entry)))
        if held:
            known = _stored_vector(engine, entry) if vector is None else vector
            candidate = candidate._replace(flagged=_nearest(question, known, held, policy.flagged_min)[0])
    return candidate


def flagged(engine: Engine, question: Question, vector: Vector | None, nearness_min: float) -> Flag | None:
    """The flag of the question's tenant that lies nearest, if it is near enough."""
    tenant = question.scope.tenant
    held = engine.state.judgements.flags.get(tenant, {}).values()
    nearness, flag_id = _nearest(question, vector, held, nearness_min)
    return engine.state.judgements.flag(tenant, flag_id) if flag_id and nearness >= nearness_min else None


def _nearest(
    question: Question, vector: Vector | None, flags: Iterable[Held], nearness_min: float
) -> tuple[float, bytes]:
    """How near the nearest flagged question lies, and its flag: 1 for the same, else its similarity.

    A question that is similar enough but differs in a number, a negation or the like is another question: 0.
    """
    same, best, found = question_id_of(question.text), 0.0, b""
    for held in flags:
        if held.question_id == same:
            return 1.0, held.flag_id
        if vector is None or held.vector is None or held.features is None or held.fingerprint != question.fingerprint:
            continue
        similarity = min(1.0, float(np.dot(vector, held.vector)))
        if similarity <= best:
            continue
        if similarity >= nearness_min and not _same_question(question, held, similarity):
            continue
        best, found = similarity, held.flag_id
    return best, found


def _same_question(question: Question, held: Held, similarity: float) -> bool:
    assert held.features is not None
    stored = Candidate(
        held.flag_id, held.question, question.scope, held.fingerprint, question.tags, held.features, 0, 0, similarity,
        False,
    )  # fmt: skip
    return judge(question, stored, Policy(0.0), MEANING_RULES).objection is None


def _stored_vector(engine: Engine, entry: Entry) -> Vector | None:
    value = engine.state.get(ENTRY + entry_suffix(entry.entry_id, entry.scope))
    return None if value is None else decode_vector(value)


class Subject(NamedTuple):
    """The answer a report is about: stored, or reported away lately."""

    entry_id: bytes
    entry: Entry | None
    scope: Scope
    answer: bytes
    answer_digest: bytes
    source: str


class Pair(NamedTuple):
    """The question the answer was served to, as far as it is known."""

    question: str
    vector: Vector | None
    fingerprint: str
    confidence: float | None
    """With which it was served, if that is known."""
    exact: bool


def subject_of(engine: Engine, entry_id: bytes, tenant: str) -> Subject | None:
    """What a key names to this tenant."""
    entry = engine.state.entries.get(entry_id)
    if entry is not None:
        if entry.scope.tenant != tenant:
            return None
        answer = engine.state.answer(entry)
        return Subject(entry_id, entry, entry.scope, answer, digest_of(answer), entry.source)
    gone = engine.serves.gone(entry_id)
    if gone is None or gone.scope.tenant != tenant:
        return None
    return Subject(entry_id, None, gone.scope, gone.answer, gone.answer_digest, gone.source)


def confidence_in(engine: Engine, subject: Subject, question: str, vector: Vector | None) -> tuple[float | None, bool]:
    """How sure serving this answer to this question is (None: cannot be said), and whether it is an exact repeat.

    As it was told when it was served, where that is remembered; else as if the stored question had no neighbours.
    """
    if entry_id_of(question, subject.scope) == subject.entry_id:
        return 1.0, True
    last = engine.serves.last(subject.entry_id, subject.scope.tenant)
    if last is not None and question_id_of(last.question) == question_id_of(question):
        return last.confidence, last.exact
    stored = None if subject.entry is None else _stored_vector(engine, subject.entry)
    if stored is None or vector is None or len(stored) != len(vector):
        return None, False
    assert subject.entry is not None
    similarity = float(np.dot(stored, vector))
    if not subject.entry.fingerprint.startswith(FITTED_FOR):
        return by_cosine(similarity) or None, False
    return probability(question, subject.entry.text, similarity, ALONE), False


class Noted(NamedTuple):
    """What a report comes to: records to be made durable, and what they make of source, entry and bar."""

    writes: list[Record]
    trust: float
    reports: Reports
    intent: str


def note(engine: Engine, subject: Subject, pair: Pair | None, good: bool, reason: str) -> Noted:
    """Work out what one report changes."""
    judgements, tenant, now_ms = engine.state.judgements, subject.scope.tenant, engine.now_ms
    writes: list[Record] = []
    if not good:
        if subject.entry is not None:
            writes.append(DropEntry(subject.entry_id, subject.scope, "kept.reported", now_ms))
            answer = subject.answer[:FLAG_ANSWER_BYTES_MAX]
            engine.serves.left(subject.entry_id, Gone(subject.scope, subject.answer_digest, answer, subject.source))
        if pair is not None:
            flag = flag_of(tenant, pair.question, subject.answer, subject.answer_digest, reason, now_ms)
            fingerprint = "" if pair.vector is None else pair.fingerprint
            writes.append(PutFlag(flag._replace(fingerprint=fingerprint), pair.vector))
    source = judgements.sources.get((tenant, subject.source), Source(tenant, subject.source, trust.FULL, 0, 0, now_ms))
    if subject.source:
        moved = trust.raised(source.trust) if good else trust.lowered(source.trust)
        source = Source(tenant, subject.source, moved, source.good + good, source.bad + (not good), now_ms)
        writes.append(PutSource(source))
    before = judgements.reports.get(subject.entry_id, Reports(subject.entry_id, tenant, 0, 0, 0))
    reports = Reports(subject.entry_id, tenant, before.good + good, before.bad + (not good), now_ms)
    writes.append(PutReports(reports))
    intent = ALL if pair is None else intent_of(pair.question)
    if pair is not None and pair.confidence is not None:
        for name in (intent, ALL):
            tally = thresholds.noted(judgements.tally_of(tenant, name), pair.confidence, pair.exact, good)
            tally = thresholds.seen(tally, engine.serves.take_met(tenant, name))
            writes.append(PutTally(tenant, name, tally))
    return Noted(writes, source.trust, reports, intent)


def flag_of(tenant: str, question: str, answer: bytes, answer_digest: bytes, reason: str, now_ms: int) -> Flag:
    """A flag on an answer for a question, its vector still unknown."""
    question_id = question_id_of(question)
    name = blake2b(tenant.encode() + b"\0" + question_id + answer_digest, digest_size=16).digest()
    kept = answer[:FLAG_ANSWER_BYTES_MAX]
    return Flag(name, tenant, question, question_id, answer_digest, kept, reason, "", now_ms)
