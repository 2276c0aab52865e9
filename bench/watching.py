"""What does it cost an exact repeat that the dashboard's figures are counted?

    python bench/watching.py [--calls 4000] [--rounds 24] [--json FILE]

Two servers with the embedder for tests take turns in short blocks: one as it is, one whose look-ups are not noted. The
same 500 questions, some asked far more often than others, one at a time and fifty at a time. Goal: below 3 % more.
"""

import os
import random
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

import hiredis
from rig import HOST, Running, bench_arguments, crowkis_server, machine, print_table, request, scratch, write_json

SEED = 3
QUESTIONS = 500
ANSWER = "Open settings. " * 20
NOTED = "import sys; from crowkis.__main__ import main; sys.argv[0] = 'crowkis'; main()"
UNNOTED = f"import crowkis.engine.live as live; live.Live.note = lambda *told: None; {NOTED}"
AT_ONCE = (1, 50)


class Wire:
    """A bare socket that counts replies."""

    def __init__(self, server: Running) -> None:
        self._socket = socket.create_connection((HOST, server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()

    def ask(self, requests: Sequence[bytes], at_once: int) -> float:
        """Microseconds a request."""
        began = perf_counter()
        for start in range(0, len(requests), at_once):
            block = requests[start : start + at_once]
            self._socket.sendall(b"".join(block))
            for _ in block:
                while (reply := self._reader.gets()) is False:
                    self._reader.feed(self._socket.recv(1 << 18))
                if reply is None or isinstance(reply, hiredis.ReplyError):
                    sys.exit(f"not a hit: {reply}")
        return (perf_counter() - began) / len(requests) * 1e6


def busy_s(server: Running) -> float:
    """Processor time the server has taken."""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def question(number: int) -> str:
    """One of QUESTIONS."""
    return f"how do i reset password number {number}"


def measured(servers: dict[str, Running], wires: dict[str, Wire], requests: list[bytes], at_once: int, rounds: int):
    """Microseconds a request: as the client waits, and of the server's processor."""
    waits: dict[str, list[float]] = {name: [] for name in servers}
    before = {name: busy_s(server) for name, server in servers.items()}
    for number in range(rounds):
        for name in sorted(servers, reverse=bool(number % 2)):
            waits[name].append(wires[name].ask(requests, at_once))
    calls = rounds * len(requests)
    return {
        name: {
            "wait_us": round(median(waits[name]), 3),
            "busy_us": round((busy_s(server) - before[name]) / calls * 1e6, 3),
        }
        for name, server in servers.items()
    }


def main() -> None:
    """Measure and print."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--calls", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=24)
    arguments = parser.parse_args()
    pick = random.Random(SEED)
    asked = [question(min(QUESTIONS, int(pick.paretovariate(0.7))) - 1) for _ in range(arguments.calls)]
    found: dict[str, Any] = {"machine": machine(), "at_once": {}}
    with ExitStack() as stack:
        servers = {}
        for name, program in (("noted", ("-c", NOTED)), ("not noted", ("-c", UNNOTED))):
            directory = stack.enter_context(scratch())
            servers[name] = stack.enter_context(crowkis_server(directory, "--embedder", "hashing", program=program))
        wires = {name: Wire(server) for name, server in servers.items()}
        for wire in wires.values():
            wire.ask([request("CSET", question(number), ANSWER) for number in range(QUESTIONS)], 50)
        requests = [request("CGET", text) for text in asked]
        for at_once in AT_ONCE:
            found["at_once"][str(at_once)] = measured(servers, wires, requests, at_once, arguments.rounds)
    rows = []
    for at_once, told in found["at_once"].items():
        for what in ("wait_us", "busy_us"):
            on, off = told["noted"][what], told["not noted"][what]
            rows.append([f"{what}, {at_once} at once", on, off, f"{100 * (on / off - 1) if off else 0:+.1f} %"])
    print_table("an exact repeat, microseconds", ["", "noted", "not noted", "more"], rows)
    write_json(arguments.json, found)


if __name__ == "__main__":
    main()
