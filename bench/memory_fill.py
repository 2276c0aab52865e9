"""Does the memory limit hold? A server is filled for a while; its real memory is compared with the limit.

    python bench/memory_fill.py [--seconds 30] [--limit 256m] [--embedder hashing] [--answer-bytes 2000] [--json FILE]

Clients store new answers as fast as they are taken (each CSET with a price, one in four followed by CGETs of earlier
questions) from several connections; one more connection asks a PING at a time to see how long the server is held.
Twice a second the process's resident memory is read from /proc beside what INFO memory accounts for.
The long run is `--seconds 1200`. Where RSS leaves the band of 15 % around the limit, `within` says no. Linux only.
"""

import os
import random
import re
import socket
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from rig import HOST, Running, bench_arguments, crowkis_server, print_table, quantile, request, scratch, write_json

WORDS = 4_000
PIPELINE = 8
PING_PAUSE_S = 0.005
PING_S_MAX = 30.0


class Link:
    """A connection that counts replies of one line; values are skipped by size."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=60)
        self.file = self.socket.makefile("rb")

    def ask(self, *requests: bytes) -> list[bytes]:
        """Send, and read as many replies: status lines, integers, bulks, arrays in one line."""
        self.send(*requests)
        return self.replies(len(requests))

    def send(self, *requests: bytes) -> None:
        """Send; the replies are to be read later."""
        self.socket.sendall(b"".join(requests))

    def replies(self, count: int) -> list[bytes]:
        """Read so many."""
        return [self._reply() for _ in range(count)]

    def _reply(self) -> bytes:
        line = self.file.readline()
        if line[:1] == b"$" and line[1:2] != b"-":
            return self.file.read(int(line[1:]) + 2)[:-2]
        if line[:1] == b"*" and line[1:2] != b"-":
            return b" ".join(self.replies(int(line[1:])))
        return line.rstrip()


def question(rng: random.Random) -> str:
    """Twelve words of a made-up vocabulary."""
    return " ".join(f"w{rng.randrange(WORDS)}" for _ in range(12))


def fill(port: int, seed: int, end: float, answer_bytes: int, counts: dict[str, int]) -> None:
    """One client: store and ask until the time is up."""
    rng, link, asked = random.Random(seed), Link(port), [""] * 0
    while time.monotonic() < end:
        batch = []
        for _ in range(PIPELINE):
            asked.append(question(rng))
            size = max(1, int(rng.lognormvariate(0, 0.7) * answer_bytes))
            batch.append(request("CSET", asked[-1], rng.randbytes(size), "COST", f"{rng.lognormvariate(-6, 1):.6f}"))
        replies = link.ask(*batch)
        counts["stored"] += sum(reply == b"+OK" for reply in replies)
        counts["oom"] += sum(reply.startswith(b"-OOM") for reply in replies)
        counts["other"] += sum(reply[:1] == b"-" and not reply.startswith(b"-OOM") for reply in replies)
        if rng.random() < 0.25:
            again = [request("CGET", rng.choice(asked[-2_000:])) for _ in range(PIPELINE)]
            counts["hits"] += sum(reply != b"$-1" for reply in link.ask(*again))
        if replies[-1].startswith(b"-OOM"):
            time.sleep(0.05)


def ping_until(port: int, stop: Any, waits: Any) -> None:
    """In a process of its own, so that nothing but the server makes it wait: seconds that each PING took."""
    link, taken = Link(port), []
    while not stop.wait(PING_PAUSE_S):
        began = time.perf_counter()
        link.ask(request("PING"))
        taken.append(time.perf_counter() - began)
    waits.put(taken)


class Pings:
    """A process that asks PING while the `with` lasts; `taken` holds the seconds of each afterwards."""

    def __init__(self, port: int) -> None:
        context = get_context("spawn")
        self._stop, self._waits = context.Event(), context.Queue()
        self._process = context.Process(target=ping_until, args=(port, self._stop, self._waits))
        self.taken: list[float] = []

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *failed: object) -> None:
        self._stop.set()
        self.taken = self._waits.get(timeout=PING_S_MAX)
        self._process.join()

    def told(self) -> dict[str, float]:
        """Count and quantiles."""
        return {"count": len(self.taken), "p50_ms": quantile(self.taken, 0.5) * 1e3,
                "p99_ms": quantile(self.taken, 0.99) * 1e3, "max_ms": max(self.taken, default=0.0) * 1e3}  # fmt: skip


def resident_bytes(process_id: int) -> int:
    """From /proc."""
    return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory_of(link: Link) -> dict[str, int]:
    """INFO memory's numbers."""
    text = link.ask(request("INFO", "memory", "crowkis"))[0].decode()
    return {name: int(value) for name, value in re.findall(r"^(\w+):(\d+)\r?$", text, re.MULTILINE)}


def watch(server: Running, given: Any) -> dict[str, Any]:
    """Fill, and look on."""
    end, counts = time.monotonic() + given.seconds, dict.fromkeys(("stored", "oom", "other", "hits"), 0)
    threads = [
        threading.Thread(target=fill, args=(server.port, seed, end, given.answer_bytes, counts))
        for seed in range(given.clients)
    ]
    link, samples = Link(server.port), []
    with Pings(server.port) as pings:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.5)
            samples.append(memory_of(link) | {"resident": resident_bytes(server.process.pid)})
    rows = [
        (place // 2, one["resident"] >> 20, one["used_memory"] >> 20, one["entries"], one["evicted_total"])
        for place, one in list(enumerate(samples))[:: max(1, len(samples) // 10)]
    ]
    print_table("over time", ("second", "RSS MiB", "accounted MiB", "entries", "evicted"), rows)
    last, limit = samples[-1], samples[-1]["maxmemory"]
    peak = max(one["resident"] for one in samples)
    print_table("parts at the end", ("part", "MiB"), [
        (name.removeprefix("part_"), size / (1 << 20)) for name, size in last.items() if name.startswith("part_")
    ])  # fmt: skip
    grown = last["used_memory"] - last["part_process"]
    found = counts | {
        "limit_bytes": limit, "peak_resident_bytes": peak, "peak_to_limit": peak / limit,
        "end_to_limit": last["resident"] / limit, "within": peak <= 1.15 * limit,
        "overhead": (last["resident"] - last["part_process"]) / max(1, grown),
        **{f"ping_{name}": value for name, value in pings.told().items()},
    }  # fmt: skip
    print_table("found", ("measure", "value"), list(found.items()))
    return found


def main(arguments: list[str]) -> int:
    """Run it."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--limit", default="256m")
    parser.add_argument("--embedder", default="hashing")
    parser.add_argument("--answer-bytes", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--wal-sync", default="everysec")
    given = parser.parse_args(arguments)
    flags = ("--memory-limit", given.limit, "--embedder", given.embedder, "--wal-sync", given.wal_sync)
    with scratch() as directory, crowkis_server(directory, *flags) as server:
        write_json(given.json, watch(server, given))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
