"""A command as declared, and one call of it on its way through the house."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Command:
    """A word users can send: what the declaration in commands/registry.py made of it. Never changed after start."""

    __slots__ = ("arity", "categories", "first_key", "handler", "key_step", "last_key", "name", "open", "parameters",
                 "parse", "private", "since", "subcommands", "summary", "syntax", "writes")  # fmt: skip

    name: str
    summary: str
    since: str
    syntax: str
    arity: int
    """As Redis counts: the word included; negative when more may follow."""
    categories: tuple[str, ...]
    writes: bool
    """Only a command that says so may return writes."""
    open: bool
    """May run before AUTH and while loading."""
    parameters: tuple[Any, ...]
    parse: Callable[[list[bytes]], Any]
    """Request (word included) to the arguments the handler reads; raises CommandError."""
    handler: Callable[[Any, "Call"], Any]
    private: Callable[[int, list[bytes]], bool]
    """Does the argument at this position hold a prompt, an answer or a secret?"""
    first_key: int
    last_key: int
    key_step: int
    subcommands: tuple["Command", ...]


class Call:
    """One command on its way: parsed, not yet run. `slot` is its place among the client's replies."""

    __slots__ = ("args", "client", "command", "request", "slot")

    def __init__(self, command: Command, args: Any, client: Any, slot: int, request: list[bytes]) -> None:
        self.command = command
        self.args = args
        self.client = client
        self.slot = slot
        self.request = request


class KeySpec(NamedTuple):
    """Where a command's keys stand, as COMMAND INFO tells it."""

    first: int
    last: int
    step: int
