"""DEBUG: for people who test the server. Refused unless the setting debug_commands allows it."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from crowkis.commands.args import KEY, arg, real
from crowkis.commands.keys import expiry_of, is_there, kind_of
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.codec import PLAIN_HEAD, plain_key
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import Hash
from crowkis.engine.kinds import Collection
from crowkis.engine.lists import List
from crowkis.engine.sets import Set
from crowkis.engine.zsets import SortedSet
from crowkis.values.errand import Pause, Waiting
from crowkis.values.errors import malformed
from crowkis.values.limits import DATABASES
from crowkis.values.reply import OK, Reply, Simple

SERVER = "server"
SLEEP_S_MAX = 600.0
DIGEST_BYTES = 20


def _allow(engine: Engine) -> None:
    if not engine.settings.debug_commands:
        raise malformed("DEBUG is off; set CROWKIS_DEBUG_COMMANDS=yes and restart, on a server that is yours alone")


@command("DEBUG SLEEP", arg("seconds", real(0.0, SLEEP_S_MAX)), category=SERVER)
def debug_sleep(engine: Engine, client: Client, args: Any) -> Waiting:
    """Answer after so many seconds; other clients are not kept waiting."""
    _allow(engine)
    return Waiting(Pause(int(args.seconds * 1000)), lambda engine, result: OK)


@command("DEBUG OBJECT", arg("key", KEY), category=SERVER)
def debug_object(engine: Engine, client: Client, args: Any) -> Reply:
    """Describe what a key holds in one line."""
    _allow(engine)
    if not is_there(engine, client.db, args.key):
        raise malformed("no such key")
    full = plain_key(client.db, args.key)
    held = engine.state.keys.collection(full)
    size_bytes = len(engine.state.get(full) or b"") - PLAIN_HEAD.size if held is None else held.size_bytes
    elements = 1 if held is None else len(held)
    kind = kind_of(engine, client.db, args.key)
    end_ms = expiry_of(engine, client.db, args.key)
    return Simple(f"type:{kind} refcount:1 serializedlength:{size_bytes} elements:{elements} expire_at_ms:{end_ms}")


@command("DEBUG DIGEST", category=SERVER)
def debug_digest(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell 40 hexadecimal digits that are the same wherever the plain keys of all databases hold the same."""
    _allow(engine)
    total = 0
    for db in range(DATABASES):
        prefix = plain_key(db, b"")
        for full, _ in engine.state.store.items(prefix):
            if is_there(engine, db, full[len(prefix) :]):
                total ^= _digest_of(engine, db, full[len(prefix) :])
    return Simple(f"{total:040x}")


@command("DEBUG DIGEST-VALUE", arg("key", KEY, repeated=True), category=SERVER)
def debug_digest_value(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell as many digits for each key, all zero where it is not there; names and databases do not count."""
    _allow(engine)
    return [Simple(f"{_digest_of(engine, client.db, key, named=False):040x}") for key in args.key]


def _digest_of(engine: Engine, db: int, key: bytes, named: bool = True) -> int:
    """What a key holds as a number. The elements of a collection count in whatever order they lie."""
    if not is_there(engine, db, key):
        return 0
    full, kind = plain_key(db, key), kind_of(engine, db, key) or ""
    head = engine.state.keys.heads.get(full)
    if head is None:
        held = _hash(b"string", (engine.state.get(full) or b"")[PLAIN_HEAD.size :])
    else:
        held = _hash(kind.encode(), b"")
        for name, value in _elements(engine.state.keys.collection(full)):
            held ^= _hash(name, value)
    end = b"1" if expiry_of(engine, db, key) else b"0"
    label = bytes([db]) + key if named else b""
    return _hash(label, held.to_bytes(DIGEST_BYTES, "big") + end)


def _elements(held: Collection | None) -> Iterable[tuple[bytes, bytes]]:
    """What a collection holds, without how the store keeps it."""
    if isinstance(held, Hash):
        return held.values.items()
    if isinstance(held, List):
        return ((str(place).encode(), value) for place, value in enumerate(held.values))
    if isinstance(held, SortedSet):
        return ((member, repr(score).encode()) for member, score in held.scores.items())
    return ((member, b"") for member in held.members) if isinstance(held, Set) else ()


def _hash(*parts: bytes) -> int:
    digest = blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "big")


@command("DEBUG HELP", category=SERVER)
def debug_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words for testing."""
    return help_on("DEBUG")
