"""How much faster does a server reopen with snapshots of its indexes, and does taking one hold the actor?

    python bench/reopen.py [--entries 100000] [--dimension 384] [--json FILE]

Answers with vectors in clusters, as questions come, are stored in one tenant's namespace. Then the directory is opened
without a snapshot (the graph is linked anew), with one, and with one that misses as many changes as a crash may leave.
After that changes are made until a snapshot is due, and a heartbeat on the loop measures how late it comes while the
snapshot is taken beside it, against the same heartbeat before. Ratios of one run; bare times are those of the machine.
"""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np
from rig import bench_arguments, machine, print_table, quantile, scratch, write_json

from crowkis.app import SystemClock
from crowkis.engine.consistency import inconsistencies
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.index.flat import FlatIndex
from crowkis.metrics import Metrics
from crowkis.snapshots import CHANGES_MIN, CHANGES_PER_VECTOR, Snapshots
from crowkis.storage.disk import Directory
from crowkis.storage.store import Store
from crowkis.values.question import Scope
from crowkis.values.record import Entry, PutEntry

SCOPE = Scope("bench", "", "", "")
PER_CLUSTER = 20
SPREAD = 0.03
"""How far each number of a vector lies from its cluster's."""
ANSWER = b"an answer of a few words, as long as it matters here"
HEARTBEAT_S = 0.001
QUIET_S = 3.0
AFTER_S_MAX = 120.0


def records(count: int, dimension: int, seed: int, first: int = 0) -> Iterator[PutEntry]:
    """Stored answers with clustered vectors."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count // PER_CLUSTER + 1, dimension)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for number in range(first, first + count):
        vector = centres[rng.integers(len(centres))] + SPREAD * rng.standard_normal(dimension).astype(np.float32)
        vector /= np.linalg.norm(vector)
        text = f"How do I change the setting called number {number} on a device bought in 2024?"
        entry = Entry(
            number.to_bytes(16, "big"), SCOPE, text, None, frozenset(), f"bench:{dimension}", 1, 0, len(ANSWER)
        )
        yield PutEntry(entry, vector.astype(np.float32), ANSWER)


class Opened:
    """A data directory with its state, read as the server does."""

    def __init__(self, path: Path, with_snapshots: bool) -> None:
        began = perf_counter()
        self.directory = Directory(path)
        self.store = Store.open(self.directory)
        self.snapshots = Snapshots(
            path / "index", Directory(path / "index", lock=False), SystemClock(), Metrics(), _quiet
        )
        found = self.snapshots.load() if with_snapshots else {}
        self.loaded_s = perf_counter() - began
        self.state = State(self.store, new_index)
        for _ in self.state.recover(found):
            pass
        self.seconds = perf_counter() - began

    def close(self) -> None:
        """Let go of it."""
        self.snapshots.close()
        self.store.commit()
        self.store.close()
        self.directory.close()


def fill(path: Path, entries: int, dimension: int) -> None:
    """Store the answers, without linking a graph."""
    directory = Directory(path)
    store = Store.open(directory)
    state = State(store, FlatIndex)
    for record in records(entries, dimension, seed=1):
        state.apply(record)
    store.commit()
    store.close()
    directory.close()


def change(state: State, count: int, entries: int, dimension: int) -> None:
    """Add answers that no snapshot holds."""
    for record in records(count, dimension, seed=2, first=entries):
        state.apply(record)
    state.store.commit()


async def heartbeats(until_s: float, opened: Opened | None) -> tuple[list[float], list[float], float]:
    """Lateness of each heartbeat and length of each tick in seconds; with `opened`, until its snapshot is taken."""
    late, ticks, began, next_tick = [], [], perf_counter(), 0.0
    taken = opened.snapshots._metrics.plain["index_snapshots_total"] if opened else 0
    while (since := perf_counter() - began) < until_s:
        if opened is not None and since >= next_tick:
            next_tick = since + 0.1
            start = perf_counter_ns()
            opened.snapshots.tick(opened.state)
            ticks.append((perf_counter_ns() - start) / 1e9)
            if opened.snapshots._metrics.plain["index_snapshots_total"] > taken:
                break
        due = perf_counter() + HEARTBEAT_S
        await asyncio.sleep(HEARTBEAT_S)
        late.append(max(0.0, perf_counter() - due))
    return late, ticks, perf_counter() - began


def _quiet(event: str, **facts: Any) -> None:
    if facts.get("level") == "warning":
        print(event, facts)


def measure(path: Path, entries: int, dimension: int) -> dict[str, Any]:
    """All of it; gives the numbers."""
    fill(path, entries, dimension)
    cold = Opened(path, with_snapshots=False)
    began = perf_counter()
    for place, space in cold.state.spaces.items():
        cold.snapshots.write(place, space)
    write_s = perf_counter() - began
    cold.close()
    snapshot_bytes = sum(file.stat().st_size for file in (path / "index").iterdir())

    warm = Opened(path, with_snapshots=True)
    problems = list(inconsistencies(warm.state))
    most_changes = int((CHANGES_MIN + CHANGES_PER_VECTOR * entries) / (1 - CHANGES_PER_VECTOR)) + 2
    change(warm.state, most_changes, entries, dimension)
    warm.close()

    crashed = Opened(path, with_snapshots=True)
    problems += inconsistencies(crashed.state)
    gc.collect()
    gc.freeze()  # as the server does when it is ready
    quiet, _, _ = asyncio.run(heartbeats(QUIET_S, None))
    late, ticks, taking_s = asyncio.run(heartbeats(AFTER_S_MAX, crashed))
    crashed.close()
    again = Opened(path, with_snapshots=True)
    problems += inconsistencies(again.state)
    again.close()
    assert not problems, problems[:3]
    return {
        "entries": entries,
        "dimension": dimension,
        "rebuild_s": round(cold.seconds, 3),
        "reopen_s": round(warm.seconds, 3),
        "of_which_store_and_snapshot_s": round(warm.loaded_s, 3),
        "ratio": round(cold.seconds / warm.seconds, 1),
        "changes_missed": most_changes,
        "reopen_after_crash_s": round(crashed.seconds, 3),
        "ratio_after_crash": round(cold.seconds / crashed.seconds, 1),
        "snapshot_bytes": snapshot_bytes,
        "write_by_the_server_s": round(write_s, 3),
        "taken_beside_it_s": round(taking_s, 3),
        "longest_tick_ms": round(max(ticks) * 1e3, 3),
        "heartbeat_late_max_ms": round(max(late) * 1e3, 3),
        "heartbeat_late_p99_ms": round(quantile(late, 0.99) * 1e3, 3),
        "quiet_heartbeat_late_max_ms": round(max(quiet) * 1e3, 3),
        "quiet_heartbeat_late_p99_ms": round(quantile(quiet, 0.99) * 1e3, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=384)
    options = parser.parse_args()
    with scratch() as path:
        found = measure(path / "data", options.entries, options.dimension)
    print_table("Reopening", ("measure", "value"), list(found.items()))
    write_json(options.json, {"machine": machine(), **found})


if __name__ == "__main__":
    main()
