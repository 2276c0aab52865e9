"""When snapshots are taken, what is said of those that cannot be used, and that none outlives its space."""

import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from crowkis import snapshots as module
from crowkis.engine.consistency import inconsistencies
from crowkis.engine.state import State
from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.snapshot import load, snapshot_name
from crowkis.metrics import Metrics
from crowkis.snapshots import Snapshots, due
from crowkis.storage.disk import Directory
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.question import Scope
from crowkis.values.record import DropScope, Entry, PutEntry

DIMENSION = 4
PLACE = ("acme", "", "client:4")
NAME = snapshot_name(PLACE)
SCOPE = Scope("acme", "", "", "")


class SteppedClock:
    """Every look at the clock takes a millisecond."""

    def __init__(self):
        self.steps = 0

    def now_ms(self):
        return self.steps

    def monotonic_ns(self):
        self.steps += 1
        return self.steps * 1_000_000


class Server:
    """What app.py joins, on a disk in memory, with graphs after 12 vectors and a snapshot due after 20 changes."""

    def __init__(self, disk=None, path=Path(), files=None):
        self.disk = disk or FaultyDisk(Random(1))
        self.files = files or self.disk
        self.log = []
        self.store = Store.open(self.disk)
        self.metrics = Metrics()
        self.snapshots = Snapshots(path, self.files, SteppedClock(), self.metrics, self.note)
        self.state = State(self.store, lambda dimension: AdaptiveIndex(dimension, flat_vectors_max=12))
        for _ in self.state.recover(self.snapshots.load()):
            pass
        self.snapshots.report(self.state)

    def note(self, event, **facts):
        self.log.append((event, facts))

    def said(self, event):
        return [facts for name, facts in self.log if name == event]

    def put(self, first, last):
        vectors = np.random.default_rng(first).standard_normal((last - first, DIMENSION)).astype(np.float32)
        for number, vector in zip(range(first, last), vectors, strict=True):
            entry = Entry(number.to_bytes(16, "big"), SCOPE, f"q{number}", None, frozenset(), "client:4", 1, 0, 1)
            self.state.apply(PutEntry(entry, vector / np.linalg.norm(vector), b"a"))
        self.store.commit()

    def again(self, **changed):
        self.store.close()
        files = {**self.disk.files(), **changed}
        return Server(FaultyDisk(Random(1), {name: data for name, data in files.items() if data is not None}))


@pytest.fixture(autouse=True)
def small_numbers(monkeypatch):
    monkeypatch.setattr(module, "VECTORS_MIN", 12)
    monkeypatch.setattr(module, "CHANGES_MIN", 20)


def test_a_graph_rebuilt_at_start_is_written_at_once_and_said_so():
    first = Server()
    first.put(0, 40)
    second = first.again()
    third = second.again()

    assert [("rebuilt from stored vectors", 0, 40, 0)] == [tuple(row.values())[1:] for row in second.said("index")]
    assert [("from its snapshot", 40, 0, 0)] == [tuple(row.values())[1:] for row in third.said("index")]
    assert 40 == third.metrics.plain["index_vectors_restored_total"]


def test_a_small_index_gets_no_snapshot():
    server = Server()
    server.put(0, 12)
    server.snapshots.stop(server.state)

    assert [] == [name for name in server.disk.names() if name.endswith(".index")]
    assert [] == server.again().said("index")


def test_a_stop_writes_what_has_changed_and_only_that():
    server = Server()
    server.put(0, 40)
    server.snapshots.stop(server.state)
    calls = server.disk.calls
    server.snapshots.stop(server.state)

    assert [] == [line for line in server.disk.trace if line.startswith("remove: " + NAME)]
    assert calls == server.disk.calls
    assert 40 == len(load(server.disk, NAME).restored.labels)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "its checksum is wrong"),
        (lambda data: data[: len(data) // 2], "bytes instead of"),
        (lambda data: b"x" + data[1:], "its beginning is damaged"),
    ],
)
def test_a_damaged_snapshot_is_named_and_rebuilt(damage, why):
    server = Server().again()
    server.put(0, 40)
    server.snapshots.stop(server.state)
    back = server.again(**{NAME: damage(server.disk.files()[NAME])})

    (said,) = back.said("index snapshot unusable")
    assert (NAME, True) == (said["file"], why in said["why"])
    assert ["rebuilt from stored vectors"] == [row["how"] for row in back.said("index")]
    assert [] == list(inconsistencies(back.state))
    assert 40 == len(load(back.disk, NAME).restored.labels)


