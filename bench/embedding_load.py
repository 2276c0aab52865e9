"""Does the server keep the embedder busy under 64 clients asking new texts, and does PING stay quick meanwhile?

    python bench/embedding_load.py [--texts 2000] [--rounds 3] [--clients 64] [--workers N] [--json FILE]

In turns: threads that do nothing but embed, as many as the server has workers; then the server with CGETs of texts it
never saw (nothing is stored, so every one is embedded and misses). Goals: 0.85 of the bare threads' throughput, PING
under 5 ms (p99). The clients are one process of their own and take processor time that the bare threads had for
themselves: `of the cores left` compares with the throughput reduced by the share the clients took.
"""

import asyncio
import json
import os
import random
import resource
import socket
import subprocess
import sys
import threading
from itertools import pairwise
from statistics import median
from time import perf_counter, sleep
from typing import Any

import uvloop
from embedder import bare_texts_per_s
from rig import (
    HOST,
    Running,
    bench_arguments,
    crowkis_server,
    machine,
    print_table,
    request,
    scratch,
    times,
    write_json,
)

from crowkis.embed.onnx import OnnxEmbedder

MISS = b"$-1\r\n"
PING_EVERY_S = 0.005
OPENINGS = ("How do I", "Where can I", "Why should we", "When may they", "Is it possible to")
VERBS = ("cancel", "renew", "export", "compare", "repair", "translate", "schedule", "refund", "encrypt", "summarise")
THINGS = ("invoice", "subscription", "report", "passport", "backup", "mortgage", "recipe", "contract", "router", "visa")
FILLERS = ("before", "the", "end", "month", "without", "losing", "older", "entry", "from", "account", "travelling",
           "abroad", "small", "team", "works", "night", "needs", "approval", "someone", "office")  # fmt: skip


def new_texts(seed: str, count: int) -> list[str]:
    """Questions of a dozen words, different for each seed."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        words = [rng.choice(OPENINGS), rng.choice(VERBS), "the", rng.choice(THINGS), *rng.choices(FILLERS, k=6)]
        found[" ".join(words) + "?"] = None
    return list(found)


class Asker(asyncio.Protocol):
    """One client: the next question as soon as the last is answered."""

    def __init__(self, requests: list[bytes], done: asyncio.Event) -> None:
        self.requests = requests
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first."""
        self.transport: Any = transport
        self.ask()

    def data_received(self, data: bytes) -> None:
        """A miss is all that may come."""
        if data != MISS:
            sys.exit(f"the server answered {data!r}")
        self.ask()

    def ask(self) -> None:
        """Ask the next, if there is one."""
        if self.requests:
            self.transport.write(self.requests.pop())
        else:
            self.done.set()


async def ask_all(port: int, texts: list[str], clients: int) -> None:
    """The client process: everything is prepared, then asked."""
    shares = [[request("CGET", text) for text in texts[place::clients]] for place in range(clients)]
    events = [asyncio.Event() for _ in shares]
    loop = asyncio.get_running_loop()
    began, cpu = perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    for share, event in zip(shares, events, strict=True):
        await loop.create_connection(lambda share=share, event=event: Asker(share, event), HOST, port)  # type: ignore[misc]
    await asyncio.gather(*(event.wait() for event in events))
    elapsed_s, used = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
    print(json.dumps({"texts_per_s": len(texts) / elapsed_s, "client_cores": cpu_s / elapsed_s}))


def ping(port: int, stop: threading.Event, taken: list[float]) -> None:
    """PING on a connection of its own, now and then, until told to stop."""
    with socket.create_connection((HOST, port)) as link:
        while not stop.is_set():
            began = perf_counter()
            link.sendall(request("PING"))
            if link.recv(64) != b"+PONG\r\n":
                sys.exit("PING was answered with something else")
            taken.append(perf_counter() - began)
            sleep(PING_EVERY_S)


def load(server: Running, seed: str, options: Any, pings: list[float]) -> dict[str, float]:
    """One run of the client process, with pings beside it."""
    stop = threading.Event()
    pinging = threading.Thread(target=ping, args=(server.port, stop, pings))
    pinging.start()
    command = [sys.executable, __file__, "--ask", str(server.port), "--seed", seed]
    command += ["--texts", str(options.texts), "--clients", str(options.clients)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600).stdout
    stop.set()
    pinging.join()
    found: dict[str, float] = json.loads(told)
    return found


def main() -> None:
    """Bare threads and server in turns; print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--ask", type=int, metavar="PORT", help="be the client process")
    parser.add_argument("--seed", default="", help="of the client process's texts")
    options = parser.parse_args()
    if options.ask:
        uvloop.run(ask_all(options.ask, new_texts(options.seed, options.texts), options.clients))
        return
    embedder, cores = OnnxEmbedder(), os.cpu_count() or 1
    bare: list[float] = []
    served: list[dict[str, float]] = []
    pings: list[float] = []
    with scratch() as directory, crowkis_server(directory, "--embed-workers", str(options.workers)) as server:
        for number in range(options.rounds):
            bare.append(bare_texts_per_s(embedder, new_texts(f"bare {number}", options.texts), options.workers))
            served.append(load(server, f"asked {number}", options, pings))
        bare.append(bare_texts_per_s(embedder, new_texts("bare", options.texts), options.workers))
    around = [(before + after) / 2 for before, after in pairwise(bare)]
    ratios = [run["texts_per_s"] / raw for run, raw in zip(served, around, strict=True)]
    left = [run["texts_per_s"] / (raw * min(1.0, (cores - run["client_cores"]) / options.workers))
            for run, raw in zip(served, around, strict=True)]  # fmt: skip
    report = {
        "question": "the server against its bare embedder",
        "machine": machine(),
        "workers": options.workers,
        "clients": options.clients,
        "bare_texts_per_s": round(median(bare)),
        "server_texts_per_s": round(median(run["texts_per_s"] for run in served)),
        "client_cores": round(median(run["client_cores"] for run in served), 3),
        "server_to_bare": round(median(ratios), 3),
        "server_to_bare_of_the_cores_left": round(median(left), 3),
        "ping": times(pings),
    }
    rows = [[name, value] for name, value in report.items() if isinstance(value, int | float)]
    rows += [[f"ping {name}", value] for name, value in times(pings).items()]
    print_table("goals: 0.85, and 5 ms for ping p99", ["", "measured"], rows)
    write_json(options.json, report)


if __name__ == "__main__":
    main()
