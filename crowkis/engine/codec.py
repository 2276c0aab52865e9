"""Records to the bytes the store keeps, and back. The only place that knows how meaning is laid out in keys and values.

    key space   key                                value
    entry       "e" tenant:8 namespace:8 id:16     version:1 facts_size:4 facts (JSON) vector (float32)
    answer      "a" tenant:8 namespace:8 id:16     the answer's bytes as they came
    plain       "k" db:1 key                       1:1 expire_at_ms:8 string
                                                   2:1 expire_at_ms:8 kind:1 collection:8 [first_end_ms:8]
    element     "c" db:1 collection:8 field        the element's bytes (see the kind in engine/kinds.py)
    departure   "l" place:4                        version:1 facts (JSON)
    judgements  "j" ...                            see judgement_codec.py
    user        "u" ...                            see access_codec.py
    API key     "p" ...                            see roster.py
    quota       "q" ...                            see roster.py

tenant and namespace are 8-byte BLAKE2b digests, so that one tenant, or one namespace of it, is one prefix.
Integers are little-endian. The facts hold the full names; they are what rules compare.
"""

import json
import struct
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from crowkis.values.question import NO_CONTEXT, Context, Scope
from crowkis.values.record import Departure, Entry
from crowkis.values.vector import Vector

ENTRY, ANSWER, PLAIN, LEDGER, ELEMENT = b"e", b"a", b"k", b"l", b"c"
VERSION = 1
COLLECTION_VERSION = 2
"""The first byte of a plain key's value tells whether a string follows or what a collection is called by."""
PLAIN_HEAD = struct.Struct("<Bq")
_COLLECTION_HEAD = struct.Struct("<BqB8s")
_FIRST_END = struct.Struct("<q")
"""At the end of a collection's head, where elements of it have an end."""
KINDS = ("hash", "list", "set", "zset")
"""Their number on disk is their place here; never reorder."""
_ENTRY_HEAD = struct.Struct("<BI")
_DIGEST_BYTES = 8
_PREFIXES_REMEMBERED_MAX = 1_024


class CodecError(Exception):
    """A value in the store is not laid out as this version writes it."""


ELEMENT_PREFIX_BYTES = 10
"""An element's key without its field."""


class Head(NamedTuple):
    """What lies under the key of a collection."""

    kind: str
    expire_at_ms: int
    collection: bytes
    """8 bytes, big-endian: the part of its elements' keys that is its own."""
    first_end_ms: int = 0
    """No element ends earlier; 0: none has an end."""


class StoredEntry(NamedTuple):
    """An entry as it lies in the store."""

    entry: Entry
    vector: Vector | None


@lru_cache(_PREFIXES_REMEMBERED_MAX)
def scope_prefix(tenant: str, namespace: str | None = None) -> bytes:
    """The part of an entry's key that its tenant (and namespace) decide."""
    prefix = blake2b(tenant.encode(), digest_size=_DIGEST_BYTES).digest()
    if namespace is not None:
        prefix += blake2b(namespace.encode(), digest_size=_DIGEST_BYTES).digest()
    return prefix


def entry_suffix(entry_id: bytes, scope: Scope) -> bytes:
    """An entry's key without the first byte; the same for its answer."""
    return scope_prefix(scope.tenant, scope.namespace) + entry_id


def encode_entry(entry: Entry, vector: Vector | None) -> bytes:
    """The value under an entry's key."""
    facts = {
        "id": entry.entry_id.hex(),
        "scope": list(entry.scope),
        "text": entry.text,
        "tags": sorted(entry.tags),
        "fingerprint": entry.fingerprint,
        "created_ms": entry.created_ms,
        "expire_at_ms": entry.expire_at_ms,
        "answer_bytes": entry.answer_bytes,
    }
    if entry.cost_usd is not None:
        facts["cost_usd"] = entry.cost_usd
    if entry.context != NO_CONTEXT:
        facts["context"] = list(entry.context)
    if entry.image:
        facts["image"] = entry.image
    if entry.source:
        facts["source"] = entry.source
    if entry.answer_sketch:
        facts["answer_sketch"] = entry.answer_sketch.hex()
    if entry.template:
        facts["template"] = entry.template.hex()
    if entry.pinned:
        facts["pinned"] = True
    if entry.grace_ms:
        facts["grace_ms"] = entry.grace_ms
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    tail = b"" if vector is None else vector.astype("<f4").tobytes()
    return _ENTRY_HEAD.pack(VERSION, len(body)) + body + tail


