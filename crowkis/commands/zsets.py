"""Sorted sets: members and their scores, one by one. Ranges are in zsets_ranges.py, algebra in zsets_algebra.py."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from crowkis.commands.args import BLOB, KEY, Kind, arg, choice, converted, flag, opt, whole
from crowkis.commands.cursors import WALK, walk_elements
from crowkis.commands.keys import changed, collection
from crowkis.commands.registry import command, numbered_keys
from crowkis.engine.clients import Client
from crowkis.engine.codec import plain_key
from crowkis.engine.engine import Engine
from crowkis.engine.zsets import Scored, SortedSet, stored_scores
from crowkis.values.errors import malformed, wrong_count
from crowkis.values.glob import matcher
from crowkis.values.outcome import Outcome
from crowkis.values.record import Change, DropKey, Record
from crowkis.values.reply import NULL_ARRAY, Reply
from crowkis.wire.writer import double_digits

ZSET = "zset"
CATEGORY = "sorted-set"
NUMBER = re.compile(rb"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity)", re.IGNORECASE)
NUMBER_BYTES_MAX = 400
DRAWN_MAX = 1 << 16
"""So many members one ZRANDMEMBER may draw anew each."""


def number_of(raw: bytes) -> float:
    """A number as scores and their bounds are written; one too large for a double is infinite. Raises ValueError."""
    if len(raw) > NUMBER_BYTES_MAX or NUMBER.fullmatch(raw) is None:
        raise ValueError("is not a valid float")
    return float(raw) + 0.0  # the same score whichever zero is meant


def _score(raw: bytes) -> float:
    score = number_of(raw)
    digits = raw.lower().partition(b"e")[0].strip(b"+-.0")
    if (score in (float("inf"), float("-inf")) and b"inf" not in raw.lower()) or (not score and digits):
        raise ValueError("is out of range")
    return score


SCORE = Kind("double", False, _score)
"""A score, infinite ones too; what a double cannot hold is refused."""


def zset_of(engine: Engine, client: Client, key: bytes) -> SortedSet | None:
    """The live sorted set under a key. Raises CommandError where it holds another type."""
    found = collection(engine, client.db, key, ZSET)
    assert found is None or isinstance(found, SortedSet)
    return found


def scores_of(engine: Engine, client: Client, key: bytes) -> dict[bytes, float]:
    """The members of a sorted set and their scores; none where the key is not there."""
    found = zset_of(engine, client, key)
    return {} if found is None else found.scores


def shown(client: Client, found: Iterable[Scored], with_scores: bool) -> list[Any]:
    """Members in order, each followed by its score if asked for; under RESP3 the two are a list of their own."""
    if not with_scores:
        return [member for _, member in found]
    if client.protocol == 3:
        return [[member, score] for score, member in found]
    return [item for score, member in found for item in (member, score)]


def without(engine: Engine, client: Client, key: bytes, gone: list[Scored]) -> tuple[Record, ...]:
    """The records that remove members of a sorted set; all of them leave as one."""
    if gone and len(gone) == len(scores_of(engine, client, key)):
        return (DropKey(client.db, key),)
    return changed(engine, client.db, key, ZSET, (), [member for _, member in gone])


def stored_at(engine: Engine, client: Client, key: bytes, found: Iterable[Scored]) -> tuple[Record, ...]:
    """The records that let a key hold these members instead of whatever it holds; it is gone where there are none."""
    put = stored_scores((member, score) for score, member in found)
    there = engine.state.plain_expiry(plain_key(client.db, key)) is not None
    gone = (DropKey(client.db, key),) if there else ()
    return (*gone, Change(client.db, key, ZSET, put)) if put else gone


def _new_score(args: Any, old: float | None, score: float) -> float | None:
    """What ZADD makes of a member's score, or None where its conditions leave it as it is."""
    if old is None:
        return None if args.xx else score
    if args.nx:
        return None
    new = _sum(old, score) if args.incr else score
    return None if (args.gt and new <= old) or (args.lt and new >= old) else new


def _sum(old: float, by: float) -> float:
    new = old + by
    if new != new:
        raise malformed("the score would be no number: one infinity cannot be taken from the other")
    return new


@command("ZADD", arg("key", KEY), flag("nx", group="existence"), flag("xx", group="existence"),
         flag("gt", group="comparison"), flag("lt", group="comparison"), flag("ch"), flag("incr"),
         arg("score", SCORE), arg("member", BLOB), arg("score_member", BLOB, repeated=True, optional=True),
         category=CATEGORY, writes=True)  # fmt: skip
def zadd(engine: Engine, client: Client, args: Any) -> Outcome:
    """Set the scores of members, on conditions if asked; tells how many are new, or with CH changed."""
    if args.nx and (args.gt or args.lt):
        raise malformed("NX excludes GT and LT")
    if len(args.score_member) % 2:
        raise wrong_count("ZADD", "ZADD key [options] score member [score member ...]")
    more = [converted("score", SCORE, raw) for raw in args.score_member[::2]]
    given = list(zip((args.member, *args.score_member[1::2]), (args.score, *more), strict=True))
    if args.incr and len(given) > 1:
        raise malformed("INCR takes one score and one member")
    there = scores_of(engine, client, args.key)
    put: dict[bytes, float] = {}
    added = moved = 0
    new: float | None = None
    for member, score in given:
        old = put.get(member, there.get(member))
        new = _new_score(args, old, score)
        if new is not None and new != old:
            put[member] = new
            added += old is None
            moved += old is not None
    writes = changed(engine, client.db, args.key, ZSET, stored_scores(put.items()))
    return Outcome(new if args.incr else added + moved if args.ch else added, writes)


