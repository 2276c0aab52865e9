"""What the benches share: server processes of our own on free ports, percentiles, tables, JSON.

A bench starts what it measures and ends it, in temporary directories, on 127.0.0.1 alone. Compare ratios taken in one
run: bare times are those of the machine. Never touches a server it did not start.
"""

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any, NamedTuple

HOST = "127.0.0.1"
START_S_MAX = 60.0
STOP_S_MAX = 20.0


class Running(NamedTuple):
    """A server process that serves."""

    name: str
    port: int
    process: subprocess.Popen[bytes]


def bench_arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser that shows the bench's docstring and knows --json."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    return parser


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crowkis-bench-") as path:
        yield Path(path)


@contextmanager
def crowkis_server(directory: Path, *flags: str, program: Sequence[str] = ("-m", "crowkis")) -> Iterator[Running]:
    """A Crowkis server with its data in `directory`, ended by SIGTERM unless it has ended before."""
    log = directory / "server.log"
    command = [sys.executable, *program, "server", "--port", "0", "--probe-port", "0", "--http-port", "0"]
    command += ["--structured-logs", "yes", "--data-dir", str(directory / "data"), *flags]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, stdout=stderr, cwd=directory)
    try:
        yield Running("crowkis", _crowkis_port(process, log), process)
    finally:
        _end(process)


@contextmanager
def redis_server(directory: Path, *flags: str) -> Iterator[Running]:
    """A redis-server that keeps what it writes in `directory`; snapshots are off."""
    program = tool("redis-server")
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", HOST, "--dir", str(directory), "--save", "", *flags]
    with (directory / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _await_port(process, port)
        yield Running("redis", port, process)
    finally:
        _end(process)


def tool(name: str) -> str:
    """The path of redis-server or redis-benchmark; ends the bench with a word of advice where it is absent."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed and this bench compares with it; on Debian: apt-get install redis")
    return found


def _crowkis_port(process: subprocess.Popen[bytes], log: Path) -> int:
    port, deadline = 0, monotonic() + START_S_MAX
    while monotonic() < deadline and process.poll() is None:
        for line in log.read_text("utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                event = json.loads(line)
                if event.get("event") == "listening":
                    port = int(event["resp"].rpartition(":")[2])
                elif event.get("event") == "ready":
                    return port
        sleep(0.02)
    sys.exit(f"the Crowkis server did not become ready; its log says:\n{log.read_text('utf-8')}")


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + START_S_MAX
    while monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), 1.0):
            return
        sleep(0.02)
    sys.exit(f"the server at port {port} did not become ready")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Count, median and 99th percentile of durations, in milliseconds."""
    p50_ms = median(seconds) * 1e3 if seconds else 0.0
    return {"count": len(seconds), "p50_ms": round(p50_ms, 4), "p99_ms": round(quantile(seconds, 0.99) * 1e3, 4)}


def request(*words: str | bytes) -> bytes:
    """A request in wire form, for clients without a library in the way."""
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def machine() -> dict[str, Any]:
    """Where the numbers come from."""
    return {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as their longest cell; the first one left, numbers right."""
    lines = [[_cell(value) for value in row] for row in (head, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([f"  {line[0]:<{len(first)}}", *rest]), flush=True)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """A file of JSON Lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write_json(path: Path | None, found: dict[str, Any]) -> None:
    """The numbers, where a file was asked for."""
    if path is not None:
        path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def _cell(value: Any) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)
