"""Should a stored answer be served? Exact key first, then neighbours, each judged in turn by the serve rules.

The first objection settles a candidate, not the search: the next neighbour gets its chance. Reads state, changes
only counters. Slow work (embedding) leaves as Waiting.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from crowkis.engine.engine import Engine, entry_id_of
from crowkis.engine.feedback import ALL, bar_of, regarded
from crowkis.engine.rules import BAR_RULES, EXACT_RULES, GATE_RULES, NAMED_RULES, OWN_RULES
from crowkis.engine.serves import Serve
from crowkis.engine.state import CLIENT_SPACE, Space, SpaceKey, candidate_of
from crowkis.match import confidence
from crowkis.match.company import company
from crowkis.match.features import features
from crowkis.match.judge import judge
from crowkis.match.template import template
from crowkis.match.weights import FITTED_FOR
from crowkis.values.errand import EmbedText, Then, Waiting
from crowkis.values.intent import Intent
from crowkis.values.limits import BELOW_MAX, CANDIDATES_FIRST, CANDIDATES_MAX, SIMILARITY_FLOOR
from crowkis.values.question import (
    AUTO,
    CONFIDENCE,
    COSINE,
    NO_CONTEXT,
    Candidate,
    Context,
    Features,
    Gate,
    Policy,
    Question,
    Scope,
)
from crowkis.values.record import Entry
from crowkis.values.reply import Reply
from crowkis.values.vector import Vector
from crowkis.values.verdict import Reason, Verdict

PREVIEW_CHARS_MAX = 200
"""Of a question, in a debug line where log_query_previews allows it."""

BELOW_THE_BAR = frozenset({"similarity.below-bar", "confidence.below-bar", "budget.exceeded"})
"""What is said of a candidate to which nothing else was objected."""


class Asked(NamedTuple):
    """A look-up as the client asked for it."""

    text: str
    scope: Scope
    tags: frozenset[str]
    threshold: float | None
    """The bar, in terms of the metric; None: as the settings say."""
    vector: Vector | None
    """Supplied by the client, or None: the embedder makes it."""
    context: Context = NO_CONTEXT
    image: str = ""
    max_error: float | None = None
    """The error budget; None: as the settings say."""
    metric: str = ""
    """confidence or cosine; empty: as the settings and the space of the vectors say."""
    variant: str = ""
    """Which of several answers to the very same question; see entry_id_of()."""
    stale: bool = False
    """An answer that is good no more, but kept for such cases, will do."""

    @property
    def entry_id(self) -> bytes:
        """Of the stored answer to this very question."""
        return entry_id_of(self.text, self.scope, self.context, self.image, self.variant)

    def question(self, text: str, fingerprint: str, known: Features, now_ms: int) -> Question:
        """As the rules look at it; of an exact match they look at what is known of the stored text."""
        return Question(text, self.scope, fingerprint, self.tags, known, now_ms, self.context, self.image)


class Found(NamedTuple):
    """What a look-up came to."""

    hit: Entry | None
    similarity: float
    hit_type: str
    """exact, vector or miss."""
    verdicts: tuple[Verdict, ...]
    """One per candidate looked at, in the order judged; the last one is the hit if there is one."""
    objection: Reason | None
    """Of the nearest candidate, when nothing is served."""

    @property
    def intent(self) -> str:
        """What the question is for; empty where nothing was there to compare it with."""
        return self.verdicts[-1].question.features.intent.name if self.verdicts else ""

    @property
    def verdict(self) -> str:
        """The look-up's end in one word, as CEXPLAIN and the log tell it."""
        return "served" if self.hit is not None else "refused" if self.verdicts else "miss"


Finish = Callable[[Engine, Found], Reply]
"""Makes the reply from what was found; called inside the actor, at once or after the embedding."""


def client_space(dimension: int) -> str:
    """The fingerprint of vectors that clients supply themselves."""
    return f"{CLIENT_SPACE}{dimension}"


def find(engine: Engine, asked: Asked, finish: Finish) -> Any:
    """The reply `finish` makes, or Waiting where the text must be embedded first."""
    began_ns = engine.monotonic_ns()
    found = exact(engine, asked)
    if found.hit is not None:
        return _finished(engine, asked, found, began_ns, finish)

    def embedded(engine: Engine, vector: Vector | Exception) -> Reply:
        near = nearest(engine, asked, vector, found)
        best = _best(near)
        if best is not None:
            for name in (near.verdicts[-1].question.features.intent.name, ALL):
                engine.serves.met(asked.scope.tenant, name, best.confidence)
        if near.hit is None and not isinstance(vector, Exception):
            engine.state.residents.foresee(asked.entry_id, _isolation(near))
        return _finished(engine, asked, near, began_ns, finish)

    return with_vector(engine, asked, embedded)


