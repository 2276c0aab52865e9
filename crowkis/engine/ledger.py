"""The ledger of departures: which answer left, when and why. Bounded, durable, asked by entry.

Lines lie in the store under their own first byte and are written in the same log record as the removal they tell of.
LEDGER_ROWS_MAX of them are kept as a ring; the newest of an entry is the one that counts. A flush is one line however
much it removed. Never holds a question or an answer: what a user had removed does not live on here.
"""

from crowkis.engine.codec import LEDGER, decode_departure, encode_departure, ledger_key
from crowkis.storage.store import Store
from crowkis.values.limits import LEDGER_ROWS_MAX
from crowkis.values.question import Scope
from crowkis.values.record import Departure

ROW_BYTES = 1_000
"""What a line takes in memory, in the store and here, approximately."""


class Ledger:
    """Reads everything at open; a line costs one put."""

    def __init__(self, store: Store, rows_max: int = LEDGER_ROWS_MAX) -> None:
        self._store = store
        self._rows_max = rows_max
        self._rows: dict[int, Departure] = {}
        """By place in the ring."""
        self._latest: dict[bytes, int] = {}
        """Entry id to the place of its newest line."""
        self._flushes: dict[tuple[str | None, str | None], Departure] = {}
        self.next_number = 0

    def recover(self) -> None:
        """Read the lines in the store."""
        rows = [decode_departure(value) for _, value in self._store.items(LEDGER)]
        for row in sorted(rows, key=lambda row: row.number)[-self._rows_max :]:
            self._remember(row)

    def write(self, row: Departure) -> None:
        """Add a line whose number is next_number. Raises storage.DiskError."""
        assert row.number == self.next_number
        self._store.put(ledger_key(row.number % self._rows_max), encode_departure(row))
        self._remember(row)

    def of(self, entry_id: bytes, scope: Scope) -> Departure | None:
        """The newest line about an entry: its own, or a later flush of its namespace, its tenant or everything."""
        place = self._latest.get(entry_id)
        rows = [] if place is None else [self._rows[place]]
        keys = ((None, None), (None, scope.namespace), (scope.tenant, None), (scope.tenant, scope.namespace))
        rows += [self._flushes[key] for key in keys if key in self._flushes]
        return max(rows, key=lambda row: row.number, default=None)

    def frequency(self, entry_id: bytes) -> float:
        """How much an entry had been used when it left, for one that comes back; 0 for a stranger."""
        place = self._latest.get(entry_id)
        return 0.0 if place is None else self._rows[place].frequency

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self._rows)

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return len(self._rows) * ROW_BYTES

    def _remember(self, row: Departure) -> None:
        place = row.number % self._rows_max
        old = self._rows.get(place)
        if old is not None:
            if self._latest.get(old.entry_id) == place:
                del self._latest[old.entry_id]
            if self._flushes.get((old.tenant, old.namespace)) is old:
                del self._flushes[old.tenant, old.namespace]
        self._rows[place] = row
        self.next_number = row.number + 1
        if row.entry_id:
            self._latest[row.entry_id] = place
        else:
            self._flushes[row.tenant, row.namespace] = row
