"""A real process whose table is damaged behind its back: it notices by itself, says where, and serves none of it."""

import urllib.request

import hiredis
import pytest

pytestmark = pytest.mark.process


def test_a_byte_changed_on_disk_is_found_named_and_never_served(start_server):
    server = start_server()
    wire = server.connect()
    for number in range(500):
        wire.send("SET", f"k{number}", f"value {number} " + "x" * 100)
    wire.replies(500)
    wire("COMPACT")
    path = next(server.data_dir.glob("*.table"))
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    told = server.wait_for("damaged")
    info = dict(line.split(":", 1) for line in wire("INFO", "persistence").decode().split("\r\n") if ":" in line)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.probe_port}/metrics", timeout=30) as page:
        metrics = page.read().decode()
    replies = [wire("GET", f"k{number}") for number in range(500)]

    assert ("error", path.name) == (told["level"], told["file"])
    assert info["scrub_damaged"].startswith(f"{path.name} is damaged at byte ")
    assert "\ncrowkis_damaged_tables 1.0\n" in metrics
    assert all(
        isinstance(reply, hiredis.ReplyError) or reply == f"value {number} ".encode() + b"x" * 100
        for number, reply in enumerate(replies)
    )
    assert any(isinstance(reply, hiredis.ReplyError) for reply in replies)
