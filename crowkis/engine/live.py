"""What the dashboard shows besides METRICS: the last look-ups and why, what is asked most, what each tenant was saved.

Soft: a restart forgets it. Every part is bounded. Questions are kept, shortened, while live_questions is on; they are
in no log. Savings are estimates: see cost_of() in residents.py. Never reads a clock.
"""

from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from crowkis.engine.ranking import Ranking
from crowkis.engine.residents import Residents, cost_of
from crowkis.lifecycle.eviction import BYTES_PER_TOKEN
from crowkis.settings import Settings
from crowkis.values.question import Scope
from crowkis.values.record import Entry
from crowkis.values.verdict import Reason

if TYPE_CHECKING:
    from crowkis.engine.lookup import Asked, Found

RECENT_MAX = 512
"""Look-ups remembered one by one."""
QUESTION_CHARS_MAX = 200
TENANTS_MAX = 1_024
MODELS_MAX = 64
MINUTES_MAX = 1_440
"""Minutes in which something was asked, remembered one by one."""
BANDS, BAND_FROM, BAND_WIDTH = 20, 0.80, 0.01
"""Confidences of hits are counted in bands; what is below the first is counted in it."""
BEATS = 100
"""Delays of the event loop remembered; ten a second."""
PENDING_MAX = 1_024
"""Look-ups put down before they are counted."""
NOTHING_STORED = Reason("candidates.none", 0, 1)
MINUTE_MS, DAY_MINUTES = 60_000, 1_440
OTHERS = ""
"""Stands for the tenants, or models, that were asked for least, once there are too many."""
EXACT, SEMANTIC, REFUSED, MISS = range(4)
KINDS = ("exact", "semantic", "refused", "miss")
"""How a look-up ended. refused: something near enough was stored and a rule objected. miss: nothing near enough was."""


class Seen(NamedTuple):
    """One look-up."""

    at_ms: int
    scope: Scope
    kind: int
    similarity: float
    confidence: float
    objection: Reason | None
    """Why it was not served."""
    answer: Entry | bytes | None
    """The one served, or the id of the nearest one."""
    question: str


class Figures:
    """Look-ups of one tenant, or served to one model, or in one minute."""

    __slots__ = ("kinds", "reasons", "tokens", "usd")

    def __init__(self) -> None:
        self.kinds = [0, 0, 0, 0]
        self.usd = 0.0
        self.tokens = 0
        self.reasons: dict[str, int] = {}
        """Why they were not served."""

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.kinds)

    @property
    def hits(self) -> int:
        """Those served."""
        return self.kinds[EXACT] + self.kinds[SEMANTIC]

    def count(self, kind: int, count: int, usd: float, tokens: int) -> None:
        """So many look-ups have ended like this."""
        self.kinds[kind] += count
        self.usd += usd
        self.tokens += tokens

    def add(self, other: "Figures") -> None:
        """Add up."""
        self.kinds = [mine + theirs for mine, theirs in zip(self.kinds, other.kinds, strict=True)]
        self.usd += other.usd
        self.tokens += other.tokens
        for reason, count in other.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count


class _Sum:
    """Repeats word for word that count in the same figures."""

    __slots__ = ("count", "tokens", "usd")

    def __init__(self) -> None:
        self.count = self.tokens = 0
        self.usd = 0.0