def find_named(engine: Engine, asked: Asked, finish: Finish) -> Reply:
    """The reply `finish` makes of the answer stored under this very text: it is a name here, and what it says is not
    looked at, only whose answer that is and whether it is still good."""
    return _finished(engine, asked, exact(engine, asked, NAMED_RULES), engine.monotonic_ns(), finish)


def find_by_image(engine: Engine, asked: Asked, finish: Finish) -> Reply:
    """The reply `finish` makes of the one answer stored about an image, whatever was asked about it."""
    return _finished(engine, asked, _only_one(engine, asked), engine.monotonic_ns(), finish)


def _finished(engine: Engine, asked: Asked, found: Found, began_ns: int, finish: Finish) -> Reply:
    _count(engine, found, began_ns)
    if engine.tell is not None:
        _tell(engine, asked, found)
    if found.hit is not None:
        engine.state.touch(found.hit, engine.now_ms)
        candidate = found.verdicts[-1].candidate
        serve = Serve(asked.scope.tenant, asked.text, asked.vector, candidate.confidence, candidate.exact)
        engine.serves.served(found.hit.entry_id, serve)
    engine.live.note(asked, found, engine.now_ms)
    return finish(engine, found)


def with_vector(engine: Engine, asked: Asked, then: Callable[[Engine, Vector | Exception], Any]) -> Any:
    """Go on with the question's vector: the client's, a remembered one, or one made by an errand."""
    if asked.vector is not None:
        return then(engine, asked.vector)
    return with_embedding(engine, asked.text, then)


def with_embedding(engine: Engine, text: str, then: Then) -> Any:
    """Go on with a text's vector: a remembered one, or one made by an errand."""
    vector = engine.recall(text)
    return then(engine, vector) if vector is not None else Waiting(EmbedText(text), then)


def exact(engine: Engine, asked: Asked, rules: tuple[Gate, ...] = EXACT_RULES) -> Found:
    """The stored answer to the very same question, if the rules let it out."""
    entry_id = asked.entry_id
    if entry_id not in engine.state.entries:
        return Found(None, 0.0, "miss", (), None)
    entry = engine.state.judgeable(entry_id)
    verdict = _judged_exact(engine, asked, entry, rules)
    if verdict.objection is None:
        return Found(entry, 1.0, "exact", (verdict,), None)
    return Found(None, 1.0, "miss", (verdict,), verdict.objection)


def _judged_exact(engine: Engine, asked: Asked, entry: Entry, rules: tuple[Gate, ...] = EXACT_RULES) -> Verdict:
    assert entry.features is not None
    question = asked.question(entry.text, entry.fingerprint, entry.features, engine.now_ms)
    policy = policy_of(engine, asked, entry.fingerprint, entry.features.intent)
    candidate = regarded(engine, question, asked.vector, entry, candidate_of(entry, 1.0, True, asked.stale), policy)
    return judge(question, candidate, policy, rules)


def _only_one(engine: Engine, asked: Asked) -> Found:
    """Served only where nothing is left to choose: without a question, any of several could be the wrong one."""
    ids = engine.state.images.of(asked.scope, asked.image)
    verdicts = [_judged_exact(engine, asked, engine.state.judgeable(entry_id)) for entry_id in ids[:CANDIDATES_MAX]]
    fitting = [verdict for verdict in verdicts if verdict.objection is None]
    if len(fitting) > 1 or len(ids) > CANDIDATES_MAX:
        return Found(None, 1.0, "miss", (), Reason("image.ambiguous", len(ids), 1))
    if not fitting:
        return _missed(verdicts)
    return Found(engine.state.entries[fitting[0].candidate.entry_id], 1.0, "exact", tuple(verdicts), None)


