"""What a handler may return to a client.

Plain Python values carry their own RESP type, so a handler reads like a function:
bytes -> bulk, int -> integer, float -> double, bool -> boolean, None -> null,
list -> array, dict -> map (a flat array of pairs under RESP2). The classes below cover the rest.
A str is sent as a bulk string in UTF-8.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Simple(NamedTuple):
    """A status line such as OK: `+text`. No line breaks inside."""

    text: str


class Failure(NamedTuple):
    """An error reply: `-code text`."""

    code: str
    text: str


class Push(NamedTuple):
    """An out-of-band RESP3 push (`>`); only ever sent to clients that speak RESP3."""

    items: list[Any]


class Frames(NamedTuple):
    """Several replies to one request, one after the other: SUBSCRIBE answers once for each channel."""

    replies: list[Any]


class NullArray(NamedTuple):
    """No array: `*-1` under RESP2, the one null under RESP3."""


class Encoded(NamedTuple):
    """A reply already in wire form; the same under both protocols."""

    data: bytes


class Stream(NamedTuple):
    """A reply that arrives in parts, one every `delay_ms`.

    Under `push`, each part goes out as a push message (kind, stream id, sequence, final, part) and
    `tail` follows as the reply. Otherwise the reply is one array whose elements are sent as they fall due.
    """

    parts: Sequence[bytes]
    delay_ms: int
    push: bool
    stream_id: int
    tail: Any


Reply = Any
"""bytes | str | int | float | bool | None | list | dict | Simple | Failure | Push | Frames | NullArray | Encoded
| Stream"""

OK = Encoded(b"+OK\r\n")
PONG = Encoded(b"+PONG\r\n")
QUEUED = Encoded(b"+QUEUED\r\n")
NULL_ARRAY = NullArray()
