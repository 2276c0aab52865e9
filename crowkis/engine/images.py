"""Which stored answers are about which image. Worked out from the entries; never holds an image."""

from crowkis.values.question import Scope
from crowkis.values.record import Entry


class Images:
    """Entry ids by scope and image digest; entries without an image cost nothing here."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Scope, str], dict[bytes, None]] = {}

    def enter(self, entry: Entry) -> None:
        """An answer is stored."""
        if entry.image:
            self._ids.setdefault((entry.scope, entry.image), {})[entry.entry_id] = None

    def leave(self, entry: Entry) -> None:
        """An answer is gone."""
        if entry.image:
            ids = self._ids[entry.scope, entry.image]
            del ids[entry.entry_id]
            if not ids:
                del self._ids[entry.scope, entry.image]

    def of(self, scope: Scope, image: str) -> list[bytes]:
        """The answers about an image, oldest first."""
        return list(self._ids.get((scope, image), ()))
