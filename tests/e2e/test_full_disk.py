"""A real process whose files may not grow: reads go on, writing resumes by itself, and nothing acknowledged is missing.

The limit is the system's own limit of a file's size: a write beyond it fails as on a full disk, and it can be taken
from a running process and given back.
"""

import resource
import time
import urllib.request

import hiredis
import pytest

pytestmark = pytest.mark.process

RESUME_S_MAX = 30.0
OK = b"OK"


def let_files_grow(server, size_bytes):
    """To `size_bytes`, or -1: as far as they like."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard if size_bytes < 0 else size_bytes, hard))


def persistence(wire):
    return dict(line.split(":", 1) for line in wire("INFO", "persistence").decode().split("\r\n") if ":" in line)


def metric(server, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.probe_port}/metrics", timeout=30) as page:
        lines = page.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"crowkis_{name} "))


def write_until(wire, done):
    """SETs one after the other until done(reply); the number of the last one."""
    deadline = time.monotonic() + RESUME_S_MAX
    for number in range(100_000):
        if done(wire("SET", f"try {number}", "x" * 100)):
            return number
        assert time.monotonic() < deadline
        time.sleep(0.01)
    raise AssertionError("never")


def stopped(reply):
    return isinstance(reply, hiredis.ReplyError) and str(reply).startswith("MISCONF")


def test_writes_stop_with_a_clear_error_reads_go_on_and_writing_resumes_without_a_restart(start_server):
    server = start_server()
    wire = server.connect()
    assert OK == wire("SET", "before", "1")
    assert OK == wire("CSET", "how tall is the tower", "330 m")
    let_files_grow(server, 8_192)
    last = write_until(wire, stopped)
    let_files_grow(server, 0)  # or a table, which is packed, finds the room that the log did not
    reply = wire("SET", "during", "2")
    during = persistence(wire)
    stopped_metric = metric(server, "writes_stopped")
    failed = server.wait_for("resuming failed")
    let_files_grow(server, -1)
    write_until(wire, lambda reply: reply == OK)
    after = persistence(wire)
    assert OK == wire("SET", "after", "3")
    log = [server.wait_for(event) for event in ("writing stopped", "writing resumed")]
    server.kill()
    again = start_server(data_dir=server.data_dir).connect()

    assert last > 10
    assert stopped(reply)
    assert "make room on the disk" in str(reply)
    assert "without a restart" in str(reply)
    assert ("err", "ok") == (during["aof_last_write_status"], after["aof_last_write_status"])
    assert "File too large" in during["writes_stopped"]
    assert ("no", 1.0) == (after["writes_stopped"], stopped_metric)
    assert "File too large" in failed["error"]
    assert ("error", "info") == tuple(line["level"] for line in log)
    assert [b"1", None, b"3"] == [again("GET", key) for key in ("before", "during", "after")]
    assert b"330 m" == again("CGET", "how tall is the tower")
    assert [b"x" * 100] * last == [again("GET", f"try {number}") for number in range(last)]


def test_it_reads_while_the_disk_is_full_and_stops_orderly(start_server):
    server = start_server()
    wire = server.connect()
    assert OK == wire("SET", "before", "1")
    assert OK == wire("CSET", "how tall is the tower", "330 m")
    let_files_grow(server, 0)
    assert stopped(wire("SET", "k", "v"))
    read = (wire("GET", "before"), wire("CGET", "how tall is the tower"), wire("EXISTS", "k"))
    code = server.stop()
    again = start_server(data_dir=server.data_dir).connect()

    assert (b"1", b"330 m") == read[:2]
    assert (0, b"1", b"330 m") == (code, again("GET", "before"), again("CGET", "how tall is the tower"))
