"""Sets: members, each once, under one key; and what several sets have in common, together or apart."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from crowkis.commands.args import BLOB, KEY, arg, opt, whole
from crowkis.commands.cursors import WALK, walk_elements
from crowkis.commands.keys import changed, collection, is_there
from crowkis.commands.registry import command, numbered_keys
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.sets import Set, stored_members
from crowkis.values.errors import malformed
from crowkis.values.glob import matcher
from crowkis.values.limits import DRAWS_MAX, FRAME_BYTES_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.record import DropKey, Record
from crowkis.values.reply import Reply

SET = "set"
NOBODY = Set()
"""Stands in where no set is; never changed."""


def set_of(engine: Engine, client: Client, key: bytes) -> Set:
    """The live set under a key, NOBODY where the key is not there. Raises CommandError where it holds another type."""
    found = collection(engine, client.db, key, SET)
    if found is None:
        return NOBODY
    assert isinstance(found, Set)
    return found


@command("SADD", arg("key", KEY), arg("member", BLOB, repeated=True), category="set", writes=True)
def sadd(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add members to a set; tells how many are new."""
    there = set_of(engine, client, args.key).places
    new = [member for member in dict.fromkeys(args.member) if member not in there]
    return Outcome(len(new), changed(engine, client.db, args.key, SET, stored_members(new)))


