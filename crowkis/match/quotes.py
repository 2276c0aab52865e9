"""Finds what a text quotes: spans in quotation marks, backticks and code fences.

What stands inside such a span is meant letter by letter: matching keeps it as written and compares it as written.
An apostrophe (don't, users', '90s) and an inch mark (3") open nothing.
Never scans a text more than a few times, whatever is in it: no pattern here can go back over what it has read.
"""

import re

MARKS = re.compile("[\"'`“«‘]")
"""A text without any of these quotes nothing."""

_SPAN = re.compile(
    r"""```(?P<fence>.*?)```
    | `(?P<tick>[^`\n]+)`
    | (?<!\d)"{1,3}+(?P<double>[^"]+)"{1,3}+
    | “(?P<curly>[^“”]+)”
    | «(?P<angle>[^«»]+)»
    | (?<!\w)‘(?P<curly1>(?:[^‘’\n]|(?<=\w)’(?=\w))++)’(?!\w)
    | (?<!\w)'(?P<single>(?=\S)(?:[^'\n]|(?<=\w)'(?=\w))++)(?<=\S)'(?!\w)
    """,
    re.VERBOSE | re.DOTALL,
)


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every quoted span, its marks included, left to right and never overlapping."""
    if MARKS.search(text) is None:
        return []
    return [match.span() for match in _SPAN.finditer(text)]


def quoted(text: str) -> tuple[str, ...]:
    """What the text quotes, as written, in order, without the marks and the white space beside them."""
    if MARKS.search(text) is None:
        return ()
    inner = (match.group(match.lastgroup or 0).strip() for match in _SPAN.finditer(text))
    return tuple(span for span in inner if span)
