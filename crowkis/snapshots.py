"""When an index is written to disk, and what is made of it at the next start.

Graphs alone are worth it: smaller indexes are rebuilt in well under a second. At start snapshots are read for
State.recover(), and what had to be linked anew is written at once, before clients come; at an orderly stop the server
writes what has changed. In between it tells a process of its own (replica.py) what changed, a little every tick.
A snapshot that fails costs time at the next start and nothing else. Never holds the loop longer than TELL_NS_MAX and
one row; never decides what is true: State.recover() does.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from tempfile import TemporaryFile

from crowkis.engine.state import Space, SpaceKey, State
from crowkis.index.adaptive import FLAT_VECTORS_MAX, AdaptiveIndex
from crowkis.index.snapshot import SUFFIX, TEMPORARY_SUFFIX, SnapshotError, load, save, snapshot_name
from crowkis.interfaces import Clock, Filesystem, Restored
from crowkis.metrics import Metrics
from crowkis.replica import Order, encode_change, encode_order
from crowkis.storage.errors import StorageError
from crowkis.values.limits import MIB

INDEX_DIRECTORY = "index"
"""Where in the data directory the snapshots lie; guarded by that directory's lock."""
VECTORS_MIN = FLAT_VECTORS_MAX
"""Spaces of no more vectors have no graph, or will soon have none, and get no snapshot."""
CHANGES_MIN = 1_024
CHANGES_PER_VECTOR = 0.03
"""A snapshot is due after CHANGES_MIN changes and this share of the vectors: what a crash leaves to link again."""
TOLD_BYTES_MAX = 64 * MIB
"""Changes sent to the replica at once; the rest waits for the next snapshot."""
TELL_NS_MAX = 1_000_000
"""How long one tick may collect changes."""
LOOKED_AT_MAX = 1_000
"""Spaces one tick asks whether their snapshot is due."""
WRITE_BUFFER_BYTES = MIB
REPLICA_S_MAX = 900.0
RETRY_MS = 60_000
"""How long after a failure the next attempt waits."""

Log = Callable[..., None]


class Telling:
    """Changes on their way to the replica."""

    def __init__(self, place: SpaceKey, space: Space, dimension: int) -> None:
        self.place, self.space, self.dimension = place, space, dimension
        self.follows = space.changed is not None
        ids = space.labels if space.changed is None else space.changed
        self.left = list(ids)
        self.told: list[bytes] = []
        self.rows: list[bytes] = []
        self.held_bytes = 0
        space.changed = set()  # from here on: what changes while the replica works

    def collect(self, state: State, clock: Clock) -> bool:
        """Fetch vectors until the time for one tick is up; True when there is nothing left to fetch.

        Raises StorageError.
        """
        end_ns = clock.monotonic_ns() + TELL_NS_MAX
        while self.left and self.held_bytes < TOLD_BYTES_MAX:
            entry_id = self.left.pop()
            held = state.spaces.get(self.place) is self.space and entry_id in self.space.labels
            self.told.append(entry_id)
            row = encode_change((entry_id, state.vector_of(self.place, entry_id) if held else None))
            self.rows.append(row)
            self.held_bytes += len(row)
            if clock.monotonic_ns() >= end_ns:
                break
        return not self.left or self.held_bytes >= TOLD_BYTES_MAX

    def give_back(self) -> None:
        """The snapshot was not made: what it would have held still counts as changed."""
        if not self.follows:
            self.space.changed = None
        elif self.space.changed is not None:
            self.space.changed.update(self.told, self.left)


