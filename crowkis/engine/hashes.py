"""A hash: fields and values, in the order they came.

element: field -> end_ms:8 place:4 value
    end_ms   little-endian Unix milliseconds, 0: the field never ends
    place    little-endian; what came earlier has the smaller one, so that a hash of up to ORDERED_FIELDS_MAX fields is
             in its order again when it is read; UNPLACED: the field came when there were more
"""

import struct
from collections.abc import Mapping, Sequence

from crowkis.engine.ends import LINE_BYTES, Lines

_HEAD = struct.Struct("<qI")
HEAD_BYTES = _HEAD.size
ORDERED_FIELDS_MAX = 512
UNPLACED = 0xFFFFFFFF
FIELD_BYTES = 120
"""What a field takes in memory beside its own bytes and its value's, approximately."""
PLACE_BYTES = 80
"""What knowing its place takes."""
SPARE_LINES = 16
NO_ENDS: Mapping[bytes, int] = {}


class Hash:
    """Commands read it and change nothing: see kinds.Collection."""

    __slots__ = ("_last_ms", "_lines", "ends", "kind", "next_place", "places", "size_bytes", "values")

    def __init__(self) -> None:
        self.kind = "hash"
        self.values: dict[bytes, bytes] = {}
        self._lines = Lines(SPARE_LINES)
        self.ends = self._lines.by_name
        """Of the fields that have one: when they end, Unix milliseconds."""
        self.places: dict[bytes, int] = {}
        self.next_place = 0
        """What a new field gets as its place."""
        self.size_bytes = 0
        self._last_ms: int | None = 0
        """The latest end of a field; None: to be worked out again."""

    def __len__(self) -> int:
        return len(self.values)

    def change(self, put: Sequence[tuple[bytes, bytes]], drop: Sequence[bytes]) -> None:
        """See kinds.Collection."""
        for field in drop:
            value = self.values.pop(field, None)
            if value is not None:
                self.size_bytes -= len(field) + len(value) + FIELD_BYTES
                self._end(field, 0)
                if self.places.pop(field, None) is not None:
                    self.size_bytes -= PLACE_BYTES
        for field, stored in put if self.values else sorted(put, key=_place_of):
            end_ms, place = _HEAD.unpack_from(stored)
            old = self.values.get(field)
            if old is None:
                self.size_bytes += len(field) + FIELD_BYTES
                if place != UNPLACED:
                    self.places[field] = place
                    self.next_place = max(self.next_place, place + 1)
                    self.size_bytes += PLACE_BYTES
            else:
                self.size_bytes -= len(old)
            self.values[field] = value = stored[HEAD_BYTES:]
            self.size_bytes += len(value)
            if end_ms or self.ends:
                self._end(field, end_ms)

    def _end(self, field: bytes, end_ms: int) -> None:
        old_ms = self._lines.drop(field)
        if old_ms is not None:
            self.size_bytes -= LINE_BYTES
            if old_ms == self._last_ms:
                self._last_ms = None
        if end_ms:
            self._lines.put(field, end_ms)
            self.size_bytes += LINE_BYTES
            if self._last_ms is not None:
                self._last_ms = max(self._last_ms, end_ms)

    def first_end_ms(self) -> int:
        """The earliest end that past() has not told yet; 0: there is none."""
        return self._lines.first_ms()

    def is_over(self, now_ms: int) -> bool:
        """Is the time of every field up?"""
        if len(self.ends) < len(self.values):
            return False
        if self._last_ms is None:
            self._last_ms = max(self.ends.values(), default=0)
        return self._last_ms <= now_ms

    def past(self, now_ms: int, most: int) -> list[bytes]:
        """Up to `most` fields whose time is up; each is told once."""
        return self._lines.due(now_ms, most)


def _place_of(element: tuple[bytes, bytes]) -> int:
    return int(_HEAD.unpack_from(element[1])[1])


def stored_field(value: bytes, end_ms: int = 0, place: int = 0) -> bytes:
    """A field's value as the store keeps it."""
    return _HEAD.pack(end_ms, place) + value


def stored_fields(
    found: Hash | None, given: Mapping[bytes, bytes], ends: Mapping[bytes, int] = NO_ENDS
) -> list[tuple[bytes, bytes]]:
    """Fields to be set, as the store keeps them: one that is there keeps its place, a new one comes last."""
    places: Mapping[bytes, int] = {} if found is None else found.places
    count, place = (0, 0) if found is None else (len(found), found.next_place)
    put = []
    for field, value in given.items():
        known = UNPLACED if found is not None and field in found.values else None
        mine = places.get(field, known)
        if mine is None:
            mine = place if count < ORDERED_FIELDS_MAX and place < UNPLACED else UNPLACED
            count, place = count + 1, place + (mine != UNPLACED)
        put.append((field, stored_field(value, ends.get(field, 0), mine)))
    return put
