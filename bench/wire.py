"""How fast is Crowkis on the wire, next to redis-server on the same machine, and its CGET next to its own GET?

    python bench/wire.py [--parts words,sizes,pipelines,connections,durability,answers,mixed,idle] [--requests 40000]
                         [--rounds 3] [--json FILE]

redis-benchmark asks both servers in turns; a row has requests a second of both, the median of the rounds' ratios, and
latencies in milliseconds. Unless a part says otherwise: 50 connections, one request at a time, 64-byte values, 10,000
keys, log without sync in both (`wal_sync=no`, `appendfsync no`). Read the ratios: redis-benchmark takes a core itself.
`answers` uses the embedded model: the same question again, a paraphrase whose vector is remembered, questions and
answers never seen before. `idle` opens 10,000 connections that do nothing and asks again beside them.
"""

import re
import resource
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from rig import (
    HOST,
    Running,
    bench_arguments,
    crowkis_server,
    machine,
    print_table,
    redis_server,
    request,
    scratch,
    tool,
    write_json,
)

KEYS = 10_000
HEAD = ["what", "crowkis/s", "redis/s", "ratio", "p50", "p50 redis", "p99", "p99 redis", "p99.9", "p99.9 redis"]
LATENCY = re.compile(r"^\s*([\d.]+)% <= ([\d.]+) milliseconds", re.MULTILINE)
RATE = re.compile(r"([\d.]+) requests per second")
TOO_QUICK = "inf requests per second"
"""It was done before redis-benchmark's clock moved."""
IDLE_CONNECTIONS = 10_000
FILES_SPARE = 200
QUESTION, PARAPHRASE = "How do I reset my password?", "how can i reset my password"


class Load(NamedTuple):
    """What redis-benchmark sends."""

    words: Sequence[str]
    """A request; __rand_int__ becomes a number."""
    clients: int = 50
    pipeline: int = 1
    size_bytes: int = 64
    keys: int = KEYS
    share: float = 1.0
    """Of the requests asked for, how many are sent: slow words get fewer."""


class Told(NamedTuple):
    """What redis-benchmark found."""

    per_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float


def words_of(word: str, size_bytes: int) -> list[str]:
    """A request of the usual kind for a word."""
    key, value = "key:__rand_int__", "x" * size_bytes
    return {
        "GET": ["GET", key],
        "SET": ["SET", key, value],
        "INCR": ["INCR", "counter:__rand_int__"],
        "MSET": ["MSET", *[part for _ in range(10) for part in (key, value)]],
        "LPUSH": ["LPUSH", "list:__rand_int__", value],
        "HSET": ["HSET", "hash", "field:__rand_int__", value],
    }[word]


def command_of(port: int, load: Load, requests: int) -> list[str]:
    """How redis-benchmark is called."""
    count = max(load.clients * load.pipeline * 2, int(requests * load.share * (5 if load.pipeline > 1 else 1)))
    command = [tool("redis-benchmark"), "-h", HOST, "-p", str(port), "-c", str(load.clients), "-P", str(load.pipeline)]
    return [*command, "-n", str(count), "-r", str(load.keys), "--precision", "3", *load.words]


def read(told: str) -> Told:
    """The figures of redis-benchmark's long report."""
    rate = RATE.findall(told.replace("\r", "\n"))
    if not rate:
        raise SystemExit(f"redis-benchmark said something else:\n{told}")
    steps = [(float(share), float(ms)) for share, ms in LATENCY.findall(told)]

    def at(share: float) -> float:
        return next((ms for reached, ms in steps if reached >= share), steps[-1][1] if steps else 0.0)

    return Told(float(rate[-1]), at(50), at(99), at(99.9))


def run(port: int, load: Load, requests: int) -> Told:
    """One run against one server."""
    command = command_of(port, load, requests)
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout
    if TOO_QUICK in told:
        return run(port, load, requests * 4)
    return read(told)


