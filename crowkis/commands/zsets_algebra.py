"""Unions, intersections and differences of sorted sets; where a set is given instead, each member's score is 1."""

from collections.abc import Callable, Iterable
from typing import Any

from crowkis.commands.args import KEY, Parameter, arg, choice, flag, opt, whole
from crowkis.commands.keys import collection, kind_of
from crowkis.commands.registry import command, numbered_keys
from crowkis.commands.zsets import CATEGORY, SCORE, ZSET, shown, stored_at
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.zsets import Scored, SortedSet
from crowkis.values.errors import malformed
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Reply

SET = "set"
SET_SCORE = 1.0

Scores = dict[bytes, float]


def _total(one: float, other: float) -> float:
    total = one + other
    return 0.0 if total != total else total


AGGREGATES: dict[str, Callable[[float, float], float]] = {"SUM": _total, "MIN": min, "MAX": max}
SOURCES = (arg("numkeys", whole(1)), arg("key", KEY, counted=True))
COMBINED: tuple[Parameter, ...] = (
    opt("weight", SCORE, many=True, token="WEIGHTS"), opt("aggregate", choice(*AGGREGATES), default="SUM"),
)  # fmt: skip
WITHSCORES = flag("withscores")


def keys_with_destination(request: list[bytes]) -> list[bytes]:
    """The keys of a request that stores: where to, and those after their number."""
    return request[1:2] + numbered_keys(2)(request)


def members_and_scores(engine: Engine, client: Client, key: bytes) -> Scores:
    """What a sorted set, or a set, brings into algebra. Raises CommandError where a key holds another type."""
    kind = SET if kind_of(engine, client.db, key) == SET else ZSET
    found: Any = collection(engine, client.db, key, kind)
    if found is None:
        return {}
    return found.scores if isinstance(found, SortedSet) else dict.fromkeys(found.members, SET_SCORE)


def _sources(engine: Engine, client: Client, args: Any) -> list[Scores]:
    return [members_and_scores(engine, client, key) for key in args.key]


def _weighted(engine: Engine, client: Client, args: Any) -> list[tuple[Scores, float]]:
    """The sources and their weights, the smallest first, so that sums of doubles come out as Redis's."""
    if args.weight and len(args.weight) != args.numkeys:
        raise malformed("WEIGHTS needs one weight for each key")
    sources = zip(_sources(engine, client, args), args.weight or (1.0,) * args.numkeys, strict=True)
    return sorted(sources, key=lambda source: len(source[0]))


def _times(score: float, weight: float) -> float:
    product = score * weight
    return 0.0 if product != product else product


def united(sources: Iterable[tuple[Scores, float]], aggregate: Callable[[float, float], float]) -> Scores:
    """All members, with what becomes of their scores."""
    found: Scores = {}
    for scores, weight in sources:
        for member, score in scores.items():
            product, old = _times(score, weight), found.get(member)
            found[member] = product if old is None else aggregate(old, product)
    return found


def intersected(sources: list[tuple[Scores, float]], aggregate: Callable[[float, float], float]) -> Scores:
    """The members all have, with what becomes of their scores."""
    (smallest, weight), *others = sources
    found: Scores = {}
    for member, score in smallest.items():
        total = _times(score, weight)
        for scores, other_weight in others:
            if member not in scores:
                break
            # As in Redis, infinity times 0 is no number here: it makes a sum 0 and is never least or most.
            total = aggregate(total, scores[member] * other_weight)
        else:
            found[member] = total
    return found


def different(sources: list[Scores]) -> Scores:
    """The members the first has and no other, with their scores."""
    first, *others = sources
    return {member: score for member, score in first.items() if not any(member in other for other in others)}


def in_order(scores: Scores) -> list[Scored]:
    """Members as a sorted set holds them."""
    return sorted((score, member) for member, score in scores.items())


def _union(engine: Engine, client: Client, args: Any) -> list[Scored]:
    return in_order(united(_weighted(engine, client, args), AGGREGATES[args.aggregate]))


def _inter(engine: Engine, client: Client, args: Any) -> list[Scored]:
    return in_order(intersected(_weighted(engine, client, args), AGGREGATES[args.aggregate]))


def _diff(engine: Engine, client: Client, args: Any) -> list[Scored]:
    return in_order(different(_sources(engine, client, args)))


def _stored(engine: Engine, client: Client, args: Any, found: list[Scored]) -> Outcome:
    return Outcome(len(found), stored_at(engine, client, args.destination, found))


@command("ZUNION", *SOURCES, *COMBINED, WITHSCORES, category=CATEGORY, keys=numbered_keys(1))
def zunion(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members any of several sorted sets has."""
    return shown(client, _union(engine, client, args), args.withscores)


@command("ZINTER", *SOURCES, *COMBINED, WITHSCORES, category=CATEGORY, keys=numbered_keys(1))
def zinter(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members all of several sorted sets have."""
    return shown(client, _inter(engine, client, args), args.withscores)


@command("ZDIFF", *SOURCES, WITHSCORES, category=CATEGORY, keys=numbered_keys(1))
def zdiff(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell the members the first of several sorted sets has and no other."""
    return shown(client, _diff(engine, client, args), args.withscores)


@command("ZINTERCARD", *SOURCES, opt("limit", whole(0), default=0), category=CATEGORY, keys=numbered_keys(1))
def zintercard(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell how many members all of several sorted sets have, at most so many if asked."""
    smallest, *others = sorted(_sources(engine, client, args), key=len)
    count = 0
    for member in smallest:
        count += all(member in other for other in others)
        if count == args.limit > 0:
            break
    return count


DESTINATION = arg("destination", KEY)


@command("ZUNIONSTORE", DESTINATION, *SOURCES, *COMBINED, category=CATEGORY, writes=True,
         keys=keys_with_destination)  # fmt: skip
def zunionstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key hold the members any of several sorted sets has; tells how many."""
    return _stored(engine, client, args, _union(engine, client, args))


@command("ZINTERSTORE", DESTINATION, *SOURCES, *COMBINED, category=CATEGORY, writes=True,
         keys=keys_with_destination)  # fmt: skip
def zinterstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key hold the members all of several sorted sets have; tells how many."""
    return _stored(engine, client, args, _inter(engine, client, args))


@command("ZDIFFSTORE", DESTINATION, *SOURCES, category=CATEGORY, writes=True, keys=keys_with_destination)
def zdiffstore(engine: Engine, client: Client, args: Any) -> Outcome:
    """Let a key hold the members the first of several sorted sets has and no other; tells how many."""
    return _stored(engine, client, args, _diff(engine, client, args))
