"""COMMANDS: every word users can send, filled by the @command declarations of the family files.

Arity, syntax, COMMAND DOCS, HELP, ACL category and the README table are computed from a declaration; nothing about a
command is typed twice.
"""

from collections.abc import Callable
from typing import Any

from crowkis.commands.args import KEY, SECRET, SECRET_BLOB, Parameter, arity_of, compile_parser, syntax_of
from crowkis.commands.categories import categories_of
from crowkis.values.call import Command
from crowkis.values.errors import malformed, unknown_word
from crowkis.values.reply import Simple

COMMANDS: dict[str, Command] = {}
"""By name in capitals; sub-commands under "WORD SUB"."""

WORDS: dict[bytes, Command] = {}
"""By the bytes clients send, in the two usual cases; find() knows every other case."""

CATEGORIES = (
    "connection", "server", "semantic", "string", "keyspace", "hash", "list", "set", "sorted-set", "bitmap", "pubsub",
    "transactions", "scripting",
)  # fmt: skip

Run = Callable[[Any, Any, Any], Any]


def command(
    name: str,
    *parameters: Parameter,
    category: str,
    since: str = "0.1",
    writes: bool = False,
    frees: bool = False,
    open: bool = False,  # noqa: A002
    while_loading: bool = False,
    keys: Callable[[list[bytes]], list[bytes]] | None = None,
    alone: bool = False,
    partly: str = "",
    refuses: bool = False,
) -> Callable[[Run], Run]:
    """Declare a word; the docstring's first line is its summary.

    `keys` tells the keys a request names where first, last and step cannot (a number of keys before them).
    `alone`: MULTI cannot queue it, because it may wait for an errand or send its reply in parts.
    `partly` and `refuses` are for the compatibility table: how it falls short of Redis, and that it only says no.
    """
    assert category in CATEGORIES, category
    assert name not in COMMANDS, name
    assert writes or not frees, name

    def declare(run: Run) -> Run:
        head = len(name.split())
        made = Command(
            name=name,
            summary=(run.__doc__ or "").partition("\n")[0].rstrip("."),
            since=since,
            category=category,
            categories=categories_of(name, category, writes),
            syntax=syntax_of(name, parameters),
            arity=arity_of(head, parameters),
            writes=writes,
            frees=frees,
            open=open,
            parameters=parameters,
            parse=compile_parser(name, head, parameters),
            run=run,
            subcommands={},
            while_loading=while_loading,
            keys=keys,
            alone=alone,
            secret=any(row.kind is SECRET or row.kind is SECRET_BLOB for row in parameters),
            partly=partly,
            refuses=refuses,
        )
        assert made.summary, f"{name} has no docstring"
        _enter(made)
        return run

    return declare


def _enter(made: Command) -> None:
    COMMANDS[made.name] = made
    word, _, sub = made.name.partition(" ")
    if not sub:
        WORDS[word.encode()] = WORDS[word.lower().encode()] = made
        return
    head = COMMANDS.get(word)
    if head is None:
        head = made._replace(
            name=word,
            categories=categories_of(word, made.category, made.writes),
            summary=f"Words about {word.lower()}",
            syntax=f"{word} ...",
            arity=-2,
            parameters=(),
            subcommands={},
            partly="",
        )
        _enter(head)
    head.subcommands[sub.encode()] = made


def find(request: list[bytes]) -> Command:
    """The command a request names, sub-command included, in any case. Raises CommandError."""
    word = request[0].upper()
    found = WORDS.get(word)
    if found is None:
        raise unknown_word(request[0])
    if not found.subcommands:
        return found
    if len(request) == 1:
        if abs(found.arity) == 1:
            return found
        raise malformed(f"{found.name} needs one of {', '.join(sorted(sub.decode() for sub in found.subcommands))}")
    named = found.subcommands.get(request[1].upper())
    if named is None:
        shown = request[1][:64].decode("utf-8", "replace")
        known = ", ".join(sorted(sub.decode() for sub in found.subcommands))
        raise malformed(f"unknown subcommand '{shown}' of {found.name}; there are {known}")
    return named


def keys_of(made: Command, request: list[bytes]) -> list[bytes]:
    """The keys a request names, in order."""
    if made.keys is not None:
        return made.keys(request)
    places = key_places(made)
    if places is None:
        return []
    first, last, step = places
    stop = len(request) if last < 0 else last + 1
    return request[first:stop:step]


def numbered_keys(place: int) -> Callable[[list[bytes]], list[bytes]]:
    """The keys of a request that has their number at `place` and the keys after it; none where the number is wrong."""

    def keys(request: list[bytes]) -> list[bytes]:
        count = request[place] if len(request) > place else b""
        return request[place + 1 : place + 1 + int(count)] if count.isdigit() and len(count) < 8 else []

    return keys


def help_on(head: str) -> list[Simple]:
    """What "WORD HELP" answers: each sub-word's syntax and what it does."""
    subs = COMMANDS[head].subcommands.values()
    return [Simple(line) for made in subs for line in (made.syntax, f"    {made.summary}.")]


def key_places(made: Command) -> tuple[int, int, int] | None:
    """First key, last key (-1: to the end, -2: but for one) and step, as COMMAND INFO tells; None: no fixed place.

    Further pairs of a key and its value are called key_value.
    """
    head = len(made.name.split())
    for place, row in enumerate(made.parameters):
        if row.kind is KEY:
            if row.counted:
                return None
            if any(later.name == "key_timeout" for later in made.parameters[place + 1 :]):
                return head + place, -2, 1
            paired = any(later.name == "key_value" for later in made.parameters[place + 1 :])
            if row.repeated:
                return head + place, -1, 1
            last = place
            while last + 1 < len(made.parameters) and made.parameters[last + 1].kind is KEY:
                last += 1
            if made.parameters[last].repeated:
                return head + place, -1, 1
            return (head + place, -1, 2) if paired else (head + place, head + last, 1)
    return None


def is_private(made: Command, request: list[bytes]) -> list[bool]:
    """For each argument: does it hold a prompt, an answer or a secret?"""
    head = len(made.name.split())
    marks = [False] * len(request)
    places = [row for row in made.parameters if not row.token]
    options = {row.token.encode(): row for row in made.parameters if row.token}
    at = head
    for row in places:
        stop = len(request) if row.repeated and not row.counted else min(at + 1, len(request))
        marks[at:stop] = [row.kind.private] * (stop - at)
        at = stop
    while at < len(request):
        option = options.get(request[at].upper())
        if option is not None and not option.flag and at + 1 < len(request):
            marks[at + 1] = option.kind.private
            at += 1
        at += 1
    return marks
