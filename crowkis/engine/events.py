"""What happens to keys, published to channels: Redis's keyspace notifications.

Told of every change by Keys, and only while the setting asks for any. What an event is called follows from the change
and from the word that makes it; a change without a word is the server's own removal of what is over.
"""

from collections.abc import Callable

from crowkis.engine.clients import Client
from crowkis.engine.keys import Listener, Touch
from crowkis.values.record import Change, DropKey, MoveKey, PutKey, SetEnd

OF_KIND = {"string": "$", "hash": "h", "list": "l", "set": "s", "zset": "z", "stream": "t"}
"""The letter of the setting that asks for a kind's events."""
NAMES = {
    "SETNX": "set", "SETEX": "set", "PSETEX": "set", "GETSET": "set", "MSET": "set", "MSETNX": "set", "BITOP": "set",
    "INCR": "incrby", "DECR": "incrby", "DECRBY": "incrby", "BITFIELD": "setbit", "PFMERGE": "pfadd",
    "HMSET": "hset", "HSETNX": "hset", "LPUSHX": "lpush", "RPUSHX": "rpush", "BLPOP": "lpop", "BRPOP": "rpop",
    "ZINCRBY": "zincr", "BZPOPMIN": "zpopmin", "BZPOPMAX": "zpopmax", "GEOADD": "zadd", "SORT": "sortstore",
    "GEORADIUS": "georadiusstore", "GEORADIUSBYMEMBER": "georadiusstore", "XGROUP CREATE": "xgroup-create",
    "XGROUP DESTROY": "xgroup-destroy", "XGROUP SETID": "xgroup-setid",
}  # fmt: skip
"""Events that are not called as the word that makes them."""
TAKING = {"SMOVE": "srem", "RPOPLPUSH": "rpop", "BRPOPLPUSH": "rpop", "LMOVE": "lpop", "BLMOVE": "lpop"}
GIVING = {"SMOVE": "sadd", "RPOPLPUSH": "lpush", "BRPOPLPUSH": "lpush", "LMOVE": "lpush", "BLMOVE": "lpush"}
"""Of words that take from one key and give to another."""
WITH_AN_END = frozenset({"SET", "SETEX", "PSETEX"})
"""Words that set a string and may give it an end, which is an event of its own."""
WHOLE_KEYS = {"RESTORE": "restore", "COPY": "copy_to"}
"""Words that make a key of any kind."""


class Events:
    """Publishes what the setting asks for."""

    def __init__(
        self,
        listeners: list[Listener],
        publish: Callable[[bytes, bytes], int],
        acting: Callable[[], Client | None],
        now_ms: Callable[[], int],
    ) -> None:
        self.misses = False
        """Somebody wants to know of reads that do not find their key."""
        self._listeners = listeners
        self._publish = publish
        self._acting = acting
        self._now_ms = now_ms
        self._wanted: frozenset[str] = frozenset()

    def choose(self, letters: str) -> None:
        """Publish what these letters of notify_keyspace_events ask for."""
        wanted = frozenset(letters.replace("A", "g$lshzxetd"))
        if not wanted & {"K", "E"}:
            wanted = frozenset()
        if bool(wanted) != bool(self._wanted):
            if wanted:
                self._listeners.append(self.heed)
            else:
                self._listeners.remove(self.heed)
        self._wanted = wanted
        self.misses = "m" in wanted

    def missed(self, db: int, key: bytes) -> None:
        """A key that is not there was looked up; news only where a word reads it."""
        acting = self._acting()
        if acting is None or acting.last is None or not acting.last.writes:
            self._tell("m", "keymiss", db, key)

    def heed(self, touch: Touch) -> None:
        """A listener of Keys."""
        db, key, record = touch.db, touch.key, touch.record
        if key is None:
            return
        acting = self._acting()
        word = acting.last.name if acting is not None and acting.last is not None else ""
        if isinstance(record, DropKey):
            over = not word or 0 < touch.end_ms <= self._now_ms()
            self._tell("x" if over else "g", "expired" if over else "del", db, key)
            return
        if isinstance(record, SetEnd):
            self._tell("g", "expire" if record.expire_at_ms else "persist", db, key)
            return
        if touch.began:
            self._tell("n", "new", db, key)
        if isinstance(record, MoveKey):
            here = (db, key) == (record.db, record.key) and not touch.began
            stem = "move" if word == "MOVE" else "rename"
            self._tell("g", f"{stem}_{'from' if here else 'to'}", db, key)
        elif word in WHOLE_KEYS:
            self._tell("g", WHOLE_KEYS[word], db, key)
        elif isinstance(record, PutKey):
            self._tell("$", NAMES.get(word, word.lower()), db, key)
            if word in WITH_AN_END and record.expire_at_ms not in (0, touch.end_ms):  # the same end: KEEPTTL
                self._tell("g", "expire", db, key)
        elif isinstance(record, Change):
            double = GIVING if record.put else TAKING
            self._tell(OF_KIND[record.kind], double.get(word) or NAMES.get(word, word.lower()), db, key)
            if touch.ended:
                self._tell("g", "del", db, key)

    def _tell(self, letter: str, event: str, db: int, key: bytes) -> None:
        if letter not in self._wanted:
            return
        name = event.encode()
        if "K" in self._wanted:
            self._publish(b"__keyspace@%d__:%b" % (db, key), name)
        if "E" in self._wanted:
            self._publish(b"__keyevent@%d__:%b" % (db, name), key)
