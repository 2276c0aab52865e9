"""How commands look at plain keys: what a key holds now, when it ends, and the records that change a collection."""

from collections.abc import Sequence
from typing import NamedTuple

from crowkis.engine.codec import COLLECTION_VERSION, NEVER, PLAIN_HEAD, plain_key
from crowkis.engine.engine import Engine
from crowkis.engine.kinds import Collection, live_elements
from crowkis.values.errors import malformed, wrong_type
from crowkis.values.limits import EXPIRE_MS_MAX
from crowkis.values.record import Change, DropKey, PutKey, Record, SetEnd

_HEAD_BYTES = PLAIN_HEAD.size
STRING = "string"


def read(engine: Engine, db: int, key: bytes) -> bytes | None:
    """The live string of a key. Raises CommandError where it holds another type."""
    stored = engine.state.get(plain_key(db, key))
    if stored is None:
        _missed(engine, db, key)
        return None
    if stored.startswith(NEVER):
        return stored[_HEAD_BYTES:]
    version, expire_at_ms = PLAIN_HEAD.unpack_from(stored)
    if 0 < expire_at_ms <= engine.now_ms:
        _missed(engine, db, key)
        return None
    if version == COLLECTION_VERSION:
        if engine.state.keys.is_over(plain_key(db, key), engine.now_ms):
            _missed(engine, db, key)
            return None
        raise wrong_type()
    return stored[_HEAD_BYTES:]


def _missed(engine: Engine, db: int, key: bytes) -> None:
    if engine.events.misses:
        engine.events.missed(db, key)


def expiry_of(engine: Engine, db: int, key: bytes) -> int | None:
    """When a live key ends (0: never), whatever it holds, or None where it is not there."""
    full, now_ms = plain_key(db, key), engine.now_ms
    expire_at_ms = engine.state.plain_expiry(full)
    if expire_at_ms is None or 0 < expire_at_ms <= now_ms or engine.state.keys.is_over(full, now_ms):
        _missed(engine, db, key)
        return None
    return expire_at_ms


def is_there(engine: Engine, db: int, key: bytes) -> bool:
    """Is there a live key of this name, whatever it holds?"""
    return expiry_of(engine, db, key) is not None


def kind_of(engine: Engine, db: int, key: bytes) -> str | None:
    """What a live key holds, as TYPE tells it, or None where it is not there."""
    return engine.state.keys.kind_of(plain_key(db, key)) if is_there(engine, db, key) else None


def collection(engine: Engine, db: int, key: bytes, kind: str) -> Collection | None:
    """The live collection under a key, or None where the key is not there. Raises CommandError for another type.

    Read it and leave it as it is; see changed().
    """
    full = plain_key(db, key)
    keys = engine.state.keys
    head = keys.heads.get(full)
    if head is None:
        if is_there(engine, db, key):
            raise wrong_type()
        return None
    if 0 < head.expire_at_ms <= engine.now_ms or keys.is_over(full, engine.now_ms):
        _missed(engine, db, key)
        return None
    if head.kind != kind:
        raise wrong_type()
    return keys.collection(full)


def changed(
    engine: Engine, db: int, key: bytes, kind: str, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes] = ()
) -> tuple[Record, ...]:
    """The records that set and remove elements of the collection under a key, which collection() has looked at.

    The key begins with its first element and ends with its last one; nothing to change is no record.
    """
    if not put and not drop:
        return ()
    change = Change(db, key, kind, put, drop)
    gone = engine.state.plain_expiry(plain_key(db, key)) is not None and not is_there(engine, db, key)
    return (DropKey(db, key), change) if gone else (change,)


class Contents(NamedTuple):
    """All that a live key holds."""

    kind: str
    """As TYPE tells it."""
    elements: Sequence[tuple[bytes, bytes]]
    """Of a collection, as the store keeps them; of a string, one: nothing and its bytes."""


def contents(engine: Engine, db: int, key: bytes) -> Contents | None:
    """What a live key holds, or None where it is not there."""
    kind = kind_of(engine, db, key)
    if kind is None:
        return None
    if kind == STRING:
        return Contents(kind, [(b"", read(engine, db, key) or b"")])
    full, keys = plain_key(db, key), engine.state.keys
    held = keys.collection(full)
    assert held is not None
    return Contents(kind, live_elements(held, keys.elements(full), engine.now_ms))


def recreated(engine: Engine, db: int, key: bytes, held: Contents, expire_at_ms: int) -> tuple[Record, ...]:
    """The records that make a key hold this and nothing else."""
    if held.kind == STRING:
        return (PutKey(db, key, held.elements[0][1], expire_at_ms),)
    change = Change(db, key, held.kind, held.elements)
    there = engine.state.plain_expiry(plain_key(db, key)) is not None
    before = (DropKey(db, key),) if there else ()
    after = (SetEnd(db, key, expire_at_ms),) if expire_at_ms else ()
    return (*before, change, *after)


def checked_expiry(value: int, unit_ms: int, start_ms: int, name: str) -> int:
    """start + value in milliseconds. Raises CommandError where value is not positive or too far away."""
    at_ms = start_ms + value * unit_ms
    if value <= 0 or at_ms > EXPIRE_MS_MAX:
        raise malformed(f"invalid expire time in '{name}' command")
    return at_ms
