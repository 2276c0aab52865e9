"""The longest common subsequence of two strings: LCS.

Worked out one byte of the first string at a time, with a whole row of the table as the bits of one number: so that
the limits below are met within some hundredths of a second.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from crowkis.commands.args import KEY, arg, flag, opt, whole
from crowkis.commands.keys import kind_of, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errors import malformed
from crowkis.values.reply import Reply

LCS_BYTES_MAX = 64 * 1024
"""Neither string may be longer."""
LCS_CELLS_MAX = 1 << 26
"""The product of both lengths may not be more."""


class Match(NamedTuple):
    """A stretch both strings have: where it begins in each, and its length."""

    start: int
    other: int
    size: int


def table(one: bytes, two: bytes) -> list[int]:
    """For each byte of `one`, a row: bit j is 0 where the subsequence grows by the byte two[j], else 1."""
    full = (1 << len(two)) - 1
    places = {byte: _bits(byte, two) for byte in set(one)}
    rows, row = [], full
    for byte in one:
        found = row & places[byte]
        row = (row + found | row - found) & full
        rows.append(row)
    return rows


def _bits(byte: int, text: bytes) -> int:
    """A number with the bits set at whose places the byte stands."""
    digits = bytearray(b"0") * len(text)
    at = text.find(byte)
    while at >= 0:
        digits[-1 - at] = 49
        at = text.find(byte, at + 1)
    return int(digits or b"0", 2)


def matches(one: bytes, two: bytes, rows: list[int]) -> Iterator[Match]:
    """The stretches a longest common subsequence consists of, the last one first."""
    at, other, size = len(one), len(two), 0
    while at and other:
        if one[at - 1] == two[other - 1]:
            at, other, size = at - 1, other - 1, size + 1
            continue
        if size:
            yield Match(at, other, size)
            size = 0
        if rows[at - 1] >> other - 1 & 1:
            other -= 1
        else:
            at -= 1
    if size:
        yield Match(at, other, size)


def _strings(engine: Engine, client: Client, args: Any) -> tuple[bytes, bytes]:
    if not {kind_of(engine, client.db, key) for key in (args.key1, args.key2)} <= {None, "string"}:
        raise malformed("both keys must hold strings")
    one = read(engine, client.db, args.key1) or b""
    two = read(engine, client.db, args.key2) or b""
    if max(len(one), len(two)) > LCS_BYTES_MAX or len(one) * len(two) > LCS_CELLS_MAX:
        raise malformed(
            f"the strings are too long to compare: at most {LCS_BYTES_MAX} bytes each, "
            f"and at most {LCS_CELLS_MAX} as the product of both lengths"
        )
    return one, two


@command("LCS", arg("key1", KEY), arg("key2", KEY), flag("len", group="told"), flag("idx", group="told"),
         opt("minmatchlen", whole(), default=0), flag("withmatchlen"), category="string")  # fmt: skip
def lcs(engine: Engine, client: Client, args: Any) -> Reply:
    """Find the longest common subsequence of two strings: itself, its length (LEN) or its stretches (IDX)."""
    one, two = _strings(engine, client, args)
    rows = table(one, two)
    length = len(two) - rows[-1].bit_count() if rows else 0
    if args.len:
        return length
    found = list(matches(one, two, rows))
    if not args.idx:
        return b"".join(one[match.start : match.start + match.size] for match in reversed(found))
    told: list[Reply] = []
    for start, other, size in found:
        if size >= args.minmatchlen:
            places: list[Reply] = [[start, start + size - 1], [other, other + size - 1]]
            told.append([*places, size] if args.withmatchlen else places)
    return {"matches": told, "len": length}
