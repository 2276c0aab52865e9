"""How does Crowkis do as a plain cache: GET and SET throughput against redis-server, with the same durability?

    python bench/plain.py [--requests 40000] [--rounds 3] [--sync no,everysec,always] [--json FILE]

redis-benchmark with 50 clients, one request at a time (-P 1) and 16 pipelined (-P 16), 64-byte values, 10,000 keys;
both servers take turns. Durability is Crowkis's wal_sync and redis-server's appendfsync of the same name, with the
append-only file on in both. Read the ratios: redis-benchmark itself takes up to one core.
"""

import csv
import subprocess
from statistics import median
from typing import Any

from rig import (
    HOST,
    Running,
    bench_arguments,
    crowkis_server,
    machine,
    print_table,
    redis_server,
    scratch,
    tool,
    write_json,
)

CLIENTS = 50
KEYS = 10_000
VALUE_BYTES = 64
PIPELINES = (1, 16)
WORDS = ("SET", "GET")


def throughput(server: Running, pipeline: int, requests: int) -> dict[str, float]:
    """Requests a second by word, as redis-benchmark tells them."""
    command = [tool("redis-benchmark"), "-h", HOST, "-p", str(server.port), "-t", ",".join(WORDS).lower(), "--csv"]
    command += ["-c", str(CLIENTS), "-P", str(pipeline), "-n", str(requests), "-r", str(KEYS), "-d", str(VALUE_BYTES)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    rows = [row for row in csv.reader(told.splitlines()) if row and row[0] in WORDS]
    found = {row[0]: float(row[1]) for row in rows}
    if found.keys() != set(WORDS):
        raise SystemExit(f"redis-benchmark said something else:\n{told}")
    if float("inf") in found.values():  # done before redis-benchmark's clock moved
        return throughput(server, pipeline, requests * 4)
    return found


def compare(theirs: Running, ours: Running, sync: str, options: Any) -> list[dict[str, Any]]:
    """Both servers in turns; a row for each pipeline and word with medians, and the median of the rounds' ratios."""
    rows = []
    for pipeline in PIPELINES:
        count = options.requests * (5 if pipeline > 1 else 1)
        if sync == "always":
            count = max(CLIENTS, count // 4)
        mine, peers = [], []
        for _ in range(options.rounds):
            mine.append(throughput(ours, pipeline, count))
            peers.append(throughput(theirs, pipeline, count))
        rows += [
            {
                "sync": sync,
                "pipeline": pipeline,
                "word": word,
                "crowkis_per_s": round(median(run[word] for run in mine)),
                "redis_per_s": round(median(run[word] for run in peers)),
                "ratio": round(median(run[word] / peer[word] for run, peer in zip(mine, peers, strict=True)), 3),
            }
            for word in WORDS
        ]
    return rows


def main() -> None:
    """Measure each durability, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--requests", type=int, default=40_000, help="per word at -P 1; five times as many at -P 16")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sync", default="no,everysec,always", help="durabilities, between commas")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for sync in options.sync.split(","):
        durable = ("--appendonly", "yes", "--appendfsync", sync)
        flags = ("--wal-sync", sync, "--embedder", "hashing")
        with (
            scratch() as directory,
            redis_server(directory, *durable) as theirs,
            crowkis_server(directory, *flags) as ours,
        ):
            rows += compare(theirs, ours, sync, options)
    report = {"question": "plain GET and SET against redis-server", "machine": machine(), "rows": rows}
    head = ["durability", "-P", "word", "crowkis/s", "redis/s", "ratio"]
    title = f"redis-benchmark -c {CLIENTS}, medians of {options.rounds}"
    print_table(title, head, [list(row.values()) for row in rows])
    write_json(options.json, report)


if __name__ == "__main__":
    main()
