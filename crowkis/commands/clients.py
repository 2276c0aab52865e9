"""Words about other connections: close them, hold them up, end their waiting."""

from collections.abc import Iterator
from typing import Any

from crowkis.commands.args import RAW, WORD, arg, choice, opt, whole
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errand import CloseClients
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Reply

CONNECTION = "connection"
PAUSE_MS_MAX = 3_600_000


@command("CLIENT KILL", arg("address", RAW, optional=True), opt("id", whole(1)), opt("addr", WORD), opt("laddr", WORD),
         opt("type", choice("NORMAL", "MASTER", "SLAVE", "REPLICA", "PUBSUB")), opt("user", WORD),
         opt("maxage", whole(1)), opt("skipme", choice("YES", "NO"), default="YES"), category=CONNECTION)  # fmt: skip
def client_kill(engine: Engine, client: Client, args: Any) -> Outcome:
    """Close the connections that all filters fit; tells how many (the old form, one address alone, answers OK)."""
    if args.address is not None:
        address = args.address.decode("utf-8", "replace")
        found = tuple(each.id for each in engine.clients.all() if each.address == address)
        if not found:
            raise malformed("no such client")
        return Outcome(OK, errands=(CloseClients(found),))
    if all(given is None for given in (args.id, args.addr, args.laddr, args.type, args.user, args.maxage)):
        raise malformed("CLIENT KILL needs an address, or one of ID, ADDR, LADDR, TYPE, USER and MAXAGE")
    if args.user is not None and args.user not in engine.house.users:
        raise malformed(f"there is no user '{args.user[:64]}'")
    chosen = tuple(
        each.id
        for each in engine.clients.all()
        if all(_fits(each, args, engine.now_ms)) and (args.skipme == "NO" or each is not client)
    )
    return Outcome(len(chosen), errands=(CloseClients(chosen),) if chosen else ())


def _fits(each: Client, args: Any, now_ms: int) -> Iterator[bool]:
    yield args.id is None or each.id == args.id
    yield args.addr is None or each.address == args.addr
    yield args.laddr is None or each.local_address == args.laddr
    yield args.type is None or args.type == each.kind
    yield args.user is None or each.account.name == args.user
    yield args.maxage is None or now_ms - each.created_ms >= args.maxage * 1000


@command("CLIENT PAUSE", arg("timeout_ms", whole(0, PAUSE_MS_MAX)),
         arg("what", choice("WRITE", "ALL"), optional=True), category=CONNECTION)  # fmt: skip
def client_pause(engine: Engine, client: Client, args: Any) -> Reply:
    """Let all clients' calls wait for so long, or those alone that change something; a longer pause begun goes on."""
    engine.house.pause(engine.now_ms + args.timeout_ms, args.what == "WRITE")
    return OK


@command("CLIENT UNPAUSE", category=CONNECTION)
def client_unpause(engine: Engine, client: Client, args: Any) -> Reply:
    """Let calls that wait because of CLIENT PAUSE go on."""
    engine.house.unpause()
    return OK


@command("CLIENT UNBLOCK", arg("id", whole()), arg("how", choice("TIMEOUT", "ERROR"), optional=True),
         category=CONNECTION)  # fmt: skip
def client_unblock(engine: Engine, client: Client, args: Any) -> Reply:
    """End a client's waiting for a key, as if its time were up or with an error; tells whether it was waiting."""
    found = engine.clients.find(args.id)
    return int(found is not None and found.unblock is not None and found.unblock(found, args.how == "ERROR"))


@command(
    "CLIENT NO-TOUCH",
    arg("switch", choice("ON", "OFF")),
    category=CONNECTION,
    partly="shown in CLIENT LIST; uses are not noted anyway",
)
def client_no_touch(engine: Engine, client: Client, args: Any) -> Reply:
    """Mark this connection as one whose reads should not count; shown as flag T in CLIENT LIST."""
    client.no_touch = args.switch == "ON"
    return OK


@command("CLIENT HELP", category=CONNECTION)
def client_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about connections."""
    return help_on("CLIENT")
