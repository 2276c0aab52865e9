"""Lists: values in order under one key, quick at both ends."""

from collections.abc import Sequence
from typing import Any

from crowkis.commands.args import BLOB, KEY, arg, choice, opt, whole
from crowkis.commands.keys import changed, collection
from crowkis.commands.registry import command, numbered_keys
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.lists import List, field_of, popped, pushed, rewritten
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.record import Record
from crowkis.values.reply import NULL_ARRAY, OK, Reply

LIST = "list"
SIDE = choice("LEFT", "RIGHT")
LEFT = "LEFT"


def list_of(engine: Engine, db: int, key: bytes) -> List | None:
    """The live list under a key. Raises CommandError where it holds another type."""
    found = collection(engine, db, key, LIST)
    assert found is None or isinstance(found, List)
    return found


def push(engine: Engine, db: int, key: bytes, values: Sequence[bytes], left: bool) -> Outcome:
    """Put values at an end, one after the other; the reply is the new length."""
    held = list_of(engine, db, key)
    length = len(values) + (0 if held is None else len(held))
    return Outcome(length, changed(engine, db, key, LIST, pushed(held, values, left)))


def pop(engine: Engine, db: int, key: bytes, count: int, left: bool) -> tuple[list[bytes], Sequence[Record]]:
    """Up to `count` values of an end in the order they leave, and the records that take them away."""
    held = list_of(engine, db, key)
    if held is None or not count:
        return [], ()
    drop = popped(held, count, left)
    values = held.slice(0, len(drop)) if left else held.slice(len(held) - len(drop), len(held))[::-1]
    return values, changed(engine, db, key, LIST, (), drop)


def move(engine: Engine, db: int, source: bytes, target: bytes, ends: tuple[bool, bool]) -> Outcome | None:
    """Take a value from one list and put it into another, or the same; None where there is none to take.

    `ends`: from the left, to the left.
    """
    held, there = list_of(engine, db, source), list_of(engine, db, target)
    if held is None:
        return None
    from_left, to_left = ends
    value = held.values[0 if from_left else -1]
    if source == target:
        rest = list(held.values)
        rest.pop(0 if from_left else -1)
        rest.insert(0 if to_left else len(rest), value)
        return Outcome(value, _turned(engine, db, source, held, rest, ends))
    taken = changed(engine, db, source, LIST, (), popped(held, 1, from_left))
    return Outcome(value, (*taken, *changed(engine, db, target, LIST, pushed(there, [value], to_left))))


def _turned(
    engine: Engine, db: int, key: bytes, held: List, rest: list[bytes], ends: tuple[bool, bool]
) -> Sequence[Record]:
    """A value has gone from one end of its own list to the other."""
    if ends[0] == ends[1] or len(held) == 1:
        return ()
    first = held.first
    if ends[0]:
        return changed(engine, db, key, LIST, [(field_of(first + len(held)), rest[-1])], [field_of(first)])
    return changed(engine, db, key, LIST, [(field_of(first - 1), rest[0])], [field_of(first + len(held) - 1)])


