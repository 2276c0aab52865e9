"""Judgements to the bytes the store keeps, and back; the key spaces beside those of codec.py.

    key space   key                                value
    flag        "jf" tenant:8 id:16                version:1 facts_size:4 facts (JSON) vector (float32)
    source      "js" tenant:8 name:8               version:1 facts (JSON)
    reports     "jr" tenant:8 entry id:16          version:1 facts (JSON)
    tally       "jt" tenant:8 intent:8             version:1 facts (JSON)

tenant, name and intent are 8-byte BLAKE2b digests; the facts hold them in full.
"""

import base64
import json
import struct
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from crowkis.engine.codec import CodecError, scope_prefix
from crowkis.values.judgement import BINS, Flag, Reports, Source, Tally
from crowkis.values.vector import Vector

FLAG, SOURCE, REPORTS, TALLY = b"jf", b"js", b"jr", b"jt"
VERSION = 1
_FLAG_HEAD = struct.Struct("<BI")


class StoredFlag(NamedTuple):
    """A flag as it lies in the store."""

    flag: Flag
    vector: Vector | None


class StoredTally(NamedTuple):
    """A tally with what it is about."""

    tenant: str
    intent: str
    tally: Tally


def flag_key(tenant: str, flag_id: bytes) -> bytes:
    """Where a flag lies."""
    return FLAG + scope_prefix(tenant) + flag_id


def source_key(tenant: str, name: str) -> bytes:
    """Where a source lies."""
    return SOURCE + scope_prefix(tenant) + _digest(name)


def reports_key(tenant: str, entry_id: bytes) -> bytes:
    """Where the reports on an entry lie."""
    return REPORTS + scope_prefix(tenant) + entry_id


def tally_key(tenant: str, intent: str) -> bytes:
    """Where a tally lies."""
    return TALLY + scope_prefix(tenant) + _digest(intent)


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def encode_flag(flag: Flag, vector: Vector | None) -> bytes:
    """The value under a flag's key."""
    facts = flag._asdict() | {
        "flag_id": flag.flag_id.hex(),
        "question_id": flag.question_id.hex(),
        "answer_digest": flag.answer_digest.hex(),
        "answer": base64.b64encode(flag.answer).decode(),
    }
    body = _json(facts)
    return _FLAG_HEAD.pack(VERSION, len(body)) + body + (b"" if vector is None else vector.astype("<f4").tobytes())


def decode_flag(value: bytes) -> StoredFlag:
    """What encode_flag() made. Raises CodecError."""
    try:
        version, size = _FLAG_HEAD.unpack_from(value)
        _known(version)
        end = _FLAG_HEAD.size + size
        facts = json.loads(value[_FLAG_HEAD.size : end])
        names = ("flag_id", "question_id", "answer_digest")
        raw = {name: bytes.fromhex(facts[name]) for name in names}
        flag = Flag(**facts | raw | {"answer": base64.b64decode(facts["answer"], validate=True)})
        vector = np.frombuffer(value, dtype="<f4", offset=end).astype(np.float32) if end < len(value) else None
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise CodecError(f"unreadable flag: {error}") from error
    return StoredFlag(flag, vector)


def encode_source(source: Source) -> bytes:
    """The value under a source's key."""
    return _plain(source._asdict())


def decode_source(value: bytes) -> Source:
    """What encode_source() made. Raises CodecError."""
    try:
        return Source(**_facts(value))
    except TypeError as error:
        raise CodecError(f"unreadable source: {error}") from error


def encode_reports(reports: Reports) -> bytes:
    """The value under the key of an entry's reports."""
    return _plain(reports._asdict() | {"entry_id": reports.entry_id.hex()})


def decode_reports(value: bytes) -> Reports:
    """What encode_reports() made. Raises CodecError."""
    facts = _facts(value)
    try:
        return Reports(**facts | {"entry_id": bytes.fromhex(facts["entry_id"])})
    except (TypeError, ValueError, KeyError) as error:
        raise CodecError(f"unreadable reports: {error}") from error


def encode_tally(tenant: str, intent: str, tally: Tally) -> bytes:
    """The value under a tally's key."""
    return _plain({"tenant": tenant, "intent": intent} | tally._asdict())


def decode_tally(value: bytes) -> StoredTally:
    """What encode_tally() made. Raises CodecError."""
    facts = _facts(value)
    try:
        tenant, intent = facts.pop("tenant"), facts.pop("intent")
        rows = {name: tuple(map(float, facts[name])) for name in ("right", "wrong", "seen")}
        if any(len(row) != BINS for row in rows.values()):
            raise CodecError(f"a tally of other bins than this server's {BINS}")
        return StoredTally(tenant, intent, Tally(**facts | rows))
    except (TypeError, ValueError, KeyError) as error:
        raise CodecError(f"unreadable tally: {error}") from error


def _plain(facts: dict[str, Any]) -> bytes:
    return bytes([VERSION]) + _json(facts)


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _facts(value: bytes) -> dict[str, Any]:
    try:
        _known(value[0])
        facts = json.loads(value[1:])
    except (IndexError, ValueError) as error:
        raise CodecError(f"unreadable judgement: {error}") from error
    if not isinstance(facts, dict):
        raise CodecError("unreadable judgement: not a table of facts")
    return facts


def _known(version: int) -> None:
    if version != VERSION:
        raise CodecError(f"judgement of layout version {version}; this server reads {VERSION}")
