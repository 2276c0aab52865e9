"""Words about the server: what it is, what it counts, how it is set, what it runs."""

from typing import Any

from crowkis.commands import report
from crowkis.commands.args import WORD, arg, flag
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errand import StopServer
from crowkis.values.errors import malformed
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


@command("MONITOR", category=SERVER)
def monitor(engine: Engine, client: Client, args: Any) -> Reply:
    """Show every command executed from now on; prompts and answers only as length and digest."""
    engine.clients.monitor(client)
    return OK


@command("SHUTDOWN", flag("nosave", group="mode"), flag("save", group="mode"), flag("now"), flag("force"),
         flag("abort"), category=SERVER, alone=True)  # fmt: skip
def shutdown(engine: Engine, client: Client, args: Any) -> Outcome:
    """Stop the server: finish what was accepted, sync, exit. Nothing acknowledged is lost in either mode.

    Clients take the closed connection, not a reply, as the sign that it worked.
    """
    if args.abort:
        raise malformed("no stop is under way that could be called off")
    return Outcome(NOTHING, errands=(StopServer(),))
