"""What is asked, what was found, what is allowed: the three things a serve rule looks at."""

from collections.abc import Callable
from typing import NamedTuple

from crowkis.values.verdict import Reason


class Features(NamedTuple):
    """What the rules need to know of a text, worked out once (for stored questions: when they are stored)."""

    numbers: tuple[str, ...]
    """Numbers, dates and similar values in a canonical form, in order of appearance."""
    quoted: tuple[str, ...]
    """Spans in quotes or backticks, as written."""
    negations: int
    """How many negating words or prefixes the text holds."""


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


class Policy(NamedTuple):
    """The limits in force for this look-up."""

    similarity_min: float


Rule = Callable[[Question, Candidate, Policy], Reason | None]
"""Pure: may not read a clock, a disk or a global. Returns an objection or nothing."""

Measures = Callable[[Question, Candidate, Policy], tuple[object, object]]
"""What a rule looks at, for people: its measure and its limit, also when it has nothing to object to."""


class Gate(NamedTuple):
    """A rule under the name CEXPLAIN shows. `measures` is never called on the way to an answer."""

    name: str
    rule: Rule
    measures: Measures
