"""Ranges of sorted sets: by place, by score, by member; told, counted, stored and removed."""

from typing import Any, NamedTuple

from crowkis.commands.args import BLOB, KEY, Kind, arg, converted, flag, opt, whole
from crowkis.commands.registry import command
from crowkis.commands.zsets import CATEGORY, number_of, shown, stored_at, without, zset_of
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.zsets import MemberBound, ScoreBound, Scored, SortedSet
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Reply


def _score_bound(raw: bytes) -> ScoreBound:
    excluded = raw[:1] == b"("
    try:
        return ScoreBound(number_of(raw[excluded:]), excluded)
    except ValueError:
        raise ValueError("is not a float, which a ( may precede") from None


def _member_bound(raw: bytes) -> MemberBound:
    if raw in (b"-", b"+"):
        return MemberBound(b"", False, -1 if raw == b"-" else 1)
    if raw[:1] not in (b"[", b"("):
        raise ValueError("must be -, + or begin with [ or (")
    return MemberBound(raw[1:], raw[:1] == b"(")


SCORE_BOUND = Kind("double", False, _score_bound)
MEMBER_BOUND = Kind("string", True, _member_bound)
PLACE = whole()
LIMIT = opt("limit", whole(), takes=("offset", "count"))
SCORES = (arg("min", SCORE_BOUND), arg("max", SCORE_BOUND))
MEMBERS = (arg("min", MEMBER_BOUND), arg("max", MEMBER_BOUND))
PLACES = (arg("start", PLACE), arg("stop", PLACE))


class Wanted(NamedTuple):
    """What a range asks for. The bounds are two places, two ScoreBounds or two MemberBounds, the lower one first."""

    first: Any
    last: Any
    backwards: bool = False
    """From the highest to the lowest; places then count from the highest."""
    limit: tuple[int, int] | None = None
    """Of what lies between the bounds, how many to leave out and how many to take (negative: all)."""


def span_of(found: SortedSet, wanted: Wanted) -> tuple[int, int]:
    """The places between the bounds of a range, counted from the lowest."""
    if isinstance(wanted.first, ScoreBound):
        return found.span_of_scores(wanted.first, wanted.last)
    if isinstance(wanted.first, MemberBound):
        return found.span_of_members(wanted.first, wanted.last)
    start, stop = found.span_of_places(wanted.first, wanted.last)
    return (len(found) - stop, len(found) - start) if wanted.backwards else (start, stop)


def selected(engine: Engine, client: Client, key: bytes, wanted: Wanted) -> list[Scored]:
    """What a range finds in the sorted set under a key, in the order asked for. Raises CommandError."""
    found = zset_of(engine, client, key)
    if found is None:
        return []
    start, stop = span_of(found, wanted)
    if wanted.limit is not None:
        offset, count = wanted.limit
        if offset < 0:
            return []
        taken = stop - start - offset if count < 0 else min(count, stop - start - offset)
        if taken <= 0:
            return []
        start = stop - offset - taken if wanted.backwards else start + offset
        stop = start + taken
    return list(found.between(start, stop, wanted.backwards)) if start < stop else []


def _counted(engine: Engine, client: Client, args: Any) -> int:
    found = zset_of(engine, client, args.key)
    if found is None:
        return 0
    start, stop = span_of(found, Wanted(args.min, args.max))
    return max(stop - start, 0)