def test_a_stale_snapshot_is_reconciled_and_the_difference_told():
    server = Server()
    server.put(0, 40)
    server.snapshots.stop(server.state)
    old = server.disk.files()[NAME]
    server.put(40, 45)
    server.put(0, 3)
    back = server.again(**{NAME: old})

    (row,) = back.said("index")
    assert ("from its snapshot", 40, 5, 0) == (row["how"], row["kept"], row["added"], row["dropped"])
    assert [] == list(inconsistencies(back.state))


def test_a_snapshot_of_a_space_that_is_gone_is_removed():
    server = Server()
    server.put(0, 40)
    server.snapshots.stop(server.state)
    server.state.apply(DropScope("acme", None, 2))
    server.snapshots.stop(server.state)

    assert NAME not in server.disk.names()


def test_an_unfinished_snapshot_is_removed_at_start():
    assert [] == [name for name in Server().again(**{NAME + ".7.new": b"half"}).disk.names() if name.endswith(".new")]


def test_a_full_disk_costs_the_snapshot_and_nothing_else():
    server = Server()
    server.put(0, 40)
    server.disk.capacity_bytes = sum(map(len, server.disk.files().values()))
    server.snapshots.stop(server.state)

    assert [NAME] == [facts["file"] for facts in server.said("index snapshot failed")]
    assert [] == [name for name in server.disk.names() if name.startswith(NAME)]


def test_a_snapshot_is_due_when_a_graph_has_none_or_enough_has_changed():
    server = Server()
    server.put(0, 12)
    space = server.state.spaces[PLACE]
    assert not due(space)
    server.put(12, 40)
    assert due(space)
    server.snapshots.write(PLACE, space)
    server.put(40, 60)
    assert not due(space)
    server.put(60, 64)
    assert due(space)


def run_until(server, done):
    """Tick until done(); the replica is a process, so this takes a moment."""
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, server.log
        server.snapshots.tick(server.state)
        time.sleep(0.01)


def test_an_entry_the_disk_does_not_give_ends_a_snapshot_and_not_the_server():
    server = Server()
    server.put(0, 40)
    job = server.store.begin_flush()
    server.store.run(job)
    server.store.finish(job)
    server.snapshots.tick(server.state)
    server.disk.fail_at = server.disk.calls + 1
    server.snapshots.tick(server.state)

    (said,) = server.said("index snapshot failed")
    assert "injected" in said["why"]
    assert 1 == server.metrics.plain["index_snapshot_failures_total"]
    assert server.state.spaces[PLACE].changed is None
    server.snapshots.close()


@pytest.mark.process
def test_the_replica_takes_snapshots_while_the_server_goes_on(tmp_path):
    server = Server(path=tmp_path, files=Directory(tmp_path, lock=False))
    written = server.metrics.plain
    server.put(0, 40)
    server.snapshots.tick(server.state)
    server.put(40, 80)
    run_until(server, lambda: written["index_snapshots_total"] == 1)

    assert 40 == len(load(server.files, NAME).restored.labels)
    assert 40 == len(server.state.spaces[PLACE].changed)
    run_until(server, lambda: written["index_snapshots_total"] == 2)
    found = load(server.files, NAME).restored
    index, labels = server.state.spaces[PLACE].index, server.state.spaces[PLACE].labels
    assert {name: index.digest(label) for name, label in labels.items()} == found.digests
    assert 0 == written["index_snapshot_failures_total"]

    server.state.apply(DropScope("acme", None, 2))
    run_until(server, lambda: NAME not in server.files.names())
    server.snapshots.close()


@pytest.mark.process
def test_a_replica_that_fails_is_told_and_nothing_is_forgotten(tmp_path):
    server = Server(path=tmp_path, files=Directory(tmp_path, lock=False))
    server.put(0, 40)
    server.snapshots.write(PLACE, server.state.spaces[PLACE])
    (tmp_path / NAME).write_bytes(b"not a snapshot")
    server.put(40, 80)
    run_until(server, lambda: server.metrics.plain["index_snapshot_failures_total"] == 1)

    (said,) = server.said("index snapshot failed")
    assert "its beginning is damaged" in said["why"]
    assert 40 == len(server.state.spaces[PLACE].changed)
    server.snapshots.close()
