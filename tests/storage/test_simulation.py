"""Goal: no acknowledged write is lost, no batch is torn, whatever the disk does.

Method: random histories on a faulty disk, a dictionary as twin. One seed, one history: run it again with
`CROWKIS_SEED=<seed> CROWKIS_SEEDS=1`. Long runs: a larger CROWKIS_SEEDS.
"""

import os
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from crowkis.storage.errors import DiskError, StorageError
from crowkis.storage.record import LOG_MAGIC, read_header
from crowkis.storage.store import Store
from crowkis.storage.wal import Wal, segment_name
from crowkis.testing.disk import FaultyDisk

FIRST_SEED = int(os.environ.get("CROWKIS_SEED", "0"), 0)
SEEDS = int(os.environ.get("CROWKIS_SEEDS", "600"))
STEPS = 60
FOUND_SEEDS = Path(__file__).with_name("seeds.txt")


class Lost(AssertionError):  # noqa: N818 - named after the finding
    """The store does not hold what it must."""


class History:
    """One random life of a store: `allowed` is every state a crash may now leave, the newest last."""

    def __init__(self, seed, disk_class=FaultyDisk):
        self.rng = Random(seed)
        self.disk = disk_class(self.rng)
        self.segment_bytes_max = self.rng.choice((64, 300, 1 << 20))
        self.weights = [self.rng.choice((1, 3, 10)) for _ in range(len(self.moves()))]  # every seed has its own mix
        self.allowed = [{}]
        self.now = {}
        self.job = None
        self.store = None
        self.open()

    def moves(self):
        return (
            self.put, self.put, self.remove, self.remove_prefix, self.append, self.sync, self.commit, self.commit,
            self.begin_checkpoint, self.write_checkpoint, self.finish_checkpoint,
            self.crash, self.restart, self.plan_fault, self.fill_disk,
        )  # fmt: skip

    def play(self):
        for _ in range(STEPS):
            move = self.rng.choices(self.moves(), self.weights)[0]
            try:
                move()
            except DiskError:
                if self.store.in_doubt:
                    self.rng.choice((self.crash, self.restart))()
        self.crash()

    def key(self):
        return self.rng.choice((b"a/", b"b/", b"")) + b"%d" % self.rng.randrange(6)

    def put(self):
        key, value = self.key(), self.rng.randbytes(self.rng.choice((0, 3, 50)))
        self.store.put(key, value)
        self.now[key] = value

    def remove(self):
        key = self.key()
        self.store.remove(key)
        self.now.pop(key, None)

    def remove_prefix(self):
        prefix = self.rng.choice((b"a/", b"b/", b"a/1", b""))
        self.store.remove_prefix(prefix)
        self.now = {key: value for key, value in self.now.items() if not key.startswith(prefix)}

    def append(self):
        self.allowed.append(dict(self.now))  # before the call: a failing one may have written all of it
        self.store.append()

    def sync(self):
        self.store.sync()
        del self.allowed[:-1]

    def commit(self):
        self.append()
        self.sync()

    def begin_checkpoint(self):
        if self.job is None:
            self.allowed.append(dict(self.now))
            self.job = self.store.begin_checkpoint()
            del self.allowed[:-1]

    def write_checkpoint(self):
        if self.job is not None and not self.job.written:
            self.store.write_checkpoint(self.job)

    def finish_checkpoint(self):
        if self.job is not None:
            job, self.job = self.job, None
            self.store.finish_checkpoint(job)

    def plan_fault(self):
        self.disk.fail_at = self.disk.calls + self.rng.randint(1, 15)

    def fill_disk(self):
        if self.rng.random() < 0.3:
            self.disk.capacity_bytes = sum(map(len, self.disk.files().values())) + self.rng.randint(0, 200)

    def crash(self):
        self.disk = self.disk.crash()
        self.open()

    def restart(self):
        """The process ends and the machine stays up: what was written is there, synced or not."""
        self.disk.capacity_bytes = None
        self.open()

    def open(self):
        self.job = None
        while True:
            try:
                self.store = Store.open(self.disk, self.rng.randbytes, self.segment_bytes_max)
                break
            except DiskError:
                self.disk = self.disk.crash() if self.rng.random() < 0.5 else self.disk
            except StorageError as error:
                raise Lost(f"refused to open: {error}") from error
        self.check()

    def check(self):
        found = dict(self.store.items())
        if found not in self.allowed:
            raise Lost(f"{found} is none of {self.allowed}")
        self.now, self.allowed = found, [dict(found)]
        held_bytes = sum(len(key) + len(value) for key, value in found.items())

        assert (sorted(found), held_bytes) == (self.store.scan(b"", None, 99), self.store.bytes_held)