def mixed(port: int, load: Load, requests: int) -> Told:
    """Ten GETs for each SET: 45 connections read while 5 write; rates are added, latencies those of the readers."""
    reads = command_of(port, Load(words_of("GET", 64), 45), requests)
    writes = command_of(port, Load(words_of("SET", 64), 5), requests // 10)
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in (reads, writes)]
    reports = [process.communicate(timeout=900)[0] for process in running]
    if any(TOO_QUICK in report for report in reports):
        return mixed(port, load, requests * 4)
    told = [read(report) for report in reports]
    return told[0]._replace(per_s=told[0].per_s + told[1].per_s)


Ask = Callable[[int, Load, int], Told]


def compare(
    name: str, ours: Running, theirs: Running, load: Load, options: Any, ask: Ask = run, peer: Load | None = None
) -> dict[str, Any]:
    """A row: both servers in turns, medians. `peer`: what theirs is asked, where it is not the same."""
    rounds = [
        (ask(ours.port, load, options.requests), ask(theirs.port, peer or load, options.requests))
        for _ in range(options.rounds)
    ]
    return row_of(name, rounds)


def row_of(name: str, rounds: Sequence[tuple[Told, Told]]) -> dict[str, Any]:
    """Medians of the rounds, ours and the peer's."""
    mine, peers = ([pair[side] for pair in rounds] for side in (0, 1))
    row: dict[str, Any] = {
        "what": name,
        "crowkis_per_s": round(median(run.per_s for run in mine)),
        "redis_per_s": round(median(run.per_s for run in peers)),
        "ratio": round(median(a.per_s / b.per_s for a, b in rounds), 2),
    }
    for field in ("p50_ms", "p99_ms", "p999_ms"):
        row[f"crowkis_{field}"] = round(median(getattr(run, field) for run in mine), 3)
        row[f"redis_{field}"] = round(median(getattr(run, field) for run in peers), 3)
    return row


@contextmanager
def pair_of_servers(sync: str, *flags: str) -> Iterator[tuple[Running, Running]]:
    """Ours and redis-server, equally durable, with the same keys set."""
    with ExitStack() as stack:
        directory: Path = stack.enter_context(scratch())
        theirs = stack.enter_context(redis_server(directory, "--appendonly", "yes", "--appendfsync", sync,
                                                  "--maxclients", "20000"))  # fmt: skip
        options = ("--wal-sync", sync, "--max-connections", "20000", *flags)
        ours = stack.enter_context(crowkis_server(directory, *options))
        for server in (ours, theirs):
            run(server.port, Load(words_of("SET", 64), pipeline=16), KEYS)
        yield ours, theirs


def loads_of(part: str) -> dict[str, Load]:
    """The rows of a part."""
    if part == "words":
        return {word: Load(words_of(word, 64)) for word in ("GET", "SET", "INCR", "MSET", "LPUSH", "HSET")}
    if part == "sizes":
        return {f"{word}, {size:,} B": Load(words_of(word, size), size_bytes=size, share=0.5)
                for size in (64, 1_024, 16_384) for word in ("GET", "SET")}  # fmt: skip
    if part == "pipelines":
        return {f"{word}, -P {depth}": Load(words_of(word, 64), pipeline=depth)
                for depth in (1, 16, 64) for word in ("GET", "SET")}  # fmt: skip
    return {f"{word}, {clients:,} connections": Load(words_of(word, 64), clients, share=0.3 if clients == 1 else 1.0)
            for clients in (1, 50, 512, 5_000) for word in ("GET", "SET")}  # fmt: skip


def plain_part(part: str, options: Any) -> list[dict[str, Any]]:
    """Words, sizes, pipelines or connections."""
    with pair_of_servers("no", "--embedder", "hashing") as (ours, theirs):
        rows = []
        for name, load in loads_of(part).items():
            if load.words[0] == "GET":
                for server in (ours, theirs):
                    run(server.port, Load(words_of("SET", load.size_bytes), pipeline=16), KEYS)
            rows.append(compare(name, ours, theirs, load, options))
        return rows


def mixed_part(options: Any) -> list[dict[str, Any]]:
    """Reads and writes at once."""
    with pair_of_servers("no", "--embedder", "hashing") as (ours, theirs):
        return [compare("GET and SET, 10 to 1", ours, theirs, Load(()), options, mixed)]


