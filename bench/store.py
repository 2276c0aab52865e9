"""What does durability cost: how many puts and commits a second, how long to open, how long a checkpoint holds us?

Two yardsticks run beside it on the same disk: `floor` keeps a dict and appends the same bytes to a file (no store of
this shape can be faster), and `sqlite` is Python's sqlite3 with its write-ahead log. Compare ratios; bare times are
this machine's. Usage: python bench/store.py [--entries 100000] [--value-bytes 200] [--dir DIR] [--json FILE]
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from crowkis.storage.disk import Directory
from crowkis.storage.store import Store

COMMITS_SYNCED = 500
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
    """Opening from the log alone, a checkpoint's steps, opening from the checkpoint; and the first scan."""
    found = {}
    log_mib = store.log_bytes / (1 << 20)
    store.close()
    opened = []
    found["log MiB"] = round(log_mib, 1)
    found["open from log ms"] = milliseconds(lambda: opened.append(Store.open(directory)))
    store = opened[-1]
    jobs = []
    found["checkpoint begin ms"] = milliseconds(lambda: jobs.append(store.begin_checkpoint()))
    found["of that, copying the table ms"] = milliseconds(lambda: dict(jobs[0].table))
    found["checkpoint write ms"] = milliseconds(lambda: store.write_checkpoint(jobs[0]))
    found["checkpoint finish ms"] = milliseconds(lambda: store.finish_checkpoint(jobs[0]))
    store.close()
    found["open from checkpoint ms"] = milliseconds(lambda: opened.append(Store.open(directory)))
    store = opened[-1]
    found["entries"] = store.report.entries
    found["first scan ms"] = milliseconds(lambda: store.scan(b"", None, 10))
    found["second scan ms"] = milliseconds(lambda: store.scan(b"", None, 10))
    store.close()
    return found


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
    return found


def ratios(ours, theirs):
    """Ours by theirs: above 1 we do more in a second."""
    return {name: round(ours[name] / theirs[name], 2) for name in theirs}


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--value-bytes", type=int, default=200)
    parser.add_argument("--dir", type=Path, help="measure on this directory's disk (default: the system's temporary)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers here as JSON; - for standard output"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as path:
        found = run(Path(path), given.entries, given.value_bytes)
    text = json.dumps(found, indent=2)
    if given.json is not None and given.json != Path("-"):
        given.json.write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
