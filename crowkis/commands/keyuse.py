"""What words do with the keys and channels they name, as COMMAND GETKEYSANDFLAGS tells it and ACL holds against rules.

A word that is not listed is taken to do the most its declaration allows: to read, or to read and change.
"""

from crowkis.commands.registry import key_places
from crowkis.values.access import ChannelUse, KeyUse
from crowkis.values.call import Command

_BY_USE = {
    "RO": """
        EXISTS TYPE TOUCH WATCH STRLEN HLEN HSTRLEN HEXISTS LLEN SCARD SISMEMBER ZCARD MEMORY|USAGE
        OBJECT|ENCODING OBJECT|FREQ OBJECT|IDLETIME OBJECT|REFCOUNT""",
    "RW access delete": "GETDEL LPOP RPOP LMPOP BLPOP BRPOP BLMPOP SPOP ZPOPMIN ZPOPMAX ZMPOP BZPOPMIN BZPOPMAX BZMPOP",
    "RW insert": "APPEND LPUSH RPUSH LPUSHX RPUSHX LINSERT SADD HSETNX",
    "RW update": "EXPIRE EXPIREAT PEXPIRE PEXPIREAT PERSIST SETRANGE HSET HMSET LSET ZADD",
    "RW delete": "HDEL LREM LTRIM SREM ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE",
    "OW update": "MSET SETEX PSETEX RESTORE",
    "OW insert": "SETNX MSETNX",
    "RM delete": "DEL UNLINK",
}
_PAIRS = {
    ("OW update", "RO access"): """
        BITOP SINTERSTORE SUNIONSTORE SDIFFSTORE ZINTERSTORE ZUNIONSTORE ZDIFFSTORE ZRANGESTORE""",
    ("RO access", "OW update"): "COPY SORT",
    ("RW access delete", "RW insert"): "SMOVE LMOVE BLMOVE RPOPLPUSH BRPOPLPUSH",
    ("RW access delete", "OW update"): "RENAME",
    ("RW access delete", "OW insert"): "RENAMENX",
}
"""Of the first key and of the others."""


def _table() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    rows: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    uses = {(use, use): names for use, names in _BY_USE.items()} | _PAIRS
    for (first, others), names in uses.items():
        flags = tuple(first.split()), tuple(others.split())
        rows |= {name.replace("|", " "): flags for name in names.split()}
    return rows


USES = _table()
_READS, _CHANGES = ("RO", "access"), ("RW", "access", "update")
_SETS = ("OW", "update")


def flags_of(made: Command, request: list[bytes] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a word does with its first key and with the others; SET reads only where the request says GET."""
    if made.name == "SET" and request is not None and b"GET" not in {word.upper() for word in request[3:]}:
        return _SETS, _SETS
    usual = _CHANGES if made.writes else _READS
    return USES.get(made.name, (usual, usual))


def key_uses(made: Command, request: list[bytes]) -> list[KeyUse]:
    """The keys a request names and what is done with each. Raises CommandError."""
    if made.name not in _places:
        _places[made.name] = key_places(made)
    places = _places[made.name]
    if made.keys is not None:
        keys = made.keys(request)
    elif places is None:
        return []
    else:
        first_place, last, step = places
        keys = request[first_place : len(request) if last < 0 else last + 1 : step]
    first, others = flags_of(made, request)
    return [KeyUse(key, others if place else first) for place, key in enumerate(keys)]


_places: dict[str, tuple[int, int, int] | None] = {}
"""What key_places() has said of a word: asked for each call of a restricted user."""


CHANNELS = {"PUBLISH": (1, 2, False), "SPUBLISH": (1, 2, False), "SUBSCRIBE": (1, None, False),
            "SSUBSCRIBE": (1, None, False), "PSUBSCRIBE": (1, None, True)}  # fmt: skip
"""Words that name channels: from which argument to before which, and whether they are globs."""


def channel_uses(made: Command, request: list[bytes]) -> list[ChannelUse]:
    """The channels a request names."""
    places = CHANNELS.get(made.name)
    if places is None:
        return []
    first, stop, pattern = places
    return [ChannelUse(name, pattern) for name in request[first:stop]]
