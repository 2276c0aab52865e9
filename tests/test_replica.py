"""Goal: whatever snapshots say, after a crash indexes hold exactly what the entries say.

Method: random histories of puts, drops, snapshots of both kinds (the server's own, the replica's with changes in
between), faults and crashes on a disk that lies; the entries in the store are the twin. One seed, one history.
"""

import io
import os
import subprocess
import sys
from random import Random

import numpy as np
import pytest

from crowkis import snapshots as snapshots_module
from crowkis.engine.consistency import inconsistencies
from crowkis.engine.state import Space, State
from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.snapshot import SnapshotError, load, snapshot_name
from crowkis.metrics import Metrics
from crowkis.replica import CUT_SHORT, Order, bring_up_to_date, encode_change, encode_order, read_changes, read_order
from crowkis.snapshots import Snapshots, Telling
from crowkis.storage.disk import Directory
from crowkis.storage.errors import DiskError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.question import Scope
from crowkis.values.record import DropEntry, DropScope, Entry, PutEntry

FIRST_SEED = int(os.environ.get("CROWKIS_SEED", "0"), 0)
SEEDS = int(os.environ.get("CROWKIS_SEEDS", "300"))
STEPS = 60
DIMENSION = 4
TENANTS = ("acme", "globex")


class StillClock:
    """Time stands still, so a tick collects everything."""

    def now_ms(self):
        return 1

    def monotonic_ns(self):
        return 0


def eager(dimension):
    """An index that has a graph after 12 vectors."""
    return AdaptiveIndex(dimension, flat_vectors_max=12)


def id_of(number):
    return number.to_bytes(16, "big")


