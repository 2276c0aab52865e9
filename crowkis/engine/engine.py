"""Everything commands may see: state, settings, clients, counters and the time of the current batch.

Time, vectors and randomness come in from outside; nothing here waits. The actor is the only one that calls it.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from crowkis.engine.backups import Backups
from crowkis.engine.blocked import Blocked
from crowkis.engine.channels import Channels
from crowkis.engine.clients import Client, Clients
from crowkis.engine.compaction import Compaction
from crowkis.engine.events import Events
from crowkis.engine.evict import Evictor
from crowkis.engine.gate import House, admit, regrant
from crowkis.engine.keys import Listener
from crowkis.engine.live import Live
from crowkis.engine.memory import Memory
from crowkis.engine.outage import Outage
from crowkis.engine.pulse import Pulse
from crowkis.engine.scrub import Scrub
from crowkis.engine.serves import Serves
from crowkis.engine.slowness import Slowness
from crowkis.engine.state import State
from crowkis.engine.tallies import Tallies
from crowkis.engine.tracking import Tracking
from crowkis.engine.watches import Watches
from crowkis.match.leaning import leans
from crowkis.match.normalise import normalise
from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.values.errors import over_quota
from crowkis.values.question import NO_CONTEXT, Context, Scope
from crowkis.values.record import DropEntry, Entry
from crowkis.values.vector import Vector


class EmbedderFacts(NamedTuple):
    """What the engine knows of its embedder; `state` is read anew for INFO."""

    name: str
    dimension: int
    fingerprint: str
    state: Callable[[], str]


IDS_REMEMBERED_MAX = 8_192
REMEMBERED_TEXT_CHARS_MAX = 1_024
"""A text is looked up at least twice (asked, then stored or asked again), and working out its id takes 15 us."""

QUOTA_VICTIMS_MAX = 256
"""One answer that is stored makes so many others of its tenant leave at most; a larger one is refused."""

LOADING = EmbedderFacts("loading", 0, "", lambda: "loading")


class Engine:
    """One per process. Until open() has been called nothing but open commands may run: the gate sees to it."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.clients = Clients()
        self.listeners: list[Listener] = []
        """Who is told of each change of a key; Keys' own list."""
        self.watches = Watches(self.listeners, lambda full: self.state.plain_expiry(full))
        self.blocked = Blocked(self.listeners)
        self.push: Callable[[Client, bytes], None] = lambda client, data: None
        """Sends a client what it has not asked for just now; the actor's."""
        self.acting: Client | None = None
        """Whose call is being run."""
        self.channels = Channels(lambda client, data: self.push(client, data))
        self.events = Events(self.listeners, self.channels.publish, lambda: self.acting, lambda: self.now_ms)
        self.tracking = Tracking(
            self.listeners, self.clients, lambda client, data: self.push(client, data), lambda: self.acting
        )
        self.house = House(settings.auth_token)
        self.house.denials.counts = metrics.split["access_denials_total"]
        self.cursors = Cursors()
        self.serves = Serves()
        self.tallies = Tallies()
        self.slowness = Slowness(settings)
        self.pulse = Pulse(metrics)
        self.live = Live(settings)
        self.backups = Backups(metrics)
        self.compaction = Compaction()
        self.scrub = Scrub(settings, metrics)
        self.outage = Outage(self.house, metrics)
        self.embedder = LOADING
        self.recall: Callable[[str], Vector | None] = lambda text: None
        """A text's vector if it was embedded lately, else None; never waits."""
        self.state: State
        self.memory = Memory()
        self.evictor: Evictor
        self.now_ms = 0
        """Unix time of the batch being run."""
        self.started_ms = 0
        self.monotonic_ns: Callable[[], int] = lambda: 0
        """For durations in metrics only; no decision may read it."""
        self.pick: Callable[[int], int] = lambda below: 0
        """A random number from 0 to below - 1."""
        self.last_random: dict[int, bytes] = {}
        """Where RANDOMKEY goes on, by database."""
        self.secret_bytes: Callable[[int], bytes] = bytes
        """So many bytes nobody can guess, for passwords; `pick` can be guessed."""
        self.run_id = "0" * 40
        """Another one in each run of the server."""
        self.ports: dict[str, int] = {}
        self.tell: Callable[..., None] | None = None
        """Writes a line of the log, tell(event, level, **facts), where debug lines are wanted; else None."""

    def open(self, state: State, embedder: EmbedderFacts, recall: Callable[[str], Vector | None]) -> None:
        """The data directory has been read and the embedder is there: serve."""
        self.state = state
        state.keys.listeners = self.listeners
        self.heed_settings()
        self.evictor = Evictor(state, self.pick)
        self.live.residents = state.residents
        self.embedder = embedder
        self.recall = recall
        self.house.users, self.house.loaded = state.users.by_name, True
        state.users.notice = self._readmit
        for client in self.clients.all():
            admit(client, self.house)

    def _readmit(self, name: str) -> None:
        """A user has been changed or removed: what its clients may do changes with the next call."""
        user = self.house.users.get(name)
        for client in self.clients.of_user(name):
            if user is not None:
                regrant(client, user)
            else:
                client.admitted = client.free = False

    def heed_settings(self) -> None:
        """The settings have changed: those that are not read each time they matter take effect."""
        self.events.choose(self.settings.notify_keyspace_events)
        self.slowness.refresh()
        self.live.heed_settings()

    def discard(self, client: Client) -> None:
        """What MULTI queued is forgotten, and nothing is watched any more."""
        client.transaction = None
        client.weigh()
        self.watches.unwatch(client)

    def reset(self, client: Client) -> None:
        """As if the client had just connected; what it had switched on is off."""
        self.clients.stop_monitoring(client)
        self.discard(client)
        self.channels.leave(client)
        self.tracking.end(client)
        client.reset()

    def leave(self, client: Client) -> None:
        """The connection is gone. Calls that came over it and still run switch nothing on; a transaction is kept."""
        client.gone = True
        self.blocked.end(client, with_error=False)
        self.watches.leave(client)
        self.channels.leave(client)
        self.tracking.end(client)
        self.clients.leave(client)

    def make_room(self, most: int) -> list[DropEntry]:
        """Up to `most` answers that should leave now because memory runs short: chosen and counted, not yet removed."""
        excess_bytes = self.memory.excess_bytes()
        if not excess_bytes:
            return []
        isolation_min = 1.0 - self.settings.similarity_min
        victims = self.evictor.victims(excess_bytes, isolation_min, self.now_ms, most)
        self.metrics.count("evicted_total", len(victims))
        return victims

    def room_in_quota(self, entry: Entry, keep: bool = False) -> list[DropEntry]:
        """What must leave so that an entry fits into its tenant's quota; `keep`: nothing may.

        Raises CommandError where there is no room.
        """
        chosen = self.state.shares.victims(entry.scope.tenant, entry, QUOTA_VICTIMS_MAX)
        if chosen is None or (keep and chosen):
            raise over_quota(entry.scope.tenant)
        return self._dropped(chosen)

    def over_quotas(self, most: int) -> list[DropEntry]:
        """Up to `most` answers that must leave because a quota has shrunk."""
        found: list[DropEntry] = []
        for tenant in self.state.roster.quotas:
            if len(found) < most:
                found += self._dropped(self.state.shares.victims(tenant, None, most - len(found)) or [])
        return found

    def _dropped(self, entries: list[Entry]) -> list[DropEntry]:
        self.metrics.count("quota_evicted_total", len(entries))
        return [DropEntry(row.entry_id, row.scope, "kept.quota", self.now_ms) for row in entries]


