"""One block of a table: sorted keys without what they all begin with, values, and where each begins and ends.

FORMAT.md has the grammar. Finding a key is one search through the block's keys, not a walk over entries.
Turns bytes into pairs and back; never touches a disk, never checks a checksum: table.py does.
"""

import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import accumulate
from struct import Struct
from typing import Final

_HEAD = Struct("<II")
_PUT, _REMOVED = b"\x01", b"\x02"


class Missing(Enum):
    """The type of MISSING."""

    TOKEN = 0


MISSING: Final = Missing.TOKEN
"""Not there at all, as opposed to None: known to be removed."""


def encode_block(keys: Sequence[bytes], values: Sequence[bytes | None]) -> bytes:
    """A block of these pairs; the keys are in order. None is a removed key."""
    cut = _shared_bytes(keys[0], keys[-1]) if keys else 0
    prefix = keys[0][:cut] if keys else b""
    suffixes = [key[cut:] for key in keys]
    stored = [value or b"" for value in values]
    ends = array("I", accumulate(map(len, (*suffixes, *stored)), initial=0))
    if sys.byteorder == "big":
        ends.byteswap()
    kinds = b"".join([_REMOVED if value is None else _PUT for value in values])
    return b"".join((_HEAD.pack(len(keys), cut), prefix, kinds, ends.tobytes(), *suffixes, *stored))


def _shared_bytes(one: bytes, other: bytes) -> int:
    for at, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            return at
    return min(len(one), len(other))


class Block:
    """A block to read from. Raises struct.error, ValueError or IndexError where the bytes are not one."""

    __slots__ = ("_body_at", "_ends", "_kinds_at", "_prefix", "_raw", "count")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.count: int
        self.count, prefix_bytes = _HEAD.unpack_from(raw)
        self._kinds_at = _HEAD.size + prefix_bytes
        self._prefix = raw[_HEAD.size : self._kinds_at]
        ends_at = self._kinds_at + self.count
        self._body_at = ends_at + 4 * (2 * self.count + 1)
        ends = array("I")
        ends.frombytes(raw[ends_at : self._body_at])
        if sys.byteorder == "big":
            ends.byteswap()
        self._ends = ends
        if len(ends) != 2 * self.count + 1 or self._body_at + ends[-1] != len(raw):
            raise struct.error("a block whose parts do not fill it")

    @property
    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return len(self._raw) + 8 * int(self.count) + 300

    def find(self, key: bytes) -> bytes | Missing | None:
        """The value of `key`, None where it is removed, MISSING where the block has no such key."""
        prefix, raw, ends, body_at = self._prefix, self._raw, self._ends, self._body_at
        if not key.startswith(prefix):
            return MISSING
        suffix = key[len(prefix) :]
        found_at = raw.find(suffix, body_at, body_at + ends[self.count])
        if found_at < 0:
            return MISSING
        at = bisect_left(ends, found_at - body_at, 0, self.count)
        if at < self.count and ends[at] == found_at - body_at and ends[at + 1] - ends[at] == len(suffix):
            return self._value(at)
        at = self.index_from(key)  # bytes that look like the key lay across two others
        return self._value(at) if at < self.count and self._suffix(at) == suffix else MISSING

    def index_from(self, key: bytes) -> int:
        """Where the first key not less than `key` is; `count` where there is none."""
        prefix = self._prefix
        if key.startswith(prefix):
            return bisect_left(range(self.count), key[len(prefix) :], key=self._suffix)
        return 0 if key < prefix else self.count

    def keys(self, begin: int = 0) -> list[bytes]:
        """The keys from number `begin` on."""
        raw, ends, body_at, prefix = self._raw, self._ends, self._body_at, self._prefix
        return [prefix + raw[body_at + ends[at] : body_at + ends[at + 1]] for at in range(begin, self.count)]

    def values(self, begin: int = 0) -> list[bytes | None]:
        """The values from number `begin` on, None for removed keys."""
        return [self._value(at) for at in range(begin, self.count)]

    def pairs(self, begin: int = 0) -> Iterator[tuple[bytes, bytes | None]]:
        """Keys and values from number `begin` on."""
        return zip(self.keys(begin), self.values(begin), strict=True)

    def _suffix(self, at: int) -> bytes:
        return self._raw[self._body_at + self._ends[at] : self._body_at + self._ends[at + 1]]

    def _value(self, at: int) -> bytes | None:
        raw = self._raw
        if raw[self._kinds_at + at] == 2:
            return None
        at += self.count
        return raw[self._body_at + self._ends[at] : self._body_at + self._ends[at + 1]]
