"""A command as declared: what a word means, what it takes, what runs it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from crowkis.values.access import ChannelUse, KeyUse


class Command(NamedTuple):
    """A word users can send. Made once by the declaration in commands/registry.py, never changed."""

    name: str
    """In capitals; "CLIENT ID" for a sub-command."""
    summary: str
    since: str
    category: str
    categories: frozenset[str]
    """Those of ACL: Redis's names, without @."""
    syntax: str
    arity: int
    """As Redis counts: the word included, negative when more may follow."""
    writes: bool
    """Only a command that says so may return writes."""
    frees: bool
    """Its writes take away or only change: it runs over the memory limit too."""
    open: bool
    """May run before AUTH and while the data directory is still being read."""
    parameters: tuple[Any, ...]
    parse: Callable[[list[bytes]], Any]
    """Request (word included) to the arguments run() reads. Raises CommandError."""
    run: Callable[[Any, Any, Any], Any]
    """run(engine, client, args) -> Reply | Outcome | Waiting. Plain Python; waits for nothing. Raises CommandError."""
    subcommands: "dict[bytes, Command]"
    """By word in capitals; empty unless this word is only the head of others."""
    while_loading: bool = False
    """May run while the data directory is still being read; it looks at no state then."""
    keys: Callable[[list[bytes]], list[bytes]] | None = None
    """The keys a request names, where their places are not the same in each."""
    alone: bool = False
    """MULTI cannot queue it: it waits for an errand, sends its reply in parts, or ends what the reply needs."""
    secret: bool = False
    """Its arguments hold passwords: they are shown to nobody, whatever the settings say."""
    partly: str = ""
    """How it falls short of what Redis documents; empty: it does not."""
    refuses: bool = False
    """It is known only to say that what it asks for is not here."""


class Vocabulary(NamedTuple):
    """What the engine needs to know of the words, handed in by app.py since words live a floor above."""

    words: dict[bytes, Command]
    """By the bytes clients usually send."""
    find: Callable[[list[bytes]], Command]
    """The command a request names, in any case, sub-command included. Raises CommandError."""
    is_private: Callable[[Command, list[bytes]], list[bool]]
    """For each argument of a request: does it hold a prompt, an answer or a secret?"""
    keys_of: Callable[[Command, list[bytes]], list[bytes]]
    """The keys a request names, in order."""
    key_uses: Callable[[Command, list[bytes]], list[KeyUse]]
    """The keys a request names and what is done with them. Raises CommandError."""
    channel_uses: Callable[[Command, list[bytes]], list[ChannelUse]]
    """The channels a request names."""
