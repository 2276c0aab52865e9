"""Words that make several calls one: MULTI queues them, EXEC runs them with nothing between, WATCH sets a condition."""

from typing import Any

from crowkis.commands.args import KEY, arg
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.transactions import Together, Transaction
from crowkis.values.errors import exec_aborted, malformed
from crowkis.values.reply import NULL_ARRAY, OK, Reply

TRANSACTIONS = "transactions"


@command("MULTI", category=TRANSACTIONS, partly="words that may wait for the embedder or a backup are not queued")
def multi(engine: Engine, client: Client, args: Any) -> Reply:
    """Queue what follows until EXEC or DISCARD."""
    if client.transaction is not None:
        raise malformed("MULTI calls can not be nested; send EXEC or DISCARD first")
    client.transaction = Transaction()
    client.weigh()
    return OK


@command("EXEC", category=TRANSACTIONS)
def exec_(engine: Engine, client: Client, args: Any) -> Reply:
    """Run what MULTI has queued as one step; null where a watched key has changed."""
    transaction = client.transaction
    if transaction is None:
        raise malformed("EXEC without MULTI")
    unchanged = engine.watches.unchanged(client, engine.now_ms)
    engine.discard(client)
    if transaction.spoiled:
        raise exec_aborted("previous errors; their own replies say which")
    return Together(transaction.calls) if unchanged else NULL_ARRAY


@command("DISCARD", category=TRANSACTIONS)
def discard(engine: Engine, client: Client, args: Any) -> Reply:
    """Forget what MULTI has queued and what WATCH watches."""
    if client.transaction is None:
        raise malformed("DISCARD without MULTI")
    engine.discard(client)
    return OK


@command("WATCH", arg("key", KEY, repeated=True), category=TRANSACTIONS)
def watch(engine: Engine, client: Client, args: Any) -> Reply:
    """Let the next EXEC run only if none of these keys has changed by then, in whatever way."""
    if client.transaction is not None:
        raise malformed("WATCH inside MULTI is not allowed")
    for key in args.key:
        engine.watches.watch(client, client.db, key, engine.now_ms)
    return OK


@command("UNWATCH", category=TRANSACTIONS)
def unwatch(engine: Engine, client: Client, args: Any) -> Reply:
    """Watch nothing any more."""
    engine.watches.unwatch(client)
    return OK
