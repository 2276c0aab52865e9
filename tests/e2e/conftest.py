"""A real redis-server beside ours: the same requests go to both, and their replies are made comparable.

Errors are compared by their code alone, what has no order without it, scores sent as text by their number (Redis 7.0
shows 17 digits where fewer would do), remaining lifetimes with a tolerance for slow machines. Tests that use it are
skipped where redis-server is not installed.
"""

import re
import shutil
import socket
import subprocess
import time
from shlex import split

import hiredis
import pytest

LIFETIME_TOLERANCE_MS = 2_500
UNORDERED = {"KEYS", "HKEYS", "HVALS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "PUBSUB"}
"""Words whose list has no order."""
DOUBLE = re.compile(rb"-?\d+(\.\d+)?(e[+-]\d+)?")
LIFETIMES_MS = {"TTL": 1000, "PTTL": 1, "EXPIRETIME": 1000, "PEXPIRETIME": 1}


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory):
    """A real redis-server that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tmp_path_factory.mktemp("redis")
    running = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "redis-server did not start"
            assert running.poll() is None
    yield port
    running.terminate()
    running.wait(10)


@pytest.fixture(params=[2, 3])
def both(request, server, redis_port):
    """Runs a request on both servers and returns both replies, made comparable."""
    ours = server.connect()
    theirs = type(ours)("127.0.0.1", redis_port)
    for wire in (ours, theirs):
        wire("HELLO", request.param)
        wire("FLUSHALL")

    def run(*words):
        return comparable(words, theirs(*words)), comparable(words, ours(*words))

    yield run
    ours.close()
    theirs.close()


class About(int):
    """A number of milliseconds, equal to others near it."""

    def __eq__(self, other):
        return isinstance(other, About) and abs(int(self) - int(other)) <= LIFETIME_TOLERANCE_MS

    __hash__ = None


def comparable(words, reply):
    """A reply without what two right servers may differ in."""
    word = str(words[0]).upper()
    if isinstance(reply, hiredis.ReplyError):
        return f"error {str(reply).partition(' ')[0]}"
    if word in UNORDERED and isinstance(reply, list) and all(isinstance(item, bytes) for item in reply):
        return sorted(reply)
    if word.startswith("Z"):
        return with_numbers(reply)
    if word in LIFETIMES_MS and isinstance(reply, int) and reply > 0:
        return About(reply * LIFETIMES_MS[word])
    if isinstance(reply, list):
        return [comparable(("",), item) for item in reply]
    return reply


def with_numbers(reply):
    """A reply whose texts that show a number are replaced by how Python shows that number."""
    if isinstance(reply, list):
        return [with_numbers(item) for item in reply]
    if isinstance(reply, bytes) and DOUBLE.fullmatch(reply):
        return f"number {float(reply) + 0.0}"
    return reply


def requests_of(script):
    """The requests of a script: divided by bars and line ends, double quotes around words with spaces."""
    return [split(line) for row in script.strip().splitlines() for line in row.split(" | ")]


@pytest.fixture
def play(both):
    """Plays a script, requests divided by bars and line ends, on both servers and compares each reply."""

    def run(script):
        for number, request in enumerate(requests_of(script)):
            theirs, ours = both(*request)

            assert theirs == ours, f"request {number}: {request}"

    return run


@pytest.fixture(params=[2, 3])
def stage(request, server, redis_port):
    """Plays a script with several connections on both servers and compares what each is sent.

    `a> GET k` sends as connection a and reads the reply, `a<` reads one more message, `a! HELLO 3` sends and does not
    compare; `a?` asserts with a PING that there is nothing more.
    """
    wires = {}

    def pair(name):
        if name not in wires:
            ours = server.connect()
            wires[name] = (type(ours)("127.0.0.1", redis_port), ours)
            for wire in wires[name]:
                wire("HELLO", request.param)
        return wires[name]

    def run(script, protocol=None):
        if protocol not in (None, request.param):
            return
        for wire in pair("a"):
            wire("FLUSHALL")
        for number, line in enumerate(requests_of(script)):
            name, sign, words = line[0][0], line[0][1], line[1:]
            theirs, ours = (comparable(words or ("",), told(wire, sign, words)) for wire in pair(name))

            assert sign == "!" or theirs == ours, f"step {number}: {line}"

    yield run
    for both_wires in wires.values():
        for wire in both_wires:
            wire.close()


def told(wire, sign, words):
    """What one step of a scripted play brings."""
    if sign == "<":
        return wire.reply()
    if sign == "?":
        words = ["PING"]
    return wire(*words)