def entry_id_of(text: str, scope: Scope, context: Context = NO_CONTEXT, image: str = "", variant: str = "") -> bytes:
    """16 bytes that name the stored answer to a question: a digest of what identifies it, the text in normal form.

    The history counts where the text leans on it, so that standalone questions share an answer (decision 0013). A
    variant keeps several answers to one question beside each other; nothing else looks at it.
    """
    make = _remembered_id if len(text) <= REMEMBERED_TEXT_CHARS_MAX else _entry_id
    return make(text, scope, context, image, variant)


def _entry_id(text: str, scope: Scope, context: Context, image: str, variant: str) -> bytes:
    parts = [*scope, normalise(text)]
    if context.instructions:
        parts += "instructions", context.instructions
    if context.history and leans(text):
        parts += "history", context.history
    if image:
        parts += "image", image
    if variant:
        parts += "variant", variant
    digest = blake2b(digest_size=16)
    for part in parts:
        piece = part.encode("utf-8", "surrogatepass")
        digest.update(len(piece).to_bytes(4, "little"))
        digest.update(piece)
    return digest.digest()


_remembered_id = lru_cache(IDS_REMEMBERED_MAX)(_entry_id)


class Cursors:
    """Where SCAN and CSCAN go on: numbers handed to clients, each standing for the last key it was shown.

    Bounded; the oldest is forgotten first, and a forgotten or unknown number starts from the beginning.
    """

    CURSORS_MAX = 4_096

    def __init__(self) -> None:
        self._after: dict[int, bytes] = {}
        self._last = 0

    def hold(self, after: bytes) -> int:
        """A number for this place."""
        self._last += 1
        self._after[self._last] = after
        if len(self._after) > self.CURSORS_MAX:
            del self._after[next(iter(self._after))]
        return self._last

    def after(self, cursor: int) -> bytes | None:
        """The place of a number; None is the beginning."""
        return self._after.get(cursor)