@contextmanager
def named(seed):
    """Say which history failed."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}: play it again with CROWKIS_SEED={seed} CROWKIS_SEEDS=1; add it to seeds.txt")
        raise


def found_seeds():
    lines = FOUND_SEEDS.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def caught(disk_class, seeds=60):
    """How many of `seeds` histories notice what is wrong with the disk."""
    count = 0
    for seed in range(seeds):
        try:
            History(seed, disk_class).play()
        except Lost:
            count += 1
    return count


class TestHistories:
    def test_acknowledged_writes_survive_and_batches_are_whole(self):
        seeds = found_seeds() + list(range(FIRST_SEED, FIRST_SEED + SEEDS))
        for seed in seeds:
            with named(seed):
                History(seed).play()

        assert len(seeds) >= SEEDS

    def test_the_same_seed_plays_the_same_history(self):
        histories = [History(FIRST_SEED), History(FIRST_SEED)]
        for history in histories:
            history.play()

        assert histories[0].disk.files() == histories[1].disk.files()


class TestEverySingleFault:
    @pytest.mark.parametrize("after", ["crash", "restart"])
    def test_a_failure_of_any_one_call_loses_nothing(self, after):
        """The same short life again and again, each time with the next call failing."""
        fail_at, finished = 0, False
        while not finished:
            fail_at += 1
            with named(fail_at):
                history = History(1)
                history.disk.fail_at = history.disk.calls + fail_at
                finished = self.live(history, after)

        assert fail_at > 50

    def live(self, history, after):
        """True when no call failed."""
        failed = False
        for move in (history.put, history.commit, history.begin_checkpoint, history.put, history.commit,
                     history.write_checkpoint, history.finish_checkpoint, history.remove_prefix, history.put,
                     history.commit, history.restart) * 3:  # fmt: skip
            try:
                move()
            except DiskError:
                failed = True
                if history.store.in_doubt:
                    getattr(history, after)()
        fired = history.disk.fail_at is None or history.disk.calls >= history.disk.fail_at
        history.crash()
        return not failed and not fired


class TestPlantedBugs:
    """If these are not noticed, the histories above prove nothing."""

    def test_a_sync_that_does_nothing_is_caught(self):
        class Disk(FaultyDisk):
            def make_durable(self, content):
                pass

        assert caught(Disk) > 30

    def test_a_directory_sync_that_does_nothing_is_caught(self):
        class Disk(FaultyDisk):
            def make_names_durable(self):
                pass

        assert caught(Disk) > 30

    def test_a_log_that_trusts_what_it_read_after_a_failed_sync_is_caught(self, monkeypatch):
        """The segment goes on in place instead of being written again: see FORMAT.md, "After a failed sync"."""
        begin_segment = Wal._begin_segment

        def go_on_in_place(self, number, kept):
            if not kept:
                begin_segment(self, number, kept)
                return
            self._file = self._filesystem.reopen(segment_name(number), len(kept))
            self._file.sync()
            self._number, self._mark = number, read_header(segment_name(number), kept, LOG_MAGIC, number)
            self._segment_bytes[number] = len(kept)

        monkeypatch.setattr(Wal, "_begin_segment", go_on_in_place)

        assert caught(FaultyDisk, 400) > 5

    def test_a_checkpoint_that_forgets_to_append_first_is_caught(self, monkeypatch):
        append = Store.append

        def begin_checkpoint(self):
            self.append = lambda: False
            try:
                return begin(self)
            finally:
                self.append = append.__get__(self)

        begin = Store.begin_checkpoint
        monkeypatch.setattr(Store, "begin_checkpoint", begin_checkpoint)

        assert caught(FaultyDisk) > 5