@command("SREM", arg("key", KEY), arg("member", BLOB, repeated=True), category="set", writes=True, frees=True)
def srem(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove members of a set; tells how many were there."""
    there = set_of(engine, client, args.key).places
    gone = [member for member in dict.fromkeys(args.member) if member in there]
    return Outcome(len(gone), changed(engine, client.db, args.key, SET, (), gone))


@command("SCARD", arg("key", KEY), category="set")
def scard(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members a set has."""
    return len(set_of(engine, client, args.key))


@command("SISMEMBER", arg("key", KEY), arg("member", BLOB), category="set")
def sismember(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell whether a member is in a set."""
    return int(args.member in set_of(engine, client, args.key).places)


@command("SMISMEMBER", arg("key", KEY), arg("member", BLOB, repeated=True), category="set")
def smismember(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell for each of several members whether it is in a set."""
    there = set_of(engine, client, args.key).places
    return [int(member in there) for member in args.member]


@command("SMEMBERS", arg("key", KEY), category="set")
def smembers(engine: Engine, client: Client, args: Any) -> Reply:
    """List the members of a set."""
    return list(set_of(engine, client, args.key).members)


@command("SSCAN", *WALK, category="set")
def sscan(engine: Engine, client: Client, args: Any) -> Reply:
    """Walk the members of a set a few at a time; a member that stays is never skipped."""
    set_of(engine, client, args.key)
    found, cursor = walk_elements(engine, client.db, args.key, args.cursor, args.count)
    return [cursor, list(filter(matcher(args.pattern), found))]


@command("SMOVE", arg("source", KEY), arg("destination", KEY), arg("member", BLOB), category="set", writes=True,
         frees=True)  # fmt: skip
def smove(engine: Engine, client: Client, args: Any) -> Outcome:
    """Move a member from one set to another; tells whether it was there."""
    source = set_of(engine, client, args.source)
    if not len(source):
        return Outcome(0)
    destination = set_of(engine, client, args.destination)
    there = args.member in source.places
    if not there or args.source == args.destination:
        return Outcome(int(there))
    new = () if args.member in destination.places else stored_members([args.member])
    taken = changed(engine, client.db, args.source, SET, (), [args.member])
    return Outcome(1, (*taken, *changed(engine, client.db, args.destination, SET, new)))


COUNT = whole(0)


@command("SPOP", arg("key", KEY), arg("count", COUNT, optional=True), category="set", writes=True, frees=True)
def spop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove a random member of a set, or several different ones, and tell which."""
    found = set_of(engine, client, args.key)
    count = 1 if args.count is None else args.count
    drawn = list(found.members) if count >= len(found) else found.drawn(count, engine.pick)
    records: tuple[Record, ...] = (DropKey(client.db, args.key),)
    if len(drawn) < len(found) or not drawn:
        records = changed(engine, client.db, args.key, SET, (), drawn)
    return Outcome(drawn if args.count is not None else drawn[0] if drawn else None, records)


@command("SRANDMEMBER", arg("key", KEY), arg("count", whole(-DRAWS_MAX), optional=True), category="set")
def srandmember(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell a random member of a set, or several: different ones, or below zero each drawn anew."""
    found, count, pick = set_of(engine, client, args.key), args.count, engine.pick
    if count is None:
        return found.members[pick(len(found))] if len(found) else None
    if count >= len(found):
        return list(found.members)
    if count >= 0:
        return found.drawn(count, pick)
    drawn = [found.members[pick(len(found))] for _ in range(-count)] if len(found) else []
    if sum(map(len, drawn)) > FRAME_BYTES_MAX:
        raise malformed(f"the members drawn would take more than {FRAME_BYTES_MAX} bytes")
    return drawn


def _intersection(sets: list[Set]) -> Iterable[bytes]:
    """What all hold, one by one: the smallest is gone through, the others are asked."""
    common: Iterable[bytes]
    common, *others = sorted((found.places for found in sets), key=len)
    for other in others:
        common = filter(other.__contains__, common)
    return common


def _union(sets: list[Set]) -> Iterable[bytes]:
    """What any holds."""
    return set[bytes]().union(*(one.places for one in sets))


def _difference(sets: list[Set]) -> Iterable[bytes]:
    """What the first holds and none of the others."""
    return set(sets[0].places).difference(*(one.places for one in sets[1:]))


KEYS = arg("key", KEY, repeated=True)
DESTINATION = arg("destination", KEY)


def _sets(engine: Engine, client: Client, keys: Iterable[bytes]) -> list[Set]:
    return [set_of(engine, client, key) for key in keys]


def _stored(engine: Engine, client: Client, key: bytes, members: Iterable[bytes]) -> Outcome:
    """Put a new set under a key, whatever it held; an empty one takes the key away. Tells how large it is."""
    put = stored_members(members)
    gone = (DropKey(client.db, key),) if is_there(engine, client.db, key) else ()
    return Outcome(len(put), (*gone, *changed(engine, client.db, key, SET, put)))


@command("SINTER", KEYS, category="set")
def sinter(engine: Engine, client: Client, args: Any) -> Reply:
    """List the members that all of several sets have."""
    return list(_intersection(_sets(engine, client, args.key)))


@command("SUNION", KEYS, category="set")
def sunion(engine: Engine, client: Client, args: Any) -> Reply:
    """List the members that any of several sets has."""
    return list(_union(_sets(engine, client, args.key)))


@command("SDIFF", KEYS, category="set")
def sdiff(engine: Engine, client: Client, args: Any) -> Reply:
    """List the members that the first set has and none of the others."""
    return list(_difference(_sets(engine, client, args.key)))


@command("SINTERSTORE", DESTINATION, KEYS, category="set", writes=True)
def sinterstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put under a key the members that all of several sets have; tells how many."""
    return _stored(engine, client, args.destination, _intersection(_sets(engine, client, args.key)))


@command("SUNIONSTORE", DESTINATION, KEYS, category="set", writes=True)
def sunionstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put under a key the members that any of several sets has; tells how many."""
    return _stored(engine, client, args.destination, _union(_sets(engine, client, args.key)))


@command("SDIFFSTORE", DESTINATION, KEYS, category="set", writes=True)
def sdiffstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put under a key the members that the first set has and none of the others; tells how many."""
    return _stored(engine, client, args.destination, _difference(_sets(engine, client, args.key)))


@command("SINTERCARD", arg("numkeys", whole(1)), arg("key", KEY, counted=True), opt("limit", COUNT, default=0),
         category="set", keys=numbered_keys(1))  # fmt: skip
def sintercard(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members all of several sets have, counting no further than LIMIT (0: to the end)."""
    common = _intersection(_sets(engine, client, args.key))
    return sum(1 for _ in islice(common, args.limit or None))