def nearest(engine: Engine, asked: Asked, vector: Vector | Exception, so_far: Found) -> Found:
    """Judge neighbours, nearest first, as long as the next one could still clear the bar."""
    if isinstance(vector, Exception):
        return Found(None, 0.0, "miss", so_far.verdicts, so_far.objection or Reason("embedder.down", str(vector), "up"))
    fingerprint = engine.embedder.fingerprint if asked.vector is None else client_space(len(vector))
    place = (asked.scope.tenant, asked.scope.namespace, fingerprint)
    space = engine.state.spaces.get(place)
    if space is None:
        return Found(None, 0.0, "miss", so_far.verdicts, so_far.objection or Reason("candidates.none", 0, 1))
    question = asked.question(asked.text, fingerprint, features(asked.text), engine.now_ms)
    policy = policy_of(engine, asked, fingerprint, question.features.intent)
    search = Search(engine, question, vector, policy, space, asked.stale)
    verdicts, wanted, below = list(so_far.verdicts), CANDIDATES_FIRST, 0
    pictured = _about_image(engine, asked, vector, place) if asked.image else []
    alike = engine.state.templates.of(place, template(asked.text, question.features).digest)
    seen: set[int] = set()
    while True:
        found = pictured[:wanted] or space.index.search(vector, wanted)
        search.first = search.first or found
        candidates = _merged(engine, found, vector, place, alike) if alike and not seen else found
        for label, similarity in candidates:
            if label in seen:
                continue
            seen.add(label)
            entry = engine.state.judgeable(space.by_label[label])
            verdict = search.judged(entry, similarity)
            verdicts.append(verdict)
            if verdict.objection is None:
                return Found(entry, similarity, "vector", tuple(verdicts), None)
            below += verdict.objection.id in BELOW_THE_BAR
            if similarity < search.policy.similarity_min or below == BELOW_MAX:
                return _missed(verdicts)
        if len(found) < wanted or wanted >= CANDIDATES_MAX:
            return _missed(verdicts)
        wanted = min(wanted * 4, CANDIDATES_MAX)


class Search:
    """One question among its neighbours: judges each by the gates, and by the bars if no gate objects."""

    def __init__(
        self, engine: Engine, question: Question, vector: Vector, policy: Policy, space: Space, stale: bool
    ) -> None:
        self.policy = policy
        self.first: Sequence[tuple[int, float]] = ()
        """The nearest neighbours, whatever the gates say of them: label and similarity."""
        self._engine = engine
        self._question = question
        self._vector = vector
        self._space = space
        self._stale = stale
        self._around: list[tuple[float, bytes]] = []
        """Similarity and answer of the nearest entries that could be this client's, once a confidence is asked for."""
        self._places: dict[bytes, int] = {}

    def judged(self, entry: Entry, similarity: float) -> Verdict:
        """The verdict on one neighbour; its confidence is 0 where a gate objects."""
        candidate = candidate_of(entry, similarity, stale=self._stale)
        candidate = regarded(self._engine, self._question, self._vector, entry, candidate, self.policy)
        verdict = judge(self._question, candidate, self.policy, GATE_RULES)
        if verdict.objection is not None:
            return verdict
        return judge(self._question, self._with_confidence(entry, candidate), self.policy, BAR_RULES)

    def _with_confidence(self, entry: Entry, candidate: Candidate) -> Candidate:
        similarity = candidate.similarity
        if self.policy.metric == COSINE:
            return candidate._replace(confidence=confidence.by_cosine(similarity))
        if not self._around:
            self._gather()
        around, place = self._around, self._places.get(entry.entry_id)
        if place is None:
            around, place = [*around, (similarity, entry.answer_sketch)], len(around)
        beside = company(around, place)
        told = confidence.probability(self._question.text, entry.text, similarity, beside)
        return candidate._replace(company=beside, confidence=told)

    def _gather(self) -> None:
        for label, similarity in self.first[:CANDIDATES_FIRST]:
            entry = self._engine.state.judgeable(self._space.by_label[label])
            verdict = judge(self._question, candidate_of(entry, similarity), self.policy, OWN_RULES)
            if verdict.objection is None:
                self._places[entry.entry_id] = len(self._around)
                self._around.append((similarity, entry.answer_sketch))


def _merged(
    engine: Engine, found: Sequence[tuple[int, float]], vector: Vector, place: SpaceKey, ids: list[bytes]
) -> Sequence[tuple[int, float]]:
    """Neighbours and questions of the same template as one list, nearest first; the latest few of the latter."""
    near, labels = dict(found), engine.state.spaces[place].labels
    far = [entry_id for entry_id in ids[-CANDIDATES_FIRST:] if labels[entry_id] not in near]
    return sorted([*found, *_with_similarity(engine, far, vector, place)], key=lambda pair: -pair[1]) if far else found


