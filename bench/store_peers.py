"""How far is the store, in Python, from RocksDB and LMDB on the same work: fill, overwrite, gets, missing gets, scan?

All three keep 1 KB values under 24-byte keys on the same disk in one run, durable by group commit: 100 puts, one sync.
Reads come from a freshly opened store, through 64 MB of block cache (LMDB: the page cache). `synced` is one put a sync.
`without filter` are missing gets of ours with the Bloom filters taken out. Write amplification is what the process had
written to the disk (/proc/self/io, whole pages, Linux alone tells) by what was put, until all folding was done; space
amplification is what lies on disk by what is live. RocksDB is compacted as a whole before it is read, its best case.
Compare ratios; bare times are this machine's.
Each store's files are removed before the next begins. The bench ends with a word of advice where the disk has not
DISK_SPARE times the room one store's values take, or where a store takes longer than --seconds.
Peers: pip install rocksdict lmdb.
Usage: python bench/store_peers.py [--entries 100000] [--seconds 900] [--dir DIR] [--json FILE]
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from crowkis.storage import bloom
from crowkis.storage.disk import Directory
from crowkis.storage.store import Store

MIB = 1 << 20
VALUE_BYTES = 1_000
GROUP_PUTS = 100
READS = 20_000
HOT_KEYS = 2_000
SYNCED_PUTS = 500
CACHE_BYTES = 64 * MIB
KEY_BYTES = 24
DISK_SPARE = 4
"""The largest store, LMDB, doubles what is put; while tables are folded, old and new ones lie side by side."""


def peer(name):
    """A peer's module, or a clear end."""
    try:
        return __import__(name)
    except ImportError:
        sys.exit(f"{name} is not installed: pip install rocksdict lmdb")


class Ours:
    """The store as the server runs it: flushes and folds in threads of their own."""

    def __init__(self, path):
        self.path = path / "crowkis"
        self.threads = ThreadPoolExecutor(2)
        self.running = {}
        self.reopen()

    def reopen(self):
        """Close, open."""
        if hasattr(self, "store"):
            self.close()
        self.directory = Directory(self.path)
        self.store = Store.open(self.directory, cache_bytes_max=CACHE_BYTES)
        self.get = self.store.get

    def put_many(self, pairs):
        """One group commit."""
        for key, value in pairs:
            self.store.put(key, value)
        self.store.commit()
        self.maintain()
        while self.store.congested:
            self.maintain(wait=True)

    def maintain(self, wait=False):
        """Finish what is done, begin what is due."""
        for job, future in list(self.running.items()):
            if wait or future.done():
                future.result()
                self.store.finish(job)
                del self.running[job]
        if self.store.flush_due:
            job = self.store.begin_flush()
            self.running[job] = self.threads.submit(self.store.run, job)
        if self.store.fold_due:
            job = self.store.begin_fold()
            self.running[job] = self.threads.submit(self.store.run, job)

    def settle(self):
        """Wait for all work; with an empty memtable, so that reads come from tables."""
        while self.running or self.store.flush_due or self.store.fold_due:
            self.maintain(wait=True)
        job = self.store.begin_flush()
        self.store.run(job)
        self.store.finish(job)
        while self.store.fold_due:
            self.maintain(wait=True)

    def scan(self):
        """Every pair, in order."""
        return sum(1 for _ in self.store.items())

    def close(self):
        """Let go."""
        self.store.close()
        self.directory.close()


class Rocks:
    """RocksDB with LZ4, a Bloom filter of 10 bits a key and the same block cache and memtable."""

    def __init__(self, path):
        self.rocks = peer("rocksdict")
        self.path = path / "rocksdb"
        self.reopen()

    def reopen(self):
        """Close, open."""
        rocks = self.rocks
        if hasattr(self, "db"):
            self.db.close()
        options = rocks.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_size(64 * MIB)
        options.set_compression_type(rocks.DBCompressionType.lz4())
        table = rocks.BlockBasedOptions()
        table.set_bloom_filter(10, False)
        table.set_block_size(16 * 1024)
        table.set_block_cache(rocks.Cache(CACHE_BYTES))
        options.set_block_based_table_factory(table)
        self.db = rocks.Rdict(str(self.path), options)
        self.get = self.db.get
        self.synced = rocks.WriteOptions()
        self.synced.sync = True

    def put_many(self, pairs):
        """One group commit."""
        batch = self.rocks.WriteBatch(raw_mode=True)
        for key, value in pairs:
            batch.put(key, value)
        self.db.write(batch, self.synced)

    def settle(self):
        """Memtable to disk, compactions done."""
        self.db.flush()
        self.db.compact_range(None, None)

    def scan(self):
        """Every pair, in order."""
        return sum(1 for _ in self.db.items())

    def close(self):
        """Let go."""
        self.db.close()


class Lmdb:
    """LMDB, a B+ tree in a memory map."""

    def __init__(self, path):
        self.lmdb = peer("lmdb")
        self.path = path / "lmdb"
        self.reopen()

    def reopen(self):
        """Close, open."""
        if hasattr(self, "env"):
            self.env.close()
        self.env = self.lmdb.open(str(self.path), map_size=1 << 36)
        self.reader = None

    def put_many(self, pairs):
        """One transaction."""
        with self.env.begin(write=True) as transaction:
            for key, value in pairs:
                transaction.put(key, value)

    def get(self, key):
        """A look-up in a standing transaction."""
        if self.reader is None:
            self.reader = self.env.begin()
        return self.reader.get(key)

    def settle(self):
        """Nothing to do."""

    def scan(self):
        """Every pair, in order."""
        with self.env.begin() as transaction:
            return sum(1 for _ in transaction.cursor())

    def close(self):
        """Let go."""
        self.env.close()