def durability_part(options: Any) -> list[dict[str, Any]]:
    """SET as durable as it can be asked for."""
    rows = []
    for sync in ("no", "everysec", "always"):
        with pair_of_servers(sync, "--embedder", "hashing") as (ours, theirs):
            for depth in (1, 16):
                load = Load(words_of("SET", 64), pipeline=depth, share=0.25 if sync == "always" else 1.0)
                rows.append(compare(f"SET, sync {sync}, -P {depth}", ours, theirs, load, options))
    return rows


def answers_part(options: Any) -> list[dict[str, Any]]:
    """The words of the cache; `redis` is our own GET with as many connections."""
    rows = []
    new, number = 0.02, "__rand_int__"
    with scratch() as directory, crowkis_server(directory, "--wal-sync", "no") as ours:
        once(ours.port, "CSET", QUESTION, "Settings > Security > Reset.")
        once(ours.port, "CGET", PARAPHRASE)
        run(ours.port, Load(words_of("SET", 64), pipeline=16), KEYS)
        for clients in (1, 8, 64):
            share, many = (0.3 if clients == 1 else 1.0), 10**9
            loads = {
                "the same question": Load(["CGET", QUESTION], clients, share=share),
                "a paraphrase asked before": Load(["CGET", PARAPHRASE], clients, share=share / 4),
                "a new question, miss": Load(["CGET", f"where is parcel {number}"], clients, keys=many, share=new),
                "a new answer, CSET": Load(["CSET", f"where is the parcel {number}", "x" * 64], clients, keys=many,
                                           share=new),
            }  # fmt: skip
            plain = Load(words_of("GET", 64), clients, share=share)
            for name, load in loads.items():
                rows.append(compare(f"{name}, {clients} connections", ours, ours, load, options, peer=plain))
    return rows


def idle_part(options: Any) -> list[dict[str, Any]]:
    """The same load before and beside connections that do nothing; `redis` is before."""
    rows = []
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(IDLE_CONNECTIONS, most - FILES_SPARE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with pair_of_servers("no", "--embedder", "hashing") as (ours, _theirs):
        for word in ("GET", "SET"):
            load = Load(words_of(word, 64))
            before = [run(ours.port, load, options.requests) for _ in range(options.rounds)]
            kib = resident_kib(ours.process.pid)
            with ExitStack() as stack:
                for _ in range(count):
                    stack.enter_context(socket.create_connection((HOST, ours.port), 10.0))
                beside = [run(ours.port, load, options.requests) for _ in range(options.rounds)]
                grown_mib = (resident_kib(ours.process.pid) - kib) / 1024
            rounds = list(zip(beside, before, strict=True))
            rows.append(row_of(f"{word} beside {count:,} idle ({grown_mib:.0f} MiB)", rounds))
    return rows


def resident_kib(pid: int) -> int:
    """A process's memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) if found else 0


def once(port: int, *words: str) -> None:
    """Send one request and wait for the reply."""
    with socket.create_connection((HOST, port), 30.0) as connection:
        connection.sendall(request(*words))
        connection.recv(65_536)


PARTS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    **{name: lambda options, name=name: plain_part(name, options) for name in ("words", "sizes", "pipelines",
                                                                              "connections")},
    "durability": durability_part, "answers": answers_part, "mixed": mixed_part, "idle": idle_part,
}  # fmt: skip


def main() -> None:
    """Measure each part, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="which, between commas")
    parser.add_argument("--requests", type=int, default=40_000, help="per row and round; five times as many pipelined")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = {}
    for part in options.parts.split(","):
        found[part] = PARTS[part](options)
        peer = "our own GET" if part == "answers" else "before" if part == "idle" else "redis"
        head = [name.replace("redis", peer) for name in HEAD]
        print_table(part, head, [list(row.values()) for row in found[part]])
    report = {"question": "the wire against redis-server", "machine": machine(), "parts": found}
    write_json(options.json, report)


if __name__ == "__main__":
    main()
