"""Do the things in the store fit together, and do the indexes say the same? Looks, and changes nothing.

Every entry must lie where its scope says, with its answer; every entry with a vector must be in exactly one index,
that of its tenant, namespace and embedder, with the vector that is stored; and an index holds nothing else.
Costs as much as reading everything. Names entries by their ids alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crowkis.engine.access_codec import USER, decode_user
from crowkis.engine.codec import (
    ANSWER,
    COLLECTION_VERSION,
    ELEMENT,
    ELEMENT_PREFIX_BYTES,
    ENTRY,
    LEDGER,
    PLAIN,
    PLAIN_HEAD,
    VERSION,
    CodecError,
    decode_departure,
    decode_entry,
    decode_head,
    element_prefix,
    entry_suffix,
)
from crowkis.engine.state import Space, SpaceKey, State
from crowkis.storage.store import Store
from crowkis.values.limits import DATABASES
from crowkis.values.vector import Vector, digest


class Misfit(NamedTuple):
    """Something in the store that belongs to nothing: a start would stumble over it, or serve what is not whole."""

    key: bytes
    """Removing this key puts it right."""
    what: str


def misfits(store: Store) -> Iterator[Misfit]:
    """Everything a server could not make sense of. Do not write while iterating. Raises StorageError."""
    answers = {key[1:]: len(value) for key, value in store.items(ANSWER)}
    dimensions: dict[SpaceKey, int] = {}
    for key, value in store.items(ENTRY):
        answer_bytes = answers.pop(key[1:], None)
        what = _entry_fault(key, value, answer_bytes, dimensions)
        if what:
            yield Misfit(key, f"entry {key[-16:].hex()} {what}")
            if answer_bytes is not None:
                yield Misfit(ANSWER + key[1:], f"the answer of entry {key[-16:].hex()}")
    for suffix in answers:
        yield Misfit(ANSWER + suffix, f"an answer without its entry {suffix[-16:].hex()}")
    yield from _plain_misfits(store)
    for key, value in store.items(LEDGER):
        try:
            decode_departure(value)
        except CodecError as error:
            yield Misfit(key, f"a line of the ledger: {error}")
    for key, value in store.items(USER):
        try:
            decode_user(value)
        except CodecError as error:
            yield Misfit(key, f"a user: {error}")


def _plain_misfits(store: Store) -> Iterator[Misfit]:
    heads: dict[bytes, bytes] = {}
    for key, value in store.items(PLAIN):
        sound = len(key) >= 2 and key[1] < DATABASES and len(value) >= PLAIN_HEAD.size
        if sound and value[0] == COLLECTION_VERSION:
            try:
                prefix = element_prefix(key[1], decode_head(value).collection)
            except CodecError as error:
                yield Misfit(key, f"a plain key: {error}")
                continue
            if prefix in heads:
                yield Misfit(key, "a plain key shares the elements of another")
            elif not store.scan(prefix, None, 1):
                yield Misfit(key, "a plain key holds a collection without elements")
            heads[prefix] = key
        elif not sound or value[0] != VERSION:
            yield Misfit(key, "a plain key is not laid out as this version writes it")
    for key, _ in store.items(ELEMENT):
        if key[:ELEMENT_PREFIX_BYTES] not in heads:
            yield Misfit(key, "an element without its collection")


def _entry_fault(key: bytes, value: bytes, answer_bytes: int | None, dimensions: dict[SpaceKey, int]) -> str:
    """What is wrong with an entry, or nothing. `dimensions` takes note of each space's as it is met."""
    try:
        entry, vector = decode_entry(value)
    except (CodecError, ValueError) as error:
        return f"cannot be read: {error}"
    if key != ENTRY + entry_suffix(entry.entry_id, entry.scope):
        return "lies under a key that is not its own"
    if answer_bytes is None:
        return "has no answer"
    if answer_bytes != entry.answer_bytes:
        return f"has an answer of {answer_bytes} bytes and says {entry.answer_bytes}"
    if (vector is None) != (not entry.fingerprint):
        return "has no vector and names an embedder" if vector is None else "has a vector and names no embedder"
    if vector is not None:
        expected = dimensions.setdefault((entry.scope.tenant, entry.scope.namespace, entry.fingerprint), len(vector))
        if len(vector) != expected:
            return f"has a vector of {len(vector)} numbers where its space has {expected}"
    return ""


def inconsistencies(state: State) -> Iterator[str]:
    """One line for each thing in which entries and indexes do not agree."""
    for space in state.spaces.values():
        yield from _within(space)
    unclaimed = {(place, entry_id) for place, space in state.spaces.items() for entry_id in space.labels}
    stored = 0
    for _, value in state.store.items(ENTRY):
        entry, vector = decode_entry(value)
        stored += 1
        if entry.entry_id not in state.entries:
            yield f"entry {entry.entry_id.hex()} is stored and not served"
        if vector is None:
            continue
        place = (entry.scope.tenant, entry.scope.namespace, entry.fingerprint)
        if (place, entry.entry_id) not in unclaimed:
            yield f"entry {entry.entry_id.hex()} is not in its index"
            continue
        unclaimed.remove((place, entry.entry_id))
        if not _holds(state.spaces[place], entry.entry_id, vector):
            yield f"entry {entry.entry_id.hex()} is in its index with another vector"
    for _, entry_id in unclaimed:
        yield f"entry {entry_id.hex()} is in an index it does not belong to"
    if stored != len(state.entries):
        yield f"{stored} entries are stored and {len(state.entries)} are served"


def _holds(space: Space, entry_id: bytes, vector: Vector) -> bool:
    try:
        return space.index.digest(space.labels[entry_id]) == digest(vector)
    except KeyError:
        return False


def _within(space: Space) -> Iterator[str]:
    if {label: entry_id for entry_id, label in space.labels.items()} != space.by_label:
        yield "a space's labels and entry ids do not mirror each other"
    if set(space.index.labels()) != space.by_label.keys() or len(space.index) != len(space.by_label):
        yield f"an index holds {len(space.index)} vectors for {len(space.by_label)} entries, or those of others"
