"""What the actor owns: stored answers, their vectors, plain keys. Changed only by apply(), which recovery shares.

Everything durable is in the store; what is kept here besides (entries without answers, indexes, expiry queue, counts)
can be worked out from it again. Never waits, never reads a clock.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Self

from crowkis.engine.codec import (
    ANSWER,
    ELEMENT,
    ENTRY,
    PLAIN,
    PLAIN_HEAD,
    decode_entry,
    decode_vector,
    encode_entry,
    entry_suffix,
    plain_key,
    scope_prefix,
)
from crowkis.engine.ends import Ends
from crowkis.engine.images import Images
from crowkis.engine.judgements import Judgements
from crowkis.engine.keys import Keys
from crowkis.engine.ledger import Ledger
from crowkis.engine.residents import Resident, Residents
from crowkis.engine.roster import Roster
from crowkis.engine.shares import Shares
from crowkis.engine.templates import Templates
from crowkis.engine.users import Users
from crowkis.interfaces import Restored, VectorIndex
from crowkis.lifecycle.eviction import faded
from crowkis.match.features import features
from crowkis.storage.store import Store
from crowkis.values.access import DropApiKey, DropQuota, DropUser, PutApiKey, PutQuota, PutUser
from crowkis.values.question import Candidate
from crowkis.values.record import (
    Change,
    Departure,
    DropDatabase,
    DropEntry,
    DropKey,
    DropScope,
    Entry,
    MoveKey,
    PutEntry,
    PutKey,
    Record,
    SetEnd,
)
from crowkis.values.vector import Vector, digest

CLIENT_SPACE = "client:"
"""How the fingerprints of vectors begin that clients supply themselves."""

NewIndex = Callable[[int], VectorIndex]
"""Dimension to an empty index."""

SpaceKey = tuple[str, str, str]
"""Tenant, namespace, embedder fingerprint: vectors of different keys are never compared."""


class Space:
    """The vectors of one tenant, namespace and embedder: tenants are apart by structure, with no filter to forget."""

    __slots__ = ("_label", "by_label", "changed", "expected", "index", "labels")

    def __init__(self, index: VectorIndex) -> None:
        self.index = index
        self.by_label: dict[int, bytes] = {}
        self.labels: dict[bytes, int] = {}
        self.changed: set[bytes] | None = None
        """Ids put or dropped since the snapshot on disk was taken; None: there is no snapshot."""
        self.expected: dict[bytes, bytes] = {}
        """While recovering: what the snapshot holds and no entry has claimed yet, id to digest of the vector."""
        self._label = 0

    @classmethod
    def restored(cls, snapshot: Restored) -> Self:
        """The space a snapshot kept; whether its entries are still there is found out by claim() and settle()."""
        space = cls(snapshot.vectors)
        space.labels, space.expected, space.changed = snapshot.labels, snapshot.digests, set()
        space.by_label = {label: entry_id for entry_id, label in space.labels.items()}
        space._label = max(space.by_label, default=-1) + 1
        return space

    def put(self, entry_id: bytes, vector: Vector) -> None:
        """Remember or replace an entry's vector."""
        label = self.labels.get(entry_id)
        if label is None:
            label = self._label
            self._label += 1
            self.labels[entry_id] = label
            self.by_label[label] = entry_id
        if self.changed is not None:
            self.changed.add(entry_id)
        self.index.add(label, vector)

    def drop(self, entry_id: bytes) -> None:
        """Forget an entry's vector, if there is one."""
        label = self.labels.pop(entry_id, None)
        if label is not None:
            del self.by_label[label]
            if self.changed is not None:
                self.changed.add(entry_id)
            self.index.remove(label)

    def claim(self, entry_id: bytes, vector: Vector) -> bool:
        """Is this vector there already, from the snapshot?"""
        return self.expected.pop(entry_id, None) == digest(vector)

    def settle(self) -> int:
        """Drop what no entry claimed; tells how many."""
        gone, self.expected = self.expected, {}
        for entry_id in gone:
            self.drop(entry_id)
        return len(gone)