@command("ZCOUNT", arg("key", KEY), *SCORES, category=CATEGORY)
def zcount(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members have a score between two."""
    return _counted(engine, client, args)


@command("ZLEXCOUNT", arg("key", KEY), *MEMBERS, category=CATEGORY)
def zlexcount(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members of equal score lie between two in the order of bytes."""
    return _counted(engine, client, args)


BOUNDS = (
    arg("start", BLOB), arg("stop", BLOB), flag("byscore", group="by"), flag("bylex", group="by"), flag("rev"), LIMIT,
)  # fmt: skip
"""What ZRANGE and ZRANGESTORE take: what start and stop are depends on the options."""


def _wanted(args: Any) -> Wanted:
    if not (args.byscore or args.bylex):
        if args.limit is not None:
            raise malformed("LIMIT needs BYSCORE or BYLEX")
        first, last = (converted(name, PLACE, raw) for name, raw in (("start", args.start), ("stop", args.stop)))
        return Wanted(first, last, args.rev)
    kind = SCORE_BOUND if args.byscore else MEMBER_BOUND
    first, last = (args.stop, args.start) if args.rev else (args.start, args.stop)
    return Wanted(converted("min", kind, first), converted("max", kind, last), args.rev, args.limit)


@command("ZRANGE", arg("key", KEY), *BOUNDS, flag("withscores"), category=CATEGORY)
def zrange(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members between two places, scores or members."""
    if args.bylex and args.withscores:
        raise malformed("WITHSCORES and BYLEX exclude each other")
    return shown(client, selected(engine, client, args.key, _wanted(args)), args.withscores)


@command("ZRANGESTORE", arg("destination", KEY), arg("source", KEY), *BOUNDS, category=CATEGORY, writes=True)
def zrangestore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key hold what a range finds under another; tells how many members that is."""
    found = selected(engine, client, args.source, _wanted(args))
    return Outcome(len(found), stored_at(engine, client, args.destination, found))


@command("ZREVRANGE", arg("key", KEY), *PLACES, flag("withscores"), category=CATEGORY)
def zrevrange(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members between two places, counted from the highest score."""
    return shown(client, selected(engine, client, args.key, Wanted(args.start, args.stop, True)), args.withscores)


@command("ZRANGEBYSCORE", arg("key", KEY), *SCORES, flag("withscores"), LIMIT, category=CATEGORY)
def zrangebyscore(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members with scores between two, the lowest first."""
    wanted = Wanted(args.min, args.max, False, args.limit)
    return shown(client, selected(engine, client, args.key, wanted), args.withscores)


@command("ZREVRANGEBYSCORE", arg("key", KEY), *SCORES[::-1], flag("withscores"), LIMIT, category=CATEGORY)
def zrevrangebyscore(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members with scores between two, the highest first."""
    wanted = Wanted(args.min, args.max, True, args.limit)
    return shown(client, selected(engine, client, args.key, wanted), args.withscores)


@command("ZRANGEBYLEX", arg("key", KEY), *MEMBERS, LIMIT, category=CATEGORY)
def zrangebylex(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members of equal score between two, in the order of bytes."""
    return shown(client, selected(engine, client, args.key, Wanted(args.min, args.max, False, args.limit)), False)


@command("ZREVRANGEBYLEX", arg("key", KEY), *MEMBERS[::-1], LIMIT, category=CATEGORY)
def zrevrangebylex(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members of equal score between two, against the order of bytes."""
    return shown(client, selected(engine, client, args.key, Wanted(args.min, args.max, True, args.limit)), False)


def _removed(engine: Engine, client: Client, key: bytes, wanted: Wanted) -> Outcome:
    gone = selected(engine, client, key, wanted)
    return Outcome(len(gone), without(engine, client, key, gone))


@command("ZREMRANGEBYRANK", arg("key", KEY), *PLACES, category=CATEGORY, writes=True, frees=True)
def zremrangebyrank(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the members between two places; tells how many."""
    return _removed(engine, client, args.key, Wanted(args.start, args.stop))


@command("ZREMRANGEBYSCORE", arg("key", KEY), *SCORES, category=CATEGORY, writes=True, frees=True)
def zremrangebyscore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the members with scores between two; tells how many."""
    return _removed(engine, client, args.key, Wanted(args.min, args.max))


@command("ZREMRANGEBYLEX", arg("key", KEY), *MEMBERS, category=CATEGORY, writes=True, frees=True)
def zremrangebylex(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove the members of equal score between two; tells how many."""
    return _removed(engine, client, args.key, Wanted(args.min, args.max))
