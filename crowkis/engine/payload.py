"""What DUMP tells and RESTORE takes: all that a key holds, in bytes of our own.

payload := magic "CKD" | version:1 | kind:1 | count:4 | count times (size:4 field | size:4 bytes) | checksum:8

kind 0 is a string: one element without field. Else it is one more than the kind's place in codec.KINDS, and the
elements are as the store keeps them. Integers are little-endian; the checksum is BLAKE2b over all before it.
A key's name and lifetime are not part of it.
"""

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from crowkis.engine.codec import KINDS
from crowkis.engine.kinds import NEW

MAGIC = b"CKD"
VERSION = 1
ELEMENTS_MAX = 1 << 17
"""A key of more is neither dumped nor restored: it would hold everybody else up."""
_HEAD = struct.Struct("<3sBBI")
_SIZE = struct.Struct("<I")
_CHECKSUM_BYTES = 8
_NAMES = ("string", *KINDS)


class PayloadError(Exception):
    """Bytes that encode() of this version has not made, or too many of them."""


class Dumped(NamedTuple):
    """What a payload holds."""

    kind: str
    elements: Sequence[tuple[bytes, bytes]]


def encode(kind: str, elements: Sequence[tuple[bytes, bytes]], bytes_max: int) -> bytes:
    """The payload. Raises PayloadError where it would be larger than `bytes_max`, or has too many elements."""
    overhead = _HEAD.size + _CHECKSUM_BYTES + 2 * _SIZE.size * len(elements)
    if len(elements) > ELEMENTS_MAX or overhead + sum(len(field) + len(value) for field, value in elements) > bytes_max:
        raise PayloadError(f"the key is too large: at most {ELEMENTS_MAX} elements and {bytes_max} bytes")
    parts = [_HEAD.pack(MAGIC, VERSION, _NAMES.index(kind), len(elements))]
    for element in elements:
        for part in element:
            parts += (_SIZE.pack(len(part)), part)
    body = b"".join(parts)
    return body + _checksum(body)


def decode(payload: bytes) -> Dumped:
    """What encode() was given. Raises PayloadError."""
    body, checksum = payload[:-_CHECKSUM_BYTES], payload[-_CHECKSUM_BYTES:]
    if not body.startswith(MAGIC) or len(body) < _HEAD.size:
        raise PayloadError("this is no payload of DUMP here; those of Redis cannot be read")
    if checksum != _checksum(body):
        raise PayloadError("the payload is damaged: its checksum does not fit")
    _, version, number, count = _HEAD.unpack_from(body)
    if version != VERSION:
        raise PayloadError(f"a payload of version {version}; this server reads {VERSION}")
    if number >= len(_NAMES) or not 0 < count <= ELEMENTS_MAX:
        raise PayloadError("the payload holds nothing this server knows")
    dumped = Dumped(_NAMES[number], _elements(body, count))
    _try(dumped)
    return dumped


def _elements(body: bytes, count: int) -> list[tuple[bytes, bytes]]:
    parts, at = [], _HEAD.size
    for _ in range(2 * count):
        start = at + _SIZE.size
        if start > len(body):
            raise PayloadError("the payload ends too early")
        at = start + _SIZE.unpack_from(body, at)[0]
        parts.append(body[start:at])
    if at != len(body):
        raise PayloadError("the payload does not end where it should")
    return list(zip(parts[::2], parts[1::2], strict=True))


def _try(dumped: Dumped) -> None:
    """Does the kind take the elements? Better known before anything is changed."""
    kind, elements = dumped
    if kind == "string":
        sound = len(elements) == 1 and not elements[0][0]
    elif kind in NEW and len(dict(elements)) == len(elements):
        held = NEW[kind]()
        try:
            held.change(elements, ())
        except (struct.error, ValueError, IndexError, KeyError, OverflowError):
            sound = False
        else:
            sound = len(held) > 0
    else:
        sound = False
    if not sound:
        raise PayloadError(f"the payload's elements are none of a {kind}")


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
