"""Words about the server: what it is, what it counts, how it is set, what it runs."""

from typing import Any

from crowkis.commands import report
from crowkis.commands.args import RAW, WORD, Parameter, arg, choice, flag
from crowkis.commands.registry import COMMANDS, command, find, key_places, keys_of
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.settings import BY_NAME, SettingError
from crowkis.values.call import Command
from crowkis.values.errand import StopServer
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Encoded, Reply, Simple

SERVER = "server"
NOTHING = Encoded(b"")


@command("INFO", arg("section", WORD, repeated=True, optional=True), category=SERVER, while_loading=True)
def info(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the server's figures, all sections or those named."""
    return report.info(engine, [section.lower() for section in args.section])


@command("TIME", category=SERVER)
def time_(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the server's time: Unix seconds and microseconds."""
    return [str(engine.now_ms // 1000), str(engine.now_ms % 1000 * 1000)]


ALIASES = {"appendonly": "yes", "save": "", "databases": "16", "maxmemory-policy": "noeviction",
           "proto-max-bulk-len": str(64 << 20), "timeout": "0"}  # fmt: skip
"""Redis settings that clients and tools ask for, with what is true here; they cannot be changed."""


@command("CONFIG GET", arg("pattern", WORD, repeated=True), category=SERVER)
def config_get(engine: Engine, client: Client, args: Any) -> Reply:
    """Show settings whose names match."""
    found: dict[str, str] = {}
    for pattern in args.pattern:
        fits = matcher(pattern.lower().encode())
        found |= {name: engine.settings.shown(name) for name in BY_NAME if fits(name.encode())}
        aliases = ALIASES | {"maxmemory": str(engine.memory.limit_bytes)}
        found |= {name: value for name, value in aliases.items() if fits(name.encode())}
    return found


@command(
    "CONFIG SET",
    arg("name", WORD),
    arg("value", WORD),
    arg("name_value", WORD, repeated=True, optional=True),
    category=SERVER,
)
def config_set(engine: Engine, client: Client, args: Any) -> Reply:
    """Change settings while the server runs, all or none; they are forgotten at restart."""
    flat = (args.name, args.value, *args.name_value)
    if len(flat) % 2:
        raise malformed("CONFIG SET needs a value after each name")
    parsed = {}
    for name, text in zip(flat[::2], flat[1::2], strict=True):
        row = BY_NAME.get(name.lower())
        if row is None:
            raise malformed(f"unknown setting '{name}'; CONFIG GET * shows all")
        if not row.mutable:
            raise malformed(f"{row.name} cannot change while the server runs; set {row.env} and restart")
        try:
            parsed[row.name] = row.parse(text)
        except SettingError as error:
            raise malformed(f"{row.name} {error}") from None
    for name, value in parsed.items():
        setattr(engine.settings, name, value)
    return OK


@command("MONITOR", category=SERVER)
def monitor(engine: Engine, client: Client, args: Any) -> Reply:
    """Show every command executed from now on; prompts and answers only as length and digest."""
    engine.clients.monitor(client)
    return OK


@command("SHUTDOWN", arg("mode", choice("SAVE", "NOSAVE"), optional=True), flag("now"), flag("force"), category=SERVER)
def shutdown(engine: Engine, client: Client, args: Any) -> Outcome:
    """Stop the server: finish what was accepted, sync, exit. Nothing acknowledged is lost in either mode.

    Clients take the closed connection, not a reply, as the sign that it worked.
    """
    return Outcome(NOTHING, errands=(StopServer(),))


def _flags(made: Command) -> list[Simple]:
    flags = ["denyoom"] if made.writes and not made.frees else []
    flags += ["write" if made.writes else "readonly" if made.category in ("string", "keyspace", "semantic") else "fast"]
    if made.category in ("server",):
        flags.append("admin")
    if made.open:
        flags.append("no_auth")
    return [Simple(flag) for flag in flags]


def _described(made: Command) -> list[Any]:
    first, last, step = key_places(made) or (0, 0, 0)
    categories = [f"@{made.category}", "@write" if made.writes else "@read"]
    subs = [_described(sub) for sub in made.subcommands.values()]
    shown = made.name.lower().replace(" ", "|")
    return [shown, made.arity, _flags(made), first, last, step, categories, [], [], subs]


def _argument(row: Parameter) -> dict[str, Any]:
    """One argument as COMMAND DOCS tells it. Flags are status replies: redis-cli ends itself on anything else."""
    shown: dict[str, Any] = {"name": row.name.replace("_", "-"), "type": "pure-token" if row.flag else row.kind.type}
    if row.token:
        shown["token"] = row.token
    marks = [Simple(word) for word, there in (("optional", row.optional), ("multiple", row.repeated)) if there]
    if marks:
        shown["flags"] = marks
    return shown


def _documented(made: Command) -> dict[str, Any]:
    docs: dict[str, Any] = {"summary": made.summary, "since": made.since, "group": made.category}
    if made.parameters:
        docs["arguments"] = [_argument(row) for row in made.parameters]
    if made.subcommands:
        docs["subcommands"] = {
            sub.name.lower().replace(" ", "|"): _documented(sub) for sub in made.subcommands.values()
        }
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
    """Tell how many words there are."""
    return len(_heads())


@command("COMMAND LIST", category=SERVER)
def command_list(engine: Engine, client: Client, args: Any) -> Reply:
    """List the words."""
    return [made.name.lower() for made in _heads()]


@command("COMMAND INFO", arg("name", RAW, repeated=True, optional=True), category=SERVER)
def command_info(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe the words named, or all."""
    chosen: list[Any] = _named(args.name) if args.name else _heads()
    return [None if made is None else _described(made) for made in chosen]


@command("COMMAND DOCS", arg("name", RAW, repeated=True, optional=True), category=SERVER)
def command_docs(engine: Engine, client: Client, args: Any) -> Reply:
    """Explain the words named, or all: summary, arguments, since when."""
    chosen: list[Any] = _named(args.name) if args.name else _heads()
    return {made.name.lower(): _documented(made) for made in chosen if made is not None}


@command("COMMAND GETKEYS", arg("request", RAW, repeated=True), category=SERVER)
def command_getkeys(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which arguments of a whole command are keys."""
    request = list(args.request)
    made = find(request)
    made.parse(request)
    found = keys_of(made, request)
    if not found:
        raise malformed("the command has no key arguments")
    return found


@command("HELP", arg("word", WORD, optional=True), category=SERVER)
def help_(engine: Engine, client: Client, args: Any) -> Reply:
    """Show every word, or one and its sub-words, with syntax and what it does."""
    wanted = (args.word or "").upper()
    return [
        f"{made.syntax} - {made.summary}"
        for name, made in sorted(COMMANDS.items())
        if not made.subcommands and (not wanted or wanted in (name, name.partition(" ")[0]))
    ]