@command("ZINCRBY", arg("key", KEY), arg("increment", SCORE), arg("member", BLOB), category=CATEGORY, writes=True)
def zincrby(engine: Engine, client: Client, args: Any) -> Outcome:
    """Add to a member's score, which is 0 where there is none; tells the sum."""
    new = _sum(scores_of(engine, client, args.key).get(args.member, 0.0), args.increment)
    return Outcome(new, changed(engine, client.db, args.key, ZSET, stored_scores([(args.member, new)])))


@command("ZREM", arg("key", KEY), arg("member", BLOB, repeated=True), category=CATEGORY, writes=True, frees=True)
def zrem(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove members of a sorted set; tells how many were there."""
    there = scores_of(engine, client, args.key)
    gone = [member for member in dict.fromkeys(args.member) if member in there]
    return Outcome(len(gone), changed(engine, client.db, args.key, ZSET, (), gone))


@command("ZCARD", arg("key", KEY), category=CATEGORY)
def zcard(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members a sorted set has."""
    return len(scores_of(engine, client, args.key))


@command("ZSCORE", arg("key", KEY), arg("member", BLOB), category=CATEGORY)
def zscore(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell a member's score."""
    return scores_of(engine, client, args.key).get(args.member)


@command("ZMSCORE", arg("key", KEY), arg("member", BLOB, repeated=True), category=CATEGORY)
def zmscore(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the scores of several members."""
    there = scores_of(engine, client, args.key)
    return [there.get(member) for member in args.member]


def _rank(engine: Engine, client: Client, args: Any, backwards: bool) -> Reply:
    found = zset_of(engine, client, args.key)
    place = None if found is None else found.place(args.member)
    if found is None or place is None:
        return None
    rank = len(found) - 1 - place if backwards else place
    return [rank, found.scores[args.member]] if args.withscore else rank


@command("ZRANK", arg("key", KEY), arg("member", BLOB), flag("withscore"), category=CATEGORY)
def zrank(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members stand before one, the lowest score first."""
    return _rank(engine, client, args, False)


@command("ZREVRANK", arg("key", KEY), arg("member", BLOB), flag("withscore"), category=CATEGORY)
def zrevrank(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members stand before one, the highest score first."""
    return _rank(engine, client, args, True)


def _outermost(found: SortedSet | None, count: int, highest: bool) -> list[Scored]:
    """Up to `count` members from one end, the outermost first."""
    if found is None:
        return []
    there = len(found)
    return list(found.between(max(there - count, 0), there, True) if highest else found.between(0, min(count, there)))


def _pop(engine: Engine, client: Client, args: Any, highest: bool) -> Outcome:
    gone = _outermost(zset_of(engine, client, args.key), 1 if args.count is None else args.count, highest)
    reply = shown(client, gone, True)
    if args.count is None and client.protocol == 3:
        reply = [item for pair in reply for item in pair]
    return Outcome(reply, without(engine, client, args.key, gone))


COUNT = arg("count", whole(0), optional=True)


@command("ZPOPMIN", arg("key", KEY), COUNT, category=CATEGORY, writes=True, frees=True)
def zpopmin(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the members with the lowest scores and tell them."""
    return _pop(engine, client, args, False)


@command("ZPOPMAX", arg("key", KEY), COUNT, category=CATEGORY, writes=True, frees=True)
def zpopmax(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the members with the highest scores and tell them."""
    return _pop(engine, client, args, True)


@command("ZMPOP", arg("numkeys", whole(1)), arg("key", KEY, counted=True), arg("end", choice("MIN", "MAX")),
         opt("count", whole(1), default=1), category=CATEGORY, writes=True, frees=True,
         keys=numbered_keys(1))  # fmt: skip
def zmpop(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove members from one end of the first sorted set that has any, and tell its key and them."""
    return first_taken(engine, client, args.key, args.count, args.end == "MAX") or Outcome(NULL_ARRAY)


def first_taken(engine: Engine, client: Client, keys: Sequence[bytes], count: int, highest: bool) -> Outcome | None:
    """Key and members, with their scores, taken from an end of the first sorted set that has any."""
    for key in keys:
        gone = _outermost(zset_of(engine, client, key), count, highest)
        if gone:
            return Outcome([key, [[member, score] for score, member in gone]], without(engine, client, key, gone))
    return None


@command("ZRANDMEMBER", arg("key", KEY), arg("count", whole(-DRAWN_MAX), optional=True), flag("withscores"),
         category=CATEGORY)  # fmt: skip
def zrandmember(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell members at random: different ones, or where the count is negative each drawn anew."""
    found = zset_of(engine, client, args.key)
    if args.count is None:
        return None if found is None else found.order[engine.pick(len(found))][1]
    if found is None:
        return []
    if args.count >= 0:
        return shown(client, found.drawn(args.count, engine.pick), args.withscores)
    drawn = (found.order[engine.pick(len(found))] for _ in range(-args.count))
    return shown(client, drawn, args.withscores)


@command("ZSCAN", *WALK, category=CATEGORY)
def zscan(engine: Engine, client: Client, args: Any) -> Reply:
    """Walk the members of a sorted set and their scores a few at a time; a member that stays is never skipped."""
    there = scores_of(engine, client, args.key)
    fits = matcher(args.pattern)
    if not there:
        return ["0", []]
    members, cursor = walk_elements(engine, client.db, args.key, args.cursor, args.count)
    found = [member for member in members if member in there and fits(member)]
    return [cursor, [item for member in found for item in (member, double_digits(there[member]))]]
