"""The memory limit and what leaves, through a real process: eviction, OOM, CWHYEVICT, SWEEP."""

import re
import subprocess
import sys
import time
import urllib.request

import pytest

pytestmark = pytest.mark.process

MIB = 1 << 20


def told(reply):
    """A RESP3 map with names as str."""
    return {key.decode(): value.decode() if isinstance(value, bytes) else value for key, value in reply.items()}


def figures(wire, *sections):
    lines = wire("INFO", *sections).decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


@pytest.fixture
def small(start_server):
    """A server with little room beside what it takes itself, and how much of it is room."""
    empty = start_server()
    wire = empty.connect()
    process_bytes = int(figures(wire, "memory")["part_process"])
    empty.stop()
    return start_server("--memory-limit", str(process_bytes + 48 * MIB), "--wal-sync", "no")


def test_a_cache_that_is_filled_stays_within_its_limit_and_says_what_left(small):
    """Answers lie on disk; what fills the memory is what is known of each of them: text, vector, index, use."""
    wire = small.connect(protocol=3)
    count, burst = 12_000, 100
    for first in range(0, count, burst):
        numbers = range(first, first + burst)
        for n in numbers:
            wire.send("CSET", f"what is in box number {n}", f"thing {n}", "COST", "0.5" if n % 2 else "0.001")
        assert [b"OK"] * burst == wire.replies(burst)
    asked = range(0, count, 21)
    rows = {n: wire("CWHYEVICT", f"what is in box number {n}") for n in asked}
    known = {n: told(row) for n, row in rows.items() if row is not None}  # the ledger has forgotten the oldest
    live = [n for n, row in known.items() if row["state"] == "live"]
    shown = figures(wire, "memory", "crowkis")
    costly = sum(n % 2 for n in live) / sum(n % 2 for n in asked)
    cheap = sum(1 - n % 2 for n in live) / sum(1 - n % 2 for n in asked)

    assert int(shown["used_memory"]) < 1.15 * int(shown["maxmemory"])
    assert {b"maxmemory": shown["maxmemory"].encode()} == wire("CONFIG", "GET", "maxmemory")
    assert count == int(shown["entries"]) + int(shown["evicted_total"])
    assert 3 * cheap < costly
    gone, row = next((n, row) for n, row in known.items() if n not in live)
    assert ("left", "kept.evicted", 0.001 if gone % 2 == 0 else 0.5) == (row["state"], row["reason"], row["cost_usd"])
    assert row["score"] > 0
    assert b"thing %d" % live[0] == wire("CGET", f"what is in box number {live[0]}")[b"response"]


def test_the_ledger_is_still_there_after_a_power_cut(start_server, tmp_path):
    first = start_server(data_dir=tmp_path / "kept")
    wire = first.connect(protocol=3)
    wire("CSET", "question", "answer", "COST", "2.5")
    assert 1 == wire("CDELETEENTRY", "question")
    before = told(wire("CWHYEVICT", "question"))
    first.kill()
    second = start_server(data_dir=tmp_path / "kept")
    after = told(second.connect(protocol=3)("CWHYEVICT", "question"))

    assert ("left", "kept.deleted", 2.5) == (after["state"], after["reason"], after["cost_usd"])
    assert before | {"ago_ms": 0} == after | {"ago_ms": 0}


def test_plain_values_lie_on_disk_and_leave_the_memory_to_others(small):
    wire = small.connect()
    replies = [wire("SET", f"key{number}", b"x" * MIB) for number in range(100)]

    assert {b"OK"} == set(replies)
    assert small.resident_bytes < 1.25 * int(figures(wire, "memory")["maxmemory"])
    assert "no" == figures(wire, "memory")["memory_full"]
    assert {b"x" * MIB} == {wire("GET", f"key{number}") for number in range(0, 100, 7)}


def test_whyevict_tells_each_part_of_a_live_answers_score(wire3):
    wire3("CSET", "how do i reset my password", "Like this.", "COST", "0.25")
    wire3("CSET", "where is the office", "There.", "MODEL", "gpt-4o-mini")
    for _ in range(3):
        wire3("CGET", "how do i reset my password")

    row = told(wire3("CWHYEVICT", "how do i reset my password"))
    other = told(wire3("CWHYEVICT", "where is the office", "MODEL", "gpt-4o-mini"))

    assert ("live", 0.25, "given") == (row["state"], row["cost_usd"], row["cost_source"])
    assert 3.5 < row["frequency"] <= 4.0
    assert row["cost_usd"] * row["rate"] * row["need"] / row["size_bytes"] == pytest.approx(row["score"])
    assert ("live", "estimated") == (other["state"], other["cost_source"])
    assert 0 < other["score"] < row["score"]
    assert 0.5 < row["isolation"] <= 1.0
    assert 1.0 == row["need"]


