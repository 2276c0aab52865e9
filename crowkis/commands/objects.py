"""OBJECT: what tools ask about how a key is kept. Our store keeps all alike; told is what Redis would say."""

from collections.abc import Sequence
from typing import Any

from crowkis.commands.args import KEY, arg
from crowkis.commands.counting import whole_of
from crowkis.commands.keys import STRING, is_there, kind_of, read
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.engine.hashes import HEAD_BYTES, Hash
from crowkis.values.errors import malformed
from crowkis.values.reply import Reply

EMBEDDED_BYTES_MAX = 44
"""A string of up to so many bytes is embstr."""
PACKED_BYTES_MAX = 64
"""No part of an element of a packed collection is longer."""
PACKED_ELEMENTS_MAX = {"hash": 512, "set": 128, "zset": 128}
INTEGERS_MAX = 512
"""A set of up to so many whole numbers is an intset."""
PACKED_LIST_BYTES_MAX = 8 * 1024
LARGE = {"hash": "hashtable", "set": "hashtable", "zset": "skiplist", "list": "quicklist"}
COUNTS_MAX = PACKED_ELEMENTS_MAX | {"set": INTEGERS_MAX, "list": PACKED_LIST_BYTES_MAX}
"""A collection of more elements is large, whatever they are."""


def string_encoding(value: bytes) -> str:
    """How Redis would keep a string."""
    if whole_of(value) is not None:
        return "int"
    return "embstr" if len(value) <= EMBEDDED_BYTES_MAX else "raw"


def collection_encoding(kind: str, elements: Sequence[tuple[bytes, bytes]]) -> str:
    """How Redis would keep a collection of these elements, which are as the store keeps them."""
    if kind == "list":
        packed = sum(len(value) for _, value in elements) <= PACKED_LIST_BYTES_MAX
        return "listpack" if packed else LARGE[kind]
    if kind == "set" and len(elements) <= INTEGERS_MAX and all(whole_of(member) is not None for member, _ in elements):
        return "intset"
    head_bytes = HEAD_BYTES if kind == "hash" else 0
    packed = len(elements) <= PACKED_ELEMENTS_MAX[kind] and all(
        len(field) <= PACKED_BYTES_MAX and len(value) - head_bytes <= PACKED_BYTES_MAX for field, value in elements
    )
    return "listpack" if packed else LARGE[kind]


@command("OBJECT ENCODING", arg("key", KEY), category="keyspace")
def object_encoding(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how Redis would keep what a key holds, by its kind and size."""
    kind = kind_of(engine, client.db, args.key)
    if kind is None:
        return None
    if kind == STRING:
        return string_encoding(read(engine, client.db, args.key) or b"")
    full, keys = plain_key(client.db, args.key), engine.state.keys
    held = keys.collection(full)
    assert held is not None
    if len(held) > COUNTS_MAX[kind]:
        return LARGE[kind]
    told = collection_encoding(kind, keys.elements(full))
    return "listpackex" if told == "listpack" and isinstance(held, Hash) and held.ends else told


@command("OBJECT IDLETIME", arg("key", KEY), category="keyspace", partly="always 0: uses of plain keys are not noted")
def object_idletime(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell for how many seconds a key was not used; always 0, since uses of plain keys are not noted."""
    return 0 if is_there(engine, client.db, args.key) else None


@command("OBJECT FREQ", arg("key", KEY), category="keyspace", refuses=True)
def object_freq(engine: Engine, client: Client, args: Any) -> Reply:
    """Refuse: plain keys are not evicted by use, so nobody counts how often one is used."""
    if not is_there(engine, client.db, args.key):
        return None
    raise malformed("uses of plain keys are not counted, as they are not evicted")


@command("OBJECT REFCOUNT", arg("key", KEY), category="keyspace")
def object_refcount(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many share what a key holds; always 1."""
    return 1 if is_there(engine, client.db, args.key) else None


@command("OBJECT HELP", category="keyspace", while_loading=True)
def object_help(engine: Engine, client: Client, args: Any) -> Reply:
    """List the words OBJECT has."""
    return [
        "ENCODING <key>: how Redis would keep the value",
        "FREQ <key>: refused, nobody counts",
        "IDLETIME <key>: always 0",
        "REFCOUNT <key>: always 1",
        "HELP: this list",
    ]
