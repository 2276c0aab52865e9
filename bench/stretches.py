"""How long does anything hold the server's one loop, and what was it, while everything runs beside it?

    python bench/stretches.py [--entries 100000] [--answer-bytes 1000] [--seconds 30] [--wal-sync always] [--json FILE]

A server that times itself (watched.py) is filled with answers and their vectors, pipelined from four connections, until
it holds `--entries`; flushes, folds and index snapshots begin on their own. Then for `--seconds` it stores over and
new, asks and reads, while backups are written one after another and, where the server knows the words, it is
compacted and scrubbed. In both phases a client of its own process asks a PING every 5 ms.
Printed for each: the longest stretches and their steps. `held` is a stretch without the time in which the thread was
ready and all cores were taken by others, which is what the server itself can do something about; `ran` is the part of
it that the thread had core and interpreter. The goal is 5 ms held with 100,000 entries.
"""

import json
import os
import random
import re
import signal
import sys
import time
from array import array
from collections import deque
from pathlib import Path

from memory_fill import Link, Pings
from rig import bench_arguments, crowkis_server, machine, print_table, request, scratch, write_json

CLIENTS = 4
PIPELINE = 8
DIMENSION = 384
VECTORS = 512
"""Made once: vectors are sums of two of them, so that making one costs the bench little."""
KEYS = 2_000
KEY_BYTES = 4_000
UPKEEP_WORDS = (("CBGSAVE", "stretches.crowkbak"), ("COMPACT",))
UPKEEP_EVERY_S = 3.0
REPORT_S_MAX = 30.0
JOBS = re.compile(r"^(storage_jobs_total\S*|index_snapshots_total|backups_total\S*):(\d+)", re.MULTILINE)