def decode_entry(value: bytes) -> StoredEntry:
    """What encode_entry() made, without what the rules know of the text. Raises CodecError."""
    try:
        version, size = _ENTRY_HEAD.unpack_from(value)
        if version != VERSION:
            raise CodecError(f"entry of layout version {version}; this server reads {VERSION}")
        body = value[_ENTRY_HEAD.size : _ENTRY_HEAD.size + size]
        facts = json.loads(body)
        entry = Entry(
            entry_id=bytes.fromhex(facts["id"]),
            scope=Scope(*facts["scope"]),
            text=facts["text"],
            features=None,
            tags=frozenset(facts["tags"]),
            fingerprint=facts["fingerprint"],
            created_ms=facts["created_ms"],
            expire_at_ms=facts["expire_at_ms"],
            answer_bytes=facts["answer_bytes"],
            cost_usd=facts.get("cost_usd"),
            context=Context(*facts.get("context", NO_CONTEXT)),
            image=facts.get("image", ""),
            source=facts.get("source", ""),
            answer_sketch=bytes.fromhex(facts.get("answer_sketch", "")),
            template=bytes.fromhex(facts.get("template", "")),
            pinned=facts.get("pinned", False),
            grace_ms=facts.get("grace_ms", 0),
        )
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise CodecError(f"unreadable entry: {error}") from error
    return StoredEntry(entry, decode_vector(value))


def decode_vector(value: bytes) -> Vector | None:
    """The vector alone of what encode_entry() made, if there is one."""
    start = _ENTRY_HEAD.size + int(_ENTRY_HEAD.unpack_from(value)[1])
    return np.frombuffer(value, dtype="<f4", offset=start).astype(np.float32) if start < len(value) else None


def ledger_key(place: int) -> bytes:
    """Where a line of the ledger lies."""
    return LEDGER + place.to_bytes(4, "big")


def encode_departure(row: Departure) -> bytes:
    """The value under a ledger key."""
    facts = row._asdict() | {"entry_id": row.entry_id.hex()}
    return bytes([VERSION]) + json.dumps(facts, separators=(",", ":")).encode()


def decode_departure(value: bytes) -> Departure:
    """What encode_departure() made. Raises CodecError."""
    try:
        if value[0] != VERSION:
            raise CodecError(f"ledger line of layout version {value[0]}; this server reads {VERSION}")
        facts = json.loads(value[1:])
        return Departure(**facts | {"entry_id": bytes.fromhex(facts["entry_id"])})
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise CodecError(f"unreadable ledger line: {error}") from error


def plain_key(db: int, key: bytes) -> bytes:
    """Where a plain key lies."""
    return _PLAIN_PREFIXES[db] + key


def encode_plain(value: bytes, expire_at_ms: int) -> bytes:
    """The value under a plain key."""
    return PLAIN_HEAD.pack(VERSION, expire_at_ms) + value


def encode_head(head: Head) -> bytes:
    """The value under the key of a collection."""
    kind, expire_at_ms, collection, first_end_ms = head
    value = _COLLECTION_HEAD.pack(COLLECTION_VERSION, expire_at_ms, KINDS.index(kind), collection)
    return value + _FIRST_END.pack(first_end_ms) if first_end_ms else value


def decode_head(value: bytes) -> Head:
    """What encode_head() made. Raises CodecError."""
    try:
        size = _COLLECTION_HEAD.size
        version, expire_at_ms, kind, collection = _COLLECTION_HEAD.unpack(value[:size])
        if version != COLLECTION_VERSION:
            raise CodecError(f"collection of layout version {version}; this server reads {COLLECTION_VERSION}")
        first_end_ms = int(_FIRST_END.unpack(value[size:])[0]) if len(value) > size else 0
        return Head(KINDS[kind], expire_at_ms, collection, first_end_ms)
    except (struct.error, IndexError) as error:
        raise CodecError(f"unreadable collection: {error}") from error


def element_prefix(db: int, collection: bytes = b"") -> bytes:
    """How the keys of a collection's elements begin, or of all in a database."""
    return ELEMENT + bytes([db]) + collection


_PLAIN_PREFIXES = [PLAIN + bytes([db]) for db in range(256)]
NEVER = PLAIN_HEAD.pack(VERSION, 0)
"""The head of a plain value without expiry."""
