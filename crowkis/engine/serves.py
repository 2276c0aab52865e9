"""What was served lately, so that a report needs to name the answer alone: soft state that a restart forgets.

Bounded in answers and in bytes; the answer served longest ago is forgotten first. Never changes what is durable.
"""

from collections import OrderedDict
from typing import NamedTuple

from crowkis.match.thresholds import bin_of
from crowkis.values.limits import GONE_MAX, SERVES_BYTES_MAX, SERVES_MAX, TALLIES_MAX
from crowkis.values.question import Scope
from crowkis.values.vector import Vector

SERVE_BYTES = 400
"""What one takes besides text and vector, approximately."""


class Serve(NamedTuple):
    """The last question an answer was served to."""

    tenant: str
    question: str
    vector: Vector | None
    """Where the client supplied it; else the embedder can make it again."""
    confidence: float
    exact: bool


class Gone(NamedTuple):
    """An answer that left because it was reported; others it was served to may report it still."""

    scope: Scope
    answer_digest: bytes
    answer: bytes
    source: str


class Serves:
    """Last questions by entry, entries lately reported away, and how good the best candidates were."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._last: OrderedDict[bytes, Serve] = OrderedDict()
        self._gone: OrderedDict[bytes, Gone] = OrderedDict()
        self._met: OrderedDict[tuple[str, str], dict[int, int]] = OrderedDict()
        """By tenant and intent: best candidates by bin of confidence, since the last report."""

    def served(self, entry_id: bytes, serve: Serve) -> None:
        """An answer was served."""
        self._drop(entry_id)
        self._last[entry_id] = serve
        self.size_bytes += _size_of(serve)
        while len(self._last) > SERVES_MAX or self.size_bytes > SERVES_BYTES_MAX:
            self._drop(next(iter(self._last)))

    def last(self, entry_id: bytes, tenant: str) -> Serve | None:
        """The last question of this tenant an answer was served to, if that is still known."""
        serve = self._last.get(entry_id)
        return serve if serve is not None and serve.tenant == tenant else None

    def left(self, entry_id: bytes, gone: Gone) -> None:
        """An answer is removed because it was reported."""
        self._gone[entry_id] = gone
        if len(self._gone) > GONE_MAX:
            self._gone.popitem(last=False)

    def gone(self, entry_id: bytes) -> Gone | None:
        """What is known of an answer that was reported away lately."""
        return self._gone.get(entry_id)

    def met(self, tenant: str, intent: str, confidence: float) -> None:
        """The best candidate for a question had this confidence, served or not."""
        counts = self._met.get((tenant, intent))
        if counts is None:
            counts = self._met[tenant, intent] = {}
            if len(self._met) > TALLIES_MAX:
                self._met.popitem(last=False)
        place = bin_of(confidence)
        counts[place] = counts.get(place, 0) + 1

    def take_met(self, tenant: str, intent: str) -> dict[int, int]:
        """Best candidates since the last call, by bin."""
        return self._met.pop((tenant, intent), {})

    def forget(self, tenant: str | None) -> None:
        """Forget all about a tenant, or (None) about everybody."""
        for entry_id in [key for key, serve in self._last.items() if tenant in (None, serve.tenant)]:
            self._drop(entry_id)
        for entry_id in [key for key, gone in self._gone.items() if tenant in (None, gone.scope.tenant)]:
            del self._gone[entry_id]
        for key in [key for key in self._met if tenant in (None, key[0])]:
            del self._met[key]

    def _drop(self, entry_id: bytes) -> None:
        serve = self._last.pop(entry_id, None)
        if serve is not None:
            self.size_bytes -= _size_of(serve)


def _size_of(serve: Serve) -> int:
    return SERVE_BYTES + 2 * len(serve.question) + (0 if serve.vector is None else serve.vector.nbytes)
