"""kill -9 after a snapshot and more writes: paraphrases find old and new answers again, and none that were deleted."""

import http.client
import json
import time

import numpy as np
import pytest

pytestmark = pytest.mark.process

DIMENSION = 8
OLD, NEW = 5_000, 300
DEADLINE_S = 60


def vectors(count, seed):
    found = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return [(vector / np.linalg.norm(vector)).astype("<f4").tobytes() for vector in found]


def spelt(kind, number):
    """A question without numbers, so that the rules leave the decision to the vectors."""
    return f"{kind} " + "".join("bdfgkmprtz"[int(digit)] for digit in str(number))


def store(wire, kind, blobs):
    for start in range(0, len(blobs), 500):
        chunk = list(enumerate(blobs))[start : start + 500]
        for number, blob in chunk:
            wire.send("CSET", spelt(kind, number), f"answer to {kind} {number}", "VECTOR", blob)
        wire.replies(len(chunk))


def find(wire, blobs):
    """What is served to a question nobody stored, by its vector alone."""
    for blob in blobs:
        wire.send("CGET", "something else entirely", "VECTOR", blob, "THRESHOLD", "0.999")
    return wire.replies(len(blobs))


def until(done):
    deadline = time.monotonic() + DEADLINE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_semantic_hits_survive_kill_9_after_a_snapshot_and_more_writes(start_server, tmp_path):
    data_dir = tmp_path / "data"
    old, new = vectors(OLD, 1), vectors(NEW, 2)
    server = start_server(data_dir=data_dir)
    wire = server.connect()
    store(wire, "old", old)
    until(lambda: server.figure("index_snapshots_total") >= 1)
    store(wire, "new", new)
    for number in range(0, 100, 2):
        assert wire("CDELETEENTRY", spelt("old", number)) == 1
    server.kill()

    server = start_server(data_dir=data_dir)
    wire = server.connect()

    line = server.wait_for("index")
    assert "from its snapshot" == line["how"]
    assert OLD + NEW - 50 == line["kept"] + line["added"]
    assert [b"answer to old %d" % number for number in range(1, 100, 2)] == find(wire, old[1:100:2])
    assert [b"answer to new %d" % number for number in range(NEW)] == find(wire, new)
    deleted = {b"answer to old %d" % number for number in range(0, 100, 2)}
    assert not deleted & set(find(wire, old[0:100:2]))
    assert OLD + NEW - 50 == server.figure("vectors")


def test_a_damaged_snapshot_is_rebuilt_and_the_log_says_so(start_server, tmp_path):
    data_dir = tmp_path / "data"
    old = vectors(OLD, 1)
    server = start_server(data_dir=data_dir)
    store(server.connect(), "old", old)
    server.hang_up()
    assert 0 == server.stop()
    (snapshot,) = (data_dir / "index").glob("*.index")
    data = bytearray(snapshot.read_bytes())
    data[len(data) // 2] ^= 4
    snapshot.write_bytes(data)

    server = start_server(data_dir=data_dir)

    assert snapshot.name == server.wait_for("index snapshot unusable")["file"]
    line = server.wait_for("index")
    assert ("rebuilt from stored vectors", 0, OLD) == (line["how"], line["kept"], line["added"])
    assert [b"answer to old %d" % number for number in range(50)] == find(server.connect(), old[:50])


def test_readyz_and_info_show_how_far_the_start_has_come(start_server, tmp_path):
    data_dir = tmp_path / "data"
    server = start_server(data_dir=data_dir)
    wire = server.connect()
    store(wire, "old", vectors(OLD, 1))
    server.kill()
    for snapshot in (data_dir / "index").glob("*.index"):
        snapshot.unlink()

    server = start_server(data_dir=data_dir, ready=False)
    server.learn_ports()
    seen, told = [], set()
    wire = server.connect()
    while not any(line.get("event") == "ready" for line in server.events):
        probe = http.client.HTTPConnection("127.0.0.1", server.probe_port, timeout=10)
        probe.request("GET", "/readyz")
        reply = probe.getresponse()
        body = json.loads(reply.read())
        probe.close()
        if reply.status == 503:
            seen.append((body["phase"], body["done"]))
        information = wire("INFO", "persistence").decode()
        told.add("loading:1" in information and "loading_loaded_things:" in information)

    counted = [done for phase, done in seen if phase == "reading entries and keys"]
    assert counted, seen
    assert sorted(counted) == counted
    assert counted[-1] <= OLD
    assert True in told
