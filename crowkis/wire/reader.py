"""Bytes from one client to requests: lists of arguments.

Two ways lead to the same requests. Small whole requests, which are nearly all there are, are cut out of a packet
by splitting it at its line ends: quick, and proved right by comparing each size with what stands behind it.
Everything else (large, unfinished, inline, damaged) is read header by header. When in doubt the second way decides.

Never raises, never waits, never allocates by what a header promises: sizes beyond the limits are refused when read.
How a stream is cut into packets never changes what is read, nor the error, nor where it is found.
Limits: REQUEST_ARGS_MAX, BULK_BYTES_MAX, FRAME_BYTES_MAX (all arguments of a request), INLINE_BYTES_MAX.
"""

from typing import Final

from crowkis.values.limits import BULK_BYTES_MAX, FRAME_BYTES_MAX, INLINE_BYTES_MAX, REQUEST_ARGS_MAX
from crowkis.wire.inline import split_line

SIZE_BYTES_MAX = 32
"""A size in a header is never longer than this; 20 digits hold any 64-bit number."""
SPLIT_BYTES_MAX = 1_024
"""A longer packet is split only if its second request starts within so many bytes: splitting scans every byte."""
SPLIT_BULK_BYTES_MAX = 4_096
"""A request with a longer argument is read header by header."""
PART_BYTES_MIN = 4_096
"""Parts of a bulk shorter than this are gathered."""

_CRLF: Final = b"\r\n"
_STAR, _DOLLAR = b"*$"
_OTHER_TYPES: Final = frozenset(b"+-:$_#,(!=%~>|")
_PIECES: Final = {b"*%d" % count: 2 * count + 1 for count in range(1, REQUEST_ARGS_MAX + 1)}
"""Array header to the number of lines of the request, header included."""
_BULK_HEADS: Final = [b"$%d" % size for size in range(SPLIT_BULK_BYTES_MAX + 1)]
_BULK_SIZES: Final = {head: size for size, head in enumerate(_BULK_HEADS)}


class _RefusedError(Exception):
    """A byte that cannot be right; the text goes to the client."""


