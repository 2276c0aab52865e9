"""Words about the server: what it is, what it counts, how it is set, what it runs."""

from typing import Any

from crowkis.commands import report
from crowkis.commands.args import WORD, arg, choice, flag
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.settings import BY_NAME, SettingError
from crowkis.values.errand import StopServer
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Encoded, Reply

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
