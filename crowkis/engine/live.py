"""What the dashboard shows besides METRICS: the last look-ups and why, what is asked most, what each tenant was saved.

Soft: a restart forgets it. Every part is bounded. Questions are kept, shortened, while live_questions is on; they are
in no log. Savings are estimates: see cost_of() in residents.py. Never reads a clock.
"""

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from crowkis.engine.ranking import Counter, Ranking
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
REPEATED_MAX = 1_024
"""Answers whose repeats are put down before they are counted."""
NOTHING_STORED = Reason("candidates.none", 0, 1)
MINUTE_MS, DAY_MINUTES = 60_000, 1_440
OTHERS = "\0others"
"""Stands for the tenants, or models, that were asked for least, once there are too many; no name that is given."""
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

    Repeats word for word are most of what a cache is asked, so they are only put down, and counted many at a time.
    """

    def __init__(self, settings: Settings) -> None:
        self.number = 0
        """Of the last look-up; they are counted up from 1 in one run of the server."""
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
        self._keeps = settings.live_questions
        self._repeats: dict[bytes, int] = {}
        """Repeats word for word that are not counted yet, by the key of the answer,"""
        self._repeated: dict[bytes, Entry] = {}
        """and the answers."""
        self._corrections: list[tuple[Entry, int, float | None]] = []
        self._recent: deque[Seen | tuple[int, Entry]] = deque(maxlen=RECENT_MAX)
        self._minute = Figures()
        self._minute_ends_ms = 0
        self._delays_s: deque[float] = deque(maxlen=BEATS)

    def note(self, asked: "Asked", found: "Found", now_ms: int) -> None:
        """A look-up has ended. The hot path."""
        self.number += 1
        hit = found.hit
        if hit is None:
            self._recent.append(self._note_miss(asked, found, now_ms))
        elif found.hit_type == "exact":
            self._recent.append((now_ms, hit))
            key = hit.entry_id
            count = self._repeats.get(key)
            if count is not None:
                self._repeats[key] = count + 1
            else:
                self._note_first(key, hit)
        else:
            self._recent.append(self._note_semantic(asked, found, hit, now_ms))

    def _note_first(self, key: bytes, entry: Entry) -> None:
        if len(self._repeats) >= REPEATED_MAX:
            self.settle()
        self._repeats[key] = 1
        self._repeated[key] = entry

    def settle(self) -> None:
        """Count the repeats and corrections that were put down; to be called a few times a second."""
        if self._repeats:
            self._count()
        corrections, self._corrections = self._corrections, []
        for correction in corrections:
            self._correct(*correction)

    def _count(self) -> None:
        repeats, entries, self._repeats, self._repeated = self._repeats, self._repeated, {}, {}
        now_ms, places = self._recent[-1][0], dict[tuple[str, str], _Sum]()
        for key, count in repeats.items():
            entry = entries[key]
            scope, usd = entry.scope, count * self._worth(entry)
            counter = self.served.meet(key, scope.tenant, now_ms, count)
            counter.exact += count
            counter.usd += usd
            if not counter.text:
                counter.text = self._kept(entry.text)
            place = (scope.tenant, scope.model)
            so_far = places.get(place) or places.setdefault(place, _Sum())
            so_far.count += count
            so_far.usd += usd
            so_far.tokens += count * (entry.answer_bytes // BYTES_PER_TOKEN)
        for (tenant, model), whole in places.items():
            for figures in self._figures(tenant, model, now_ms):
                figures.count(EXACT, whole.count, whole.usd, whole.tokens)

    def _kept(self, text: str) -> str:
        return text[:QUESTION_CHARS_MAX] if self._keeps else ""

    def correct(self, entry: Entry | None, tokens: int, usd: float | None) -> None:
        """The hit just noted saved so much, as the answer itself and the list of prices tell: its size says less."""
        if entry is not None:
            self._corrections.append((entry, tokens, usd))
            if len(self._corrections) >= REPEATED_MAX:
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
        rows = zip(range(self.number, after, -1), map(self._seen, reversed(self._recent)), strict=False)
        return list(islice((row for row in rows if tenant in ("", row[1].scope.tenant)), most))

    def _seen(self, row: "Seen | tuple[int, Entry]") -> Seen:
        """A look-up as it is told; a repeat word for word is put down by its answer alone."""
        if isinstance(row, Seen):
            return row
        at_ms, entry = row
        return Seen(at_ms, entry.scope, EXACT, 1.0, 1.0, None, entry, self._kept(entry.text))

    def total(self, tenant: str = "") -> Figures:
        """All look-ups since the start, of one tenant or of all."""
        self.settle()
        total = Figures()
        for name, figures in self.tenants.items():
            if tenant in ("", name):
                total.add(figures)
        return total

    def most_served(self, most: int, tenant: str = "") -> list[tuple[bytes, Counter]]:
        """The answers served most, of one tenant or of all, by their keys."""
        self.settle()
        return self.served.top(most, lambda row: tenant in ("", row.tenant))

    def most_missed(self, most: int, tenant: str = "") -> list[tuple[bytes, Counter]]:
        """The questions missed most, by the keys their answers would have."""
        return self.missed.top(most, lambda row: tenant in ("", row.tenant))

    def usd_today(self, now_ms: int) -> float:
        """Saved since midnight UTC."""
        self.settle()
        midnight = now_ms // MINUTE_MS // DAY_MINUTES * DAY_MINUTES
        return sum(figures.usd for minute, figures in self.minutes if minute >= midnight)

    def forget(self, tenant: str | None) -> None:
        """Forget what a tenant, or (None) anybody, asked; counts stay."""
        self.settle()
        rows = map(self._seen, self._recent)
        self._recent = deque(
            (_wordless(row) if tenant in (None, row.scope.tenant) else row for row in rows), RECENT_MAX
        )
        self.served.drop(tenant)
        self.missed.drop(tenant)

    def heed_settings(self) -> None:
        """live_questions may have been switched off."""
        self._keeps = self._settings.live_questions
        if not self._keeps:
            self._recent = deque((_wordless(self._seen(row)) for row in self._recent), RECENT_MAX)
            for ranking in (self.served, self.missed):
                for counter in ranking.by_key.values():
                    counter.text = ""

    def _note_semantic(self, asked: "Asked", found: "Found", hit: Entry, now_ms: int) -> Seen:
        confidence, usd = found.verdicts[-1].candidate.confidence, self._worth(hit)
        counter = self.served.meet(hit.entry_id, hit.scope.tenant, now_ms)
        counter.usd += usd
        if not counter.text:
            counter.text = self._kept(hit.text)
        self.bands[max(0, min(BANDS - 1, int((confidence - BAND_FROM) / BAND_WIDTH)))] += 1
        for figures in self._figures(hit.scope.tenant, hit.scope.model, now_ms):
            figures.count(SEMANTIC, 1, usd, hit.answer_bytes // BYTES_PER_TOKEN)
        return Seen(now_ms, asked.scope, SEMANTIC, found.similarity, confidence, None, hit, self._kept(asked.text))

    def _note_miss(self, asked: "Asked", found: "Found", now_ms: int) -> Seen:
        kind, objection, nearest, confidence = MISS, found.objection or NOTHING_STORED, None, 0.0
        text = self._kept(asked.text)
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
        row = Seen(now_ms, asked.scope, kind, found.similarity, confidence, objection, nearest, text)
        return row if self._keeps else _wordless(row)

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


def _wordless(seen: Seen) -> Seen:
    """A look-up without what tells of its question: the text, and what a rule found in it."""
    told = seen.objection
    if told is not None:
        told = told._replace(measure=_number(told.measure), limit=_number(told.limit))
    return seen._replace(question="", objection=told)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None
