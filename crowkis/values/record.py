"""What a write changes. The engine applies a record through state.apply(), and so does recovery."""

from typing import NamedTuple

from crowkis.values.question import Features, Scope
from crowkis.values.vector import Vector


class Entry(NamedTuple):
    """A stored answer without its bytes. `entry_id` is 16 bytes, a digest of scope and normalised text."""

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


class PutEntry(NamedTuple):
    """Store an answer, replacing the one of the same id."""

    entry: Entry
    vector: Vector | None
    answer: bytes


class DropEntry(NamedTuple):
    """Remove a stored answer."""

    entry_id: bytes
    scope: Scope


class PutKey(NamedTuple):
    """Set a plain key of database `db`. `expire_at_ms` 0: never."""

    db: int
    key: bytes
    value: bytes
    expire_at_ms: int


class DropKey(NamedTuple):
    """Remove a plain key."""

    db: int
    key: bytes


class DropDatabase(NamedTuple):
    """Remove every plain key of one database."""

    db: int


class DropScope(NamedTuple):
    """Remove every stored answer of a namespace, of a tenant (namespace None), or of all (tenant None)."""

    tenant: str | None
    namespace: str | None


Record = PutEntry | DropEntry | PutKey | DropKey | DropDatabase | DropScope
