"""Whole numbers of any width inside a string: BITFIELD and BITFIELD_RO.

The string is a row of bits, the highest of its first byte first; a number lies in it with its highest bit first.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from crowkis.commands.args import KEY, RAW, arg, converted, whole
from crowkis.commands.bitmaps import BIT_OFFSET_MAX, lengthened
from crowkis.commands.keys import expiry_of, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.record import PutKey
from crowkis.values.reply import Reply

ENCODING = re.compile(rb"[iu][1-9]\d?")
SIGNED_BITS_MAX, UNSIGNED_BITS_MAX = 64, 63
VALUE = whole()
UINT64 = (1 << 64) - 1


class Step(NamedTuple):
    """One thing to do with one number of the string."""

    word: str
    """GET, SET or INCRBY."""
    signed: bool
    bits: int
    offset: int
    value: int
    overflow: str
    """WRAP, SAT or FAIL."""

    @property
    def stop_bytes(self) -> int:
        """The length a string must have to hold the number."""
        return (self.offset + self.bits + 7) // 8


def steps_of(options: Sequence[bytes], words: tuple[str, ...]) -> list[Step]:
    """What the arguments after the key ask for, in order. Raises CommandError."""
    steps, overflow, at = [], "WRAP", 0
    while at < len(options):
        word = options[at].upper().decode("ascii", "replace")
        size = 2 if word == "OVERFLOW" else 3 if word == "GET" else 4
        given = options[at + 1 : at + size]
        if word not in words or len(given) < size - 1:
            raise malformed(f"syntax error at argument {at + 2}; there is {', '.join(words)}")
        if word == "OVERFLOW":
            overflow = given[0].upper().decode("ascii", "replace")
            if overflow not in ("WRAP", "SAT", "FAIL"):
                raise malformed("OVERFLOW must be one of WRAP, SAT, FAIL")
        else:
            signed, bits = _encoding(given[0])
            value = converted("value", VALUE, given[2]) if word != "GET" else 0
            steps.append(Step(word, signed, bits, _offset(given[1], bits), value, overflow))
        at += size
    return steps


def _encoding(raw: bytes) -> tuple[bool, int]:
    signed = raw.startswith(b"i")
    bits = int(raw[1:]) if ENCODING.fullmatch(raw) else 0
    if not 0 < bits <= (SIGNED_BITS_MAX if signed else UNSIGNED_BITS_MAX):
        raise malformed("encoding must be i1 to i64 or u1 to u63")
    return signed, bits


def _offset(raw: bytes, bits: int) -> int:
    times = bits if raw.startswith(b"#") else 1
    return int(converted("offset", whole(0, BIT_OFFSET_MAX // times), raw.removeprefix(b"#"))) * times


def number_at(value: bytes | bytearray, step: Step) -> int:
    """The number of a step; beyond the end of the string all bits are 0."""
    first, stop = step.offset >> 3, step.stop_bytes
    held = int.from_bytes(value[first:stop].ljust(stop - first, b"\0"), "big")
    found = held >> (-(step.offset + step.bits) & 7) & ((1 << step.bits) - 1)
    return found - (1 << step.bits) if step.signed and found >> (step.bits - 1) else found


def put_number(value: bytearray, step: Step, number: int) -> None:
    """Write the number of a step into a string that is long enough."""
    first, stop, shift = step.offset >> 3, step.stop_bytes, -(step.offset + step.bits) & 7
    mask = (1 << step.bits) - 1
    held = int.from_bytes(value[first:stop], "big") & ~(mask << shift) | (number & mask) << shift
    value[first:stop] = held.to_bytes(stop - first, "big")


def fitting(step: Step, number: int) -> int | None:
    """A number as it fits into the width of a step, by its rule of overflow; None: it may not be written."""
    least = -(1 << (step.bits - 1)) if step.signed else 0
    most = least + (1 << step.bits) - 1
    if least <= number <= most:
        return number
    if step.overflow == "FAIL":
        return None
    if step.overflow == "SAT":
        return least if number < least else most
    return least + (number - least) % (1 << step.bits)


def _done(value: bytearray, step: Step) -> int | None:
    old = number_at(value, step)
    if step.word == "GET":
        return old
    given = step.value if step.signed or step.word == "INCRBY" else step.value & UINT64
    new = fitting(step, given if step.word == "SET" else old + given)
    if new is not None:
        put_number(value, step, new)
    return old if step.word == "SET" and new is not None else new


OPTIONS = arg("option", RAW, repeated=True, optional=True)


@command("BITFIELD", arg("key", KEY), OPTIONS, category="bitmap", writes=True)
def bitfield(engine: Engine, client: Client, args: Any) -> Outcome:
    """Read, set and count up whole numbers inside a string: GET, SET, INCRBY, with OVERFLOW WRAP, SAT or FAIL."""
    steps = steps_of(args.option, ("GET", "SET", "INCRBY", "OVERFLOW"))
    old = read(engine, client.db, args.key) or b""
    writing = [step.stop_bytes for step in steps if step.word != "GET"]
    if not writing:
        return Outcome([number_at(old, step) for step in steps])
    value = lengthened(old, max(writing))
    told = [_done(value, step) for step in steps]
    kept = expiry_of(engine, client.db, args.key) or 0
    return Outcome(told, (PutKey(client.db, args.key, bytes(value), kept),) if value != old else ())


@command("BITFIELD_RO", arg("key", KEY), OPTIONS, category="bitmap")
def bitfield_ro(engine: Engine, client: Client, args: Any) -> Reply:
    """Read whole numbers inside a string: GET."""
    steps = steps_of(args.option, ("GET", "OVERFLOW"))
    value = read(engine, client.db, args.key) or b""
    return [number_at(value, step) for step in steps]
