"""Bitmaps: the words that look at a string bit by bit, the highest bit of its first byte first.

A bit beyond the end reads as 0; writing one lengthens the string with zeros, up to BULK_BYTES_MAX.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from crowkis.commands.args import KEY, arg, choice, whole
from crowkis.commands.keys import expiry_of, is_there, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed, wrong_count
from crowkis.values.limits import BULK_BYTES_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropKey, PutKey
from crowkis.values.reply import Reply

BIT_OFFSET_MAX = (1 << 32) - 1
"""As in Redis; what may be written is bounded by BULK_BYTES_MAX too."""
OFFSET = whole(0, BIT_OFFSET_MAX)
BIT = whole(0, 1)
UNIT = choice("BYTE", "BIT")

Bytes = npt.NDArray[np.uint8]


def lengthened(value: bytes, size_bytes: int) -> bytearray:
    """A string that can be changed, of at least so many bytes. Raises CommandError where that is too long."""
    if size_bytes > BULK_BYTES_MAX:
        raise malformed(f"the value would exceed {BULK_BYTES_MAX} bytes")
    longer = bytearray(max(len(value), size_bytes))
    longer[: len(value)] = value
    return longer


@command("SETBIT", arg("key", KEY), arg("offset", OFFSET), arg("value", BIT), category="bitmap", writes=True)
def setbit(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set a bit of a string and tell what it was."""
    old = read(engine, client.db, args.key) or b""
    place, mask = args.offset >> 3, 0x80 >> (args.offset & 7)
    before = int(place < len(old) and old[place] & mask != 0)
    if place < len(old) and before == args.value:
        return Outcome(before)
    value = lengthened(old, place + 1)
    value[place] = value[place] | mask if args.value else value[place] & ~mask
    kept = expiry_of(engine, client.db, args.key) or 0
    return Outcome(before, (PutKey(client.db, args.key, bytes(value), kept),))


@command("GETBIT", arg("key", KEY), arg("offset", OFFSET), category="bitmap")
def getbit(engine: Engine, client: Client, args: Any) -> Reply:
    """Read a bit of a string."""
    value = read(engine, client.db, args.key) or b""
    place = args.offset >> 3
    return value[place] >> (7 - (args.offset & 7)) & 1 if place < len(value) else 0


def _span(size_bytes: int, start: int, end: int, unit: str | None) -> tuple[int, int]:
    """The first bit of a range and the one after its last; below zero counts from the end; nothing: (0, 0)."""
    step = 1 if unit == "BIT" else 8
    length = size_bytes * 8 // step
    first = max(start + length if start < 0 else start, 0)
    last = min(max(end + length if end < 0 else end, 0), length - 1)
    return (first * step, (last + 1) * step) if first <= last else (0, 0)


def _cut(value: bytes, first: int, stop: int, outside: int) -> Bytes:
    """The bytes that hold the bits from `first` to `stop`; what else they hold is set to `outside`."""
    cut = np.frombuffer(value, np.uint8)[first >> 3 : (stop + 7) >> 3].copy()
    before, after = 0xFF >> (first & 7), 0xFF << (-stop & 7) & 0xFF
    if outside:
        cut[0] |= ~before & 0xFF
        cut[-1] |= ~after & 0xFF
    else:
        cut[0] &= before
        cut[-1] &= after
    return cut


@command("BITCOUNT", arg("key", KEY), arg("start", whole(), optional=True), arg("end", whole(), optional=True),
         arg("unit", UNIT, optional=True), category="bitmap")  # fmt: skip
def bitcount(engine: Engine, client: Client, args: Any) -> Reply:
    """Count the bits that are set in a string, or in a range of its bytes or bits."""
    value = read(engine, client.db, args.key) or b""
    start, end = (0, -1) if args.start is None else (args.start, args.end)
    if end is None:
        raise malformed("end is missing; syntax: BITCOUNT key [start end [BYTE|BIT]]")
    first, stop = (0, 0) if end < start < 0 else _span(len(value), start, end, args.unit)
    if first == stop:
        return 0
    return int.from_bytes(_cut(value, first, stop, 0).tobytes(), "little").bit_count()


@command("BITPOS", arg("key", KEY), arg("bit", BIT), arg("start", whole(), optional=True),
         arg("end", whole(), optional=True), arg("unit", UNIT, optional=True), category="bitmap")  # fmt: skip
def bitpos(engine: Engine, client: Client, args: Any) -> Reply:
    """Find the first bit that is set, or not set, in a string or a range of it; -1: there is none.

    Where no end is given, a string of ones is followed by zeros.
    """
    value = read(engine, client.db, args.key)
    if value is None:
        return -1 if args.bit else 0
    first, stop = _span(len(value), args.start or 0, -1 if args.end is None else args.end, args.unit)
    if first == stop:
        return -1
    dull = 0 if args.bit else 0xFF
    cut = _cut(value, first, stop, dull)
    place = int(np.argmax(cut != dull))
    found = int(cut[place]) ^ dull
    if found:
        return (first & ~7) + place * 8 + 8 - found.bit_length()
    return -1 if args.bit or args.end is not None else stop


@command("BITOP", arg("operation", choice("AND", "OR", "XOR", "NOT")), arg("destination", KEY),
         arg("key", KEY, repeated=True), category="bitmap", writes=True)  # fmt: skip
def bitop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put under a key what strings give bit by bit, the shorter ones followed by zeros; tells the length in bytes."""
    if args.operation == "NOT" and len(args.key) > 1:
        raise wrong_count("BITOP", "BITOP NOT destination key")
    made = np.zeros(0, np.uint8)
    for place, key in enumerate(args.key):
        value = np.frombuffer(read(engine, client.db, key) or b"", np.uint8)
        made = value if place == 0 else _combined(args.operation, made, value)
    if not len(made):
        there = is_there(engine, client.db, args.destination)
        return Outcome(0, (DropKey(client.db, args.destination),) if there else ())
    made = ~made if args.operation == "NOT" else made
    return Outcome(len(made), (PutKey(client.db, args.destination, made.tobytes(), 0),))


def _combined(operation: str, one: Bytes, other: Bytes) -> Bytes:
    """Two rows of bytes in one; the shorter one goes on in zeros. Of many strings no more than two are ever held."""
    made = np.zeros(max(len(one), len(other)), np.uint8)
    made[: len(one)] = one
    held = made[: len(other)]
    if operation == "AND":
        held &= other
        made[len(other) :] = 0
    elif operation == "OR":
        held |= other
    else:
        held ^= other
    return made
