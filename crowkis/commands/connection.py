"""Words about the connection itself: greeting, credentials, names, replies on and off."""

from typing import Any

from crowkis import __version__
from crowkis.commands.args import RAW, SECRET, arg, choice, opt, whole
from crowkis.commands.registry import command
from crowkis.engine import gate
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.access import DEFAULT
from crowkis.values.errand import CloseClients
from crowkis.values.errors import loading, malformed, unsupported_protocol, wrong_token
from crowkis.values.limits import DATABASES
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, PONG, Reply, Simple

REDIS_VERSION = "7.4.0"
"""What INFO and HELLO tell clients that choose features by Redis's version."""

CONNECTION = "connection"


@command("PING", arg("message", RAW, optional=True), category=CONNECTION)
def ping(engine: Engine, client: Client, args: Any) -> Reply:
    """Answer PONG, or the message; both as a message to a RESP2 client that has subscribed."""
    if client.listens_only:
        return [b"pong", args.message or b""]
    return PONG if args.message is None else args.message


@command("ECHO", arg("message", RAW), category=CONNECTION)
def echo(engine: Engine, client: Client, args: Any) -> Reply:
    """Answer the message."""
    return args.message


def _log_in(engine: Engine, client: Client, user: str, password: str) -> None:
    if user != DEFAULT and not engine.house.loaded:
        raise loading()
    if not gate.log_in(client, engine.house, user, password):
        raise wrong_token()


@command("AUTH", arg("user_or_token", SECRET), arg("password", SECRET, optional=True), category=CONNECTION, open=True)
def auth(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the token, or a user name and its password; the token is the password of the user default."""
    user, password = (DEFAULT, args.user_or_token) if args.password is None else (args.user_or_token, args.password)
    if user == DEFAULT and not engine.house.token:
        raise malformed("no token is configured on this server, so there is nothing to AUTH against; see ACL SETUSER")
    _log_in(engine, client, user, password)
    return OK


def _name(raw: bytes) -> str:
    name = raw.decode("utf-8", "replace")
    if any(not "!" <= char <= "~" for char in name):
        raise malformed("a client name must be printable ASCII without spaces")
    return name


@command(
    "HELLO",
    arg("protocol", RAW, optional=True),
    arg("option", SECRET, repeated=True, optional=True),
    category=CONNECTION,
    open=True,
)
def hello(engine: Engine, client: Client, args: Any) -> Reply:
    """Choose protocol 2 or 3, and with AUTH user token and SETNAME name do both at once."""
    words = list(args.option)
    credentials, name = None, None
    while words:
        word = words.pop(0).upper()
        if word == "AUTH" and len(words) >= 2:
            credentials = (words.pop(0), words.pop(0))
        elif word == "SETNAME" and words:
            name = _name(words.pop(0).encode())
        else:
            raise malformed("syntax error in HELLO; syntax: HELLO [protocol [AUTH user token] [SETNAME name]]")
    if args.protocol is not None and args.protocol not in (b"2", b"3"):
        raise unsupported_protocol()
    if credentials is not None:
        _log_in(engine, client, *credentials)
    if not client.admitted:
        raise gate.unadmitted(engine.house)
    if args.protocol is not None:
        client.protocol = int(args.protocol)
    if name is not None:
        client.name = name
    return {
        "server": "redis",
        "version": REDIS_VERSION,
        "crowkis_version": __version__,
        "proto": client.protocol,
        "id": client.id,
        "mode": "standalone",
        "role": "master",
        "modules": [],
    }


@command("QUIT", category=CONNECTION, open=True)
def quit_(engine: Engine, client: Client, args: Any) -> Outcome:
    """Close the connection after this reply."""
    return Outcome(OK, errands=(CloseClients((client.id,)),))


@command("RESET", category=CONNECTION, open=True)
def reset(engine: Engine, client: Client, args: Any) -> Reply:
    """Put the connection back as it was after connecting."""
    engine.reset(client)
    gate.admit(client, engine.house)
    return Simple("RESET")


@command("SELECT", arg("db", whole()), category=CONNECTION)
def select(engine: Engine, client: Client, args: Any) -> Reply:
    """Choose the database that plain keys are read from and written to."""
    if not 0 <= args.db < DATABASES:
        raise malformed(f"DB index is out of range; there are 0 to {DATABASES - 1}")
    client.db = args.db
    return OK


@command("CLIENT ID", category=CONNECTION)
def client_id(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell this connection's number."""
    return client.id


@command("CLIENT INFO", category=CONNECTION)
def client_info(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe this connection in one line."""
    return client.line(engine.now_ms) + "\n"


@command(
    "CLIENT LIST",
    opt("type", choice("NORMAL", "MASTER", "REPLICA", "PUBSUB")),
    opt("id", whole(), many=True),
    category=CONNECTION,
)
def client_list(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe every connection, or those named, one line each."""
    return "".join(
        each.line(engine.now_ms) + "\n"
        for each in engine.clients.all()
        if args.type in (None, "PUBSUB" if each.subscriptions else "NORMAL") and (not args.id or each.id in args.id)
    )


@command("CLIENT GETNAME", category=CONNECTION)
def client_getname(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell this connection's name, if it has one."""
    return client.name or None


@command("CLIENT SETNAME", arg("name", RAW), category=CONNECTION)
def client_setname(engine: Engine, client: Client, args: Any) -> Reply:
    """Name this connection."""
    client.name = _name(args.name)
    return OK


@command("CLIENT SETINFO", arg("attribute", choice("LIB-NAME", "LIB-VER")), arg("value", RAW), category=CONNECTION)
def client_setinfo(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which client library is speaking."""
    value = _name(args.value)
    if args.attribute == "LIB-NAME":
        client.library = value
    else:
        client.library_version = value
    return OK


@command(
    "CLIENT NO-EVICT",
    arg("switch", choice("ON", "OFF")),
    category=CONNECTION,
    partly="shown in CLIENT LIST; output over its limit still ends the connection",
)
def client_no_evict(engine: Engine, client: Client, args: Any) -> Reply:
    """Mark this connection as one to spare; shown as flag e in CLIENT LIST."""
    client.no_evict = args.switch == "ON"
    return OK


@command("CLIENT REPLY", arg("mode", choice("ON", "OFF", "SKIP")), category=CONNECTION, alone=True)
def client_reply(engine: Engine, client: Client, args: Any) -> Reply:
    """Send replies (ON), none (OFF), or none to the next command (SKIP)."""
    client.reply_mode = {"ON": "ON", "OFF": "OFF", "SKIP": "SKIP-NEXT"}[args.mode]
    client.weigh()
    return OK
