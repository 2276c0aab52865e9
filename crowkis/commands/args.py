"""The grammar of arguments: kinds, parameters, and the parser they compile to.

A request is the word, positional arguments in order, then options (TOKEN value) and flags (TOKEN) in any order and
any case; options declared before a positional stand before it. Errors name the argument and what would be right.
Knows nothing of the engine.
"""

from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from crowkis.match.context import context_of
from crowkis.match.image import image_of
from crowkis.values.errors import CommandError, malformed, wrong_count
from crowkis.values.limits import (
    QUESTION_BYTES_MAX,
    REASON_CHARS_MAX,
    SOURCE_CHARS_MAX,
    TENANT_CHARS_MAX,
    VECTOR_DIMENSION_MAX,
)
from crowkis.values.vector import Vector

REQUESTS_REMEMBERED_MAX, REQUEST_BYTES_REMEMBERED_MAX = 512, 1_024
"""Of words that take a CONTEXT, which is costly to read, so many requests are remembered as parsed."""


class Kind(NamedTuple):
    """What an argument may hold. `convert` None: the bytes as they came."""

    type: str
    """As COMMAND DOCS names it: string, key, integer, double, pure-token."""
    private: bool
    """Prompts, answers and secrets: MONITOR and logs show only length and digest."""
    convert: Callable[[bytes], Any] | None
    words: tuple[str, ...] = ()
    """The only words allowed, if there are such."""


def _text(raw: bytes) -> str:
    if len(raw) > QUESTION_BYTES_MAX:
        raise ValueError(f"must be at most {QUESTION_BYTES_MAX} bytes")
    text = _utf8(raw)
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError("must be valid UTF-8") from None


def is_tenant(name: str) -> bool:
    """May a tenant be called so?"""
    return 0 < len(name) <= TENANT_CHARS_MAX and ":" not in name and "~" not in name and name.isprintable()


def _tenant(raw: bytes) -> str:
    name = _utf8(raw)
    if not is_tenant(name):
        raise ValueError(f"must be 1 to {TENANT_CHARS_MAX} printable characters without ':' and '~'")
    return name


def _vector(raw: bytes) -> Vector:
    if not raw or len(raw) % 4 or len(raw) // 4 > VECTOR_DIMENSION_MAX:
        raise ValueError(f"must be 1 to {VECTOR_DIMENSION_MAX} little-endian float32 values")
    vector = np.frombuffer(raw, dtype="<f4").astype(np.float32)
    length = float(np.sqrt(np.dot(vector, vector, out=None).astype(np.float64)))
    if not np.isfinite(length) or length == 0.0:
        raise ValueError("must hold finite numbers, not all zero")
    return np.asarray(vector / np.float32(length), dtype=np.float32)


def _source(raw: bytes) -> str:
    name = _utf8(raw)
    if not name or len(name) > SOURCE_CHARS_MAX or not name.isprintable():
        raise ValueError(f"must be 1 to {SOURCE_CHARS_MAX} printable characters")
    return name


def _reason(raw: bytes) -> str:
    text = _utf8(raw)
    if len(text) > REASON_CHARS_MAX:
        raise ValueError(f"must be at most {REASON_CHARS_MAX} characters")
    return text


def _entry_id(raw: bytes) -> bytes:
    try:
        found = bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        found = b""
    if len(found) != 16 or len(raw) != 32:
        raise ValueError("must be the key of a stored answer, 32 hexadecimal digits, as CGET tells it under RESP3")
    return found


TEXT = Kind("string", True, _text)
BLOB = Kind("string", True, None)
SECRET = Kind("string", True, _utf8)
SECRET_BLOB = Kind("string", True, None)
KEY = Kind("key", False, None)
RAW = Kind("string", False, None)
WORD = Kind("string", False, _utf8)
TENANT = Kind("string", False, _tenant)
VECTOR = Kind("string", True, _vector)
CONTEXT = Kind("string", True, context_of)
IMAGE = Kind("string", True, image_of)
SOURCE = Kind("string", False, _source)
REASON = Kind("string", True, _reason)
ENTRY_ID = Kind("string", False, _entry_id)


def whole(least: int = -(1 << 63), most: int = (1 << 63) - 1) -> Kind:
    """A whole number within bounds, both allowed; like Redis without leading zeros, plus sign or spaces."""

    def convert(raw: bytes) -> int:
        digits = raw[1:] if raw[:1] == b"-" else raw
        if len(raw) <= 20 and digits.isdigit() and (digits[:1] != b"0" or raw == b"0"):
            value = int(raw)
            if least <= value <= most:
                return value
        raise ValueError(
            "is not an integer or out of range" if most >= 1 << 62 else f"must be an integer from {least} to {most}"
        )

    return Kind("integer", False, convert)


