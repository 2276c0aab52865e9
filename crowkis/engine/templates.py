"""Which stored questions are of which template. Worked out from the entries; finds candidates, decides nothing."""

from crowkis.values.record import Entry

PLACE_BYTES = 140
"""What a template takes in memory, approximately."""

Place = tuple[str, str, str]
"""Tenant, namespace, embedder."""


class Templates:
    """Entry ids by place and template. Nearly every template has one entry, whose id then stands there itself."""

    def __init__(self) -> None:
        self._ids: dict[Place, dict[bytes, bytes | list[bytes]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, entry: Entry) -> None:
        """An answer is stored."""
        if not (entry.template and entry.fingerprint):
            return
        here = self._ids.setdefault(_place(entry), {})
        there = here.get(entry.template)
        if there is None:
            here[entry.template] = entry.entry_id
            self._count += 1
        elif isinstance(there, list):
            there.append(entry.entry_id)
        else:
            here[entry.template] = [there, entry.entry_id]

    def leave(self, entry: Entry) -> None:
        """An answer is gone."""
        if not (entry.template and entry.fingerprint):
            return
        place = _place(entry)
        here = self._ids[place]
        there = here[entry.template]
        if isinstance(there, list) and len(there) > 1:
            there.remove(entry.entry_id)
            return
        del here[entry.template]
        self._count -= 1
        if not here:
            del self._ids[place]

    def of(self, place: Place, template: bytes) -> list[bytes]:
        """The questions of a template, oldest first."""
        there = self._ids.get(place, {}).get(template)
        return [] if there is None else list(there) if isinstance(there, list) else [there]

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return self._count * PLACE_BYTES


def _place(entry: Entry) -> Place:
    return entry.scope.tenant, entry.scope.namespace, entry.fingerprint
