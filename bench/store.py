"""What does durability cost: puts and commits a second, opening, growth, and how long flush and fold hold the owner?

Two yardsticks run beside it on the same disk: `floor` keeps a dict and appends the same bytes to a file (no store of
this shape can be faster), and `sqlite` is Python's sqlite3 with its write-ahead log. Compare ratios; bare times are
this machine's. The last table shows how a store of tables alone grows: what ten times the entries make of each number
(1.00: it does not depend on them; 10.00: it grows with them). `--only-growth` measures nothing else.
Usage: python bench/store.py [--entries 100000] [--value-bytes 200] [--only-growth] [--dir DIR] [--json FILE]
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep

from rig import print_table

from crowkis.storage.disk import Directory
from crowkis.storage.store import Store

COMMITS_SYNCED = 500
GROWTH_ENTRIES = (10_000, 100_000, 1_000_000)
GROWTH_READS = 5_000
GROWTH_VALUES = 997
PAUSE_S = 0.000_2
SWITCH_S = 0.001
BATCH_PUTS = 100


class Floor:
    """A dict and a file: what must be done at the very least."""

    def __init__(self, path):
        self.fd = os.open(path / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.table, self.pieces = {}, []

    def put(self, key, value):
        """Remember, and keep for the file."""
        self.table[key] = value
        self.pieces += (key, value)

    def append(self):
        """Write what was kept."""
        os.write(self.fd, b"".join(self.pieces))
        self.pieces.clear()

    def commit(self):
        """Write it and wait for the disk."""
        self.append()
        getattr(os, "fdatasync", os.fsync)(self.fd)


class Sqlite:
    """The peer everybody has."""

    def __init__(self, path, synced):
        self.link = sqlite3.connect(path / f"sqlite-{synced}", isolation_level=None)
        self.link.execute("PRAGMA journal_mode=WAL")
        self.link.execute(f"PRAGMA synchronous={'FULL' if synced else 'OFF'}")
        self.link.execute("CREATE TABLE store (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        self.pairs = []

    def put(self, key, value):
        """Keep for the transaction."""
        self.pairs.append((key, value))

    def append(self):
        """One transaction."""
        self.link.execute("BEGIN")
        self.link.executemany("INSERT OR REPLACE INTO store VALUES (?, ?)", self.pairs)
        self.link.execute("COMMIT")
        self.pairs.clear()

    commit = append


def per_second(count, work):
    """How many of `count` things `work` does in a second."""
    started = perf_counter()
    work()
    return round(count / (perf_counter() - started))


def milliseconds(work):
    """How long `work` takes."""
    started = perf_counter()
    work()
    return round((perf_counter() - started) * 1_000, 2)


def writing(store, synced_store, pairs):
    """Puts in batches without sync; then one put per commit, without and with sync."""

    def in_batches():
        for number, (key, value) in enumerate(pairs, start=1):
            store.put(key, value)
            if number % BATCH_PUTS == 0:
                store.append()
        store.append()

    def one_by_one(some, step, count):
        for key, value in pairs[:count]:
            some.put(key, value)
            step()

    few = min(len(pairs), 20_000)
    synced = min(len(pairs), COMMITS_SYNCED)
    return {
        "new puts/s": per_second(len(pairs), in_batches),
        "overwriting puts/s": per_second(len(pairs), in_batches),
        "commits/s without sync": per_second(few, lambda: one_by_one(store, store.append, few)),
        "commits/s with sync": per_second(synced, lambda: one_by_one(synced_store, synced_store.commit, synced)),
    }


def reading(store, keys):
    """Look-ups of keys that are there."""

    def all_of_them():
        for key in keys:
            store.get(key)

    return {"gets/s": per_second(len(keys), all_of_them)}


def reopening(directory, store):
    """Opening from the log alone, a flush's steps, opening from tables; and the first scan."""
    found = {}
    log_mib = store.log_bytes / (1 << 20)
    store.close()
    opened = []
    found["log MiB"] = round(log_mib, 1)
    found["open from log ms"] = milliseconds(lambda: opened.append(Store.open(directory)))
    store = opened[-1]
    jobs = []
    found["first scan ms"] = milliseconds(lambda: store.scan(b"", None, 10))
    found["second scan ms"] = milliseconds(lambda: store.scan(b"", None, 10))
    found["flush begin ms"] = milliseconds(lambda: jobs.append(store.begin_flush()))
    found["flush run ms"] = milliseconds(lambda: store.run(jobs[0]))
    found["flush finish ms"] = milliseconds(lambda: store.finish(jobs[0]))
    store.close()
    found["open from tables ms"] = milliseconds(lambda: opened.append(Store.open(directory)))
    opened[-1].close()
    return found


def growth(path, entries, value_bytes):
    """Every row."""
    return [growing(path, size, value_bytes) for size in GROWTH_ENTRIES if size <= max(entries, 10_000) * 10]


