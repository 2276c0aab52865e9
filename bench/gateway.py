"""What does the gateway add: on a hit next to a bare Starlette endpoint, on a miss next to the upstream itself?

    python bench/gateway.py [--requests 1000] [--streams 1000] [--embedder minilm] [--json FILE]

One client on a kept connection, turns between the servers, milliseconds. `bare`: Starlette under uvicorn, with the same
parser and loop, that answers the same JSON. `upstream`: the stand-in of crowkis.testing, asked directly. A hit is the
same question again (`exact`) or a paraphrase (`semantic`). Misses are new questions: of one shape that differ in a
number (`miss`), of which up to 64 stored ones are judged each time, or in their words (`miss, words`); `embedding` is
what CSIM takes for a new question of the first kind over RESP, nearly all of it the embedding. Then so many slow
streams at once, each a word every 200 ms, from the stand-in directly and through the one gateway: did all come whole,
and how long did a short question, or a hit, take beside them?
"""

import asyncio
import contextlib
import json
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from embedder import SEED, question
from rig import HOST, Running, bench_arguments, crowkis_server, machine, print_table, scratch, times, write_json

QUESTION, PARAPHRASE = "How do I reset my password?", "how can i reset my password"
STAND_IN = ("-m", "crowkis.testing.upstream")
BARE = """
import json, sys, uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
MESSAGE = {"role": "assistant", "content": "answer 1 to: How do I reset my password?"}
ANSWER = json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
                     "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}]})
async def chat(request: Request) -> Response:
    json.loads(await request.body())
    return Response(ANSWER, media_type="application/json")
uvicorn.run(Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])]), host="127.0.0.1",
            port=int(sys.argv[1]), log_level="critical", loop="uvloop")
"""


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def standing(*command: str, pause_ms: int = 0) -> Iterator[int]:
    """A Python process that listens on the port it is given, and is told how slow its streams are."""
    port = free_port()
    process = subprocess.Popen([sys.executable, *command, str(port), str(pause_ms)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1.0):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def request_of(text: str, **more: Any) -> bytes:
    """A chat request as it goes over the wire."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Link:
    """A kept connection that asks one question after the other."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), 60.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask(self, request: bytes) -> tuple[float, dict[str, str]]:
        """Seconds until the whole answer was read, and its headers."""
        began = time.perf_counter()
        self.socket.sendall(request)
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        self.file.read(int(headers["content-length"]))
        return time.perf_counter() - began, headers


KINDS = ("bare", "exact", "semantic", "upstream", "miss", "miss, mixed", "embedding")


def parcel(number: int) -> str:
    """A question nobody has asked."""
    return f"Where is the parcel with the number {number} of {time.time_ns()}?"


def one_by_one(bare: int, upstream: int, gateway: int, resp: int, requests: int) -> list[list[Any]]:
    """Rows of latencies; the same question first has to be stored."""
    redis = RedisLink(resp)
    rng = random.Random(SEED)
    links = {"bare": Link(bare), "upstream": Link(upstream), "gateway": Link(gateway)}
    while links["gateway"].ask(request_of(QUESTION))[1]["x-crowkis-cache"] != "hit":
        time.sleep(0.05)
    found: dict[str, list[float]] = {name: [] for name in KINDS}
    for number in range(requests):
        found["bare"].append(links["bare"].ask(request_of(QUESTION))[0])
        for kind, text in (("exact", QUESTION), ("semantic", PARAPHRASE)):
            took, headers = links["gateway"].ask(request_of(text))
            assert headers["x-cache-match"] == kind, headers
            found[kind].append(took)
        if number % 4 == 0:  # a miss stores, embedding included
            for kind, text in (("miss", parcel(number)), ("miss, mixed", question(rng, 12))):
                found["upstream"].append(links["upstream"].ask(request_of(text))[0])
                took, headers = links["gateway"].ask(request_of(text))
                if headers["x-crowkis-cache"] == "miss":  # two of the mixed ones may mean the same
                    found[kind].append(took)
                time.sleep(0.005)  # until it is stored: its sync must not be taken for the next one's time
            began = time.perf_counter()
            redis.ask("CSIM", parcel(number), QUESTION)
            found["embedding"].append(time.perf_counter() - began)
    return [[name, *times(values).values()] for name, values in found.items()]


class RedisLink:
    """A kept connection to the RESP port."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), 60.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, *words: str) -> bytes:
        """A call with a short reply."""
        parts = [word.encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
        return self.socket.recv(65_536)


async def many_streams(port: int, count: int) -> dict[str, Any]:
    """So many streams at once, and short questions beside them."""
    whole, hits = 0, []

    async def stream(number: int) -> None:
        nonlocal whole
        reader, writer = await asyncio.open_connection(HOST, port)
        text = f"Tell me about town number {number}, slowly"
        writer.write(request_of(text, stream=True).replace(b"Host:", b"Connection: close\r\nHost:", 1))
        data = await reader.read()
        whole += data.count(b"data: [DONE]") == 1
        writer.close()

    async def hit_now_and_then() -> None:
        while True:
            reader, writer = await asyncio.open_connection(HOST, port)
            began = time.perf_counter()
            writer.write(request_of(QUESTION).replace(b"Host:", b"Connection: close\r\nHost:", 1))
            await reader.read()
            hits.append(time.perf_counter() - began)
            writer.close()
            await asyncio.sleep(0.05)

    beside = asyncio.ensure_future(hit_now_and_then())
    began = time.perf_counter()
    await asyncio.gather(*(stream(number) for number in range(count)))
    beside.cancel()
    return {"streams": count, "whole": whole, "seconds": round(time.perf_counter() - began, 2), "hits": times(hits)}


def main() -> None:
    """Measure, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--embedder", default="minilm")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with scratch() as directory, standing("-c", BARE) as bare, standing(*STAND_IN, pause_ms=200) as upstream:
        http = free_port()
        flags = ("--embedder", options.embedder, "--gateway-upstreams", f"http://{HOST}:{upstream}")
        with crowkis_server(directory, *flags, "--http-port", str(http)) as server:
            assert isinstance(server, Running)
            rows = one_by_one(bare, upstream, http, server.port, options.requests)
            direct = asyncio.run(many_streams(upstream, options.streams))
            streams = asyncio.run(many_streams(http, options.streams))
    print_table("one client, milliseconds", ["what", "requests", "p50", "p99"], rows)
    p50 = {row[0]: row[2] for row in rows}
    ratios = {kind: round(p50[kind] / p50["bare"], 2) for kind in ("exact", "semantic")}
    added_ms = {kind: round(p50[kind] - p50["upstream"], 2) for kind in ("miss", "miss, mixed")}
    print(f"\nhit / bare: exact {ratios['exact']}, semantic {ratios['semantic']}; a miss adds {added_ms} ms at p50")
    for name, told in (("the stand-in alone", direct), ("the gateway", streams)):
        print(f"{name}: {told['whole']} of {told['streams']} streams whole in {told['seconds']} s; beside them: "
              f"{told['hits']}")  # fmt: skip
    report = {"question": "what the gateway adds", "machine": machine(), "rows": rows, "ratios": ratios,
              "miss_adds_ms": added_ms, "streams": streams, "direct": direct}  # fmt: skip
    write_json(options.json, report)


if __name__ == "__main__":
    main()
