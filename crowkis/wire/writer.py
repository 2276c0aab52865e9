"""Replies to bytes, under protocol 2 or 3.

Only the types `+ - : $ * _ , # %` and, for pushes under protocol 3, `>` are ever sent: clients choke on the rest.
Never sends a line break inside a status or an error, and never guesses: a value of an unknown type is our mistake.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from crowkis.values.reply import Encoded, Failure, Frames, NullArray, Push, Reply, Simple

_CRLF: Final = b"\r\n"
_INTEGERS: Final = [b":%d\r\n" % number for number in range(1_024)]
_BULK_HEADS: Final = [b"$%d\r\n" % size for size in range(1_024)]
_READY_MADE: Final = 1_024
_NULL_2: Final = b"$-1\r\n"
_NULL_3: Final = b"_\r\n"


def encode(reply: Reply, protocol: int) -> bytes:
    """The wire form of any reply but a Stream. Raises TypeError for a value that is no reply."""
    kind = type(reply)
    if kind is Encoded:
        data: bytes = reply.data
        return data
    if kind is bytes:
        size = len(reply)
        if size < _READY_MADE:
            return _BULK_HEADS[size] + reply + _CRLF  # type: ignore[no-any-return]
        return b"".join((b"$%d\r\n" % size, reply, _CRLF))
    if reply is None:
        return _NULL_2 if protocol == 2 else _NULL_3
    if kind is int:
        return _INTEGERS[reply] if 0 <= reply < _READY_MADE else b":%d\r\n" % reply
    if kind is str:
        raw = reply.encode("utf-8", "replace")  # a lone surrogate, which UTF-8 cannot hold, becomes a question mark
        return b"$%d\r\n%b\r\n" % (len(raw), raw)
    if kind is float:
        return _double_text(reply, protocol)
    parts: list[bytes] = []
    _encoder(kind)(reply, protocol, parts)
    return b"".join(parts)


def double_digits(number: float) -> str:
    """The shortest digits that read back as the same number; whole numbers stay without exponent up to 17 digits."""
    digits = repr(number).removesuffix(".0")
    return str(int(number)) if "e" in digits and 1e16 <= abs(number) < 1e17 else digits


def stream_head(count: int) -> bytes:
    """What opens a streamed array of `count` elements; send each with stream_part()."""
    return b"*%d\r\n" % count


def stream_part(part: bytes) -> bytes:
    """One element of a streamed array."""
    return encode(part, 2)


def push_part(stream_id: int, sequence: int, final: bool, part: bytes) -> bytes:
    """One part of a stream as a push message: the word, stream id, sequence, final (1 or 0) and the part."""
    return b">5\r\n$10\r\ncgetstream\r\n:%d\r\n:%d\r\n:%d\r\n$%d\r\n%b\r\n" % (
        stream_id, sequence, final, len(part), part,
    )  # fmt: skip


_Encoder = Callable[[Any, int, list[bytes]], None]


def _encoder(kind: type) -> _Encoder:
    encoder = _ENCODERS.get(kind)
    if encoder is None:
        raise TypeError(f"{kind.__name__} is not a reply; see values/reply.py for what is")
    return encoder


def _items(items: Iterable[Any], protocol: int, parts: list[bytes]) -> None:
    """Add each item. Bytes, the commonest item by far, are done on the spot."""
    for item in items:
        kind = type(item)
        if kind is bytes:
            size = len(item)
            parts += (_BULK_HEADS[size] if size < _READY_MADE else b"$%d\r\n" % size, item, _CRLF)
        else:
            _encoder(kind)(item, protocol, parts)


def _list(reply: list[Any], protocol: int, parts: list[bytes]) -> None:
    parts.append(b"*%d\r\n" % len(reply))
    _items(reply, protocol, parts)


def _dict(reply: dict[Any, Any], protocol: int, parts: list[bytes]) -> None:
    parts.append(b"*%d\r\n" % (2 * len(reply)) if protocol == 2 else b"%%%d\r\n" % len(reply))
    for key, value in reply.items():
        parts.append(_key(key) if type(key) is str else encode(key, protocol))
        parts.append(encode(value, protocol))


@lru_cache(_READY_MADE)
def _key(name: str) -> bytes:
    """The names in maps come from our own code and are few: each is encoded once."""
    return encode(name, 3)


def _push(reply: Push, protocol: int, parts: list[bytes]) -> None:
    parts.append((b"*%d\r\n" if protocol == 2 else b">%d\r\n") % len(reply.items))
    _items(reply.items, protocol, parts)


def _bulk(reply: bytes, _protocol: int, parts: list[bytes]) -> None:
    parts += (b"$%d\r\n" % len(reply), reply, _CRLF)


def _text(reply: str, protocol: int, parts: list[bytes]) -> None:
    parts.append(encode(reply, protocol))


def _integer(reply: int, _protocol: int, parts: list[bytes]) -> None:
    parts.append(b":%d\r\n" % reply)


def _boolean(reply: bool, protocol: int, parts: list[bytes]) -> None:
    if protocol == 2:
        parts.append(b":1\r\n" if reply else b":0\r\n")
    else:
        parts.append(b"#t\r\n" if reply else b"#f\r\n")


def _double(reply: float, protocol: int, parts: list[bytes]) -> None:
    parts.append(_double_text(reply, protocol))


def _double_text(reply: float, protocol: int) -> bytes:
    digits = double_digits(reply)
    return (f"${len(digits)}\r\n{digits}\r\n" if protocol == 2 else f",{digits}\r\n").encode()


def _null(_reply: None, protocol: int, parts: list[bytes]) -> None:
    parts.append(_NULL_2 if protocol == 2 else _NULL_3)


def _null_array(_reply: NullArray, protocol: int, parts: list[bytes]) -> None:
    parts.append(b"*-1\r\n" if protocol == 2 else _NULL_3)


def _frames(reply: Frames, protocol: int, parts: list[bytes]) -> None:
    _items(reply.replies, protocol, parts)


def _encoded(reply: Encoded, _protocol: int, parts: list[bytes]) -> None:
    parts.append(reply.data)


def _simple(reply: Simple, _protocol: int, parts: list[bytes]) -> None:
    parts.append(b"+%b\r\n" % _line(reply.text))


def _failure(reply: Failure, _protocol: int, parts: list[bytes]) -> None:
    parts.append(b"-%b\r\n" % _line(f"{reply.code} {reply.text}"))


def _line(text: str) -> bytes:
    return text.replace("\r", " ").replace("\n", " ").encode("utf-8", "replace")


_ENCODERS: Final[dict[type, _Encoder]] = {
    bytes: _bulk,
    str: _text,
    int: _integer,
    bool: _boolean,
    float: _double,
    type(None): _null,
    list: _list,
    dict: _dict,
    Simple: _simple,
    Failure: _failure,
    Push: _push,
    Frames: _frames,
    NullArray: _null_array,
    Encoded: _encoded,
}