class Reconciled(NamedTuple):
    """How a space came back: vectors found in its snapshot, added or replaced because they were not, dropped."""

    kept: int
    added: int
    dropped: int


def is_alive(entry: Entry, now_ms: int) -> bool:
    """Its time is not up."""
    return not entry.expire_at_ms or entry.expire_at_ms > now_ms


class State:
    """All of it. `store.get` is reached through here on the plain path."""

    def __init__(self, store: Store, new_index: NewIndex) -> None:
        self.store = store
        self.get = store.get
        self.entries: dict[bytes, Entry] = {}
        self.spaces: dict[SpaceKey, Space] = {}
        self.ends = Ends()
        self.keys = Keys(store, self.ends)
        self.reconciled: dict[SpaceKey, Reconciled] = {}
        """Filled by recover()."""
        self.residents = Residents()
        self.images = Images()
        self.templates = Templates()
        self.ledger = Ledger(store)
        self.judgements = Judgements(store)
        self.users = Users(store)
        self.roster = Roster(store)
        self.shares = Shares(self.entries, self.roster.quotas)
        self.roster.notice = self._heed_quota
        self.index_bytes = 0
        """Memory of all indexes, approximately."""
        self._new_index = new_index

    def recover(self, snapshots: Mapping[SpaceKey, Restored] | None = None) -> Iterator[int]:
        """Work out everything from the store; yields the number of things read so far, for progress.

        `snapshots` spare linking the vectors they hold. They are not believed: afterwards the indexes hold what the
        entries say, whatever was in the snapshots, and `reconciled` tells the difference.
        """
        self.spaces = {key: Space.restored(snapshot) for key, snapshot in (snapshots or {}).items()}
        added: dict[SpaceKey, int] = {}
        done = 0
        self.ledger.recover()
        self.judgements.recover()
        self.users.recover()
        self.roster.recover()
        for key, value in self.store.items(ENTRY):
            entry, vector = decode_entry(value)
            self.entries[entry.entry_id] = entry
            self.ends.put(key, entry.expire_at_ms)
            self._enter(entry)
            if vector is not None and not self._space(entry, vector).claim(entry.entry_id, vector):
                self._space(entry, vector).put(entry.entry_id, vector)
                added[_place(entry)] = added.get(_place(entry), 0) + 1
            self.residents.enter(entry, 0 if vector is None else len(vector), 0.0, entry.created_ms)
            done += 1
            yield done
        for place, space in list(self.spaces.items()):
            dropped, new = space.settle(), added.get(place, 0)
            self.reconciled[place] = Reconciled(len(space.labels) - new, new, dropped)
            if not space.labels:
                del self.spaces[place]
        self.index_bytes = sum(space.index.size_bytes() for space in self.spaces.values())
        for key, value in self.store.items(PLAIN):
            self.keys.recover(key, value)
            done += 1
            yield done

    def judgeable(self, entry_id: bytes) -> Entry:
        """The entry with its features, worked out the first time they are wanted."""
        entry = self.entries[entry_id]
        if entry.features is None:
            entry = self.entries[entry_id] = entry._replace(features=features(entry.text))
        return entry

    def vector_of(self, space: SpaceKey, entry_id: bytes) -> bytes | None:
        """The stored vector of an entry that this space holds, as float32 bytes; None where it does not hold it."""
        entry = self.entries.get(entry_id)
        if entry is None or _place(entry) != space:
            return None
        vector = self.stored_vector(entry)
        return None if vector is None else vector.astype("<f4").tobytes()

    def stored_vector(self, entry: Entry) -> Vector | None:
        """The vector that lies in the store beside an entry, if one does."""
        value = self.get(ENTRY + entry_suffix(entry.entry_id, entry.scope))
        return None if value is None else decode_vector(value)

    def apply(self, record: Record) -> None:
        """Make one change, in memory and in the store's next log record. Raises storage.DiskError."""
        if isinstance(record, PutKey) and not self.keys.listeners:
            self.keys.put_string(*record)
        elif isinstance(record, PutEntry):
            self._put_entry(record)
        elif isinstance(record, DropEntry):
            self._drop_entry(record)
        elif isinstance(record, PutKey | DropKey | Change | SetEnd | MoveKey | DropDatabase):
            self.keys.apply(record)
        elif isinstance(record, DropScope):
            self._drop_scope(record)
        elif isinstance(record, PutUser | DropUser):
            self.users.apply(record)
        elif isinstance(record, PutApiKey | DropApiKey | PutQuota | DropQuota):
            self.roster.apply(record)
        else:
            self.judgements.apply(record)

    def key_count(self, db: int) -> int:
        """How many plain keys a database holds, those not yet removed after their time included."""
        return self.store.count(plain_key(db, b""))

    def answer(self, entry: Entry) -> bytes:
        """The bytes stored as an entry's answer."""
        found = self.get(ANSWER + entry_suffix(entry.entry_id, entry.scope))
        assert found is not None, "an entry without its answer"
        return found

    def plain_expiry(self, full: bytes) -> int | None:
        """When a plain key ends (0: never), or None where it is not there."""
        value = self.get(full)
        return None if value is None else int(PLAIN_HEAD.unpack_from(value)[1])

    def due(self, now_ms: int, most: int) -> list[Record]:
        """Removals for up to `most` entries, keys and elements whose time is up; each is told once."""
        found: list[Record] = []
        while most > 0 and (told := self.ends.due(now_ms, 1)):
            key, count = told[0], 1
            if key[:1] == PLAIN:
                found.append(DropKey(key[1], key[2:]))
            elif key[:1] == ELEMENT:
                past = self.keys.past(key, now_ms, most)
                found.append(past)
                count = len(past.drop)
            else:
                entry = self.entries[key[-16:]]
                found.append(DropEntry(entry.entry_id, entry.scope, "kept.expired", now_ms))
            most -= count
        return found

    def strangers(self, fingerprint: str) -> int:
        """How many entries lie in the space of another embedder than `fingerprint`; clients' own vectors are none."""
        found = (entry.fingerprint for entry in self.entries.values())
        return sum(1 for other in found if other not in ("", fingerprint) and not other.startswith(CLIENT_SPACE))

    def vector_count(self, tenant: str | None = None) -> int:
        """Vectors in all indexes, or in a tenant's."""
        return sum(len(space.index) for key, space in self.spaces.items() if tenant in (None, key[0]))

    def space_of(self, entry: Entry) -> Space | None:
        """The vectors an entry's lies among, if it has one."""
        return self.spaces.get((entry.scope.tenant, entry.scope.namespace, entry.fingerprint))

    def in_scope(self, tenant: str | None, namespace: str | None) -> int:
        """How many stored answers a DropScope of this tenant and namespace would remove."""
        return sum(1 for _ in self._within(tenant, namespace))

    def _put_entry(self, record: PutEntry) -> None:
        entry = record.entry
        suffix = entry_suffix(entry.entry_id, entry.scope)
        self.store.put(ENTRY + suffix, encode_entry(entry, record.vector))
        self.store.put(ANSWER + suffix, record.answer)
        self._forget(entry.entry_id)
        self._remember(entry, record.vector, ENTRY + suffix)
        dimension = 0 if record.vector is None else len(record.vector)
        known = self.ledger.frequency(entry.entry_id)
        self.residents.enter(entry, dimension, known, entry.created_ms)

    def _drop_entry(self, record: DropEntry) -> None:
        suffix = entry_suffix(record.entry_id, record.scope)
        self.store.remove(ENTRY + suffix)
        self.store.remove(ANSWER + suffix)
        self.ends.drop(ENTRY + suffix)
        entry = self.entries.get(record.entry_id)
        if entry is not None:
            self._note(record, self.residents.by_id[record.entry_id])
            self.residents.leave(entry)
            self._forget(record.entry_id)

    def _note(self, record: DropEntry, resident: Resident) -> None:
        self.ledger.write(
            Departure(
                number=self.ledger.next_number,
                at_ms=record.at_ms,
                reason=record.reason,
                entry_id=record.entry_id,
                tenant=record.scope.tenant,
                namespace=record.scope.namespace,
                entries=1,
                size_bytes=resident.size_bytes,
                cost_usd=resident.cost_usd,
                frequency=faded(resident.frequency, self.residents.idle_turns(resident)),
                idle_ms=max(0, record.at_ms - resident.used_ms),
                score=record.score,
            )
        )

    def _drop_scope(self, record: DropScope) -> None:
        prefix = b"" if record.tenant is None else scope_prefix(record.tenant, record.namespace)
        self.store.remove_prefix(ENTRY + prefix)
        self.store.remove_prefix(ANSWER + prefix)
        self.ends.drop_prefix(ENTRY + prefix)
        tenant, namespace = record.tenant, record.namespace
        for key in [key for key in self.spaces if tenant in (None, key[0]) and namespace in (None, key[1])]:
            self.index_bytes -= self.spaces.pop(key).index.size_bytes()
        gone = list(self._within(tenant, namespace))
        size_bytes = self.residents.size_bytes
        for entry in gone:
            del self.entries[entry.entry_id]
            self._leave(entry)
            self.residents.leave(entry)
        if gone:
            freed = size_bytes - self.residents.size_bytes
            number = self.ledger.next_number
            row = Departure(
                number, record.at_ms, "kept.flushed", b"", tenant, namespace, len(gone), freed, 0.0, 0.0, 0, 0.0
            )
            self.ledger.write(row)

    def _within(self, tenant: str | None, namespace: str | None) -> Iterator[Entry]:
        return (
            entry
            for entry in self.entries.values()
            if tenant in (None, entry.scope.tenant) and namespace in (None, entry.scope.namespace)
        )

    def _remember(self, entry: Entry, vector: Vector | None, key: bytes) -> None:
        self.entries[entry.entry_id] = entry
        self.ends.put(key, entry.expire_at_ms)
        self._enter(entry)
        if vector is not None:
            space = self._space(entry, vector)
            size_bytes = space.index.size_bytes()
            space.put(entry.entry_id, vector)
            self.index_bytes += space.index.size_bytes() - size_bytes

    def touch(self, entry: Entry, now_ms: int) -> None:
        """An answer was served."""
        self.residents.touch(entry.entry_id, now_ms)
        self.shares.touch(entry)

    def _enter(self, entry: Entry) -> None:
        self.images.enter(entry)
        self.templates.enter(entry)
        self.shares.enter(entry)

    def _leave(self, entry: Entry) -> None:
        self.images.leave(entry)
        self.templates.leave(entry)
        self.shares.leave(entry)

    def _heed_quota(self, tenant: str) -> None:
        self.shares.heed(tenant, lambda entry_id: self.residents.by_id[entry_id].used_at)

    def _space(self, entry: Entry, vector: Vector) -> Space:
        """Where an entry's vector belongs."""
        space = self.spaces.get(_place(entry))
        if space is None:
            space = self.spaces[_place(entry)] = Space(self._new_index(len(vector)))
        return space

    def _forget(self, entry_id: bytes) -> None:
        old = self.entries.pop(entry_id, None)
        if old is None:
            return
        self._leave(old)
        if not old.fingerprint:
            return
        place = _place(old)
        space = self.spaces[place]
        size_bytes = space.index.size_bytes()
        space.drop(entry_id)
        self.index_bytes -= size_bytes
        if space.labels:
            self.index_bytes += space.index.size_bytes()
        else:
            del self.spaces[place]


def _place(entry: Entry) -> SpaceKey:
    return entry.scope.tenant, entry.scope.namespace, entry.fingerprint


def candidate_of(entry: Entry, similarity: float, exact: bool = False, stale: bool = False) -> Candidate:
    """A stored entry as the rules look at it; it must be judgeable (see State). `stale`: what is past will do."""
    assert entry.features is not None
    return Candidate(
        entry.entry_id,
        entry.text,
        entry.scope,
        entry.fingerprint,
        entry.tags,
        entry.features,
        entry.created_ms,
        entry.expire_at_ms if stale else entry.good_until_ms,
        similarity,
        exact,
        entry.context,
        entry.image,
        confidence=float(exact),
    )
