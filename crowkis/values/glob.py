"""Globs as Redis understands them: * ? [abc] [^a] and backslash."""

import re
from collections.abc import Callable


def matcher(pattern: bytes) -> Callable[[bytes], object]:
    """A glob as Redis understands it (* ? [abc] [^a] and backslash) as a test on bytes."""
    if pattern == b"*":
        return lambda key: True
    return re.compile(_glob(pattern), re.DOTALL).fullmatch


def quoted(text: str) -> str:
    """A glob that fits this text alone."""
    return re.sub(r"([*?\[\]^\\])", r"\\\1", text)


def _glob(pattern: bytes) -> bytes:
    """The regular expression of a glob. What stands between two stars is found once and not looked for again.

    That is enough (its length is fixed), and keeps a*a*a*a*b from trying every way to spread the stars.
    """
    pieces, at = [b""], 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        at += 1
        if char == b"*":
            pieces.append(b"")
        elif char == b"?":
            pieces[-1] += b"."
        elif char == b"[":
            piece, at = _bracket(pattern, at)
            pieces[-1] += piece
        else:
            if char == b"\\" and at < len(pattern):
                char = pattern[at : at + 1]
                at += 1
            pieces[-1] += re.escape(char)
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return first + b"".join(b"(?>.*?%b)" % piece for piece in middle if piece) + b".*" + last


def _bracket(pattern: bytes, at: int) -> tuple[bytes, int]:
    negated = pattern[at : at + 1] == b"^"
    at += negated
    pieces = b""
    while at < len(pattern) and pattern[at : at + 1] != b"]":
        if pattern[at : at + 1] == b"\\" and at + 1 < len(pattern):
            at += 1
        elif pattern[at + 1 : at + 2] == b"-" and at + 2 < len(pattern):
            low, high = sorted((pattern[at : at + 1], pattern[at + 2 : at + 3]))
            pieces += re.escape(low) + b"-" + re.escape(high)
            at += 3
            continue
        pieces += re.escape(pattern[at : at + 1])
        at += 1
    if not pieces:
        return (b"[^\\W\\w]" if not negated else b"."), at + 1
    return b"[" + (b"^" if negated else b"") + pieces + b"]", at + 1
