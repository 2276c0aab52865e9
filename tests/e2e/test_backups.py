"""Backups of a real process: taken while it is written to, killed half-way, brought back elsewhere and compared."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random

import hiredis
import pytest

pytestmark = pytest.mark.process


def crowkis(*words):
    """Run the command line; the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "crowkis", *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
        env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
    )  # fmt: skip


def restored(start, file, data_dir):
    """A server on what a backup holds."""
    done = crowkis("restore", file, "--data-dir", data_dir)
    assert 0 == done.returncode, done.stdout + done.stderr
    return start(data_dir=data_dir)


def persistence(wire):
    lines = wire("INFO", "persistence").decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


def fill(server, count, size_bytes, seed=1):
    """Keys with random values, so that an archive of them takes a while."""
    wire, rng = server.connect(), Random(seed)
    for begin in range(0, count, 500):
        wire.send_raw(b"".join(
            wire.frame("SET", f"fill{number}", rng.randbytes(size_bytes)) for number in range(begin, begin + 500)
        ))  # fmt: skip
        assert {b"OK"} == set(wire.replies(500))
    wire.close()


def test_answers_tags_lifetimes_vectors_and_keys_come_back(start_server, tmp_path):
    wire = (old := start_server()).connect()
    wire("CSET", "how tall is the eiffel tower in paris", "330 m", "TAG", "geo", "TAG", "fr", "PX", "600000")
    wire("CSET", "how tall is the eiffel tower in paris", "other", "TENANT", "t2", "NAMESPACE", "n")
    wire("CSET", "gone soon", "x", "PX", "30")
    wire("CSET", "thrown away", "x")
    wire("CDELETEENTRY", "thrown away")
    wire("SET", "plain", b"\0\xff bytes", "PX", "500000")
    wire("SELECT", "3")
    wire("SET", "third", "db")
    assert b"OK" == wire("CSAVE", "a.crowkbak")
    wire("SET", "after", "1")
    old.stop()
    wire = restored(start_server, old.data_dir / "backups" / "a.crowkbak", tmp_path / "new").connect()

    near = "please tell how tall is the eiffel tower in paris"
    assert b"330 m" == wire("CGET", near, "TAG", "geo", "THRESHOLD", "0.5")
    assert b"330 m" == wire("CGET", "how tall is the eiffel tower in paris")
    assert wire("CGET", near, "TAG", "other", "THRESHOLD", "0.5") is None
    assert b"other" == wire("CGET", near, "TENANT", "t2", "NAMESPACE", "n", "THRESHOLD", "0.5")
    assert [None, None] == [wire("CGET", "gone soon"), wire("CGET", "thrown away")]
    assert b"\0\xff bytes" == wire("GET", "plain")
    assert 400_000 < wire("PTTL", "plain") <= 500_000
    wire3 = wire_of(wire)
    assert 500 < wire3("CGET", "how tall is the eiffel tower in paris")[b"ttl"] <= 600
    wire("SELECT", "3")
    assert [b"db", None] == [wire("GET", "third"), wire("GET", "after")]
    assert 2 == wire("CVECCOUNT")


def wire_of(wire):
    """The same connection, under RESP3."""
    assert isinstance(wire("HELLO", "3"), dict)
    return wire


class Writer(threading.Thread):
    """Sets keys c:0, c:1, ... one after the other; knows how many are acknowledged."""

    def __init__(self, server, number):
        super().__init__()
        self.wire, self.number = server.connect(), number
        self.acknowledged = 0
        self.stopping = False

    def run(self):
        while not self.stopping:
            assert b"OK" == self.wire("SET", f"{self.number}:{self.acknowledged}", "x" * 50)
            assert b"OK" == self.wire("CSET", f"topic{self.number} number {self.acknowledged}", "a")
            self.acknowledged += 1


def test_a_backup_under_load_holds_all_that_was_acknowledged_before_and_one_moment(start_server, tmp_path):
    server = start_server()
    fill(server, 5_000, 1_000)
    writers = [Writer(server, number) for number in range(4)]
    for writer in writers:
        writer.start()
    wire = server.connect()
    for round_ in range(3):
        while min(writer.acknowledged for writer in writers) < 20 * (round_ + 1):
            time.sleep(0.01)
        before = [writer.acknowledged for writer in writers]
        assert b"OK" == wire("CSAVE", f"{round_}.crowkbak")
        after = [writer.acknowledged for writer in writers]
        (tmp_path / f"{round_}.json").write_text(json.dumps([before, after]))
    for writer in writers:
        writer.stopping = True
        writer.join()
    server.stop()
    for round_ in range(3):
        before, after = json.loads((tmp_path / f"{round_}.json").read_text())
        wire = restored(
            start_server, server.data_dir / "backups" / f"{round_}.crowkbak", tmp_path / f"new{round_}"
        ).connect()
        keys = sorted(key.decode() for key in wire("KEYS", "*:*"))
        held = [sum(key.startswith(f"{number}:") for key in keys) for number in range(4)]

        assert sorted(f"{number}:{at}" for number in range(4) for at in range(held[number])) == keys
        assert all(least <= there <= most + 1 for least, there, most in zip(before, held, after, strict=True))
        for number in range(4):
            assert b"a" == wire("CGET", f"topic{number} number {before[number] - 1}")
        assert 5_000 == len(wire("KEYS", "fill*"))


