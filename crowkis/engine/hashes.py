"""A hash: fields and values, in the order they came.

element: field -> end_ms:8 value        (end_ms little-endian Unix milliseconds, 0: the field never ends)
"""

import struct
from collections.abc import Sequence

_END = struct.Struct("<q")


class Hash:
    """Commands read `values` and `ends` and change neither: see kinds.Collection."""

    __slots__ = ("ends", "kind", "size_bytes", "values")

    def __init__(self) -> None:
        self.kind = "hash"
        self.values: dict[bytes, bytes] = {}
        self.ends: dict[bytes, int] = {}
        """Of the fields that have one: when they end, Unix milliseconds."""
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self.values)

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """See kinds.Collection."""
        for field in drop:
            value = self.values.pop(field, None)
            if value is not None:
                self.size_bytes -= len(field) + len(value) + HASH_FIELD_BYTES
                self.ends.pop(field, None)
        for field, stored in put:
            old = self.values.get(field)
            if old is None:
                self.size_bytes += len(field) + HASH_FIELD_BYTES
            else:
                self.size_bytes -= len(old)
            value = stored[_END.size :]
            self.values[field] = value
            self.size_bytes += len(value)
            end_ms = _END.unpack_from(stored)[0]
            if end_ms:
                self.ends[field] = end_ms
            else:
                self.ends.pop(field, None)


HASH_FIELD_BYTES = 120
"""What a field takes in memory beside its own bytes and its value's, approximately."""


def stored_field(value: bytes, end_ms: int = 0) -> bytes:
    """A field's value as the store keeps it."""
    return _END.pack(end_ms) + value