@command("LPUSH", arg("key", KEY), arg("element", BLOB, repeated=True), category="list", writes=True)
def lpush(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put values at the head of a list, one after the other; tells the new length."""
    return push(engine, client.db, args.key, args.element, True)


@command("RPUSH", arg("key", KEY), arg("element", BLOB, repeated=True), category="list", writes=True)
def rpush(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put values at the tail of a list, one after the other; tells the new length."""
    return push(engine, client.db, args.key, args.element, False)


@command("LPUSHX", arg("key", KEY), arg("element", BLOB, repeated=True), category="list", writes=True)
def lpushx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put values at the head of a list that is there already."""
    there = list_of(engine, client.db, args.key) is not None
    return push(engine, client.db, args.key, args.element, True) if there else Outcome(0)


@command("RPUSHX", arg("key", KEY), arg("element", BLOB, repeated=True), category="list", writes=True)
def rpushx(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put values at the tail of a list that is there already."""
    there = list_of(engine, client.db, args.key) is not None
    return push(engine, client.db, args.key, args.element, False) if there else Outcome(0)


COUNT = arg("count", whole(0), optional=True)


def _popped(engine: Engine, client: Client, args: Any, left: bool) -> Outcome:
    if list_of(engine, client.db, args.key) is None:
        return Outcome(None if args.count is None else NULL_ARRAY)
    values, writes = pop(engine, client.db, args.key, 1 if args.count is None else args.count, left)
    return Outcome(values[0] if args.count is None else values, writes)


@command("LPOP", arg("key", KEY), COUNT, category="list", writes=True, frees=True)
def lpop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take the first value of a list away, or several, and tell them."""
    return _popped(engine, client, args, True)


@command("RPOP", arg("key", KEY), COUNT, category="list", writes=True, frees=True)
def rpop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take the last value of a list away, or several, and tell them."""
    return _popped(engine, client, args, False)


@command("LMPOP", arg("numkeys", whole(1)), arg("key", KEY, counted=True), arg("side", SIDE),
         opt("count", whole(1), default=1), category="list", writes=True, frees=True,
         keys=numbered_keys(1))  # fmt: skip
def lmpop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take values from an end of the first list that has any, and tell its key and them."""
    return first_popped(engine, client.db, args.key, args.count, args.side == LEFT) or Outcome(NULL_ARRAY)


def first_popped(engine: Engine, db: int, keys: Sequence[bytes], count: int, left: bool) -> Outcome | None:
    """Key and values of the first list that has any."""
    for key in keys:
        values, writes = pop(engine, db, key, count, left)
        if values:
            return Outcome([key, values], writes)
    return None


@command("LLEN", arg("key", KEY), category="list")
def llen(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many values a list has."""
    return len(list_of(engine, client.db, args.key) or ())


def _bounds(start: int, stop: int, length: int) -> tuple[int, int]:
    """From which place to before which, of bounds that both count and may be negative."""
    start = max(0, start + length) if start < 0 else start
    stop = stop + length if stop < 0 else stop
    return start, min(stop, length - 1) + 1


@command("LRANGE", arg("key", KEY), arg("start", whole()), arg("stop", whole()), category="list")
def lrange(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the values of a list from one place to another, both included; -1 is the last."""
    held = list_of(engine, client.db, args.key)
    if held is None:
        return []
    start, stop = _bounds(args.start, args.stop, len(held))
    return held.slice(start, stop) if start < stop else []


@command("LINDEX", arg("key", KEY), arg("index", whole()), category="list")
def lindex(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the value at a place of a list; -1 is the last."""
    held = list_of(engine, client.db, args.key)
    return held.values[args.index] if held is not None and -len(held) <= args.index < len(held) else None


@command("LSET", arg("key", KEY), arg("index", whole()), arg("element", BLOB), category="list", writes=True)
def lset(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put another value at a place of a list."""
    held = list_of(engine, client.db, args.key)
    if held is None:
        raise malformed("no such key")
    if not -len(held) <= args.index < len(held):
        raise malformed("index out of range")
    place = args.index % len(held)
    return Outcome(OK, changed(engine, client.db, args.key, LIST, [(field_of(held.first + place), args.element)]))


@command("LINSERT", arg("key", KEY), arg("where", choice("BEFORE", "AFTER")), arg("pivot", BLOB), arg("element", BLOB),
         category="list", writes=True)  # fmt: skip
def linsert(engine: Engine, client: Client, args: Any) -> Outcome:
    """Put a value beside the first one that equals the pivot; tells the new length, -1 where there is no such value."""
    held = list_of(engine, client.db, args.key)
    if held is None:
        return Outcome(0)
    if args.pivot not in held.values:
        return Outcome(-1)
    values = list(held.values)
    values.insert(values.index(args.pivot) + (args.where == "AFTER"), args.element)
    return Outcome(len(values), changed(engine, client.db, args.key, LIST, *rewritten(held, values)))


@command("LREM", arg("key", KEY), arg("count", whole()), arg("element", BLOB), category="list", writes=True, frees=True)
def lrem(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove values equal to one: the first `count`, the last where it is negative, all where it is 0."""
    held = list_of(engine, client.db, args.key)
    if held is None or args.element not in held.values:
        return Outcome(0)
    values = list(held.values)
    places = [i for i, value in enumerate(values) if value == args.element]
    if args.count:
        places = places[: args.count] if args.count > 0 else places[args.count :]
    gone = set(places)
    rest = [value for i, value in enumerate(values) if i not in gone]
    return Outcome(len(gone), changed(engine, client.db, args.key, LIST, *rewritten(held, rest)))


@command("LTRIM", arg("key", KEY), arg("start", whole()), arg("stop", whole()), category="list", writes=True,
         frees=True)  # fmt: skip
def ltrim(engine: Engine, client: Client, args: Any) -> Outcome:
    """Keep of a list only what stands from one place to another, both included."""
    held = list_of(engine, client.db, args.key)
    if held is None:
        return Outcome(OK)
    start, stop = _bounds(args.start, args.stop, len(held))
    if start >= stop:
        start = stop = len(held)
    drop = popped(held, start, True)
    drop += popped(held, len(held) - stop, False)
    return Outcome(OK, changed(engine, client.db, args.key, LIST, (), drop))


@command("LPOS", arg("key", KEY), arg("element", BLOB), opt("rank", whole(-(1 << 62)), default=1),
         opt("count", whole(0), token="COUNT"), opt("maxlen", whole(0), default=0), category="list")  # fmt: skip
def lpos(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell at which place a value stands, or at which places; a negative RANK looks from the tail."""
    if not args.rank:
        raise malformed("RANK can't be zero: 1 is the first match, -1 the last")
    held = list_of(engine, client.db, args.key)
    nothing: Reply = None if args.count is None else []
    if held is None:
        return nothing
    forwards = args.rank > 0
    values = held.values if forwards else reversed(held.values)
    wanted, skipped = 1 if args.count is None else args.count, abs(args.rank) - 1
    found: list[int] = []
    for i, value in enumerate(values):
        if (args.maxlen and i >= args.maxlen) or (wanted and len(found) == wanted):
            break
        if value == args.element:
            if skipped:
                skipped -= 1
            else:
                found.append(i if forwards else len(held) - 1 - i)
    return found if args.count is not None else found[0] if found else None


@command("LMOVE", arg("source", KEY), arg("destination", KEY), arg("from_", SIDE), arg("to", SIDE), category="list",
         writes=True)  # fmt: skip
def lmove(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take a value from an end of one list, put it at an end of another, and tell it."""
    ends = (args.from_ == LEFT, args.to == LEFT)
    return move(engine, client.db, args.source, args.destination, ends) or Outcome(None)


@command("RPOPLPUSH", arg("source", KEY), arg("destination", KEY), category="list", writes=True)
def rpoplpush(engine: Engine, client: Client, args: Any) -> Outcome:
    """Take the last value of one list, put it at the head of another, and tell it."""
    return move(engine, client.db, args.source, args.destination, (False, True)) or Outcome(None)
