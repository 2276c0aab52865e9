"""DUMP and RESTORE: what a key holds as bytes, and back. The bytes are our own, see engine/payload.py."""

from typing import Any

from crowkis.commands.args import BLOB, KEY, arg, flag, opt, whole
from crowkis.commands.keys import Contents, contents, is_there, recreated
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.payload import PayloadError, decode, encode
from crowkis.values.errors import busy_key, malformed
from crowkis.values.limits import BULK_BYTES_MAX, EXPIRE_MS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropKey
from crowkis.values.reply import OK, Reply


@command("DUMP", arg("key", KEY), category="keyspace", partly="a payload of its own, versioned; Redis cannot read it")
def dump(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell what a key holds as bytes that RESTORE takes; its lifetime is not among them."""
    held = contents(engine, client.db, args.key)
    if held is None:
        return None
    try:
        return encode(held.kind, held.elements, BULK_BYTES_MAX)
    except PayloadError as error:
        raise malformed(str(error)) from None


@command("RESTORE", arg("key", KEY), arg("ttl", whole()), arg("payload", BLOB), flag("replace"), flag("absttl"),
         opt("idletime", whole(0), group="use"), opt("freq", whole(0, 255), group="use"),
         category="keyspace", writes=True, partly="takes what DUMP here told, not what Redis's did")  # fmt: skip
def restore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Make a key hold what DUMP told, for ttl milliseconds (0: for ever); IDLETIME and FREQ are read and not kept."""
    db, key = client.db, args.key
    there = is_there(engine, db, key)
    if there and not args.replace:
        raise busy_key()
    at_ms = args.ttl + (engine.now_ms if args.ttl and not args.absttl else 0)
    if args.ttl < 0 or at_ms > EXPIRE_MS_MAX:
        raise malformed("ttl must be 0 or more milliseconds, and not too far away")
    try:
        held = Contents(*decode(args.payload))
    except PayloadError as error:
        raise malformed(str(error)) from None
    if 0 < at_ms <= engine.now_ms:
        return Outcome(OK, (DropKey(db, key),) if there else ())
    return Outcome(OK, recreated(engine, db, key, held, at_ms))
