"""Inline commands: a line of words typed by hand, split the way Redis splits it.

Quotes may hold spaces; in double quotes \\n, \\r, \\t, \\a, \\b and \\xHH are understood, in single quotes only \\'.
Never looks at sizes: that the line is short enough is the reader's business.
"""

import re

_WORD = re.compile(
    rb"""
    (?: [^\s"']++                                       # bare characters
      | "(?: [^"\\] | \\. )*+" (?=\s|\Z)                # a closing quote ends the word
      | '(?: [^'\\] | \\' | \\(?!') )*+' (?=\s|\Z)
    )++
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(rb"""[^\s"']++|"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\'|\\(?!'))*+)'""", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}


def split_line(line: bytes) -> list[bytes] | None:
    """The words of a line; None where a quote is not closed or a closing quote is followed by more of a word."""
    if b'"' not in line and b"'" not in line:
        return line.split()
    words: list[bytes] = []
    position, end = 0, len(line)
    while position < end:
        if line[position : position + 1].isspace():
            position += 1
            continue
        word = _WORD.match(line, position)
        if word is None or not (word.end() == end or line[word.end() : word.end() + 1].isspace()):
            return None
        words.append(_QUOTED.sub(_unquoted, word.group()))
        position = word.end()
    return words


def _unquoted(piece: re.Match[bytes]) -> bytes:
    double, single = piece.groups()
    if double is not None:
        return _ESCAPE.sub(_unescaped, double)
    if single is not None:
        return single.replace(b"\\'", b"'")
    return piece.group()


def _unescaped(escape: re.Match[bytes]) -> bytes:
    digits, letter = escape.groups()
    return bytes((int(digits, 16),)) if digits is not None else _CONTROL.get(letter, letter)
