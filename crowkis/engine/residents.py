"""What is known of each stored answer's use: soft state that eviction weighs and a crash may take.

Time is counted in uses (hits and stores of the whole cache), so that a quiet server does not forget faster than a busy
one. Never holds a question or an answer, never changes what is durable, never reads a clock.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from crowkis.lifecycle import eviction
from crowkis.values.record import Entry

HELD_BYTES = 1_900
"""What an entry takes here, in State.entries and in its Space, its text aside; measured, see decision 0009."""
ENTRY_BYTES = HELD_BYTES + 1_100
"""The same with its places in the store and its links in the graph."""
VECTOR_COPIES = TEXT_COPIES = 2
"""One in the store, one here or in the index."""


UNKNOWN = 2.0
"""The isolation of an answer whose neighbours nobody has looked at: it counts as alone, as nearly all are."""
FORESEEN_MAX = 4_096
"""Missed questions whose isolation is remembered until their answer is stored."""


class Resident:
    """One stored answer as eviction sees it."""

    __slots__ = ("cost_usd", "entry_id", "frequency", "isolation", "place", "size_bytes", "used_at", "used_ms")

    def __init__(self, entry_id: bytes) -> None:
        self.entry_id = entry_id
        self.cost_usd = 0.0
        self.size_bytes = 0
        self.frequency = 0.0
        self.used_at = 0
        """Of the cache's uses, the number of this one's last."""
        self.used_ms = 0
        self.isolation = UNKNOWN
        """1 - similarity of the nearest entry that could answer instead, when it was last looked for."""
        self.place = -1
        """Where it stands in the order drawn from; -1: it has left, or is pinned."""


class Residents:
    """All of them; any one can be drawn at the same cost."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, Resident] = {}
        self.uses = 0
        self.size_bytes = 0
        """Sum over all, as footprint() counts."""
        self._text_bytes = 0
        self._order: list[Resident] = []
        self._foreseen: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def evictable(self) -> int:
        """How many of them are not pinned."""
        return len(self._order)

    def enter(self, entry: Entry, dimension: int, frequency: float, now_ms: int) -> None:
        """An answer is stored, or replaces one; `frequency` is what the ledger remembers of an earlier stay."""
        resident = self.by_id.get(entry.entry_id)
        if resident is None:
            resident = Resident(entry.entry_id)
            resident.frequency = frequency
            resident.used_at = self.uses
            self.by_id[entry.entry_id] = resident
            self._text_bytes += len(entry.text)
        if entry.pinned != (resident.place < 0):
            (self._withhold if entry.pinned else self._offer)(resident)
        self.size_bytes -= resident.size_bytes
        resident.cost_usd, resident.size_bytes = cost_of(entry), footprint(entry, dimension)
        resident.isolation = self._foreseen.pop(entry.entry_id, resident.isolation)
        self.size_bytes += resident.size_bytes
        self.touch(entry.entry_id, now_ms)

    def foresee(self, entry_id: bytes, isolation: float) -> None:
        """A look-up has just shown how alone an answer to this question would be, should one be stored."""
        self._foreseen[entry_id] = isolation
        if len(self._foreseen) > FORESEEN_MAX:
            self._foreseen.popitem(last=False)

    def touch(self, entry_id: bytes, now_ms: int) -> None:
        """An answer was served or stored."""
        resident = self.by_id[entry_id]
        resident.frequency = eviction.faded(resident.frequency, self.idle_turns(resident)) + 1.0
        self.uses += 1
        resident.used_at, resident.used_ms = self.uses, now_ms

    def leave(self, entry: Entry) -> None:
        """An answer is gone."""
        resident = self.by_id.pop(entry.entry_id)
        if resident.place >= 0:
            self._withhold(resident)
        self.size_bytes -= resident.size_bytes
        self._text_bytes -= len(entry.text)

    def _offer(self, resident: Resident) -> None:
        resident.place = len(self._order)
        self._order.append(resident)

    def _withhold(self, resident: Resident) -> None:
        last = self._order.pop()
        if last is not resident:
            self._order[resident.place] = last
            last.place = resident.place
        resident.place = -1

    def held_bytes(self) -> int:
        """Memory of the entries themselves, without store and index, approximately."""
        return len(self.by_id) * HELD_BYTES + self._text_bytes

    def draw(self, count: int, pick: Callable[[int], int]) -> Iterable[Resident]:
        """`count` of those not pinned at random, some perhaps twice; pick(n) gives a number below n."""
        order = self._order
        return [order[pick(len(order))] for _ in range(count)]

    def idle_turns(self, resident: Resident) -> float:
        """Time since its last use; a turn is as many uses as there are answers."""
        return (self.uses - resident.used_at) / len(self.by_id)

    def score(self, resident: Resident, isolation_min: float) -> float:
        """What losing it costs per byte."""
        need = eviction.need_of(resident.isolation, isolation_min)
        idle_turns = self.idle_turns(resident)
        return eviction.score(resident.cost_usd, resident.frequency, idle_turns, need, resident.size_bytes)

    def parts(self, resident: Resident, isolation_min: float) -> eviction.Parts:
        """The same with its parts."""
        need = eviction.need_of(resident.isolation, isolation_min)
        idle_turns = self.idle_turns(resident)
        return eviction.parts_of(resident.cost_usd, resident.frequency, idle_turns, need, resident.size_bytes)


def cost_of(entry: Entry) -> float:
    """What making an entry's answer again costs: as told, else as estimated."""
    if entry.cost_usd is not None:
        return entry.cost_usd
    return eviction.regeneration_usd(entry.scope.model, len(entry.text), entry.answer_bytes)


def footprint(entry: Entry, dimension: int) -> int:
    """Bytes of memory an entry takes, approximately: what eviction divides by."""
    return ENTRY_BYTES + entry.answer_bytes + TEXT_COPIES * len(entry.text) + VECTOR_COPIES * 4 * dimension
