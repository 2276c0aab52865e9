"""What does one client wait for: a plain read, an exact repeat, a paraphrase among 10,000 stored answers, a write?

    python bench/latency.py [--entries 10000] [--rounds 20] [--calls 100] [--json FILE]

redis-server and Crowkis (its own embedder, wal_sync=always) take turns in short blocks, one client each, so that a
noisy moment hits both. Goals: an exact repeat within 1.5 times redis GET (p50); a paraphrase within the embedding of
the same text plus 1 ms, the embedding measured in this process between the blocks. Every quick call is timed through
redis-py (RESP3: an exact repeat comes as a map) and, because the library's own time makes all servers look alike,
through a bare socket as well (RESP2: the answer alone).
"""

import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from statistics import median
from time import perf_counter
from typing import Any

import redis
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
    times,
    write_json,
)

from crowkis.embed.onnx import OnnxEmbedder

SEED = 7
FILL_CLIENTS = 4
SETS_AT_ONCE = 500
THRESHOLD = "0.6"
"""Of the paraphrases: this bench measures time, and every question shall find something."""
ANSWER = b"Open the account page, choose the entry and confirm; the change shows after a minute."
VERBS = ("cancel", "renew", "export", "compare", "repair", "translate", "schedule", "refund", "encrypt", "summarise",
         "rename", "archive", "share", "print", "delete", "restore", "upgrade", "approve", "merge",
         "track")  # fmt: skip
THINGS = ("invoice", "subscription", "report", "passport", "backup", "mortgage", "recipe", "contract", "router",
          "visa", "ticket", "calendar", "playlist", "parcel", "licence", "photo", "draft", "payment", "mailbox",
          "warranty", "voucher", "prescription", "timesheet", "domain", "certificate")  # fmt: skip
OWNERS = ("my", "our", "the company's", "a customer's", "my sister's")
TAILS = ("from my phone", "while travelling abroad", "for the new office", "at the end of the month", "with a tablet")
REQUESTS = ("Please tell me how to", "Can you explain how to", "What is the way to", "I would like to know how to")

Call = Callable[[str], Any]
"""One call with a text; what it returns is the reply."""


def wishes(count: int) -> list[str]:
    """So many different things a person may want to do, in a shuffled but fixed order."""
    made = [f"{verb} {owner} {thing} {tail}" for verb, owner, thing, tail in product(VERBS, OWNERS, THINGS, TAILS)]
    random.Random(SEED).shuffle(made)
    if count > len(made):
        raise SystemExit(f"at most {len(made)} entries can be made up")
    return made[:count]


def fill(port: int, questions: list[str]) -> None:
    """Store an answer to each question, through several clients."""

    def store(part: list[str]) -> None:
        client: Any = redis.Redis(HOST, port)
        for question in part:
            client.execute_command("CSET", question, ANSWER)
        client.close()

    with ThreadPoolExecutor(FILL_CLIENTS) as clients:
        list(clients.map(store, [questions[place::FILL_CLIENTS] for place in range(FILL_CLIENTS)]))