class RequestReader:
    """One client's bytes in, whole requests out. After a bad byte `broken` says why and input is ignored."""

    __slots__ = ("_args", "_args_left", "_bulk", "_bulk_left", "_frame_bytes", "_rest", "broken")

    def __init__(self) -> None:
        self.broken = ""
        self._rest = b""
        """The start of a header or line whose end has not arrived."""
        self._args: list[bytes] = []
        self._args_left = 0
        self._frame_bytes = 0
        self._bulk: list[bytes | bytearray] | None = None
        """What has arrived of an unfinished bulk, and how much is to come, without its line end."""
        self._bulk_left = 0

    def feed(self, data: bytes) -> list[list[bytes]]:
        """The requests that became whole with `data`, in order. Never raises: a bad byte sets `broken`."""
        found: list[list[bytes]] = []
        position = 0
        if self._args_left or self._rest or self.broken:
            if self._rest:
                data = self._rest + data
                self._rest = b""
            position = self._read(data, 0, found, 1)
            data = data[position:]
            if not data:
                return found
        if len(data) <= SPLIT_BYTES_MAX or data.find(b"\r\n*", 0, SPLIT_BYTES_MAX) > 0:
            position = _split(data, found)
            if position == len(data):
                return found
        else:
            position = 0
        self._read(data, position, found, len(data))
        return found

    def _read(self, data: bytes, position: int, found: list[list[bytes]], requests_max: int) -> int:
        """Read header by header, at most `requests_max` requests; returns where the unread bytes start."""
        end = len(data)
        if self.broken:
            return end
        last = len(found) + requests_max
        try:
            while position < end and len(found) < last:
                after = self._step(data, position)
                if after == position:
                    self._rest = data[position:]
                    return end
                position = after
                if self._args and not self._args_left:
                    found.append(self._args)
                    self._args = []
        except _RefusedError as refused:
            self.broken = f"Protocol error: {refused}"
            self._args, self._args_left, self._bulk = [], 0, None
            return end
        return position

    def _step(self, data: bytes, position: int) -> int:
        """Read what stands at `position`; returns where it ends, `position` itself if its end has not arrived."""
        if self._bulk is not None:
            return self._read_bulk(data, position, self._bulk)
        if self._args_left:
            return self._read_args(data, position)
        if data[position] == _STAR:
            return self._read_count(data, position)
        return self._read_line(data, position)

    def _read_count(self, data: bytes, position: int) -> int:
        """The header of an array. An empty or null array is no request."""
        head_end = data.find(_CRLF, position, position + SIZE_BYTES_MAX + 3)
        if head_end < 0:
            _check_unfinished(data, position, "multibulk")
            return position
        head = data[position:head_end]
        if head != b"*0" and head != b"*-1":
            pieces = _PIECES.get(head)
            if pieces is None:
                raise _RefusedError(f"invalid multibulk length, at most {REQUEST_ARGS_MAX} arguments")
            self._args_left = pieces // 2
            self._frame_bytes = 0
        return head_end + 2

    def _read_args(self, data: bytes, position: int) -> int:
        """The arguments that are here whole; of one that is not, at least its header."""
        args, left, frame_bytes, end = self._args, self._args_left, self._frame_bytes, len(data)
        while left and position < end:
            if data[position] != _DOLLAR:
                raise _RefusedError(f"expected '$', got {_shown(data[position])}")
            head_end = data.find(_CRLF, position, position + SIZE_BYTES_MAX + 3)
            if head_end < 0:
                _check_unfinished(data, position, "bulk")
                break
            head = data[position:head_end]
            size = _BULK_SIZES[head] if head in _BULK_SIZES else _bulk_size(head)
            frame_bytes += size
            if frame_bytes > FRAME_BYTES_MAX:
                raise _RefusedError(f"too big request, at most {FRAME_BYTES_MAX} bytes")
            position = head_end + 2
            stop = position + size
            if stop + 2 > end:
                self._bulk, self._bulk_left = [], size
                break
            if data[stop : stop + 2] != _CRLF:
                raise _RefusedError("expected a line end after the bulk")
            args.append(data[position:stop])
            left -= 1
            position = stop + 2
        self._args_left, self._frame_bytes = left, frame_bytes
        return position

    def _read_bulk(self, data: bytes, position: int, bulk: list[bytes | bytearray]) -> int:
        """The next bytes of a bulk that began in an earlier packet, or its line end.

        Large parts are kept as they came and joined once; small ones are gathered, for each object costs memory.
        """
        if self._bulk_left:
            part = data[position : position + self._bulk_left]
            self._bulk_left -= len(part)
            if len(part) >= PART_BYTES_MIN or not bulk:
                bulk.append(part)
            elif type(bulk[-1]) is bytearray:
                bulk[-1] += part
            else:
                bulk.append(bytearray(part))
            return position + len(part)
        end = data[position : position + 2]
        if len(end) < 2:
            return position
        if end != _CRLF:
            raise _RefusedError("expected a line end after the bulk")
        self._args.append(b"".join(bulk))
        self._args_left -= 1
        self._bulk = None
        return position + 2

    def _read_line(self, data: bytes, position: int) -> int:
        """An inline command."""
        if data[position] in _OTHER_TYPES:
            raise _RefusedError(f"expected '*', got {_shown(data[position])}")
        stop = data.find(b"\n", position, position + INLINE_BYTES_MAX + 1)
        if stop < 0:
            if len(data) - position > INLINE_BYTES_MAX:
                raise _RefusedError(f"too big inline request, at most {INLINE_BYTES_MAX} bytes")
            return position
        words = split_line(data[position:stop])
        if words is None:
            raise _RefusedError("unbalanced quotes in request")
        if len(words) > REQUEST_ARGS_MAX:
            raise _RefusedError(f"too many words in a line, at most {REQUEST_ARGS_MAX} arguments")
        if words and words[0].lower() in (b"post", b"host:"):
            raise _RefusedError("this port speaks RESP, not HTTP")
        self._args = words
        return stop + 1


def _split(data: bytes, found: list[list[bytes]]) -> int:
    """Add the small whole requests `data` starts with; returns how many bytes they take.

    No argument taken holds a line end: between two line ends stands exactly what the size before it announced,
    so reading header by header would find the same.
    """
    pieces = data.split(_CRLF)
    last = len(pieces) - 1
    position = 0
    try:
        while head := pieces[position]:
            after = position + _PIECES[head]
            if after > last:
                break
            args = pieces[position + 2 : after : 2]
            size_at = position + 1
            for argument in args:
                if _BULK_HEADS[len(argument)] != pieces[size_at]:
                    raise KeyError
                size_at += 2
            found.append(args)
            position = after
    except (KeyError, IndexError):
        pass
    if position == last:
        return len(data) - len(pieces[last])
    return sum(map(len, pieces[:position])) + 2 * position


def _check_unfinished(data: bytes, position: int, kind: str) -> None:
    """A header whose line end has not arrived may still be right only while it is short."""
    if len(data) - position >= SIZE_BYTES_MAX + 3:
        raise _RefusedError(f"too big {kind} length")


def _bulk_size(head: bytes) -> int:
    """A size longer than the table knows, written without sign or needless zeros."""
    digits = head[1:]
    size = int(digits) if digits.isdigit() and digits[0] != 48 else -1
    if not 0 <= size <= BULK_BYTES_MAX:
        raise _RefusedError(f"invalid bulk length, at most {BULK_BYTES_MAX} bytes")
    return size


def _shown(byte: int) -> str:
    return f"'{chr(byte)}'" if 32 < byte < 127 else f"byte {byte}"
