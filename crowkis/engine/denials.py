"""What was refused to whom lately, as ACL LOG shows it: wrong passwords, words, keys and channels not allowed.

Soft: forgotten at a restart. The same refusal again within a minute is counted, not listed again. Never holds an
argument but a key's or channel's name.
"""

from typing import NamedTuple

from crowkis.engine.clients import Client
from crowkis.values.access import Denial
from crowkis.values.limits import DENIALS_MAX

SAME_WITHIN_MS = 60_000
NAME_BYTES_MAX = 256
"""Of a key, channel or user so much is kept."""


class Refused(NamedTuple):
    """A line of ACL LOG."""

    number: int
    denial: Denial
    user: str
    client: str
    """The client as CLIENT LIST shows it."""
    created_ms: int
    updated_ms: int
    times: int


class Denials:
    """The last DENIALS_MAX of them, the newest first."""

    def __init__(self) -> None:
        self.rows: list[Refused] = []
        self.counts: dict[str, float] = {}
        """Since the start, by kind."""
        self._last = 0

    def note(self, denial: Denial, user: str, client: Client, now_ms: int) -> None:
        """Something was refused. Names are cut, so that a line is short whatever was sent."""
        denial, user = denial._replace(what=denial.what[:NAME_BYTES_MAX]), user[:NAME_BYTES_MAX]
        self.counts[denial.kind] = self.counts.get(denial.kind, 0) + 1
        line, created_ms, count, number = client.line(now_ms), now_ms, 1, self._last
        for place, row in enumerate(self.rows):
            if (row.denial, row.user) == (denial, user) and now_ms - row.updated_ms < SAME_WITHIN_MS:
                created_ms, count, number = row.created_ms, row.times + 1, row.number
                del self.rows[place]
                break
        else:
            self._last += 1
        self.rows.insert(0, Refused(number, denial, user, line, created_ms, now_ms, count))
        del self.rows[DENIALS_MAX:]

    def forget(self) -> None:
        """ACL LOG RESET. The counts go on."""
        self.rows.clear()
