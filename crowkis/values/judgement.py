"""What people said of answers, and the records that keep it: flagged pairs, trust in sources, reports by confidence."""

from typing import NamedTuple

from crowkis.values.vector import Vector

BINS = 36
"""Into how many ranges confidences are sorted (see match/thresholds.py: EDGES)."""
NO_COUNTS = (0.0,) * BINS


class Flag(NamedTuple):
    """An answer that is wrong for a question, and for every question practically the same."""

    flag_id: bytes
    """16 bytes: a digest of tenant, question and answer."""
    tenant: str
    question: str
    question_id: bytes
    """16 bytes: a digest of the question's normal form."""
    answer_digest: bytes
    """16 bytes, of the whole answer."""
    answer: bytes
    """Its beginning, to be shown by CCHECKBAD."""
    reason: str
    fingerprint: str
    """The space the question's vector lies in; empty when there is none: the very same question alone is meant then."""
    at_ms: int


class Source(NamedTuple):
    """Who or what answers stand on, as far as reports have moved the trust in it."""

    tenant: str
    name: str
    trust: float
    good: int
    bad: int
    at_ms: int


class Reports(NamedTuple):
    """How often an entry was reported; kept when the entry leaves, so that what comes back is known."""

    entry_id: bytes
    tenant: str
    good: int
    bad: int
    at_ms: int


class Tally(NamedTuple):
    """The reports on answers to one tenant's questions of one intent, faded by age."""

    right: tuple[float, ...] = NO_COUNTS
    """By the bin of the confidence they were served with; exact repeats apart."""
    wrong: tuple[float, ...] = NO_COUNTS
    exact_right: float = 0.0
    exact_wrong: float = 0.0
    seen: tuple[float, ...] = NO_COUNTS
    """Best candidates met, served or not, by bin."""
    pinned: float | None = None
    """The operator's bar; reports do not move it."""


class PutFlag(NamedTuple):
    """Remember a flag, replacing the one of the same id."""

    flag: Flag
    vector: Vector | None


class DropFlags(NamedTuple):
    """Take flags back."""

    tenant: str
    flag_ids: tuple[bytes, ...]


class PutSource(NamedTuple):
    """Remember what is thought of a source."""

    source: Source


class PutReports(NamedTuple):
    """Remember how often an entry was reported."""

    reports: Reports


class PutTally(NamedTuple):
    """Remember the reports of one tenant and intent."""

    tenant: str
    intent: str
    tally: Tally


class DropJudgements(NamedTuple):
    """Forget all of the above, of a tenant or (None) of everybody."""

    tenant: str | None


Judgement = PutFlag | DropFlags | PutSource | PutReports | PutTally | DropJudgements