def test_killed_while_a_backup_is_written_it_leaves_the_old_one_or_none(start_server, tmp_path):
    data_dir, rng = tmp_path / "data", Random(4)
    server = start_server(data_dir=data_dir)
    fill(server, 10_000, 2_000)
    backups, half = data_dir / "backups", 0
    for round_ in range(4):
        name = ("a.crowkbak", "b.crowkbak")[round_ % 2]
        old = (backups / name).read_bytes() if (backups / name).exists() else None
        wire = server.connect()
        wire("SET", "round", round_)
        assert b"BGSAVE-STARTED" == wire("CBGSAVE", name)
        wait_for(lambda name=name, server=server: (backups / f"{name}.new").exists() or not running(server))
        time.sleep(rng.random() * 0.1)
        server.kill()
        half += (backups / f"{name}.new").exists()
        if (backups / name).exists() and (backups / name).read_bytes() != old:
            assert 0 == crowkis("restore", backups / name, "--data-dir", tmp_path / f"new{round_}").returncode
        checked = crowkis("check", "--data-dir", data_dir)
        assert 0 == checked.returncode, checked.stdout
        server = start_server(data_dir=data_dir)
        assert b"%d" % round_ == server.connect()("GET", "round")

    assert half > 0
    assert b"OK" == server.connect()("CSAVE", "a.crowkbak")
    assert [] == list(backups.glob("*.new"))


def running(server):
    return persistence(server.connect())["rdb_bgsave_in_progress"] == "1"


def wait_for(happens, most_s=30.0):
    deadline = time.monotonic() + most_s
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_info_says_is_true_and_others_are_served_meanwhile(start_server):
    server = start_server()
    fill(server, 10_000, 2_000)
    wire = server.connect()
    assert ("0", "0", "ok") == tuple(
        persistence(wire)[name] for name in ("rdb_bgsave_in_progress", "rdb_last_save_time", "rdb_last_bgsave_status")
    )
    before_s = int(time.time())
    assert b"Background saving started" == wire("BGSAVE")
    assert "dump.crowkbak" == persistence(wire)["backup_running"]
    refused = wire("SAVE")
    assert isinstance(refused, hiredis.ReplyError)
    assert "already being written" in str(refused)
    wait_for(lambda: persistence(wire)["rdb_bgsave_in_progress"] == "0")

    told = persistence(wire)
    assert ("dump.crowkbak", "ok") == (told["backup_last"], told["rdb_last_bgsave_status"])
    assert before_s <= int(told["rdb_last_save_time"]) == wire("LASTSAVE") <= time.time() + 1


def test_a_running_server_is_asked_for_one_and_writes_into_its_backup_dir_only(start_server, tmp_path):
    server = start_server("--backup-dir", str(tmp_path / "safe"), "--auth-token", "open sesame")
    address = ("--address", f"127.0.0.1:{server.port}", "--token", "open sesame")
    told = crowkis("backup", "n.crowkbak", *address)
    refused = crowkis("backup", tmp_path / "n.crowkbak", *address)
    denied = crowkis("backup", "n.crowkbak", *address[:2])
    in_use = crowkis("backup", tmp_path / "n.crowkbak", "--data-dir", server.data_dir)

    assert (0, 1, 1, 1) == tuple(done.returncode for done in (told, refused, denied, in_use)), told.stderr
    assert ["n.crowkbak"] == [file.name for file in (tmp_path / "safe").iterdir()]
    assert "must be a file name" in refused.stderr
    assert "in use by process" in in_use.stderr
    assert not (tmp_path / "n.crowkbak").exists()
    assert 0o600 == (tmp_path / "safe" / "n.crowkbak").stat().st_mode & 0o777


def test_a_stop_gives_up_a_background_backup_and_finishes_one_that_is_waited_for(start_server):
    server = start_server()
    fill(server, 10_000, 2_000)
    waiting = server.connect()
    waiting.send("CSAVE", "waited.crowkbak")
    wait_for(lambda: running(server))
    assert 0 == server.stop()
    assert b"OK" == waiting.reply()

    again = start_server(data_dir=server.data_dir)
    assert b"BGSAVE-STARTED" == again.connect()("CBGSAVE", "background.crowkbak")
    assert 0 == again.stop()

    left = {file.name for file in Path(server.data_dir, "backups").iterdir()}
    assert left in ({"waited.crowkbak"}, {"waited.crowkbak", "background.crowkbak"})