@contextmanager
def bare(port: int) -> Iterator[Callable[..., bytes]]:
    """One connection without a library; the reply is what arrives until a line end, enough for what is sent here."""
    with socket.create_connection((HOST, port)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def call(*words: str | bytes) -> bytes:
            link.sendall(request(*words))
            reply = b""
            while not reply.endswith(b"\r\n"):
                reply += link.recv(65_536)
            return reply

        yield call


def timed(call: Call, texts: list[str]) -> list[float]:
    """How long each call takes."""
    taken = []
    for text in texts:
        began = perf_counter()
        call(text)
        taken.append(perf_counter() - began)
    return taken


def measure(theirs: Running, ours: Running, stored: list[str], options: Any) -> dict[str, list[float]]:
    """All kinds of calls in turns; seconds by kind."""
    peer: Any
    client: Any
    peer, client = (redis.Redis(HOST, server.port, protocol=3) for server in (theirs, ours))
    embedder = OnnxEmbedder()
    taken: dict[str, list[float]] = {}
    asked = iter([f"{way} {wish}?" for way in REQUESTS for wish in stored])
    semantic_calls = max(1, options.calls // 4)
    with bare(theirs.port) as peer_bare, bare(ours.port) as client_bare:
        quick: dict[str, Call] = {
            "redis GET": lambda text: peer.execute_command("GET", text),
            "crowkis GET": lambda text: client.execute_command("GET", text),
            "crowkis exact CGET": lambda text: client.execute_command("CGET", text),
            "bare redis GET": lambda text: peer_bare("GET", text),
            "bare crowkis GET": lambda text: client_bare("GET", text),
            "bare crowkis exact CGET": lambda text: client_bare("CGET", text),
        }
        for at in range(options.rounds):
            texts = [stored[(at * options.calls + place) % len(stored)] for place in range(options.calls)]
            for name, call in quick.items():
                taken.setdefault(name, []).extend(timed(call, texts))
            new = [next(asked) for _ in range(semantic_calls)]
            semantic = timed(lambda text: _hit(client, text), new)
            taken.setdefault("crowkis semantic CGET", []).extend(semantic)
            taken.setdefault("embedding alone", []).extend(timed(lambda text: embedder.embed([text]), new))
            writes = timed(lambda text: client.execute_command("CSET", text, ANSWER), new)
            taken.setdefault("crowkis CSET, vector known", []).extend(writes)
            new = [f"{text} Thank you!" for text in new]
            writes = timed(lambda text: client.execute_command("CSET", text, ANSWER, "TENANT", "other"), new)
            taken.setdefault("crowkis CSET, new text", []).extend(writes)
    return taken


def _hit(client: Any, text: str) -> None:
    if client.execute_command("CGET", text, "THRESHOLD", THRESHOLD) is None:
        raise SystemExit(f"no hit for {text!r}: this bench measures hits")


def verdict(taken: dict[str, list[float]]) -> dict[str, float]:
    """The two goals, as ratio and difference of medians."""
    mid = {name: median(seconds) for name, seconds in taken.items()}
    return {
        "exact_cget_to_redis_get_p50": round(mid["crowkis exact CGET"] / mid["redis GET"], 3),
        "exact_cget_to_redis_get_p50_bare": round(mid["bare crowkis exact CGET"] / mid["bare redis GET"], 3),
        "get_to_redis_get_p50": round(mid["crowkis GET"] / mid["redis GET"], 3),
        "get_to_redis_get_p50_bare": round(mid["bare crowkis GET"] / mid["bare redis GET"], 3),
        "semantic_minus_embedding_p50_ms": round(1e3 * (mid["crowkis semantic CGET"] - mid["embedding alone"]), 3),
    }


def main() -> None:
    """Fill, measure in turns, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=100, help="of each quick kind in a round; a quarter of slow kinds")
    options = parser.parse_args()
    stored = [f"How do I {wish}?" for wish in wishes(options.entries)]
    with scratch() as directory, redis_server(directory) as theirs, crowkis_server(directory) as ours:
        began = perf_counter()
        fill(ours.port, stored)
        fill_s = perf_counter() - began
        for running in (theirs, ours):
            client: Any = redis.Redis(HOST, running.port)
            for at in range(0, len(stored), SETS_AT_ONCE):
                client.mset(dict.fromkeys(stored[at : at + SETS_AT_ONCE], ANSWER))
        vectors = int(client.execute_command("CVECCOUNT"))
        taken = measure(theirs, ours, stored, options)
    found = {name: times(seconds) for name, seconds in taken.items()}
    goals = verdict(taken)
    report = {"question": "latency of one client", "machine": machine(), "vectors": vectors,
              "fill_texts_per_s": round(len(stored) / fill_s), "times": found, "verdict": goals}  # fmt: skip
    rows = [[name, *row.values()] for name, row in found.items()]
    print_table(f"one client, {vectors} vectors", ["", "calls", "p50 ms", "p99 ms"], rows)
    print_table("goals: 1.5 and 1 ms", ["", "measured"], list(goals.items()))
    write_json(options.json, report)


if __name__ == "__main__":
    main()
