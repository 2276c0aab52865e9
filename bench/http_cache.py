"""How long does the HTTP cache take at 100,000 entries: a value under a key, an exact question, a paraphrase?

    python bench/http_cache.py [--entries 100000] [--calls 1000] [--json FILE]

One client on a kept connection. `bare` is a Starlette endpoint that answers as many bytes, in the same run. Answers are
stored over RESP into a cache of LangCache's surface and searched over HTTP; the real embedder, embedding included.
Goals (rows of the HTTP cache we replace): a paraphrase within 50 ms p50, a value under a key within 5 ms p50.
"""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import httpx
import redis
from latency import ANSWER, FILL_CLIENTS, REQUESTS, wishes
from rig import HOST, bench_arguments, crowkis_server, machine, print_table, scratch, times, write_json

CACHE = "bench"
WISHES = 12_500
REASONS = ("", " because the old one broke", " before the audit", " after the move", " without a lawyer",
           " although it is Sunday", " in two languages", " for the first time")  # fmt: skip
VALUE = b"v" * 1_000
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def get(request):
    return Response(b"v" * 1000)
uvicorn.run(Starlette(routes=[Route("/value", get)]), host="127.0.0.1", port=int(sys.argv[1]),
            log_level="critical", loop="uvloop")
"""


def questions(count: int) -> list[str]:
    """So many different ones."""
    made = [f"{wish}{reason}" for reason, wish in product(REASONS, wishes(min(count, WISHES)))]
    if count > len(made):
        raise SystemExit(f"at most {len(made)} entries can be made up")
    return made[:count]


def fill(port: int, texts: list[str]) -> None:
    """Store an answer to each, through several clients."""

    def store(part: list[str]) -> None:
        client: Any = redis.Redis(HOST, port)
        for text in part:
            client.execute_command("CSET", text, ANSWER, "NAMESPACE", f"cache:{CACHE}")
        client.close()

    with ThreadPoolExecutor(FILL_CLIENTS) as clients:
        list(clients.map(store, [texts[place::FILL_CLIENTS] for place in range(FILL_CLIENTS)]))


@contextlib.contextmanager
def bare() -> Iterator[str]:
    """A bare endpoint; its base URL."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    base = f"http://{HOST}:{port}"
    try:
        for _ in range(500):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{base}/value")
                break
            time.sleep(0.02)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def timed(call: Callable[[], httpx.Response]) -> float:
    """Seconds of one call that must succeed."""
    began = time.perf_counter()
    call().raise_for_status()
    return time.perf_counter() - began


def measure(http: str, beside: str, stored: list[str], calls: int) -> dict[str, list[float]]:
    """All kinds of calls in turns; seconds by kind."""
    taken: dict[str, list[float]] = {
        name: [] for name in ("bare", "kv put", "kv get", "exact", "paraphrase", "paraphrase found")
    }
    asked = iter([f"{way} {text}?" for way in REQUESTS for text in stored])
    with httpx.Client(base_url=http, timeout=30) as client, httpx.Client(base_url=beside) as other:
        search = f"/v1/caches/{CACHE}/entries/search"
        for at in range(calls):
            key, text = f"/v1/cache/kv/bench/{at % 500}", stored[at * 7 % len(stored)]
            taken["bare"].append(timed(lambda: other.get("/value")))
            taken["kv put"].append(timed(lambda key=key: client.put(key, content=VALUE)))
            taken["kv get"].append(timed(lambda key=key: client.get(key)))
            began = time.perf_counter()
            told = client.post(search, json={"prompt": text}).json()
            if told["data"]:  # what asks for something to be done is looked for by meaning too, and not served
                taken["exact"].append(time.perf_counter() - began)
            new, began = next(asked), time.perf_counter()
            told = client.post(search, json={"prompt": new, "similarityThreshold": 0.6}).json()
            taken["paraphrase"].append(time.perf_counter() - began)
            taken["paraphrase found"] += taken["paraphrase"][-1:] if told["data"] else []
    return taken


def main() -> None:
    """Run and print."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=1_000)
    options = parser.parse_args()
    stored = questions(options.entries)
    with scratch() as directory, bare() as beside, crowkis_server(directory, "--wal-sync", "everysec") as ours:
        wire: Any = redis.Redis(HOST, ours.port)
        fill(ours.port, stored)
        http = f"http://{HOST}:{int(wire.info('server')['http_port'])}"
        taken = measure(http, beside, stored, options.calls)
        vectors = int(wire.execute_command("CVECCOUNT"))
    found = {name: times(seconds) for name, seconds in taken.items()}
    rows = [[name, row["count"], row["p50_ms"], row["p99_ms"], row["p50_ms"] / found["bare"]["p50_ms"]]
            for name, row in found.items()]  # fmt: skip
    print_table(f"{vectors} vectors; milliseconds", ("", "calls", "p50", "p99", "times bare"), rows)
    write_json(options.json, {"machine": machine(), "vectors": vectors, "calls": found})


if __name__ == "__main__":
    main()
