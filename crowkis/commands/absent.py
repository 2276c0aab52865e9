"""Redis words for what is not there, each with an error that says so: Lua, replicas, a cluster, modules.

A clear refusal is kinder than an unknown word: whoever meets one knows it was meant.
"""

from typing import Any

from crowkis.commands.args import BLOB, RAW, WORD, arg, whole
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.errors import CommandError, malformed
from crowkis.values.reply import OK, Reply, Simple

SCRIPTING, SERVER, CONNECTION = "scripting", "server", "connection"
REST = arg("argument", BLOB, repeated=True, optional=True)


def _no_lua() -> CommandError:
    return malformed("there is no Lua in this server: no scripts and no functions; send the commands themselves")


def _no_replicas() -> CommandError:
    return malformed("there is no replication in this server: it is always its own master (REPLICAOF NO ONE is fine)")


def _scripts(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: there is no Lua in this server."""
    raise _no_lua()


for _word in ("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "SCRIPT", "FUNCTION", "FCALL", "FCALL_RO"):
    command(_word, REST, category=SCRIPTING, refuses=True)(_scripts)


def _clusters(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: this server is no cluster."""
    raise malformed("this instance has cluster support disabled")


for _word in ("CLUSTER", "READONLY", "READWRITE"):
    command(_word, REST, category=CONNECTION, refuses=True)(_clusters)


@command("REPLICAOF", arg("host", WORD), arg("port", WORD), category=SERVER, partly="NO ONE alone")
def replicaof(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse, unless it is NO ONE: there is no replication."""
    if (args.host.upper(), args.port.upper()) != ("NO", "ONE"):
        raise _no_replicas()
    return OK


@command("SLAVEOF", arg("host", WORD), arg("port", WORD), category=SERVER, partly="NO ONE alone")
def slaveof(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse as REPLICAOF does."""
    return replicaof(engine, client, args)


@command("FAILOVER", REST, category=SERVER, refuses=True)
def failover(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: there is no replica to hand over to."""
    raise _no_replicas()


@command("ROLE", category=SERVER)
def role(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell that this is a master without replicas."""
    return ["master", 0, []]


@command(
    "WAIT",
    arg("replicas", whole(0)),
    arg("timeout_ms", whole(0)),
    category=SERVER,
    partly="there are no replicas: answers 0 at once",
)
def wait(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell at once how many replicas have the changes so far: none, for there are none."""
    return 0


@command(
    "WAITAOF",
    arg("local", whole(0, 1)),
    arg("replicas", whole(0)),
    arg("timeout_ms", whole(0)),
    category=SERVER,
    partly="there are no replicas: answers at once",
)
def waitaof(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell at once whether this server (1 under wal_sync=always) and how many replicas (0) have the changes on disk."""
    return [int(engine.settings.wal_sync == "always"), 0]


@command("BGREWRITEAOF", category=SERVER, partly="does nothing: the log folds by itself")
def bgrewriteaof(engine: Engine, client: Client, args: Any) -> Reply:
    """Do nothing: the log folds into tables by itself; COMPACT does it at once."""
    return Simple("The log is folded by itself")


@command("MODULE LIST", category=SERVER)
def module_list(engine: Engine, client: Client, args: Any) -> Reply:
    """List no modules."""
    return []


@command("MODULE LOAD", arg("path", RAW), REST, category=SERVER, refuses=True)
def module_load(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: there are no modules."""
    raise malformed("this server takes no modules")


@command("LOLWUT", arg("argument", RAW, repeated=True, optional=True), category=SERVER)
def lolwut(engine: Engine, client: Client, args: Any) -> Reply:
    """Draw a crow."""
    return "  __\n<(o )___\n ( ._> /   Crowkis remembers\n  `---'\n"