class Snapshots:
    """The snapshots of one data directory; everything but tick() may be called only while no client is served."""

    def __init__(self, path: Path, filesystem: Filesystem, clock: Clock, metrics: Metrics, log: Log) -> None:
        self._path, self._filesystem, self._clock, self._metrics, self._log = path, filesystem, clock, metrics, log
        self._thread = ThreadPoolExecutor(1, "crowkis-snapshot")
        self._names: dict[str, SpaceKey] = {}
        """Snapshots on disk."""
        self._telling: Telling | None = None
        self._replica: Future[int] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = False
        self._not_before_ms = 0
        self._to_look_at: list[SpaceKey] = []

    def load(self) -> dict[SpaceKey, Restored]:
        """Read every snapshot; says which cannot be used, and removes it together with unfinished ones."""
        self._clear_unfinished()
        found: dict[SpaceKey, Restored] = {}
        for name in self._filesystem.names():
            if name.endswith(SUFFIX):
                try:
                    space, found_there = load(self._filesystem, name)
                    found[space], self._names[name] = found_there, space
                except (SnapshotError, OSError) as error:
                    self._log("index snapshot unusable", level="warning", file=name, why=str(error))
                    self._remove(name)
        return found

    def report(self, state: State) -> None:
        """Say how the indexes came back, and write those that had to be linked anew."""
        for place, (kept, added, dropped) in state.reconciled.items():
            space = state.spaces.get(place)
            if space is None or (len(space.index) <= VECTORS_MIN and space.changed is None):
                continue
            how = "rebuilt from stored vectors" if space.changed is None else "from its snapshot"
            self._log("index", file=snapshot_name(place), how=how, kept=kept, added=added, dropped=dropped)
            if due(space):
                self.write(place, space)
        self._metrics.plain["index_vectors_restored_total"] = sum(row.kept for row in state.reconciled.values())

    def write(self, place: SpaceKey, space: Space) -> None:
        """Write a snapshot of the server's own index; takes 3 ms per 1,000 vectors and holds the interpreter."""
        assert isinstance(space.index, AdaptiveIndex)
        try:
            self._written(place, save(self._filesystem, place, space.index, space.labels))
            space.changed = set()
        except OSError as error:
            self._log("index snapshot failed", level="warning", file=snapshot_name(place), why=str(error))

    def stop(self, state: State) -> None:
        """The last thing before an orderly end: write what has changed since it was last written."""
        self._end_replica()
        for place, space in state.spaces.items():
            if len(space.index) > VECTORS_MIN and (space.changed is None or space.changed):
                self.write(place, space)
        self._tidy(state)

    def close(self) -> None:
        """Let go of everything; a snapshot on its way is given up."""
        self._end_replica()
        self._thread.shutdown(wait=True)

    def tick(self, state: State) -> None:
        """Go on with the snapshot on its way, or begin one that is due."""
        if self._replica is not None:
            if self._replica.done():
                self._finish(self._replica)
        elif self._telling is not None:
            try:
                whole = self._telling.collect(state, self._clock)
            except StorageError as error:
                self._give_up(self._telling, error)
            else:
                if whole:
                    self._replica = self._thread.submit(self._run_replica, self._telling)
        elif self._clock.now_ms() >= self._not_before_ms:
            self._begin(state)

    def _begin(self, state: State) -> None:
        for place in self._forgotten(state):
            self._names.pop(snapshot_name(place), None)
            self._thread.submit(self._remove, snapshot_name(place))
        if not self._to_look_at:
            self._to_look_at = list(state.spaces)
        for place in self._to_look_at[-LOOKED_AT_MAX:]:
            self._to_look_at.pop()
            space = state.spaces.get(place)
            if space is not None and due(space):
                assert isinstance(space.index, AdaptiveIndex)
                self._telling = Telling(place, space, space.index.dimension)
                return

    def _run_replica(self, telling: Telling) -> int:
        """In the thread: let the replica work; gives the size of the new snapshot. Raises OSError, SubprocessError."""
        order = Order(str(self._path), telling.place, telling.dimension, telling.follows, len(telling.rows))
        package = str(Path(__file__).parents[1])
        search = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        with TemporaryFile(dir=self._path, buffering=WRITE_BUFFER_BYTES) as changes:
            changes.write(encode_order(order))
            changes.writelines(telling.rows)
            changes.seek(0)
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "crowkis.replica"],
                stdin=changes,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": search},
                start_new_session=True,  # Ctrl-C is the server's business
            )
        try:
            told, why = process.communicate(timeout=0.0 if self._ending else REPLICA_S_MAX)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            self._clear_unfinished()
            lines = why.decode("utf-8", "replace").strip().splitlines()
            raise OSError(f"the replica ended with {process.returncode}: {lines[-1] if lines else 'without a word'}")
        return int(told)

    def _finish(self, replica: "Future[int]") -> None:
        telling, self._telling, self._replica, self._process = self._telling, None, None, None
        assert telling is not None
        try:
            self._written(telling.place, replica.result())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._give_up(telling, error)
        else:
            if telling.left and telling.space.changed is not None:
                telling.space.changed.update(telling.left)

    def _give_up(self, telling: Telling, error: Exception) -> None:
        telling.give_back()
        self._telling = None
        self._not_before_ms = self._clock.now_ms() + RETRY_MS
        self._metrics.count("index_snapshot_failures_total")
        self._log("index snapshot failed", level="warning", file=snapshot_name(telling.place), why=str(error))

    def _end_replica(self) -> None:
        self._ending = True
        if self._process is not None:
            self._process.kill()
        if self._replica is not None:
            wait([self._replica])
        if self._telling is not None:
            self._telling.give_back()
        self._telling = self._replica = None

    def _written(self, place: SpaceKey, size_bytes: int) -> None:
        name = snapshot_name(place)
        self._names[name] = place
        self._metrics.count("index_snapshots_total")
        self._log("index snapshot", level="debug", file=name, bytes=size_bytes)

    def _forgotten(self, state: State) -> Iterator[SpaceKey]:
        """Snapshots that no space follows: the space is gone, is another one of the same name, or has become small."""
        for place in list(self._names.values()):
            space = state.spaces.get(place)
            if space is not None and len(space.index) < VECTORS_MIN // 2:
                space.changed = None
            if space is None or space.changed is None:
                yield place

    def _tidy(self, state: State) -> None:
        for place in self._forgotten(state):
            self._remove(snapshot_name(place))

    def _clear_unfinished(self) -> None:
        for name in self._filesystem.names():
            if name.endswith(TEMPORARY_SUFFIX):
                self._remove(name)

    def _remove(self, name: str) -> None:
        try:
            self._filesystem.remove(name)
            self._filesystem.sync_directory()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._log("index snapshot not removed", level="warning", file=name, why=str(error))


def due(space: Space) -> bool:
    """Has so much changed that linking it again at the next start would take longer than a snapshot is worth?"""
    vectors = len(space.index)
    if space.changed is None:
        return vectors > VECTORS_MIN
    return len(space.changed) > CHANGES_MIN + CHANGES_PER_VECTOR * vectors
