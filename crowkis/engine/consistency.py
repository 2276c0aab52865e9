"""Do the stored answers and the indexes say the same? Looks, and changes nothing.

Every entry with a vector must be in exactly one index, that of its tenant, namespace and embedder, with the vector
that is stored; and an index holds nothing else. Costs as much as reading every entry.
"""

from collections.abc import Iterator

from crowkis.engine.codec import ENTRY, decode_entry
from crowkis.engine.state import Space, State
from crowkis.values.vector import Vector, digest


def inconsistencies(state: State) -> Iterator[str]:
    """One line for each thing that is not as it should be; names entries by their ids alone."""
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
