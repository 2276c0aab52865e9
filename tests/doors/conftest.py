"""An engine on a disk in memory, for what reads it without a server."""

from random import Random

import pytest

from crowkis.embed.hashing import HashingEmbedder
from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import EmbedderFacts, Engine
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.metrics import Metrics
from crowkis.settings import Settings
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

START_MS = 1_700_000_000_000


@pytest.fixture
def new_engine():
    """new_engine(**settings) -> Engine with nothing stored."""

    def build(**settings):
        engine = Engine(Settings(**settings), Metrics())
        embedder = HashingEmbedder(32)
        state = State(Store.open(FaultyDisk(Random(7)), Random(1).randbytes, counted=PLAIN), new_index)
        list(state.recover())
        engine.now_ms = engine.started_ms = START_MS
        engine.open(state, EmbedderFacts(embedder.name, 32, embedder.fingerprint, lambda: "ok"), lambda text: None)
        return engine

    return build
