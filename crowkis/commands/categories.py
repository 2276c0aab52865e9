"""Which ACL categories a word is in, worked out from its declaration and the few lists below.

The names, and what is in them, are Redis's; words of the answer cache are in `semantic`, and words Redis does not have
are where a like word of Redis would be.
"""

from collections.abc import Iterable


def _listed(text: str) -> frozenset[str]:
    return frozenset(name.replace("|", " ") for name in text.split())


ACL_CATEGORIES = (
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream",
    "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting", "semantic",
)  # fmt: skip
"""Every name that may follow @; `all` stands for all of them."""

DATA = frozenset({"string", "keyspace", "hash", "list", "set", "sorted-set", "bitmap", "semantic"})
"""Groups whose words read or write what is stored."""
_NAMES = {"sorted-set": "sortedset", "transactions": "transaction", "server": ""}
"""Of groups that ACL calls something else, or nothing."""

ADMIN = _listed("""
    ACL|DELUSER ACL|DRYRUN ACL|GETUSER ACL|LIST ACL|LOAD ACL|LOG ACL|SAVE ACL|SETUSER ACL|USERS BGREWRITEAOF BGSAVE
    CLIENT|KILL CLIENT|LIST CLIENT|NO-EVICT CLIENT|PAUSE CLIENT|UNBLOCK CLIENT|UNPAUSE CONFIG|GET CONFIG|RESETSTAT
    CONFIG|REWRITE CONFIG|SET DEBUG|SLEEP DEBUG|OBJECT DEBUG|DIGEST DEBUG|DIGEST-VALUE FAILOVER LASTSAVE LATENCY|DOCTOR
    LATENCY|HISTOGRAM LATENCY|HISTORY LATENCY|LATEST LATENCY|RESET MODULE|LIST MODULE|LOAD MONITOR REPLICAOF ROLE SAVE
    SHUTDOWN SLAVEOF SLOWLOG|GET SLOWLOG|LEN SLOWLOG|RESET CSAVE CBGSAVE COMPACT CAPIKEY|CREATE CAPIKEY|ROTATE
    CAPIKEY|REVOKE CAPIKEY|LIST CQUOTA|SET CQUOTA|DEL
""")
"""About the server itself. All of them are dangerous too."""
DANGEROUS = _listed("FLUSHALL FLUSHDB INFO KEYS RESTORE SORT SORT_RO SWAPDB CFLUSH CDUMP CINFO SWEEP")
FAST = _listed("""
    APPEND AUTH BZPOPMAX BZPOPMIN DBSIZE DECR DECRBY DISCARD ECHO EXISTS EXPIRE EXPIREAT EXPIRETIME GET GETBIT GETDEL
    GETEX GETSET HDEL HELLO HEXISTS HGET HINCRBY HINCRBYFLOAT HLEN HMGET HMSET HSET HSETNX HSTRLEN INCR INCRBY
    INCRBYFLOAT LASTSAVE LLEN LOLWUT LPOP LPUSH LPUSHX MGET MOVE MULTI PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PING PTTL
    PUBLISH QUIT READONLY READWRITE RENAMENX RESET ROLE RPOP RPUSH RPUSHX SADD SCARD SELECT SETNX SISMEMBER SMISMEMBER
    SMOVE SPOP SPUBLISH SREM STRLEN SWAPDB TIME TOUCH TTL TYPE UNLINK UNWATCH WATCH ZADD ZCARD ZCOUNT ZINCRBY ZLEXCOUNT
    ZMSCORE ZPOPMAX ZPOPMIN ZRANK ZREM ZREVRANK ZSCORE HPERSIST HEXPIRE HEXPIREAT HPEXPIRE HPEXPIREAT HTTL HPTTL
    HEXPIRETIME HPEXPIRETIME CVECCOUNT BITFIELD_RO
""")
"""Take about as long however much there is. All others are slow."""
BLOCKING = _listed("BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN")
READING = _listed("MEMORY|USAGE LOLWUT")
"""Read what is stored, or are said to, without being in a group that does."""
BESIDES = {
    "SORT": ("list", "set", "sortedset"),
    "SORT_RO": ("list", "set", "sortedset"),
    "WAIT": ("connection",),
    "WAITAOF": ("connection",),
}
"""Categories beside the group's. COMMAND and its sub-words are in connection as well."""
NO_GROUP = _listed("SORT SORT_RO")
"""Words that are not in the category their group is called by."""


def categories_of(name: str, group: str, writes: bool) -> frozenset[str]:
    """The categories of a word, by its name, its group and whether it writes."""
    found = set(BESIDES.get(name, ()))
    if name not in NO_GROUP:
        found.add(_NAMES.get(group, group))
    if name.partition(" ")[0] == "COMMAND":
        found.add("connection")
    if group in DATA and not name.endswith(" HELP"):
        found.add("write" if writes else "read")
    if name in READING:
        found.add("read")
    if name in ADMIN:
        found |= {"admin", "dangerous"}
    if name in DANGEROUS:
        found.add("dangerous")
    if name in BLOCKING:
        found.add("blocking")
    found.add("fast" if name in FAST else "slow")
    found.discard("")
    return frozenset(found)


def ordered(categories: Iterable[str]) -> list[str]:
    """Categories in the order of ACL CAT."""
    return sorted(categories, key=ACL_CATEGORIES.index)
