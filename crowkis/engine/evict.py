"""Chooses which answers leave when memory runs short, a few at a time, and measures how alone an answer is.

Isolation is known of an answer stored after a look-up that missed: that look-up has seen its neighbours. Of others it
is measured for a few that stand low, and for one that is about to leave because another could stand in for it: that
other one may have left. Chooses only: the removals it returns are applied by the actor.
"""

from collections.abc import Callable

from crowkis.engine.residents import UNKNOWN, Resident
from crowkis.engine.rules import SERVE_RULES
from crowkis.engine.state import State, candidate_of
from crowkis.lifecycle.eviction import SAMPLE, choose
from crowkis.match.features import features
from crowkis.match.judge import judge
from crowkis.storage.errors import StorageError
from crowkis.values.limits import CANDIDATES_FIRST
from crowkis.values.question import Policy, Question
from crowkis.values.record import DropEntry, Entry
from crowkis.values.vector import Vector

EVICTIONS_PER_WRITE = 2
"""Answers evicted for each one stored while memory runs short, so that what is held shrinks under any load."""
EVICTIONS_STEP = 8
"""Answers chosen per batch at most."""
LOOKS_STEP = 1
"""Closer looks of each kind per batch at most: each is a search."""

ANY_SIMILARITY = Policy(-1.0)


class Evictor:
    """Keeps the pool of the lowest between steps."""

    def __init__(self, state: State, pick: Callable[[int], int]) -> None:
        self._state = state
        self._pick = pick
        self._pool: list[Resident] = []

    def victims(self, excess_bytes: int, isolation_min: float, now_ms: int, most: int) -> list[DropEntry]:
        """Up to `most` answers to remove, lowest score first, until `excess_bytes` are freed."""
        state, residents = self._state, self._state.residents
        chosen: dict[bytes, DropEntry] = {}
        unknown = [one for one in self._pool if one.place >= 0 and one.isolation == UNKNOWN]
        for one in unknown[:LOOKS_STEP]:
            self.look(one, now_ms)
        looks = 0
        while excess_bytes > 0 and len(chosen) < min(most, residents.evictable):
            pool = [one for one in self._pool if one.place >= 0 and one.entry_id not in chosen]
            drawn = [one for one in residents.draw(SAMPLE, self._pick) if one.entry_id not in chosen]
            if not (drawn or pool):
                break
            lowest, self._pool = choose(pool, drawn, lambda one: residents.score(one, isolation_min))
            if lowest.isolation < isolation_min and looks < LOOKS_STEP:
                looks += 1
                before = lowest.isolation
                self.look(lowest, now_ms)
                if lowest.isolation > before:
                    self._pool.append(lowest)
                    continue
            entry, score = state.entries[lowest.entry_id], residents.score(lowest, isolation_min)
            chosen[lowest.entry_id] = DropEntry(entry.entry_id, entry.scope, "kept.evicted", now_ms, score)
            excess_bytes -= lowest.size_bytes
        return list(chosen.values())

    def look(self, resident: Resident, now_ms: int) -> None:
        """Measure the isolation of a stored answer anew; one that cannot be read counts as alone."""
        entry = self._state.entries[resident.entry_id]
        try:
            vector = self._state.stored_vector(entry)
        except StorageError:
            vector = None
        resident.isolation = isolation_of(self._state, entry, vector, now_ms)


def isolation_of(state: State, entry: Entry, vector: Vector | None, now_ms: int) -> float:
    """1 - similarity of the nearest other entry that the serve rules would let answer this entry's question."""
    space = state.space_of(entry)
    if space is None or vector is None:
        return 1.0
    known = entry.features or features(entry.text)
    question = Question(
        entry.text, entry.scope, entry.fingerprint, entry.tags, known, now_ms, entry.context, entry.image
    )
    for label, similarity in space.index.search(vector, CANDIDATES_FIRST):
        other = state.judgeable(space.by_label[label])
        if other.entry_id == entry.entry_id:
            continue
        if judge(question, candidate_of(other, similarity), ANY_SIMILARITY, SERVE_RULES).objection is None:
            return 1.0 - similarity
    return 1.0