def timed(work):
    """Seconds that `work` takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def values_like_answers(rng):
    """Half text, half noise: packs to about two thirds, as measured answers do."""
    words = [bytes(rng.choices(b"etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(2_000)]
    made = []
    for _ in range(500):
        text = b" ".join(rng.choices(words, k=VALUE_BYTES // 8))[: VALUE_BYTES // 2]
        made.append((text + rng.randbytes(VALUE_BYTES))[:VALUE_BYTES])
    return made


def filled(store, keys, values, deadline):
    """Put every key, in groups."""
    for at in range(0, len(keys), GROUP_PUTS):
        store.put_many([(key, values[hash(key) % len(values)]) for key in keys[at : at + GROUP_PUTS]])
        if perf_counter() > deadline:
            sys.exit(f"{type(store).__name__} stored {at} in the time given: take fewer --entries or more --seconds")


def written_bytes():
    """What this process has caused to be written to disk so far; 0 where the system does not tell."""
    try:
        facts = dict(line.split(": ") for line in Path("/proc/self/io").read_text("ascii").splitlines())
    except OSError:
        return 0
    return int(facts["write_bytes"])


def looked_up(store, keys):
    """Get every key; how many were there."""
    get = store.get
    return sum(get(key) is not None for key in keys)


def size_bytes(path):
    """What a directory holds on disk."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def measure(store, keys, values, rng, deadline):
    """Every number for one store, which is gone afterwards."""
    count, before_bytes = len(keys), written_bytes()
    found = {"fill puts/s": count / timed(lambda: filled(store, keys, values, deadline))}
    overwritten = rng.sample(keys, count // 2)
    found["overwrite puts/s"] = len(overwritten) / timed(lambda: filled(store, overwritten, values[::-1], deadline))
    singles = [[(key, values[0])] for key in keys[:SYNCED_PUTS]]
    found["synced puts/s"] = SYNCED_PUTS / timed(lambda: [store.put_many(single) for single in singles])
    found["settle s"] = timed(store.settle)
    put_bytes = (count + len(overwritten) + SYNCED_PUTS) * (KEY_BYTES + VALUE_BYTES)
    found["write amplification"] = (written_bytes() - before_bytes) / put_bytes
    found["reopen ms"] = timed(store.reopen) * 1e3
    wanted, missing = rng.choices(keys, k=READS), [b"a:" + rng.randbytes(22) for _ in range(READS)]
    found["random get us"] = timed(lambda: looked_up(store, wanted)) / READS * 1e6
    hot = rng.choices(keys[:HOT_KEYS], k=READS)
    looked_up(store, hot)
    found["random get, cached, us"] = timed(lambda: looked_up(store, hot)) / READS * 1e6
    found["missing get us"] = timed(lambda: looked_up(store, missing)) / READS * 1e6
    found["scan pairs/s"] = count / timed(store.scan)
    if isinstance(store, Ours):
        extras(store, missing, found)
    store.close()
    found["space amplification"] = size_bytes(store.path) / (count * (KEY_BYTES + VALUE_BYTES))
    shutil.rmtree(store.path)
    return {name: round(number, 2) for name, number in found.items()}


def extras(store, missing, found):
    """What only ours tells: what filters buy."""
    tables = list(store.store.tree.version.tables())
    wrong = sum(table.may_hold(bloom.places(key)) for key in missing for table in tables)
    found["filter false positives %"] = 100 * wrong / (len(missing) * len(tables))
    filters = [table._filter for table in tables]
    for table in tables:
        table._filter = bloom.load(b"\xff" * 8)
    found["missing get without filter us"] = timed(lambda: looked_up(store, missing)) / READS * 1e6
    for table, words in zip(tables, filters, strict=True):
        table._filter = words
    found["filters save so many times"] = found["missing get without filter us"] / found["missing get us"]
    found["get from memtable ns"] = memtable_get_ns(store)


def memtable_get_ns(store):
    """A look-up that the memtable answers."""
    store.store.put(b"hot", b"value")
    get, keys = store.get, [b"hot"] * 200_000
    return timed(lambda: [get(key) for key in keys]) / len(keys) * 1e9


def run(path, entries, seconds):
    """Every store on the same keys, and ours by theirs."""
    needed_bytes = DISK_SPARE * entries * (KEY_BYTES + VALUE_BYTES)
    if shutil.disk_usage(path).free < needed_bytes:
        sys.exit(f"{path} has less than {needed_bytes // MIB} MiB free: take fewer --entries or another --dir")
    rng = random.Random(1)
    values = values_like_answers(rng)
    keys = [b"a:" + rng.randbytes(10) + b"%012d" % number for number in range(entries)]
    found = {"entries": entries}
    for name, kind in (("rocksdb", Rocks), ("lmdb", Lmdb), ("crowkis", Ours)):
        found[name] = measure(kind(path), keys, values, random.Random(2), perf_counter() + seconds)
    for name in ("rocksdb", "lmdb"):
        found[f"crowkis takes so many times {name}'s time"] = {
            what: round(ours / number if what.endswith(("us", "ms")) else number / ours, 2)
            for what, number in found[name].items()
            for ours in [found["crowkis"][what]]
            if what.endswith(("us", "ms", "/s"))
        }
    return found


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=900, help="at most, for the writing of each store")
    parser.add_argument("--dir", type=Path, help="measure on this directory's disk (default: the system's temporary)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here as JSON too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as path:
        found = run(Path(path), given.entries, given.seconds)
    text = json.dumps(found, indent=2)
    if given.json is not None and given.json != Path("-"):
        given.json.write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
