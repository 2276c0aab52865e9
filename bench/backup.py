"""How long does a backup take, whom does it keep waiting meanwhile, and how long is the way back?

    python bench/backup.py [--entries 100000] [--answer-bytes 1000] [--json FILE]

One client asks GET all the time, each time as soon as it has the last reply: first on an idle server, then while CSAVE
runs. The slowest of those calls bounds the longest stretch for which anybody held the server. Then the archive is
restored into another directory and the time is compared with copying the file.
"""

import shutil
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from random import Random
from time import monotonic, perf_counter
from typing import Any

import redis
from rig import HOST, bench_arguments, crowkis_server, machine, print_table, quantile, scratch, write_json

TENANTS = 50
IDLE_S = 3.0
DIMENSION = 384


def fill(port: int, entries: int, answer_bytes: int) -> None:
    """Store answers with vectors of the client's own."""
    client, rng = redis.Redis(HOST, port), Random(1)
    words = [rng.randbytes(5).hex() for _ in range(2_000)]
    for begin in range(0, entries, 1_000):
        pipe = client.pipeline(transaction=False)
        for number in range(begin, min(begin + 1_000, entries)):
            answer = " ".join(rng.choices(words, k=max(1, answer_bytes // 11)))
            vector = array("f", [rng.random() - 0.5 for _ in range(DIMENSION)]).tobytes()
            pipe.execute_command(
                "CSET", f"question {number}", answer, "TENANT", f"t{number % TENANTS}", "VECTOR", vector
            )
        pipe.execute()
    client.set("asked", b"x" * 100)


def asked_until(port: int, done: Callable[[], bool]) -> list[float]:
    """Milliseconds of each GET."""
    client, times = redis.Redis(HOST, port), []
    while not done():
        begun = perf_counter()
        client.get("asked")
        times.append((perf_counter() - begun) * 1_000)
    return times


def saved(port: int) -> tuple[float, list[float]]:
    """Seconds of a CSAVE, and what GET took meanwhile."""
    took: list[float] = []

    def save() -> None:
        begun = perf_counter()
        redis.Redis(HOST, port, socket_timeout=None).execute_command("CSAVE", "bench.crowkbak")
        took.append(perf_counter() - begun)

    saver = threading.Thread(target=save)
    saver.start()
    times = asked_until(port, lambda: not saver.is_alive())
    saver.join()
    return took[0], times


def main() -> None:
    """Run, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--answer-bytes", type=int, default=1_000)
    given = parser.parse_args()
    numbers: dict[str, Any] = {"machine": machine(), "entries": given.entries}
    with scratch() as directory:
        with crowkis_server(directory, "--embedder", "hashing") as server:
            fill(server.port, given.entries, given.answer_bytes)
            until = monotonic() + IDLE_S
            idle = asked_until(server.port, lambda: monotonic() > until)
            numbers["first_s"], first = saved(server.port)
            numbers["again_s"], again = saved(server.port)
        file = directory / "data" / "backups" / "bench.crowkbak"
        numbers["archive_bytes"] = file.stat().st_size
        begun = perf_counter()
        subprocess.run([sys.executable, "-m", "crowkis", "restore", str(file), "--data-dir", str(directory / "new")],
                       check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        numbers["restore_s"] = perf_counter() - begun
        begun = perf_counter()
        shutil.copyfile(file, directory / "copy")
        numbers["copy_s"] = perf_counter() - begun
    rows = []
    for what, times in (("idle", idle), ("during CSAVE, flush included", first), ("during CSAVE again", again)):
        figures = (quantile(times, 0.5), quantile(times, 0.99), max(times))
        numbers[what] = dict(zip(("p50_ms", "p99_ms", "max_ms"), figures, strict=True))
        rows.append((what, len(times), *figures))
    print_table("GET meanwhile, ms", ("", "calls", "p50", "p99", "slowest"), rows)
    print(
        f"CSAVE {numbers['first_s']:.2f} s, again {numbers['again_s']:.2f} s, {numbers['archive_bytes']:,} bytes; "
        f"restore {numbers['restore_s']:.2f} s; copying the file {numbers['copy_s']:.2f} s"
    )
    write_json(given.json, numbers)


if __name__ == "__main__":
    main()