def growing(path, entries, value_bytes):
    """One row of the table: how a store of tables alone behaves with this many entries."""
    rng = random.Random(2)
    values = [rng.randbytes(value_bytes) for _ in range(GROWTH_VALUES)]
    directory = Directory(path / f"grown-{entries}")
    store = Store.open(directory)
    keys = [b"key:%012d" % (number * 7_919 % 15_485_863) for number in range(entries)]
    for number, key in enumerate(keys, start=1):
        store.put(key, values[number % GROWTH_VALUES])
        if number % BATCH_PUTS == 0:
            store.append()
            while store.flush_due or store.fold_due:
                work(store, store.begin_flush() if store.flush_due else store.begin_fold())
    work(store, store.begin_flush())
    store.close()
    opened = []
    row = {"entries": entries, "open ms": milliseconds(lambda: opened.append(Store.open(directory)))}
    store = opened[-1]
    some = random.Random(1).choices(keys, k=GROWTH_READS)
    missing = [b"key:%012dx" % number for number in range(GROWTH_READS)]
    for name, wanted in (("get", some), ("missing get", missing)):
        taken = sorted(each_us(store.get, wanted))
        row[f"{name} p50 us"], row[f"{name} p99 us"] = taken[len(taken) // 2], taken[int(0.99 * len(taken))]
    row["index and filter bytes an entry"] = round(store.tree.version.memory_bytes / entries, 2)
    row["block cache MiB, at most 64"] = round(store.cache.size_bytes / (1 << 20), 1)
    row["disk bytes an entry"] = round(store.disk_bytes / entries, 1)
    store.close()
    directory.close()
    return row


def each_us(get, keys):
    """How long each look-up takes."""
    taken = []
    for key in keys:
        started = perf_counter()
        get(key)
        taken.append(round((perf_counter() - started) * 1e6, 2))
    return taken


def show_growth(rows):
    """A line for each measure: its value at each size, and by how much ten times the entries multiply it."""
    head = ["", *(f"{row['entries']:,}" for row in rows), *("x10" for _ in rows[1:])]
    lines = []
    for name in rows[0]:
        values = [float(row[name]) for row in rows]
        factors = [later / earlier if earlier else 0.0 for earlier, later in pairwise(values)]
        lines.append([name, *values, *factors])
    print_table("how the store grows", head, lines[1:])


def work(store, job):
    """A flush or fold, in this thread."""
    store.run(job)
    store.finish(job)


def stretches(path, entries, value):
    """The longest stretch in which the owner could not run while `entries` are flushed and folded beside it."""
    directory = Directory(path / "stretches")
    store = Store.open(directory)
    for number in range(entries):
        store.put(b"key:%012d" % (number * 7_919 % 15_485_863), value)
        if number % (entries // 3) == entries // 3 - 1:
            work(store, store.begin_flush())
    for number in range(entries):
        store.put(b"key:%012d" % (number * 7_919 % 15_485_863), value)
    store.append()
    sys.setswitchinterval(SWITCH_S)  # as the server does
    quiet_until = perf_counter() + 1.0
    found = {"longest stretch alone ms": longest_ms(lambda: perf_counter() > quiet_until)}
    for name, job in (("flush", store.begin_flush()), ("fold", store.begin_fold(whole=True))):
        thread = threading.Thread(target=store.run, args=(job,))
        thread.start()
        found[f"longest stretch while a {name} runs ms"] = longest_ms(lambda thread=thread: not thread.is_alive())
        thread.join()
        found[f"{name} finish ms"] = milliseconds(lambda job=job: store.finish(job))
    found["memtable freed by append ms, longest"] = max(milliseconds(store.append) for _ in range(200))
    store.close()
    directory.close()
    return found


def longest_ms(done):
    """Sleep a fifth of a millisecond again and again until done(); by how much the longest sleep was too long."""
    longest_s = 0.0
    while not done():
        started = perf_counter()
        sleep(PAUSE_S)
        longest_s = max(longest_s, perf_counter() - started - PAUSE_S)
    return round(longest_s * 1_000, 2)


def run(path, entries, value_bytes):
    """Every number, as one dictionary."""
    value = bytes(value_bytes)
    pairs = [(b"key:%012d" % (number * 7_919 % 1_000_003), value) for number in range(entries)]
    directory = Directory(path / "store")
    store, floor = Store.open(directory), Floor(path)
    found = {
        "entries": entries,
        "value_bytes": value_bytes,
        "floor": writing(floor, floor, pairs),
        "sqlite": writing(Sqlite(path, False), Sqlite(path, True), pairs),
        "crowkis": writing(store, store, pairs),
    }
    found["crowkis / floor"] = ratios(found["crowkis"], found["floor"])
    found["crowkis / sqlite"] = ratios(found["crowkis"], found["sqlite"])
    found["dict"] = reading(dict(pairs), [key for key, _ in pairs])
    found["crowkis"] |= reading(store, [key for key, _ in pairs]) | reopening(directory, store)
    directory.close()
    found["growth"] = growth(path, entries, value_bytes)
    found["beside the owner"] = stretches(path, entries, value)
    return found


def ratios(ours, theirs):
    """Ours by theirs: above 1 we do more in a second."""
    return {name: round(ours[name] / theirs[name], 2) for name in theirs}


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--value-bytes", type=int, default=200)
    parser.add_argument("--only-growth", action="store_true", help="leave everything else out")
    parser.add_argument("--dir", type=Path, help="measure on this directory's disk (default: the system's temporary)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers here as JSON; - for standard output"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as path:
        found = (
            {"growth": growth(Path(path), given.entries, given.value_bytes)}
            if given.only_growth
            else run(Path(path), given.entries, given.value_bytes)
        )
    text = json.dumps(found, indent=2)
    if given.json is not None and given.json != Path("-"):
        given.json.write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")
    show_growth(found["growth"])


if __name__ == "__main__":
    main()