def real(least: float = float("-inf"), most: float = float("inf")) -> Kind:
    """A finite number within bounds, both allowed."""

    def convert(raw: bytes) -> float:
        try:
            value = float("nan") if b"_" in raw or raw != raw.strip() else float(raw)
        except ValueError:
            value = float("nan")
        if not (least <= value <= most) or value in (float("inf"), float("-inf")):
            raise ValueError(
                "is not a valid float" if most == float("inf") else f"must be a number from {least:g} to {most:g}"
            )
        return value

    return Kind("double", False, convert)


def choice(*words: str) -> Kind:
    """One of a few words, in any case."""

    def convert(raw: bytes) -> str:
        word = raw.decode("ascii", "replace").upper()
        if word not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return word

    return Kind("string", False, convert, words)


class Parameter(NamedTuple):
    """One argument of a command, or several where `repeated`."""

    name: str
    kind: Kind
    token: str = ""
    """Empty: positional."""
    flag: bool = False
    optional: bool = False
    repeated: bool = False
    """Positional: one or more, to the end. Option: may be given again."""
    group: str = ""
    """At most one of a group may be given."""
    default: Any = None
    many: bool = False
    """Option: takes several values, up to the next option."""
    counted: bool = False
    """Positional, repeated: as often as the whole number before it says."""
    takes: tuple[str, ...] = ()
    """Option: takes exactly these values; they come as a tuple."""


def arg(name: str, kind: Kind, *, repeated: bool = False, optional: bool = False, counted: bool = False) -> Parameter:
    """A positional argument. `counted`: repeated as often as the whole number before it says."""
    repeated = repeated or counted
    default = () if repeated else None
    return Parameter(name, kind, optional=optional, repeated=repeated, default=default, counted=counted)


def opt(
    name: str,
    kind: Kind,
    *,
    repeated: bool = False,
    many: bool = False,
    group: str = "",
    default: Any = None,
    token: str = "",
    takes: tuple[str, ...] = (),
) -> Parameter:
    """TOKEN value; the token is the name in capitals unless given. `many`: TOKEN value value ...

    `takes`: TOKEN and exactly these values, e.g. LIMIT offset count.
    """
    token, repeated = token or name.upper(), repeated or many
    default = () if repeated else default
    return Parameter(name, kind, token, False, True, repeated, group, default, many, takes=takes)


def flag(name: str, *, group: str = "") -> Parameter:
    """A TOKEN that is there or not."""
    return Parameter(name, RAW, name.upper(), True, True, False, group, False)


def arity_of(head: int, parameters: tuple[Parameter, ...]) -> int:
    """Arity as Redis counts it; `head` is the number of words of the command itself."""
    least = head + sum(1 for row in parameters if not row.optional)
    return -least if any(row.optional or row.repeated for row in parameters) else least


def syntax_of(name: str, parameters: tuple[Parameter, ...]) -> str:
    """The syntax line people read, e.g. "SET key value [NX | XX] [GET]"."""
    shown, groups = [name], set()
    for row in parameters:
        if row.group:
            if row.group in groups:
                continue
            groups.add(row.group)
            members = [_piece(other) for other in parameters if other.group == row.group]
            shown.append(f"[{' | '.join(members)}]")
        elif row.token or row.optional:
            shown.append(f"[{_piece(row)}]" + (" ..." if row.repeated and not row.many else ""))
        else:
            shown.append(_piece(row) + (f" [{row.name} ...]" if row.repeated else ""))
    return " ".join(shown)


def _piece(row: Parameter) -> str:
    if row.flag:
        return row.token
    value = "|".join(row.kind.words) or row.name.replace("_", "-")
    if row.takes:
        value = " ".join(row.takes)
    if row.many:
        value += f" [{value} ...]"
    return f"{row.token} {value}" if row.token else value


def compile_parser(name: str, head: int, parameters: tuple[Parameter, ...]) -> Callable[[list[bytes]], Any]:
    """The function from request to a named tuple with one field per parameter. Raises CommandError."""
    return _Grammar(name, head, parameters).parser()


