"""Plain keys: strings, which lie in the store, and collections, whose elements lie there and are held here while used.

Changed only by apply(), a part of State's. A collection is read from the store the first time it is asked for and held
until others need the room; what is durable is each element, so a change of one writes one. An empty collection does
not exist. Never reads a clock.
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from crowkis.engine.codec import (
    COLLECTION_VERSION,
    ELEMENT,
    NEVER,
    PLAIN_HEAD,
    Head,
    decode_head,
    element_prefix,
    encode_head,
    encode_plain,
    plain_key,
)
from crowkis.engine.ends import Ends
from crowkis.engine.kinds import NEW, Collection, first_end_ms, is_over, past_fields
from crowkis.storage.store import Store
from crowkis.values.limits import MIB
from crowkis.values.record import Change, DropDatabase, DropKey, KeyRecord, MoveKey, PutKey, SetEnd

HEAD_BYTES = 300
"""What a collection takes in memory that is not held, approximately, its key aside."""
HELD_BYTES_MAX = 256 * MIB
"""Beyond this the collections used longest ago are forgotten until they are asked for again."""
REMOVED_SINGLY_MAX = 64
"""A collection of at most so many elements leaves the store key by key; a larger one as a range."""


class Touch(NamedTuple):
    """One key was changed, or a whole database is about to be emptied."""

    db: int
    key: bytes | None
    """None: the whole database."""
    record: KeyRecord
    """What changes it; of a MoveKey both keys are told of."""
    began: bool
    """The key was not there before."""
    ended: bool
    """It is not there now."""
    end_ms: int
    """When it was to end before; 0: never, or it was not there."""


Listener = Callable[[Touch], None]


class Keys:
    """The plain keys of all databases. A full key is codec.plain_key(db, key)."""

    def __init__(self, store: Store, ends: Ends) -> None:
        self.heads: dict[bytes, Head] = {}
        """Of every collection, by full key."""
        self.listeners: list[Listener] = []
        """Told of each change; empty most of the time, and then nobody works out what they would be told."""
        self.size_bytes = 0
        """Memory held by heads and held collections, approximately."""
        self._store = store
        self._ends = ends
        self._held: OrderedDict[bytes, Collection] = OrderedDict()
        """By full key, the one used last at the end."""
        self._last_collection = 0

    def recover(self, full: bytes, value: bytes) -> None:
        """Take note of a plain key found in the store."""
        self._ends.put(full, int(PLAIN_HEAD.unpack_from(value)[1]))
        if value[0] == COLLECTION_VERSION:
            head = decode_head(value)
            self._enter(full, head)
            self._last_collection = max(self._last_collection, int.from_bytes(head.collection, "big"))

    def kind_of(self, full: bytes) -> str:
        """What a key that is there holds, as TYPE tells it."""
        head = self.heads.get(full)
        return "string" if head is None else head.kind

    def collection(self, full: bytes) -> Collection | None:
        """What a key holds, if that is a collection; its time may be up. Raises StorageError."""
        held = self._held.get(full)
        if held is not None:
            self._held.move_to_end(full)
            return held
        head = self.heads.get(full)
        if head is None:
            return None
        held = NEW[head.kind]()
        held.change(self.elements(full), ())
        self._hold(full, held)
        return held

    def is_over(self, full: bytes, now_ms: int) -> bool:
        """Is this a collection whose elements' time is up, all of them? Such a key is as good as gone."""
        head = self.heads.get(full)
        if head is None or not 0 < head.first_end_ms <= now_ms:
            return False
        held = self.collection(full)
        return held is not None and is_over(held, now_ms)

    def past(self, key: bytes, now_ms: int, most: int) -> Change:
        """The removal of up to `most` elements whose time is up. `key` is what `ends` told (see _note_first_end)."""
        full = key[1:]
        held = self.collection(full)
        assert held is not None, "an end for elements of a key that holds none"
        fields = past_fields(held, now_ms, most)
        self._ends.put(key, first_end_ms(held))
        return Change(full[1], full[2:], held.kind, (), fields)

    def elements(self, full: bytes) -> list[tuple[bytes, bytes]]:
        """The elements of a collection as the store keeps them. Raises StorageError."""
        head = self.heads[full]
        prefix = element_prefix(full[1], head.collection)
        return [(key[len(prefix) :], value) for key, value in self._store.items(prefix)]

    def apply(self, record: KeyRecord) -> None:
        """Make one change, in memory and in the store's next log record. Raises StorageError."""
        if self.listeners:
            self._apply_heard(record)
        else:
            self._apply(record)

    def _apply_heard(self, record: KeyRecord) -> None:
        """Make one change and tell of it; of a database as long as its keys are still there."""
        if isinstance(record, DropDatabase):
            self._tell(Touch(record.db, None, record, False, True, 0))
            self._apply(record)
            return
        full = plain_key(record.db, record.key)
        value = self._store.get(full)
        before, end_ms = value is not None, 0 if value is None else int(PLAIN_HEAD.unpack_from(value)[1])
        there = plain_key(record.to_db, record.to_key) if isinstance(record, MoveKey) else full
        replaced = there != full and self._store.get(there) is not None
        self._apply(record)
        after = self._store.get(full) is not None
        if before or after:
            self._tell(Touch(record.db, record.key, record, not before, not after, end_ms))
        if isinstance(record, MoveKey):
            self._tell(Touch(record.to_db, record.to_key, record, not replaced, False, 0))

    def _tell(self, touch: Touch) -> None:
        for listener in tuple(self.listeners):
            listener(touch)

    def _apply(self, record: KeyRecord) -> None:
        if isinstance(record, PutKey):
            self.put_string(*record)
            return
        if isinstance(record, Change):
            self._change(record)
        elif isinstance(record, DropKey):
            self._drop(plain_key(record.db, record.key))
        elif isinstance(record, SetEnd):
            self._set_end(plain_key(record.db, record.key), record.expire_at_ms)
        elif isinstance(record, MoveKey):
            self._move(record)
        else:
            self._drop_database(record)

    def put_string(self, db: int, key: bytes, value: bytes, expire_at_ms: int) -> None:
        """Set a key to a string. Tells nobody: only for where there are no listeners."""
        full = plain_key(db, key)
        if self.heads and full in self.heads:
            self._drop_elements(full)
        if expire_at_ms:
            self._store.put(full, encode_plain(value, expire_at_ms))
        else:
            self._store.put(full, NEVER + value)
        self._ends.put(full, expire_at_ms)

    def _change(self, record: Change) -> None:
        db, key, kind, put, drop = record
        full = plain_key(db, key)
        head = self.heads.get(full)
        if head is None:
            if not put:  # the key ended in the same batch as elements of it
                return
            self._last_collection += 1
            head = Head(kind, 0, self._last_collection.to_bytes(8, "big"))
            self._store.put(full, encode_head(head))
            self._ends.put(full, 0)
            self._enter(full, head)
            self._hold(full, NEW[kind]())
        assert head.kind == kind, "a change of another kind than the key holds"
        held = self.collection(full)
        assert held is not None
        prefix = element_prefix(db, head.collection)
        for field in drop:
            self._store.remove(prefix + field)
        for field, value in put:
            self._store.put(prefix + field, value)
        size_bytes = held.size_bytes
        held.change(put, drop)
        self.size_bytes += held.size_bytes - size_bytes
        first_ms = first_end_ms(held)
        if not len(held):
            self._leave(full)
            self._drop(full)
            return
        if first_ms != head.first_end_ms:
            self.heads[full] = head = head._replace(first_end_ms=first_ms)
            self._store.put(full, encode_head(head))
            self._note_first_end(full, head)
        if self.size_bytes > HELD_BYTES_MAX:
            self._forget_others(full)

    def _drop(self, full: bytes) -> None:
        if full in self.heads:
            self._drop_elements(full)
        self._store.remove(full)
        self._ends.drop(full)

    def _set_end(self, full: bytes, expire_at_ms: int) -> None:
        head = self.heads.get(full)
        if head is None:
            value = self._store.get(full)
            assert value is not None, "an end for a key that is not there"
            self._store.put(full, encode_plain(value[PLAIN_HEAD.size :], expire_at_ms))
        else:
            self.heads[full] = head = head._replace(expire_at_ms=expire_at_ms)
            self._store.put(full, encode_head(head))
        self._ends.put(full, expire_at_ms)

    def _move(self, record: MoveKey) -> None:
        here, there = plain_key(record.db, record.key), plain_key(record.to_db, record.to_key)
        if here == there:
            return
        if there in self.heads:
            self._drop_elements(there)
        value = self._store.get(here)
        assert value is not None, "a move of a key that is not there"
        head = self.heads.get(here)
        if head is not None:
            if record.db != record.to_db:
                self._move_elements(record, head)
            held = self._leave(here)
            self._enter(there, head)
            if held is not None:
                self._hold(there, held)
        self._store.put(there, value)
        self._ends.put(there, int(PLAIN_HEAD.unpack_from(value)[1]))
        self._store.remove(here)
        self._ends.drop(here)

    def _move_elements(self, record: MoveKey, head: Head) -> None:
        old, new = element_prefix(record.db, head.collection), element_prefix(record.to_db, head.collection)
        for key, value in list(self._store.items(old)):
            self._store.put(new + key[len(old) :], value)
        self._remove_elements(old)

    def _drop_database(self, record: DropDatabase) -> None:
        prefix = plain_key(record.db, b"")
        self._store.remove_prefix(prefix)
        self._store.remove_prefix(element_prefix(record.db))
        self._ends.drop_prefix(prefix)
        for full in [full for full in self.heads if full.startswith(prefix)]:
            self._leave(full)

    def _drop_elements(self, full: bytes) -> None:
        """Forget a collection and its elements; what lies under its key is the caller's."""
        head = self.heads[full]
        self._leave(full)
        self._remove_elements(element_prefix(full[1], head.collection))

    def _remove_elements(self, prefix: bytes) -> None:
        few = [key for key, _ in islice(self._store.items(prefix), REMOVED_SINGLY_MAX + 1)]
        if len(few) > REMOVED_SINGLY_MAX:
            self._store.remove_prefix(prefix)
            return
        for key in few:
            self._store.remove(key)

    def _note_first_end(self, full: bytes, head: Head) -> None:
        """Be told by `ends` when the first element ends: under the collection's key with another letter before it."""
        self._ends.put(ELEMENT + full, head.first_end_ms)

    def _enter(self, full: bytes, head: Head) -> None:
        self.heads[full] = head
        if head.first_end_ms:
            self._note_first_end(full, head)
        self.size_bytes += HEAD_BYTES + len(full)

    def _leave(self, full: bytes) -> Collection | None:
        """The key is no collection any more; what was held of it."""
        del self.heads[full]
        self._ends.drop(ELEMENT + full)
        self.size_bytes -= HEAD_BYTES + len(full)
        held = self._held.pop(full, None)
        if held is not None:
            self.size_bytes -= held.size_bytes
        return held

    def _hold(self, full: bytes, held: Collection) -> None:
        self._held[full] = held
        self.size_bytes += held.size_bytes
        if self.size_bytes > HELD_BYTES_MAX:
            self._forget_others(full)

    def _forget_others(self, full: bytes) -> None:
        """Hold less: the collections used longest ago go first, never the one in use."""
        while self.size_bytes > HELD_BYTES_MAX and next(iter(self._held)) != full:
            _, held = self._held.popitem(last=False)
            self.size_bytes -= held.size_bytes
