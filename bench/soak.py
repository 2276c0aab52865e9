"""Does everything at once stay quick, within its memory and free of errors?

    python bench/soak.py [--seconds 600] [--limit 400m] [--embedder minilm] [--json FILE]

Clients of their own threads do, side by side and without a pause: plain keys of every type, answers stored and asked
for, answers streamed, and every 20 seconds a backup or a full fold of the tables. The memory limit is low enough for
eviction to go on all the time. Prints the slowest call of each kind, the most memory, and every error.
"""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis
from rig import bench_arguments, crowkis_server, machine, print_table, quantile, scratch, write_json

KEYS = 20_000
CHORES_EVERY_S = 20.0
BIG_VALUE = b"x" * 2_000
Call = tuple[str, tuple[Any, ...]]


def plain_calls(rng: random.Random) -> Iterator[Call]:
    """Strings, hashes, lists, sets and sorted sets, with lifetimes on some."""
    while True:
        n = rng.randrange(KEYS)
        yield "SET", (f"s:{n}", BIG_VALUE, "EX", 60)
        yield "GET", (f"s:{rng.randrange(KEYS)}",)
        yield "INCR", (f"n:{n % 100}",)
        yield "HSET", (f"h:{n % 50}", f"f:{n % 500}", n)
        yield "LPUSH", (f"l:{n % 50}", n)
        yield "LTRIM", (f"l:{n % 50}", 0, 499)
        yield "ZADD", (f"z:{n % 50}", n, f"m:{n % 500}")
        yield "SADD", (f"t:{n % 50}", f"m:{n % 500}")
        yield "DEL", (f"s:{rng.randrange(KEYS)}",)


def answer_calls(rng: random.Random) -> Iterator[Call]:
    """Answers stored, asked for in the same words, in other words, and never stored."""
    stored = 0
    while True:
        stored += 1
        yield "CSET", (f"how do I open drawer {stored} of the cabinet", BIG_VALUE, "COST", rng.random())
        n = rng.randrange(max(1, stored - 2_000), stored + 1)
        yield "CGET", (f"how do I open drawer {n} of the cabinet",)
        yield "CGET", (f"how can I open the drawer {n} of the cabinet",)
        yield "CGET", (f"where is shelf {rng.randrange(10**9)}",)


def stream_calls(rng: random.Random) -> Iterator[Call]:
    """An answer streamed again and again."""
    yield "CSET", ("how do I close every drawer", b"Push it. " * 200)
    while True:
        yield "CGETSTREAM", ("how do I close every drawer", "CHUNK", 50)


def chores(rng: random.Random) -> Iterator[Call]:
    """What an operator does, one after the other."""
    number = 0
    while True:
        number += 1
        yield "CSAVE", (f"soak-{number % 2}.crowkbak",)
        time.sleep(CHORES_EVERY_S)
        yield "COMPACT", ()
        time.sleep(CHORES_EVERY_S)


class Worker(threading.Thread):
    """One client; what it has seen."""

    def __init__(self, name: str, calls: Callable[[random.Random], Iterator[Call]], port: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.kind = name
        self.times: dict[str, list[float]] = {}
        self.errors: Counter[str] = Counter()
        self.stopping = False
        self._calls = calls(random.Random(seed))
        self._client = redis.Redis(port=port, protocol=3, socket_timeout=120)

    def run(self) -> None:
        """Call until told to stop."""
        while not self.stopping:
            word, arguments = next(self._calls)
            began = time.perf_counter()
            try:
                self._client.execute_command(word, *arguments)
            except redis.RedisError as error:
                self.errors[f"{word}: {str(error)[:80]}"] += 1
            self.times.setdefault(word, []).append(time.perf_counter() - began)


def resident_bytes(pid: int) -> int:
    """A process's memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 if found else 0


def main() -> None:
    """Run, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--limit", default="400m")
    parser.add_argument("--embedder", default="minilm")
    options = parser.parse_args()
    kinds = {"plain 1": plain_calls, "plain 2": plain_calls, "answers": answer_calls, "streams": stream_calls,
             "chores": chores}  # fmt: skip
    flags = ("--memory-limit", options.limit, "--embedder", options.embedder)
    with scratch() as directory, crowkis_server(directory, *flags) as server:
        workers = [Worker(name, calls, server.port, seed) for seed, (name, calls) in enumerate(kinds.items())]
        for worker in workers:
            worker.start()
        most, end = 0, time.monotonic() + options.seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            most = max(most, resident_bytes(server.process.pid))
        for worker in workers:
            worker.stopping = True
        info = redis.Redis(port=server.port, decode_responses=True).info("everything")
        for worker in workers:
            worker.join(5.0)
    report = told(workers, most, info, options)
    rows = [[word, *row.values()] for word, row in report["calls"].items()]
    print_table(f"{options.seconds:.0f} seconds", ["word", "calls", "p50 ms", "p99.9 ms", "slowest ms"], rows)
    print(f"memory: {report['most_to_limit']} of the limit at most; evicted {report['evicted']}; "
          f"folds and flushes {report['jobs']}; errors {report['errors'] or 'none'}")  # fmt: skip
    write_json(options.json, report)


def told(workers: list[Worker], most: int, info: dict[str, Any], options: Any) -> dict[str, Any]:
    """The figures."""
    times: dict[str, list[float]] = {}
    errors: Counter[str] = Counter()
    for worker in workers:
        errors.update(worker.errors)
        for word, found in worker.times.items():
            times.setdefault(word, []).extend(found)
    calls = {
        word: {
            "count": len(found),
            "p50_ms": round(quantile(found, 0.5) * 1e3, 2),
            "p999_ms": round(quantile(found, 0.999) * 1e3, 2),
            "slowest_ms": round(max(found) * 1e3, 1),
        }
        for word, found in sorted(times.items())
    }
    return {
        "question": "does everything at once stay quick, within its memory and free of errors?",
        "machine": machine(),
        "seconds": options.seconds,
        "calls": calls,
        "errors": dict(errors),
        "most_to_limit": round(most / int(info["maxmemory"]), 2),
        "evicted": int(info.get("evicted_total", 0)),
        "jobs": sum(int(value) for name, value in info.items() if name.startswith("storage_jobs_total")),
    }


if __name__ == "__main__":
    main()