def _about_image(engine: Engine, asked: Asked, vector: Vector, place: SpaceKey) -> list[tuple[int, float]]:
    """The answers about an image, the latest few, as an index would list them: no crowd of other images hides them."""
    ids = engine.state.images.of(asked.scope, asked.image)[-CANDIDATES_MAX:]
    return sorted(_with_similarity(engine, ids, vector, place), key=lambda pair: -pair[1])


def _with_similarity(engine: Engine, ids: Sequence[bytes], vector: Vector, place: SpaceKey) -> list[tuple[int, float]]:
    """Label and similarity of those entries that lie in a space."""
    found, labels = [], engine.state.spaces[place].labels
    for entry_id in ids:
        stored = engine.state.vector_of(place, entry_id)
        if stored is not None:
            found.append((labels[entry_id], float(np.dot(vector, np.frombuffer(stored, "<f4")))))
    return found


def _isolation(missed: Found) -> float:
    """1 - similarity of the nearest candidate to which nothing but its similarity was objected."""
    best = _best(missed)
    return 1.0 if best is None else 1.0 - best.similarity


def _best(found: Found) -> Candidate | None:
    """The nearest candidate to which nothing was objected, or nothing but that it is below the bar."""
    return next(
        (row.candidate for row in found.verdicts if row.objection is None or row.objection.id in BELOW_THE_BAR), None
    )


def _missed(verdicts: list[Verdict]) -> Found:
    first = verdicts[0] if verdicts else None
    reason = first.objection if first else Reason("candidates.none", 0, 1)
    similarity = first.candidate.similarity if first else 0.0
    return Found(None, similarity, "miss", tuple(verdicts), reason)


def policy_of(engine: Engine, asked: Asked, fingerprint: str, intent: Intent) -> Policy:
    """The limits in force in a space of vectors.

    The bar is THRESHOLD, else the intent's, else what keeps the budget, else the general one. What keeps the budget
    also stands for itself: no other bar lets less confidence through.
    """
    settings = engine.settings
    budget = settings.max_error if asked.max_error is None else asked.max_error
    budget_min = bar_of(engine, asked.scope.tenant, intent.name, budget)
    metric = asked.metric or settings.metric
    if metric == AUTO:
        metric = CONFIDENCE if fingerprint.startswith(FITTED_FOR) else COSINE
    usual = settings.confidence_min if metric == CONFIDENCE else settings.similarity_min
    bar = asked.threshold
    if bar is None:
        bar = settings.intent_bars[intent.name]
    if bar is None:
        bar = budget_min or usual
    cosine_min, confidence_min = (SIMILARITY_FLOOR, bar) if metric == CONFIDENCE else (bar, 0.0)
    limits = (settings.flag_similarity_min, settings.trust_min, settings.intent_postures)
    return Policy(cosine_min, budget_min, *limits, confidence_min, metric)


def _count(engine: Engine, found: Found, began_ns: int) -> None:
    metrics = engine.metrics
    metrics.count_for("lookups_total", found.hit_type)
    if found.intent:
        metrics.count_for("intent_lookups_total", found.intent)
        if found.hit is not None:
            metrics.count_for("intent_hits_total", found.intent)
    metrics.observe("lookup_seconds", found.hit_type, (engine.monotonic_ns() - began_ns) / 1e9)
    for verdict in found.verdicts:
        if verdict.objection is not None:
            metrics.count_for("refusals_total", verdict.objection.id)
    if not found.verdicts and found.objection is not None:
        metrics.count_for("refusals_total", found.objection.id)


def _tell(engine: Engine, asked: Asked, found: Found) -> None:
    """A debug line with the verdict as CEXPLAIN gives it; the question only where previews are wanted."""
    assert engine.tell is not None
    shown = {"query": asked.text[:PREVIEW_CHARS_MAX]} if engine.settings.log_query_previews else {}
    engine.tell(
        "lookup",
        level="debug",
        verdict=found.verdict,
        hit_type=found.hit_type,
        reason=found.objection.id if found.objection is not None else None,
        similarity=round(found.similarity, 4),
        key=found.hit.entry_id.hex() if found.hit is not None else None,
        candidates=len(found.verdicts),
        **shown,
    )
