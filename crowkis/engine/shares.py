"""How much of each tenant's is stored, and, where it has a quota, which of it was used least lately.

Worked out from the entries; nothing here is durable. A tenant without a quota costs two numbers.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from crowkis.values.access import Quota
from crowkis.values.record import Entry

LINK_BYTES = 120
"""What the order takes for one entry, approximately."""


class Share:
    """One tenant's."""

    __slots__ = ("entries", "order", "size_bytes")

    def __init__(self) -> None:
        self.entries = 0
        self.size_bytes = 0
        self.order: OrderedDict[bytes, None] | None = None
        """Ids, the least lately used first, pinned ones left out; None without a quota."""


class Shares:
    """Those of all tenants that have anything stored."""

    def __init__(self, entries: Mapping[bytes, Entry], quotas: Mapping[str, Quota]) -> None:
        self.by_tenant: dict[str, Share] = {}
        self._entries = entries
        self._quotas = quotas

    def enter(self, entry: Entry) -> None:
        """An entry is stored."""
        share = self.by_tenant.get(entry.scope.tenant)
        if share is None:
            share = self.by_tenant[entry.scope.tenant] = Share()
            if entry.scope.tenant in self._quotas:
                share.order = OrderedDict()
        share.entries += 1
        share.size_bytes += weight_of(entry)
        if share.order is not None and not entry.pinned:
            share.order[entry.entry_id] = None

    def leave(self, entry: Entry) -> None:
        """An entry is gone."""
        share = self.by_tenant[entry.scope.tenant]
        share.entries -= 1
        share.size_bytes -= weight_of(entry)
        if share.order is not None:
            share.order.pop(entry.entry_id, None)
        if not share.entries:
            del self.by_tenant[entry.scope.tenant]

    def touch(self, entry: Entry) -> None:
        """An entry was served."""
        share = self.by_tenant[entry.scope.tenant]
        if share.order is not None and not entry.pinned:
            share.order.move_to_end(entry.entry_id)

    def heed(self, tenant: str, used: Callable[[bytes], int]) -> None:
        """The tenant's quota has been set or dropped; used(id) tells when an entry was used last, in any unit."""
        share = self.by_tenant.get(tenant)
        if share is None:
            return
        if tenant not in self._quotas:
            share.order = None
        elif share.order is None:
            mine = [row.entry_id for row in self._entries.values() if row.scope.tenant == tenant and not row.pinned]
            share.order = OrderedDict.fromkeys(sorted(mine, key=used))

    def victims(self, tenant: str, coming: Entry | None, most: int) -> list[Entry] | None:
        """Whom the quota makes leave, the least lately used first, so that `coming` has room; at most `most` of them.

        None: there is no room however many leave, or more than `most` would have to.
        """
        quota, share = self._quotas.get(tenant), self.by_tenant.get(tenant)
        if quota is None:
            return []
        entries, size_bytes = (share.entries, share.size_bytes) if share is not None else (0, 0)
        if coming is not None:
            entries, size_bytes = entries + 1, size_bytes + weight_of(coming)
            old = self._entries.get(coming.entry_id)
            if old is not None:
                entries, size_bytes = entries - 1, size_bytes - weight_of(old)
        chosen: list[Entry] = []
        order: Iterable[bytes] = () if share is None or share.order is None else share.order
        for entry_id in order:
            if _fits(quota, entries, size_bytes) or len(chosen) == most:
                break
            if coming is None or entry_id != coming.entry_id:
                entry = self._entries[entry_id]
                chosen.append(entry)
                entries, size_bytes = entries - 1, size_bytes - weight_of(entry)
        if coming is None or _fits(quota, entries, size_bytes):
            return chosen
        return None

    def held_bytes(self) -> int:
        """Memory the orders take, approximately."""
        return LINK_BYTES * sum(len(share.order or ()) for share in self.by_tenant.values())


def weight_of(entry: Entry) -> int:
    """What an entry counts against its tenant's quota, in bytes: its answer and its question."""
    return entry.answer_bytes + len(entry.text.encode("utf-8", "surrogatepass"))


def _fits(quota: Quota, entries: int, size_bytes: int) -> bool:
    within_entries = not quota.entries or entries <= quota.entries
    return within_entries and (not quota.size_bytes or size_bytes <= quota.size_bytes)