def test_whyevict_shows_that_another_answer_could_stand_in(wire3):
    vector = b"\x00\x00\x80?" + b"\x00" * 4
    wire3("CSET", "how do I open the door", "answer", "VECTOR", vector)
    wire3("CSET", "how can I open the door", "answer", "VECTOR", vector)

    row = told(wire3("CWHYEVICT", "how do I open the door"))

    assert (0.0, 0.1) == (pytest.approx(row["isolation"], abs=1e-6), row["need"])


def test_whyevict_tells_why_an_answer_left(wire3):
    wire3("CSET", "short lived", "a", "PX", "1")
    wire3("CSET", "removed", "a")
    wire3("CDELETEENTRY", "removed")
    wire3("CSET", "flushed", "a", "TENANT", "acme")
    wire3("CFLUSH", "TENANT", "acme")
    deadline = time.monotonic() + 10
    while told(wire3("CWHYEVICT", "short lived"))["state"] == "live" and time.monotonic() < deadline:
        wire3("SWEEP")

    rows = [
        told(wire3("CWHYEVICT", *asked)) for asked in (("short lived",), ("removed",), ("flushed", "TENANT", "acme"))
    ]

    assert ["kept.expired", "kept.deleted", "kept.flushed"] == [row["reason"] for row in rows]
    assert ["left", "left", "flushed"] == [row["state"] for row in rows]
    assert {"key", "state", "reason", "at_ms", "ago_ms"} == set(rows[2])


def test_one_tenant_learns_nothing_of_what_left_another(start_server):
    wire = start_server().connect(protocol=3)
    wire("CSET", "secret plan", "a", "TENANT", "acme")
    wire("CDELETEENTRY", "secret plan", "TENANT", "acme")
    asked = ("CWHYEVICT", "secret plan", "TENANT")

    assert ("left", None) == (told(wire(*asked, "acme"))["state"], wire(*asked, "umbrella"))
    wire("CFLUSH", "TENANT", "acme")
    wire("CSET", "new plan", "a", "TENANT", "acme")
    wire("CFLUSH", "TENANT", "acme")
    assert ("flushed", None) == (told(wire(*asked, "acme"))["state"], wire(*asked, "umbrella"))


@pytest.mark.parametrize("cost", ["-1", "nan", "much", "1e9"])
def test_a_cost_that_is_no_price_is_refused(wire, cost):
    assert str(wire("CSET", "q", "a", "COST", cost)).startswith("ERR COST ")
    assert wire("CGET", "q") is None


def test_the_metrics_show_each_part(server, wire):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.probe_port}/metrics", timeout=10) as page:
        text = page.read().decode()
    parts = set(re.findall(r'crowkis_memory_part_bytes\{part="(\w+)"\}', text))

    assert {
        "process",
        "store",
        "entries",
        "indexes",
        "ledger",
        "ends",
        "reports",
        "memo",
        "collections",
        "templates",
        "tracking",
        "users",
        "clients",
        "overhead",
    } == parts
    assert parts == {name.removeprefix("part_") for name in figures(wire, "memory") if name.startswith("part_")}


def test_a_limit_the_empty_server_exceeds_is_told_at_start(tmp_path):
    command = [sys.executable, "-m", "crowkis", "server", "--port", "0", "--probe-port", "0", "--embedder", "hashing"]
    command += ["--memory-limit", "16m", "--data-dir", str(tmp_path / "d")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert 1 == ran.returncode
    assert "memory_limit is 16777216 bytes and the empty server alone takes" in ran.stderr


def test_compact_frees_what_was_removed_and_tells_how_much(start_server):
    server = start_server()
    wire = server.connect(protocol=3)
    for number in range(2_000):
        wire.send("SET", f"k{number}", f"{number * 7919:0100d}")
    wire.replies(2_000)
    first = told(wire("COMPACT"))
    wire("FLUSHALL")
    second = told(wire("COMPACT"))

    assert (0, 1) == (first["tables_before"], first["tables"])
    assert (1, 0) == (second["tables_before"], second["tables"])
    assert second["disk_bytes"] < 1_000 < first["disk_bytes"] < first["disk_bytes_before"]
    assert {"tables_before", "tables", "disk_bytes_before", "disk_bytes", "took_ms"} == set(second)