class Live:
    """Told of each look-up by lookup.py; read by the doors between two batches.

    Hits are most of what a cache is asked, so look-ups are only put down, and counted many at a time.
    """

    def __init__(self, settings: Settings) -> None:
        self.number = 0
        """Of the look-up counted last; they are counted up from 1 in one run of the server."""
        self.tenants: dict[str, Figures] = {}
        self.models: dict[str, Figures] = {}
        """Hits only."""
        self.minutes: deque[tuple[int, Figures]] = deque(maxlen=MINUTES_MAX)
        """Minutes since 1970 in which something was asked, the newest last."""
        self.bands = [0] * BANDS
        self.served = Ranking()
        """By the key of the answer."""
        self.missed = Ranking()
        """By the key the answer would have."""
        self.residents = Residents()
        self.worst_delay_s = 0.0
        self._settings = settings
        self._pending: list[tuple[Any, ...]] = []
        self._corrections: list[tuple[Entry, int, float | None]] = []
        self._recent: deque[tuple[Any, ...]] = deque(maxlen=RECENT_MAX)
        self._minute = Figures()
        self._minute_ends_ms = 0
        self._delays_s: deque[float] = deque(maxlen=BEATS)

    def note(self, asked: "Asked", found: "Found", now_ms: int) -> None:
        """A look-up has ended. The hot path."""
        text = asked.text[:QUESTION_CHARS_MAX] if self._settings.live_questions else ""
        if found.hit_type == "exact":
            self._pending.append((now_ms, asked.scope, EXACT, 1.0, 1.0, None, found.hit, text))
        elif found.hit is not None:
            self._note_semantic(found, found.hit, now_ms)
            candidate = found.verdicts[-1].candidate
            row = (now_ms, asked.scope, SEMANTIC, found.similarity, candidate.confidence, None, found.hit, text)
            self._pending.append(row)
        else:
            self._pending.append(self._note_miss(asked, found, text, now_ms))
        if len(self._pending) >= PENDING_MAX:
            self.settle()

    def settle(self) -> None:
        """Count what was put down."""
        if self._pending:
            self._count()
        corrections, self._corrections = self._corrections, []
        for correction in corrections:
            self._correct(*correction)

    def _count(self) -> None:
        rows, self._pending = self._pending, []
        self.number += len(rows)
        self._recent.extend(rows[-RECENT_MAX:])
        exact = {row[6].entry_id: row for row in rows if row[2] == EXACT}
        places: dict[tuple[str, str], _Sum] = {}
        for entry_id, count in Counter([row[6].entry_id for row in rows if row[2] == EXACT]).items():
            now_ms, scope, _, _, _, _, entry, text = exact[entry_id]
            usd = count * self._worth(entry)
            counter = self.served.meet(entry_id, scope.tenant, now_ms, count)
            counter.exact += count
            counter.usd += usd
            if text and not counter.text:
                counter.text = entry.text[:QUESTION_CHARS_MAX]
            place = (scope.tenant, scope.model)
            so_far = places.get(place) or places.setdefault(place, _Sum())
            so_far.count += count
            so_far.usd += usd
            so_far.tokens += count * (entry.answer_bytes // BYTES_PER_TOKEN)
        for (tenant, model), whole in places.items():
            for figures in self._figures(tenant, model, rows[-1][0]):
                figures.count(EXACT, whole.count, whole.usd, whole.tokens)

    def correct(self, entry: Entry | None, tokens: int, usd: float | None) -> None:
        """The hit just noted saved so much, as the answer itself and the list of prices tell: its size says less."""
        if entry is not None:
            self._corrections.append((entry, tokens, usd))
            if len(self._corrections) >= PENDING_MAX:
                self.settle()

    def _correct(self, entry: Entry, tokens: int, usd: float | None) -> None:
        saved_usd = 0.0 if usd is None else usd - self._worth(entry)
        for row in (self.tenants.get(entry.scope.tenant), self._minute, self.models.get(entry.scope.model)):
            if row is not None:
                row.tokens += tokens - entry.answer_bytes // BYTES_PER_TOKEN
                row.usd += saved_usd
        counter = self.served.by_key.get(entry.entry_id)
        if counter is not None:
            counter.usd += saved_usd

    def late(self, delay_s: float) -> None:
        """The event loop came back so much later than it was asked to."""
        self._delays_s.append(delay_s)
        self.worst_delay_s = max(self.worst_delay_s, delay_s)

    def delay_s(self) -> float:
        """The longest delay of the last ten seconds."""
        return max(self._delays_s, default=0.0)

    def recent(self, most: int, tenant: str = "", after: int = 0) -> list[tuple[int, Seen]]:
        """The last look-ups behind a number, of one tenant or of all, with their numbers; the newest first."""
        self.settle()
        rows = zip(range(self.number, after, -1), map(Seen._make, reversed(self._recent)), strict=False)
        return list(islice((row for row in rows if tenant in ("", row[1].scope.tenant)), most))

    def total_number(self) -> int:
        """How many look-ups there were since the start."""
        self.settle()
        return self.number

    def total(self, tenant: str = "") -> Figures:
        """All look-ups since the start, of one tenant or of all."""
        self.settle()
        total = Figures()
        for name, figures in self.tenants.items():
            if tenant in ("", name):
                total.add(figures)
        return total

    def usd_today(self, now_ms: int) -> float:
        """Saved since midnight UTC."""
        midnight = now_ms // MINUTE_MS // DAY_MINUTES * DAY_MINUTES
        return sum(figures.usd for minute, figures in self.minutes if minute >= midnight)

    def forget(self, tenant: str | None) -> None:
        """Forget what a tenant, or (None) anybody, asked; counts stay."""
        self.settle()
        self._recent = deque(
            (_wordless(row) if tenant in (None, row[1].tenant) else row for row in self._recent), RECENT_MAX
        )
        self.served.drop(tenant)
        self.missed.drop(tenant)

    def heed_settings(self) -> None:
        """live_questions may have been switched off."""
        if not self._settings.live_questions:
            self.settle()
            self._recent = deque(map(_wordless, self._recent), RECENT_MAX)
            for ranking in (self.served, self.missed):
                for counter in ranking.by_key.values():
                    counter.text = ""

    def _note_semantic(self, found: "Found", hit: Entry, now_ms: int) -> None:
        candidate, scope = found.verdicts[-1].candidate, hit.scope
        usd = self._worth(hit)
        counter = self.served.meet(hit.entry_id, scope.tenant, now_ms)
        counter.usd += usd
        if self._settings.live_questions and not counter.text:
            counter.text = hit.text[:QUESTION_CHARS_MAX]
        self.bands[max(0, min(BANDS - 1, int((candidate.confidence - BAND_FROM) / BAND_WIDTH)))] += 1
        for figures in self._figures(scope.tenant, scope.model, now_ms):
            figures.count(SEMANTIC, 1, usd, hit.answer_bytes // BYTES_PER_TOKEN)

    def _note_miss(self, asked: "Asked", found: "Found", text: str, now_ms: int) -> tuple[Any, ...]:
        kind, objection, nearest, confidence = MISS, found.objection or NOTHING_STORED, None, 0.0
        if found.verdicts:
            candidate, policy = found.verdicts[0].candidate, found.verdicts[0].policy
            nearest, confidence = candidate.entry_id, candidate.confidence
            if found.similarity >= policy.similarity_min:
                kind = REFUSED
            elif objection.id != "embedder.down":
                objection = Reason("similarity.below-bar", found.similarity, policy.similarity_min)
        tenant = asked.scope.tenant
        for figures in self._figures(tenant, None, now_ms):
            figures.count(kind, 1, 0.0, 0)
            figures.reasons[objection.id] = figures.reasons.get(objection.id, 0) + 1
        counter = self.missed.meet(asked.entry_id, tenant, now_ms)
        counter.text, counter.reason = text, objection.id
        row = (now_ms, asked.scope, kind, found.similarity, confidence, objection, nearest, text)
        return row if self._settings.live_questions else _wordless(row)

    def _worth(self, entry: Entry) -> float:
        resident = self.residents.by_id.get(entry.entry_id)
        return resident.cost_usd if resident is not None else cost_of(entry)

    def _figures(self, tenant: str, model: str | None, now_ms: int) -> list[Figures]:
        """All that a look-up counts in."""
        if now_ms >= self._minute_ends_ms:
            self._turn(now_ms)
        found = [self._minute, self.tenants.get(tenant) or _new(self.tenants, tenant, TENANTS_MAX)]
        if model is not None:
            found.append(self.models.get(model) or _new(self.models, model, MODELS_MAX))
        return found

    def _turn(self, now_ms: int) -> None:
        minute = now_ms // MINUTE_MS
        self._minute_ends_ms = (minute + 1) * MINUTE_MS
        self._minute = Figures()
        self.minutes.append((minute, self._minute))


def _new(rows: dict[str, Figures], name: str, most: int) -> Figures:
    """A row of its own; where there are too many, the lesser half is added up."""
    if len(rows) >= most:
        others = rows.setdefault(OTHERS, Figures())
        for least in sorted(rows, key=lambda row: rows[row].requests)[: most // 2]:
            if least != OTHERS:
                others.add(rows.pop(least))
    return rows.setdefault(name, Figures())


def _wordless(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A look-up without what tells of its question: the text, and what a rule found in it."""
    seen = Seen._make(row)
    told = seen.objection
    if told is not None:
        told = told._replace(measure=_number(told.measure), limit=_number(told.limit))
    return tuple(seen._replace(question="", objection=told))


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None
