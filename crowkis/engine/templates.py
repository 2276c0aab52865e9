"""Which stored questions are of which template. Worked out from the entries; finds candidates, decides nothing."""

from crowkis.values.record import Entry

PLACE_BYTES = 250
"""What a template takes in memory with its one entry, approximately."""


class Templates:
    """Entry ids by tenant, namespace, embedder and template."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str, str, bytes], dict[bytes, None]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def enter(self, entry: Entry) -> None:
        """An answer is stored."""
        if entry.template and entry.fingerprint:
            self._ids.setdefault(_place(entry), {})[entry.entry_id] = None

    def leave(self, entry: Entry) -> None:
        """An answer is gone."""
        if entry.template and entry.fingerprint:
            ids = self._ids[_place(entry)]
            del ids[entry.entry_id]
            if not ids:
                del self._ids[_place(entry)]

    def of(self, tenant: str, namespace: str, fingerprint: str, template: bytes) -> list[bytes]:
        """The questions of a template, oldest first."""
        return list(self._ids.get((tenant, namespace, fingerprint, template), ()))

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        return len(self._ids) * PLACE_BYTES


def _place(entry: Entry) -> tuple[str, str, str, bytes]:
    return entry.scope.tenant, entry.scope.namespace, entry.fingerprint, entry.template
