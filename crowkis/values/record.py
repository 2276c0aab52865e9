"""What a write changes. The engine applies a record through state.apply(), and so does recovery."""

from collections.abc import Sequence
from typing import NamedTuple

from crowkis.values.access import AccessRecord, RosterRecord
from crowkis.values.judgement import Judgement
from crowkis.values.question import NO_CONTEXT, Context, Features, Scope
from crowkis.values.vector import Vector


class Entry(NamedTuple):
    """A stored answer without its bytes. `entry_id` is 16 bytes, a digest of what identifies the question."""

    entry_id: bytes
    scope: Scope
    text: str
    features: Features | None
    """None until a rule needs them: working them out takes longer than reading the entry."""
    tags: frozenset[str]
    fingerprint: str
    """Empty when no vector could be made: such an entry serves exact repeats only."""
    created_ms: int
    expire_at_ms: int
    """Unix milliseconds; 0: never."""
    answer_bytes: int
    cost_usd: float | None = None
    """What making the answer cost, as CSET's COST told; None: to be estimated."""
    context: Context = NO_CONTEXT
    image: str = ""
    """Digest of the image the question is about; empty: none."""
    source: str = ""
    """Who or what the answer stands on, as CSET's SOURCE told."""
    answer_sketch: bytes = b""
    """Tells whether two answers say the same without reading them; empty in entries of older versions: unknown."""
    template: bytes = b""
    """Names the question's skeleton and the values in it; empty in entries of older versions: unknown."""
    pinned: bool = False
    """It is never evicted; its time may still be up."""
    grace_ms: int = 0
    """So long before expire_at_ms it is good no more, and served only to those who ask for what is past (STALE)."""

    @property
    def good_until_ms(self) -> int:
        """When it is not fresh any more; 0: never."""
        return self.expire_at_ms - self.grace_ms


class PutEntry(NamedTuple):
    """Store an answer, replacing the one of the same id."""

    entry: Entry
    vector: Vector | None
    answer: bytes


class DropEntry(NamedTuple):
    """Remove a stored answer and note in the ledger why."""

    entry_id: bytes
    scope: Scope
    reason: str
    """An id of REASONS, gate "kept"."""
    at_ms: int
    score: float = 0.0
    """What an evicted answer was worth (see lifecycle/eviction.py)."""


class Departure(NamedTuple):
    """A line of the ledger: what left, when and why. It never holds a question or an answer."""

    number: int
    """Counts up from 0 and is never given twice."""
    at_ms: int
    reason: str
    entry_id: bytes
    """Empty: a flush; then tenant and namespace say of what (None: of all), and entries how many."""
    tenant: str | None
    namespace: str | None
    entries: int
    size_bytes: int
    cost_usd: float
    frequency: float
    idle_ms: int
    score: float


class PutKey(NamedTuple):
    """Set a plain key of database `db` to a string, whatever it held. `expire_at_ms` 0: never."""

    db: int
    key: bytes
    value: bytes
    expire_at_ms: int


class DropKey(NamedTuple):
    """Remove a plain key, whatever it holds."""

    db: int
    key: bytes


class Change(NamedTuple):
    """Set and remove elements of the collection under a key; it begins with the first and ends with the last one.

    What an element is, and its bytes, is the kind's affair (engine/kinds.py). `drop` is done before `put`.
    """

    db: int
    key: bytes
    kind: str
    """hash, list, set or zset; a key that holds another kind must be dropped first."""
    put: Sequence[tuple[bytes, bytes]]
    drop: Sequence[bytes] = ()


class SetEnd(NamedTuple):
    """Give a plain key that is there, whatever it holds, another end. `expire_at_ms` 0: never."""

    db: int
    key: bytes
    expire_at_ms: int


class MoveKey(NamedTuple):
    """Give a plain key that is there another name, or another database, with its end; what lay there is replaced."""

    db: int
    key: bytes
    to_db: int
    to_key: bytes


class DropDatabase(NamedTuple):
    """Remove every plain key of one database, collections included."""

    db: int


class DropScope(NamedTuple):
    """Remove every stored answer of a namespace, of a tenant (namespace None), or of all (tenant None)."""

    tenant: str | None
    namespace: str | None
    at_ms: int


KeyRecord = PutKey | DropKey | Change | SetEnd | MoveKey | DropDatabase
Record = PutEntry | DropEntry | DropScope | KeyRecord | Judgement | AccessRecord | RosterRecord