class _Grammar:
    """One command's parameters, arranged for parsing."""

    def __init__(self, name: str, head: int, parameters: tuple[Parameter, ...]) -> None:
        self.name = name
        self.head = head
        self.parameters = parameters
        self.places = [row for row in parameters if not row.token]
        self.options = {row.token.encode(): (place, row) for place, row in enumerate(parameters) if row.token}
        self.order = [parameters.index(row) for row in self.places]
        self.syntax = syntax_of(name, parameters)
        self.least = head + sum(1 for row in self.places if not row.optional)
        self.defaults = [row.default for row in parameters]
        self.make = namedtuple(f"{''.join(filter(str.isalnum, name.title()))}Args", [row.name for row in parameters])  # type: ignore[misc]
        self.raw = all(row.kind.convert is None for row in self.places)
        self.simple = self.order == list(range(len(self.order))) and not any(
            row.repeated or row.optional for row in self.places
        )
        """Without options, a request is its arguments in their order."""

    def parser(self) -> Callable[[list[bytes]], Any]:
        head, make, places, full = self.head, self.make, self.places, self.head + len(self.places)
        rest = tuple(self.defaults[len(places) :])
        new = tuple.__new__

        def parse_raw(request: list[bytes]) -> Any:
            if len(request) == full:
                return new(make, (*request[head:], *rest))
            return self.parse(request)

        def parse_simple(request: list[bytes]) -> Any:
            if len(request) == full:
                return new(make, (*map(_converted, places, request[head:]), *rest))
            return self.parse(request)

        parse = self.parse if not self.simple else parse_raw if self.raw else parse_simple
        return _remembering(parse) if any(row.kind is CONTEXT for row in self.parameters) else parse

    def parse(self, request: list[bytes]) -> Any:
        if len(request) < self.least:
            raise wrong_count(self.name, self.syntax)
        values = list(self.defaults)
        at = self._positionals(request, values)
        self._named(request, at, values)
        return tuple.__new__(self.make, values)

    def _positionals(self, request: list[bytes], values: list[Any]) -> int:
        at = self.head
        for place, row in zip(self.order, self.places, strict=True):
            if place and self.parameters[place - 1].token:
                at = self._named(request, at, values, leading=True)
            if row.counted:
                stop = at + values[place - 1]
                if stop > len(request):
                    raise malformed(f"fewer {row.name} than said before them; syntax: {self.syntax}")
                values[place] = tuple(_converted(row, raw) for raw in request[at:stop])
                at = stop
                continue
            if row.repeated:
                values[place] = tuple(_converted(row, raw) for raw in request[at:])
                return len(request)
            if row.optional and (at >= len(request) or (request[at].upper() in self.options and at + 1 < len(request))):
                continue
            if at >= len(request):
                raise wrong_count(self.name, self.syntax)
            values[place] = _converted(row, request[at])
            at += 1
        return at

    def _named(self, request: list[bytes], at: int, values: list[Any], leading: bool = False) -> int:
        taken: dict[str, str] = {}
        while at < len(request):
            found = self.options.get(request[at].upper())
            if found is None:
                if leading:
                    return at
                raise self._unexpected(request, at)
            place, row = found
            if row.group or not row.repeated:
                key = row.group or row.token
                if key in taken:
                    raise malformed(f"{row.token} cannot follow {taken[key]}; syntax: {self.syntax}")
                taken[key] = row.token
            if row.flag:
                values[place] = True
                at += 1
                continue
            at = self._valued(request, at + 1, values, place, row)
        return at

    def _valued(self, request: list[bytes], at: int, values: list[Any], place: int, row: Parameter) -> int:
        """Read what an option takes; where the next thing begins."""
        count = len(row.takes) or 1
        if at + count > len(request):
            raise malformed(f"{row.token} needs {' and '.join(row.takes) or 'a value'}; syntax: {self.syntax}")
        if row.takes:
            values[place] = tuple(_converted(row, raw) for raw in request[at : at + count])
            return at + count
        value = _converted(row, request[at])
        values[place] = (*values[place], value) if row.repeated else value
        at += 1
        while row.many and at < len(request) and request[at].upper() not in self.options:
            values[place] += (_converted(row, request[at]),)
            at += 1
        return at

    def _unexpected(self, request: list[bytes], at: int) -> CommandError:
        if not self.options:
            return wrong_count(self.name, self.syntax)
        for row, raw in zip(self.places, request[self.head :], strict=False):
            if raw.upper() in self.options:
                return malformed(f"{row.name} is missing before {raw.upper().decode()}; syntax: {self.syntax}")
        return malformed(f"syntax error at argument {at}; syntax: {self.syntax}")


def _remembering(parse: Callable[[list[bytes]], Any]) -> Callable[[list[bytes]], Any]:
    """The same; what it says depends on the request alone. Errors are found anew each time."""
    remembered = lru_cache(REQUESTS_REMEMBERED_MAX)(lambda *request: parse(list(request)))

    def parse_remembered(request: list[bytes]) -> Any:
        return parse(request) if sum(map(len, request)) > REQUEST_BYTES_REMEMBERED_MAX else remembered(*request)

    return parse_remembered


def _converted(row: Parameter, raw: bytes) -> Any:
    if row.kind.convert is None:
        return raw
    return converted(row.token or row.name, row.kind, raw)


def converted(name: str, kind: Kind, raw: bytes) -> Any:
    """What an argument holds. Raises CommandError, which names it."""
    assert kind.convert is not None
    try:
        return kind.convert(raw)
    except ValueError as error:
        raise malformed(f"{name} {error}") from None
