"""A real server in a real process, and a plain socket to talk to it; shared by all end-to-end tests.

A server listens on free ports of 127.0.0.1, keeps its data in a temporary directory and dies with the test that
started it. Nothing here knows how the server works inside.
"""

import ctypes
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hiredis
import pytest

START_S_MAX = 60.0
STOP_S_MAX = 30.0
REPLY_S_MAX = 30.0

FREE_PORTS = ("--port", "0", "--probe-port", "0", "--http-port", "0")
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "SYSTEMROOT")
"""What a server started by a test sees of our environment: no CROWKIS_ variable of the person running the tests."""


def frame(*request) -> bytes:
    """A request as Redis clients send it."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in request]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


class Wire:
    """A socket with a RESP reader: sends what it is told, byte for byte, and reads one reply at a time."""

    frame = staticmethod(frame)

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=REPLY_S_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closed = False
        """The server has closed the connection."""
        self._reader = hiredis.Reader(notEnoughData=self)
        self._raw = b""

    def __call__(self, *request):
        """Send one request and return its reply; an error is returned as hiredis.ReplyError."""
        self.send(*request)
        return self.reply()

    def send(self, *request) -> None:
        """Send one request without waiting for its reply."""
        self.send_raw(frame(*request))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def reply(self):
        """The next reply. Raises ConnectionError when the server closes first."""
        while (found := self._reader.gets()) is self:
            self._reader.feed(self._more())
        return found

    def replies(self, count: int) -> list:
        """The next `count` replies."""
        return [self.reply() for _ in range(count)]

    def read_until_closed(self) -> bytes:
        """Every byte that comes until the server closes the connection."""
        parts = []
        while True:
            try:
                parts.append(self._more())
            except ConnectionError:
                return b"".join(parts)

    def raw_line(self) -> bytes:
        """The next line of bytes, for tests that look at the wire itself. Not to be mixed with reply()."""
        while b"\r\n" not in self._raw:
            self._raw += self._more()
        line, _, self._raw = self._raw.partition(b"\r\n")
        return line

    def close(self) -> None:
        """Close our end."""
        self.socket.close()

    def _more(self) -> bytes:
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            raise ConnectionError("the server closed the connection")
        return data


class Server:
    """A running server process."""

    def __init__(self, data_dir: Path, flags: tuple[str, ...], environ: dict[str, str], entry: tuple[str, ...]) -> None:
        self.data_dir = data_dir
        self.events: list[dict] = []
        """The log so far, one dictionary per line; a line that is no JSON is kept under "text"."""
        self.port = self.probe_port = self.http_port = 0
        self._heard = threading.Condition()
        self._wires: list[Wire] = []
        self.process = subprocess.Popen(
            [*entry, "server", *FREE_PORTS, "--data-dir", str(data_dir), *flags],
            env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ} | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=_die_with_parent,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_for(self, event: str, after: int = 0) -> dict:
        """The first log line of this event, as soon as it is there, behind the first `after` lines of the log."""
        deadline = time.monotonic() + START_S_MAX
        with self._heard:
            while True:
                for line in self.events[after:]:
                    if line.get("event") == event:
                        return line
                left_s = deadline - time.monotonic()
                if left_s < 0 or not self._listener.is_alive():
                    raise AssertionError(f"no {event!r} in the log:\n{self.log}")
                self._heard.wait(min(left_s, 1.0))

    def learn_ports(self) -> None:
        """Read from the log where the server listens."""
        listening = self.wait_for("listening")
        self.port = int(listening["resp"].rpartition(":")[2])
        self.probe_port = int(listening["probes"].rpartition(":")[2])
        self.http_port = int(listening["http"].rpartition(":")[2])

    def connect(self, protocol: int = 2, host: str = "127.0.0.1") -> Wire:
        """A new connection, closed with the server."""
        wire = Wire(host, self.port)
        self._wires.append(wire)
        if protocol != 2:
            greeting = wire("HELLO", protocol)
            assert isinstance(greeting, dict), greeting
        return wire

    def figure(self, name: str) -> float:
        """A figure of INFO; 0 where INFO does not have it (yet)."""
        wire = self.connect()
        told = wire("INFO")
        while isinstance(told, hiredis.ReplyError) and str(told).startswith("BUSY "):
            time.sleep(0.05)
            told = wire("INFO")
        lines = dict(line.split(":", 1) for line in told.decode().split("\r\n") if ":" in line)
        wire.close()
        return float(lines.get(name, 0))

    @property
    def log(self) -> str:
        """The log as text."""
        return "\n".join(line.get("text") or json.dumps(line) for line in self.events)

    @property
    def resident_bytes(self) -> int:
        """Memory the process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and all of its log is read."""
        code = self.process.wait(STOP_S_MAX)
        self._listener.join(STOP_S_MAX)
        return code

    def stop(self) -> int:
        """Ask it to stop as an operator would; tells the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it as a power cut would, and let go of everything."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection made through connect()."""
        for wire in self._wires:
            wire.close()
        self._wires.clear()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for raw in self.process.stderr:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            try:
                line = json.loads(text)
            except ValueError:
                line = {"text": text}
            with self._heard:
                self.events.append(line if isinstance(line, dict) else {"text": text})
                self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()


LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Linux: end this process when the tests end, however they end."""
    if sys.platform == "linux":
        LIBC.prctl(1, signal.SIGKILL)


CONSOLE_SCRIPT = (sys.executable, "-m", "crowkis")


class StartServer:
    """Starts servers, and sees to it that each ends well: exit code 0 on SIGTERM and no bug in its log."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)
        self._running: list[Server] = []

    def __call__(
        self, *flags: str, data_dir: Path | None = None, environ: dict[str, str] | None = None,
        embedder: str = "hashing", ready: bool = True,
    ) -> Server:  # fmt: skip
        """A server that is ready, unless told not to wait for that."""
        data_dir = data_dir or self._directory / f"data{next(self._numbers)}"
        given = (*flags, "--structured-logs", "yes")
        if embedder:
            given += ("--embedder", embedder)
        server = Server(data_dir, given, environ or {}, CONSOLE_SCRIPT)
        self._running.append(server)
        if ready:
            server.learn_ports()
            server.wait_for("ready")
        return server

    def finish(self) -> None:
        """End what still runs; a server that does not stop cleanly fails the test."""
        problems = []
        for server in self._running:
            try:
                if server.process.poll() is None:
                    server.hang_up()
                    code = server.stop()
                    if code != 0:
                        problems.append(f"exit code {code}:\n{server.log}")
                problems += [json.dumps(line) for line in server.events if line.get("event") == "failed"]
            except subprocess.TimeoutExpired:
                problems.append(f"did not stop within {STOP_S_MAX} s:\n{server.log}")
            finally:
                server.kill()
        self._running.clear()
        assert not problems, "\n".join(problems)


@contextmanager
def _starting(directory: Path) -> Iterator[StartServer]:
    start = StartServer(directory)
    try:
        yield start
    finally:
        start.finish()


@pytest.fixture
def start_server(tmp_path):
    """start_server(*flags, data_dir=, environ=, embedder=) -> Server; for tests that need one of their own."""
    with _starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_server(tmp_path_factory):
    """start_server for a fixture that serves a whole file."""
    with _starting(tmp_path_factory.mktemp("server")) as start:
        yield start


@pytest.fixture(scope="module")
def server(start_module_server):
    """One server for the tests of a file, with the hashing embedder; a file that needs another overrides this."""
    return start_module_server()


@pytest.fixture(scope="session")
def model_flags(tmp_path_factory):
    """Flags for the real embedded model; its rebuilt graph is made once per test run, away from the user's cache."""
    return ("--embed-cache-dir", str(tmp_path_factory.mktemp("graph")))


@pytest.fixture
def wire(server):
    """A new RESP2 connection to the file's server, with nothing stored."""
    wire = server.connect()
    assert wire("FLUSHALL") == b"OK"
    yield wire
    wire.close()


@pytest.fixture
def wire3(server, wire):
    """The same under RESP3."""
    wire = server.connect(protocol=3)
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def node_sdks(request):
    """A directory with the Node clients of OpenAI and Anthropic installed; kept between runs in pytest's cache."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    directory = Path(request.config.cache.mkdir("node-sdks"))
    if not (directory / "installed").exists():
        (directory / "package.json").write_text('{"private": true}')
        ran = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "openai", "@anthropic-ai/sdk"],
            cwd=directory, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        if ran.returncode:
            pytest.skip(f"npm could not install openai and @anthropic-ai/sdk: {ran.stderr.strip().splitlines()[-1:]}")
        (directory / "installed").touch()
    return directory
