"""An engine on a disk in memory, a client whose replies are kept, and an actor driven with steerable surroundings."""

import asyncio
from contextlib import asynccontextmanager
from random import Random

import pytest

from crowkis.commands import ALL_WORDS
from crowkis.embed.hashing import HashingEmbedder
from crowkis.engine.actor import Actor
from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import EmbedderFacts, Engine
from crowkis.engine.gate import admit
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.storage import archive
from crowkis.storage.errors import StorageError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

START_MS = 1_700_000_000_000


class Sink:
    """Keeps what a client is sent; a slot is answered once."""

    def __init__(self):
        self.congested = False
        self.by_slot = {}
        self.pushes = []
        self.closed = None

    def answer(self, slot, replies):
        for place, data in enumerate(replies, slot):
            assert place not in self.by_slot, place
            self.by_slot[place] = data

    def stream(self, slot, stream, tail):
        assert slot not in self.by_slot, slot
        self.by_slot[slot] = (stream, tail)

    def push(self, data):
        self.pushes.append(data)

    def flush(self):
        pass

    def close(self, reason):
        self.closed = reason

    @property
    def replies(self):
        """Everything answered, in slot order."""
        return [self.by_slot[slot] for slot in sorted(self.by_slot)]


class Clock:
    """Stands still until told; its nanoseconds may go on with each look at them."""

    def __init__(self):
        self.ms = START_MS
        self.ns_per_look = 0
        self.ns = 0

    def now_ms(self):
        return self.ms

    def monotonic_ns(self):
        self.ns += self.ns_per_look
        return self.ms * 1_000_000 + self.ns


class Surroundings:
    """What an actor needs done beside it: at once, later, or not at all, as the test likes."""

    def __init__(self, engine):
        self.engine = engine
        self.embedder = HashingEmbedder(32)
        self.room_texts = 1_000
        self.embedding = []
        """(text, done) pairs not finished yet."""
        self.pausing = []
        """(milliseconds, done) of pauses that are not over."""
        self.backing_up = []
        """(name, snapshot, done) of archives not written yet."""
        self.archives = FaultyDisk(Random(2))
        self.reported = []
        self.notes = []
        """(event, facts) of what was logged for operators."""
        self.stopped = False
        self.syncing = asyncio.Event()
        self.syncing.set()

    def embed(self, text, done):
        if len(self.embedding) >= self.room_texts:
            return False
        self.embedding.append((text, done))
        return True

    def hash_secret(self, secret, done):
        done(f"hash of {secret}")

    def later(self, delay_ms, done):
        self.pausing.append((delay_ms, done))

    def finish_embedding(self, place=0):
        text, done = self.embedding.pop(place)
        done(self.embedder.embed([text])[0])

    async def sync(self):
        await self.syncing.wait()
        self.engine.state.store.sync()

    async def begin_flush(self):
        return self.engine.state.store.begin_flush()

    def work(self, job, done):
        try:
            self.engine.state.store.run(job)
            done(None)
        except StorageError as error:
            done(error)

    def back_up(self, name, snapshot, done):
        self.backing_up.append((name, snapshot, done))

    def finish_backup(self, place=0):
        """Write what the flush has settled by now; the archives are on a disk of their own."""
        name, snapshot, done = self.backing_up.pop(place)
        try:
            archive.write(snapshot.pairs(), self.archives, name)
            done(None)
        except StorageError as error:
            done(error)

    def stop(self):
        self.stopped = True

    def note(self, event, *, level="info", **facts):
        self.notes.append((event, facts))

    def report(self, command, error):
        self.reported.append((command, error))


class House:
    """Everything joined. `request` runs whole batches until the reply is there."""

    def __init__(self, engine, disk):
        self.engine = engine
        self.disk = disk
        self.clock = Clock()
        self.outside = Surroundings(engine)
        self.actor = Actor(engine, ALL_WORDS, self.clock, self.outside, b"salt")
        self._slots = {}

    def client(self):
        client = self.engine.clients.enter("127.0.0.1:5", True, Sink(), self.clock.ms)
        admit(client, self.engine.house)
        return client

    def send(self, client, *requests):
        """Submit one packet; each request is a list of words or one text divided at spaces."""
        split = [request.encode().split() if isinstance(request, str) else list(request) for request in requests]
        slot = self._slots.get(client, 0)
        self._slots[client] = slot + len(split)
        self.actor.submit(client, split, slot)

    async def batch(self):
        """Let the actor do all it can now."""
        await self.actor.round_trip()

    async def ask(self, client, *requests):
        """Submit a packet and wait for its replies."""
        self.send(client, *requests)
        await self.batch()
        return client.sink.replies[-len(requests) :]


def open_engine(disk, **settings):
    """An engine over `disk` with an embedder of 32 dimensions."""
    engine = Engine(Settings(**settings), Metrics())
    embedder = HashingEmbedder(32)
    state = State(Store.open(disk, Random(1).randbytes, counted=PLAIN), new_index)
    list(state.recover())
    engine.now_ms = START_MS
    engine.open(state, EmbedderFacts(embedder.name, 32, embedder.fingerprint, lambda: "ok"), lambda text: None)
    return engine


@pytest.fixture
def disk():
    return FaultyDisk(Random(7))


@pytest.fixture
def new_engine(disk):
    """new_engine(**settings) -> Engine over the test's disk; vectors are made at once."""

    def build(**settings):
        engine = open_engine(disk, **settings)
        engine.recall = lambda text: HashingEmbedder(32).embed([text])[0]
        return engine

    return build


@pytest.fixture
def play(disk):
    """play(story, **settings): run the coroutine story(house) beside a running actor."""

    def run(story, disk=disk, **settings):
        @asynccontextmanager
        async def running():
            house = House(open_engine(disk, **settings), disk)
            task = asyncio.get_running_loop().create_task(house.actor.run())
            await asyncio.sleep(0)
            try:
                yield house
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        async def whole():
            async with running() as house:
                await asyncio.wait_for(story(house), 20)

        asyncio.run(whole())

    return run
