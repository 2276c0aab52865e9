"""Words about words: what there is, what each takes, which of its arguments are keys. All of it comes from COMMANDS."""

from typing import Any

from crowkis.commands.args import RAW, WORD, Parameter, arg
from crowkis.commands.categories import ordered
from crowkis.commands.keyuse import flags_of, key_uses
from crowkis.commands.registry import COMMANDS, command, find, help_on, key_places, keys_of
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.guard.access import shown
from crowkis.values.call import Command
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.reply import Reply, Simple

SERVER = "server"
FLAGGED = ("write", "read", "admin", "pubsub", "fast", "blocking")
"""Categories that are flags too."""


def _flags(made: Command) -> list[Simple]:
    flags = ["readonly" if name == "read" else name for name in FLAGGED if name in made.categories]
    flags += ["denyoom"] if made.writes and not made.frees else []
    flags += ["loading", "stale", "no_auth"] if made.open else ["loading", "stale"] if made.while_loading else []
    flags += ["movablekeys"] if made.keys is not None else []
    return [Simple(flag) for flag in flags]


def _described(made: Command) -> list[Any]:
    first, last, step = key_places(made) or (0, 0, 0)
    subs = [_described(sub) for sub in made.subcommands.values()]
    categories = [Simple(f"@{name}") for name in ordered(made.categories)]
    return [shown(made.name), made.arity, _flags(made), first, last, step, categories, [], _key_specs(made), subs]


def _key_specs(made: Command) -> list[Any]:
    """Where keys begin and how far they go; none where that cannot be said of all requests alike."""
    places = key_places(made)
    if places is None or made.keys is not None:
        return []
    first, last, step = places
    flags, others = flags_of(made)
    if flags == others:
        return [_key_spec(flags, first, last if last < 0 else last - first, step)]
    return [_key_spec(flags, first, 0, 1), _key_spec(others, first + 1, last if last < 0 else last - first - 1, step)]


def _key_spec(flags: tuple[str, ...], first: int, last: int, step: int) -> dict[str, Any]:
    return {
        "flags": [Simple(flag) for flag in flags],
        "begin_search": {"type": "index", "spec": {"index": first}},
        "find_keys": {"type": "range", "spec": {"lastkey": last, "keystep": step, "limit": 0}},
    }


def _argument(row: Parameter) -> dict[str, Any]:
    """One argument as COMMAND DOCS tells it. Flags are status replies: redis-cli ends itself on anything else."""
    told: dict[str, Any] = {"name": row.name.replace("_", "-"), "type": "pure-token" if row.flag else row.kind.type}
    if row.token:
        told["token"] = row.token
    marks = [Simple(word) for word, there in (("optional", row.optional), ("multiple", row.repeated)) if there]
    if marks:
        told["flags"] = marks
    return told


def _documented(made: Command) -> dict[str, Any]:
    docs: dict[str, Any] = {"summary": made.summary, "since": made.since, "group": made.category}
    if made.parameters:
        docs["arguments"] = [_argument(row) for row in made.parameters]
    if made.subcommands:
        docs["subcommands"] = {shown(sub.name): _documented(sub) for sub in made.subcommands.values()}
    return docs


def _heads() -> list[Command]:
    return [made for name, made in sorted(COMMANDS.items()) if " " not in name]


def _named(names: tuple[bytes, ...]) -> list[Command | None]:
    return [COMMANDS.get(name.decode("utf-8", "replace").upper().replace("|", " ")) for name in names]


@command("COMMAND", category=SERVER)
def command_(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe every word: arity, flags, where its keys stand."""
    return [_described(made) for made in _heads()]


@command("COMMAND COUNT", category=SERVER)
def command_count(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many words there are, those with sub-words counted once."""
    return len(_heads())


@command("COMMAND LIST", arg("filter", RAW, repeated=True, optional=True), category=SERVER)
def command_list(engine: Engine, client: Client, args: Any) -> Reply:
    """List the words and sub-words; FILTERBY ACLCAT category, PATTERN glob or MODULE name lists some."""
    names = {shown(name): made for name, made in sorted(COMMANDS.items())}
    if not args.filter:
        return list(names)
    if len(args.filter) != 3 or args.filter[0].upper() != b"FILTERBY":
        raise malformed("COMMAND LIST takes FILTERBY ACLCAT category, PATTERN glob or MODULE name, or nothing")
    by, value = args.filter[1].upper(), args.filter[2].lower()
    if by == b"ACLCAT":
        wanted = value.decode("utf-8", "replace").removeprefix("@")
        return [name for name, made in names.items() if wanted in made.categories and not made.subcommands]
    if by == b"PATTERN":
        fits = matcher(value)
        return [name for name in names if fits(name.encode())]
    if by == b"MODULE":
        return []
    raise malformed("COMMAND LIST can filter by ACLCAT, PATTERN or MODULE")


@command("COMMAND INFO", arg("name", RAW, repeated=True, optional=True), category=SERVER)
def command_info(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe the words named, or all."""
    chosen: list[Any] = _named(args.name) if args.name else _heads()
    return [None if made is None else _described(made) for made in chosen]


@command("COMMAND DOCS", arg("name", RAW, repeated=True, optional=True), category=SERVER)
def command_docs(engine: Engine, client: Client, args: Any) -> Reply:
    """Explain the words named, or all: summary, arguments, since when."""
    chosen: list[Any] = _named(args.name) if args.name else _heads()
    return {shown(made.name): _documented(made) for made in chosen if made is not None}


@command("COMMAND GETKEYS", arg("request", RAW, repeated=True), category=SERVER)
def command_getkeys(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which arguments of a whole command are keys."""
    made, request = _whole(args.request)
    return keys_of(made, request)


@command("COMMAND GETKEYSANDFLAGS", arg("request", RAW, repeated=True), category=SERVER)
def command_getkeysandflags(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which arguments of a whole command are keys, and what it does with each."""
    made, request = _whole(args.request)
    return [[use.key, [Simple(flag) for flag in use.flags]] for use in key_uses(made, request)]


def _whole(given: tuple[bytes, ...]) -> tuple[Command, list[bytes]]:
    """A command that could be run and names keys. Raises CommandError."""
    request = list(given)
    made = find(request)
    made.parse(request)
    if not keys_of(made, request):
        raise malformed("the command has no key arguments")
    return made, request


@command("COMMAND HELP", category=SERVER)
def command_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about words."""
    return help_on("COMMAND")


@command("HELP", arg("word", WORD, optional=True), category=SERVER)
def help_(engine: Engine, client: Client, args: Any) -> Reply:
    """Show every word, or one and its sub-words, with syntax and what it does."""
    wanted = (args.word or "").upper()
    return [
        f"{made.syntax} - {made.summary}"
        for name, made in sorted(COMMANDS.items())
        if not made.subcommands and (not wanted or wanted in (name, name.partition(" ")[0]))
    ]
