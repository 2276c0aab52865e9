"""What is asked, what was found, what is allowed: the three things a serve rule looks at."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from crowkis.values.intent import POSTURE_COLUMN, UNREAD, Intent
from crowkis.values.verdict import Reason

STANDS, LEANS, HANGS = 0, 1, 2
"""Degrees of leaning: stands alone; may point at something said before; cannot be understood without it."""


AUTO, CONFIDENCE, COSINE = "auto", "confidence", "cosine"
"""What decides on a candidate no gate objects to; auto: confidence in the space its weights were fitted for."""


class Leaning(NamedTuple):
    """How much a text leans on the conversation before it."""

    degree: int
    words: str
    """Those that show it; empty when it stands alone."""


NOT_LEANING = Leaning(STANDS, "")


class Context(NamedTuple):
    """Fingerprints of what came before a question; empty where the client told nothing."""

    instructions: str
    """Of the system messages: they steer every answer."""
    history: str
    """Of the conversation: it matters to questions that lean on it."""


NO_CONTEXT = Context("", "")


class Features(NamedTuple):
    """What the rules need to know of a text, worked out once (for stored questions: when they are stored)."""

    numbers: tuple[str, ...]
    """Numbers, dates and similar values in a canonical form, in order of appearance."""
    quoted: tuple[str, ...]
    """Spans in quotes or backticks, as written."""
    denied: tuple[str, ...]
    """What the text says is not so, in bare words ("visa" of "without a visa"), in order."""
    leaning: Leaning = NOT_LEANING
    """Whether it can be understood without what was said before it."""
    intent: Intent = UNREAD
    """What the text is for."""
    identifiers: tuple[str, ...] = ()
    """Addresses, accounts, phone numbers, paths and hashes, as "kind:canonical form", in order."""
    names: tuple[str, ...] = ()
    """Names as far as capitals or lists show them, in small letters, in order."""
    languages: tuple[str, ...] = ()
    """Languages the answer is asked in (">fr") or is to be translated from ("<en")."""
    layout: tuple[str, ...] = ()
    """Forms asked of the answer ("bullets", "json", "brief"), in alphabetical order."""
    days: tuple[str, ...] = ()
    """Days counted from the day of asking ("d+1", "next week"), in order: the answer does not outlive them."""


class Scope(NamedTuple):
    """Whose question, about what: two questions of different scopes never meet."""

    tenant: str
    namespace: str
    model: str
    model_version: str


class Question(NamedTuple):
    """A question as asked now. `text` is as received; `features` come from match/."""

    text: str
    scope: Scope
    fingerprint: str
    """The space its vector lies in."""
    tags: frozenset[str]
    """An answer must carry all of these to be served."""
    features: Features
    now_ms: int
    context: Context = NO_CONTEXT
    image: str = ""
    """Digest of the image asked about; empty: none."""


class Company(NamedTuple):
    """What the other stored questions near the one asked say of a candidate (see match/company.py)."""

    support: float
    """How near the nearest of those with the candidate's answer is, from 0 (out of reach) to 1 (as near, or nearer)."""
    rival: float
    """The same of those with another answer; up to 2 where it is nearer than the candidate."""
    agreeing: int
    differing: int


ALONE = Company(0.0, 0.0, 0, 0)
"""No other question in reach, or none whose answer is known."""


class Candidate(NamedTuple):
    """A stored answer that might serve, without the answer's bytes."""

    entry_id: bytes
    text: str
    scope: Scope
    fingerprint: str
    tags: frozenset[str]
    features: Features
    created_ms: int
    expire_at_ms: int
    """0: never."""
    similarity: float
    """Cosine, -1 to 1. 1.0 for an exact match."""
    exact: bool
    context: Context = NO_CONTEXT
    image: str = ""
    flagged: float = 0.0
    """How near the question asked is to one for which this very answer is flagged; 0: it is not, 1: the same."""
    trust: float = 1.0
    """In the source the answer stands on."""
    complaints: int = 0
    """By how much bad reports on this entry outnumber good ones."""
    company: Company = ALONE
    confidence: float = 0.0
    """Probability that the answer is right for the question; 0 where a gate objects. 1.0 for an exact match."""


class Policy(NamedTuple):
    """The limits in force for this look-up."""

    similarity_min: float
    """The bar where cosine decides, else a floor."""
    budget_min: float = 0.0
    """The confidence that keeps the error budget; 0: there is none."""
    flagged_min: float = 1.0
    """From which nearness on a question is practically the flagged one."""
    trust_min: float = 0.0
    postures: Mapping[str, str] = POSTURE_COLUMN
    """Intent to how far its answers may be reused."""
    confidence_min: float = 0.0
    metric: str = COSINE
    """Whether confidence or cosine decides."""


Rule = Callable[[Question, Candidate, Policy], Reason | None]
"""Pure: may not read a clock, a disk or a global. Returns an objection or nothing."""

Measures = Callable[[Question, Candidate, Policy], tuple[object, object]]
"""What a rule looks at, for people: its measure and its limit, also when it has nothing to object to."""


class Gate(NamedTuple):
    """A rule under the name CEXPLAIN shows. `measures` is never called on the way to an answer."""

    name: str
    rule: Rule
    measures: Measures