class Asked:
    """Questions and vectors that can be made again from their number."""

    def __init__(self):
        rng = random.Random(5)
        self.parts = [array("f", (rng.gauss(0, 1) for _ in range(DIMENSION))) for _ in range(VECTORS)]

    def vector(self, number):
        """A unit vector of its own for each number."""
        one, other = self.parts[number % VECTORS], self.parts[number // VECTORS % VECTORS]
        mixed = [a + 0.7 * b for a, b in zip(one, other, strict=True)]
        length = sum(x * x for x in mixed) ** 0.5
        return array("f", (x / length for x in mixed)).tobytes()

    def store(self, number, answer):
        """A CSET."""
        return request("CSET", f"How do I do {number} things at once?", answer, "VECTOR", self.vector(number))

    def ask(self, number):
        """A CGET in other words."""
        return request("CGET", f"How would I do {number} things?", "VECTOR", self.vector(number), "THRESHOLD", "0.5")


def answer_of(rng, size):
    """Half text, half noise."""
    return (b"The answer is as long as answers are. " * (size // 64))[: size // 2] + rng.randbytes(size - size // 2)


def fill(links, asked, entries, answer_bytes):
    """Store every entry; each connection has one packet under way."""
    rng, at = random.Random(3), 0
    busy = deque()
    while at < entries or busy:
        if at < entries and len(busy) < len(links):
            link, count = links[at // PIPELINE % len(links)], min(PIPELINE, entries - at)
            link.send(*(asked.store(number, answer_of(rng, answer_bytes)) for number in range(at, at + count)))
            busy.append((link, count))
            at += count
        else:
            link, count = busy.popleft()
            refused = [reply for reply in link.replies(count) if reply != b"+OK"]
            if refused:
                raise SystemExit(f"not stored: {refused[0]!r}")


def mix(links, asked, entries, answer_bytes, end):
    """Everything at once until `end`; gives the number of calls."""
    rng, done, due_at = random.Random(4), 0, 0.0
    words = deque(request(*words) for words in UPKEEP_WORDS)
    while time.monotonic() < end:
        if time.monotonic() >= due_at:
            due_at = time.monotonic() + UPKEEP_EVERY_S
            links[0].ask(words[0])
            words.rotate(1)
        for link in links:
            link.send(*(some_call(rng, asked, entries, answer_bytes) for _ in range(PIPELINE)))
        for link in links:
            done += len(link.replies(PIPELINE))
    return done


def some_call(rng, asked, entries, answer_bytes):
    """Stores, some of them new, questions, plain reads and writes."""
    chance, number = rng.random(), rng.randrange(entries)
    if chance < 0.25:
        return asked.store(number + (entries if chance < 0.05 else 0), answer_of(rng, answer_bytes))
    if chance < 0.5:
        return asked.ask(number)
    key = f"key:{number % KEYS}"
    return request("SET", key, rng.randbytes(KEY_BYTES)) if chance < 0.75 else request("GET", key)


def told(server, path):
    """What the server has seen since it was last asked."""
    path.unlink(missing_ok=True)
    os.kill(server.process.pid, signal.SIGUSR1)
    end = time.monotonic() + REPORT_S_MAX
    while not path.exists():
        if time.monotonic() > end:
            raise SystemExit("the server wrote no report")
        time.sleep(0.05)
    return json.loads(path.read_text("utf-8"))


def shown(phase, found):
    """Print one phase."""
    columns = ("count", "p50_ms", "p99_ms", "longest_ms", "held_p99_ms", "held_longest_ms", "held_beyond_5_ms")
    steps = sorted(found["steps"].items(), key=lambda item: -item[1]["held_longest_ms"])
    rows = [(name, *(step[column] for column in columns)) for name, step in steps]
    print_table(f"{phase}: stretches", ("", *(column.replace("_", " ") for column in columns)), rows)
    rows = []
    for one in found["longest"]:
        parts = sorted(one["parts"].items(), key=lambda item: -item[1])[:3]
        where = ", ".join(f"{name} {ns / 1e6:.1f}" for name, ns in parts)
        rows.append((one["stretch"], one["held_ns"] / 1e6, one["ran_ns"] / 1e6, one["ns"] / 1e6, where))
    print_table(f"{phase}: the longest", ("", "held ms", "ran ms", "in all ms", "of which"), rows)
    pings = found["pings"]
    print_table(f"{phase}: PING beside it", ("count", "p50 ms", "p99 ms", "longest ms"), [tuple(pings.values())])


def phase(server, report, work):
    """Run `work` beside pings; what the server and the pings saw."""
    told(server, report)
    began = time.monotonic()
    with Pings(server.port) as pings:
        done = work()
        seconds = time.monotonic() - began
    found = told(server, report) | {"seconds": seconds, "done": done}
    found["pings"] = pings.told()
    return found


def main(arguments):
    """Run it."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--answer-bytes", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--wal-sync", default="always")
    given = parser.parse_args(arguments)
    flags = ("--embedder", "hashing", "--memory-limit", "4g", "--wal-sync", given.wal_sync)
    asked, found = Asked(), {"machine": machine(), "entries": given.entries}
    with scratch() as directory:
        report = directory / "report.json"
        os.environ["REPORT"] = str(report)
        watched = (str(Path(__file__).with_name("watched.py")),)
        with crowkis_server(directory, *flags, program=watched) as server:
            links = [Link(server.port) for _ in range(CLIENTS)]
            size = given.answer_bytes
            found["filling"] = phase(server, report, lambda: fill(links, asked, given.entries, size))
            shown("filling", found["filling"])
            found["at once"] = phase(
                server, report,
                lambda: mix(links, asked, given.entries, size, time.monotonic() + given.seconds),
            )  # fmt: skip
            shown("everything at once", found["at once"])
            said = links[0].ask(request("INFO", "everything"))[0].decode()
            found["jobs"] = {name: int(value) for name, value in JOBS.findall(said)}
    print_table("what ran beside it", ("", "times"), list(found["jobs"].items()))
    longest = max((found[name]["longest"][0] for name in ("filling", "at once")), key=lambda one: one["held_ns"])
    where = max(longest["parts"], key=lambda name: longest["parts"][name])
    row = (longest["held_ns"] / 1e6, longest["ran_ns"] / 1e6, where)
    print_table("goal: 5 ms", ("longest held ms", "ran ms", "mostly"), [row])
    write_json(given.json, found | {"longest_held_ms": row[0], "longest_was_mostly": where})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