def unit(rng):
    vector = np.array([rng.uniform(-1, 1) for _ in range(DIMENSION)], dtype=np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class History:
    """One random life of the indexes of a store."""

    def __init__(self, seed, disk_class=FaultyDisk):
        self.rng = Random(seed)
        self.disk = disk_class(self.rng)
        self.restored = 0
        self.telling = None
        self.open()

    def open(self):
        self.telling = None
        self.store = Store.open(self.disk)
        self.snapshots = Snapshots("", self.disk, StillClock(), Metrics(), lambda *event, **facts: None)
        self.state = State(self.store, eager)
        found = self.snapshots.load()
        for _ in self.state.recover(found):
            pass
        self.restored += sum(row.kept for row in self.state.reconciled.values())
        assert [] == list(inconsistencies(self.state))

    def play(self):
        moves = (self.put, self.put, self.put, self.drop, self.drop_scope, self.commit, self.write, self.begin_telling,
                 self.finish_telling, self.crash, self.plan_fault, self.tidy)  # fmt: skip
        weights = [self.rng.choice((1, 3, 10)) for _ in moves]
        for _ in range(STEPS):
            try:
                self.rng.choices(moves, weights)[0]()
            except DiskError:
                self.crash()
        self.disk.fail_at = None
        self.crash()

    def put(self):
        for _ in range(self.rng.choice((1, 8))):
            scope = Scope(self.rng.choice(TENANTS), "", "", "")
            number = self.rng.randrange(40)
            entry = Entry(id_of(number), scope, f"q{number}", None, frozenset(), "client:4", 1, 0, 1)
            entry = entry._replace(entry_id=id_of(number + 100 * TENANTS.index(scope.tenant)))
            self.state.apply(PutEntry(entry, unit(self.rng), b"a"))

    def drop(self):
        if self.state.entries:
            entry = self.rng.choice(list(self.state.entries.values()))
            self.state.apply(DropEntry(entry.entry_id, entry.scope, "kept.deleted", 2))

    def drop_scope(self):
        if self.rng.random() < 0.2:
            self.state.apply(DropScope(self.rng.choice(TENANTS), None, 2))

    def commit(self):
        self.store.commit()

    def write(self):
        for place, space in self.state.spaces.items():
            self.snapshots.write(place, space)

    def begin_telling(self):
        if self.telling is None and self.state.spaces:
            place, space = self.rng.choice(list(self.state.spaces.items()))
            self.telling = Telling(place, space, DIMENSION)

    def finish_telling(self):
        if self.telling is None:
            return
        telling, self.telling = self.telling, None
        telling.collect(self.state, StillClock())
        order = Order("", telling.place, DIMENSION, telling.follows, len(telling.rows))
        try:
            bring_up_to_date(self.disk, order, read_changes(io.BytesIO(b"".join(telling.rows)), order), writer=7)
        except (OSError, SnapshotError):
            telling.give_back()

    def tidy(self):
        self.snapshots._tidy(self.state)

    def crash(self):
        self.disk.fail_at = None
        self.disk = self.disk.crash()
        self.open()

    def plan_fault(self):
        self.disk.fail_at = self.disk.calls + self.rng.randint(1, 15)


def test_after_every_crash_indexes_hold_what_entries_say(monkeypatch):
    monkeypatch.setattr(snapshots_module, "VECTORS_MIN", 4)
    restored = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        history = History(seed)
        try:
            history.play()
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        restored += history.restored

    assert restored > SEEDS, "snapshots were hardly ever of use, so nothing was tested"


def test_a_replica_that_replays_the_changes_holds_what_the_server_holds():
    rng, disk = Random(4), FaultyDisk(Random(4))
    server, place = Space(eager(DIMENSION)), ("acme", "", "client:4")
    for turn in range(5):
        changes = []
        for _ in range(30):
            entry_id = id_of(rng.randrange(60))
            if entry_id in server.labels and rng.random() < 0.4:
                server.drop(entry_id)
                changes.append((entry_id, None))
            else:
                vector = unit(rng)
                server.put(entry_id, vector)
                changes.append((entry_id, vector.tobytes()))
        bring_up_to_date(disk, Order("", place, DIMENSION, turn > 0, len(changes)), changes)

        found = load(disk, snapshot_name(place)).restored
        assert {name: server.index.digest(label) for name, label in server.labels.items()} == found.digests


def test_orders_and_changes_are_read_as_they_were_written():
    order = Order("/some/where", ("tenant\n☃", "n", "f"), 2, True, 2)
    changes = [(id_of(1), np.array([0.6, 0.8], dtype="<f4").tobytes()), (id_of(2), None)]
    stream = io.BytesIO(encode_order(order) + b"".join(map(encode_change, changes)))

    assert order == read_order(stream)
    assert changes == list(read_changes(stream, order))


@pytest.mark.process
def test_the_process_writes_nothing_unless_every_change_arrives(tmp_path):
    order = Order(str(tmp_path), ("acme", "", "client:4"), DIMENSION, False, 2)
    row = encode_change((id_of(1), np.array([1, 0, 0, 0], dtype="<f4").tobytes()))
    command = [sys.executable, "-m", "crowkis.replica"]

    short = subprocess.run(command, input=encode_order(order) + row, capture_output=True, timeout=60)
    assert (CUT_SHORT, []) == (short.returncode, list(Directory(tmp_path).names()))

    whole = subprocess.run(command, input=encode_order(order._replace(rows=1)) + row, capture_output=True, timeout=60)
    assert 0 == whole.returncode, whole.stderr
    name = snapshot_name(order.space)
    assert [name] == list(Directory(tmp_path, lock=False).names())
    assert int(whole.stdout) == (tmp_path / name).stat().st_size


@pytest.mark.parametrize("bug", ["claims anything", "keeps what is gone", "believes what was not saved"])
def test_a_planted_bug_is_caught(monkeypatch, bug):
    monkeypatch.setattr(snapshots_module, "VECTORS_MIN", 4)
    if bug == "claims anything":
        monkeypatch.setattr(Space, "claim", lambda space, entry_id, vector: bool(space.expected.pop(entry_id, b"")))
    elif bug == "keeps what is gone":
        monkeypatch.setattr(Space, "settle", lambda space: len(space.expected))
    else:
        monkeypatch.setattr(
            Space, "claim", lambda space, entry_id, vector: space.expected.pop(entry_id, b"") is not None
        )

    def play():
        for seed in range(40):
            History(seed).play()

    with pytest.raises((AssertionError, KeyError)):
        play()
