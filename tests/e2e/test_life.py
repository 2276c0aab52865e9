"""A server's life as its operator sees it: settings, start-up lines, probes, metrics, stopping, and the other verbs."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import hiredis
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crowkis import __version__
from crowkis.metrics import METRICS

pytestmark = pytest.mark.process

PROMPT, ANSWER = "how do i reset my pass phrase", "open the settings and choose it"


def crowkis(*words, stdin="", environ=None):
    """Run the command line; the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "crowkis", *words], input=stdin, capture_output=True, text=True, timeout=60,
        check=False, env={"PATH": "/usr/bin:/bin", **(environ or {})},
    )  # fmt: skip


def fetched(server, path):
    """Status and body of a page of the probe port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{server.probe_port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class TestStart:
    def test_its_lines_say_what_an_operator_wants_to_know(self, start_server, tmp_path):
        own = start_server(data_dir=tmp_path / "kept")
        own.connect()("CSET", PROMPT, ANSWER)
        own.stop()
        own = start_server(data_dir=tmp_path / "kept")

        listening, embedder, kept = (own.wait_for(event) for event in ("listening", "embedder", "data"))
        assert (own.process.pid, __version__) == (listening["pid"], listening["version"])
        assert own.port == int(listening["resp"].rpartition(":")[2])
        assert {"name", "dimension", "fingerprint"} <= set(embedder)
        assert (str(tmp_path / "kept"), 1) == (kept["directory"], kept["entries"])
        assert own.wait_for("credentials")["required"] is False
        assert ["listening", "credentials", "embedder", "data", "ready"] == [line["event"] for line in own.events]

    def test_lines_for_people_hold_the_same(self, tmp_path):
        running = subprocess.Popen(
            [sys.executable, "-m", "crowkis", "server", "--port", "0", "--probe-port", "0", "--embedder", "hashing",
             "--data-dir", str(tmp_path / "data")],
            stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        lines = []
        while not lines or "ready" not in lines[-1]:
            lines.append(running.stderr.readline())
            assert lines[-1], lines
        running.terminate()
        running.communicate(timeout=20)

        assert 0 == running.returncode
        assert "resp=127.0.0.1:" in lines[0]
        assert 5 == len(lines)

    def test_a_wrong_settings_file_stops_it_and_names_the_place(self, tmp_path):
        file = tmp_path / "crowkis.toml"
        file.write_text("[cache]\nsimilarity_mim = 0.9\n")
        ran = crowkis("server", "--config", str(file), "--port", "0", "--data-dir", str(tmp_path / "data"))

        assert ran.returncode != 0
        assert "cache.similarity_mim" in ran.stderr
        assert "Traceback" not in ran.stderr

    def test_a_remote_embedder_without_its_address_stops_it(self, tmp_path):
        flags = ("--port", "0", "--probe-port", "0", "--embedder", "remote", "--data-dir", str(tmp_path / "data"))
        ran = crowkis("server", *flags)

        assert ran.returncode != 0
        assert "embed_url" in ran.stderr
        assert "Traceback" not in ran.stderr

    def test_a_flag_wins_over_the_file_and_the_file_over_the_environment(self, start_server, tmp_path):
        file = tmp_path / "crowkis.toml"
        file.write_text("[cache]\nsimilarity_min = 0.7\ndefault_ttl_s = 77\n")
        environ = {"CROWKIS_CONFIG_PATH": str(file), "CROWKIS_SIMILARITY_MIN": "0.6", "CROWKIS_DEFAULT_TTL_S": "66",
                   "CROWKIS_MAX_CONNECTIONS": "55"}  # fmt: skip
        own = start_server("--similarity-min", "0.8", environ=environ)
        shown = own.connect(3)("CONFIG", "GET", "similarity_min", "default_ttl_s", "max_connections")

        assert {b"similarity_min": b"0.8", b"default_ttl_s": b"77", b"max_connections": b"55"} == shown

    def test_an_unknown_variable_is_mentioned_and_ignored(self, start_server):
        own = start_server(environ={"CROWKIS_SIMILARTY_MIN": "0.5"})

        assert "CROWKIS_SIMILARTY_MIN" == own.wait_for("unknown setting")["variable"]

    def test_a_second_server_on_the_same_directory_refuses(self, start_server, tmp_path):
        start_server(data_dir=tmp_path / "shared")
        second = start_server(data_dir=tmp_path / "shared", ready=False)

        assert second.wait() not in (0, -9)
        assert str(tmp_path / "shared") in second.log
        assert "Traceback" not in second.log

    def test_a_port_that_is_taken_stops_it(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ran = crowkis("server", "--port", str(port), "--embedder", "hashing", "--data-dir", str(tmp_path / "data"))

        assert ran.returncode != 0
        assert "cannot start" in ran.stderr
        assert "Traceback" not in ran.stderr

    @pytest.mark.model
    def test_until_it_is_ready_it_says_loading_and_is_alive(self, start_server, model_flags):
        own = start_server(*model_flags, embedder="minilm", ready=False)
        own.learn_ports()
        wire = own.connect()
        replies = [wire("CGET", PROMPT), wire("SET", "k", "v")]
        alive, ready = fetched(own, "/livez"), fetched(own, "/readyz")
        still_loading = not any(line.get("event") == "ready" for line in own.events)
        own.wait_for("ready")

        if still_loading:
            assert ["LOADING", "LOADING"] == [str(reply).partition(" ")[0] for reply in replies]
            assert (200, {"status": "starting"}) == (alive[0], json.loads(alive[1]))
            progress = json.loads(ready[1])
            assert (503, "starting") == (ready[0], progress["status"])
            assert {"status", "phase", "done"} == progress.keys()
        assert b"OK" == wire("SET", "k", "v")
        assert (200, {"status": "ok"}) == (fetched(own, "/readyz")[0], json.loads(fetched(own, "/readyz")[1]))


class TestStop:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_finishes_what_it_accepted_and_exits_0(self, start_server, tmp_path, number):
        own = start_server(data_dir=tmp_path / "kept")
        kept, wires = {}, [own.connect() for _ in range(4)]

        def write(writer, wire):
            count = 0
            while True:
                count += 1
                key = f"k{writer}:{count}"
                try:
                    if wire("SET" if count % 2 else "CSET", key, f"v{count}") == b"OK":
                        kept[key] = count
                except OSError:
                    return

        threads = [threading.Thread(target=write, args=pair) for pair in enumerate(wires)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while len(kept) < 200:
            assert time.monotonic() < deadline
        own.signal(number)
        code = own.wait()
        for thread in threads:
            thread.join()

        assert 0 == code
        assert own.wait_for("stopped")["finished"] is True
        wire = start_server(data_dir=tmp_path / "kept").connect()
        found = {key: wire("GET" if count % 2 else "CGET", key) for key, count in kept.items()}
        assert {key: f"v{count}".encode() for key, count in kept.items()} == found

    def test_an_idle_server_stops_at_once(self, start_server):
        own = start_server()
        own.connect()("PING")
        began = time.monotonic()

        assert 0 == own.stop()
        assert time.monotonic() - began < 5


class TestProbes:
    def test_it_is_alive_and_ready(self, server):
        for path in ("/livez", "/readyz", "/health"):
            assert (200, '{"status":"ok"}') == fetched(server, path)
        assert 404 == fetched(server, "/nonsense")[0]

    def test_metrics_are_what_the_table_declares_and_count(self, server, wire):
        def read():
            families = {
                family.name: family for family in text_string_to_metric_families(fetched(server, "/metrics")[1])
            }
            return families, {
                (sample.name, *sample.labels.values()): sample.value
                for family in families.values() for sample in family.samples
            }  # fmt: skip

        _, before = read()
        wire("CSET", PROMPT, ANSWER)
        wire("CGET", PROMPT)
        wire("CGET", PROMPT.replace("how", "please how"), "THRESHOLD", "0.1")
        wire("CGET", "entirely different matters 17")
        wire("NONSENSE")
        families, after = read()

        assert {f"crowkis_{row.name}".removesuffix("_total") for row in METRICS} == set(families)
        for key, more in (
            (("crowkis_lookups_total", "exact"), 1), (("crowkis_lookups_total", "vector"), 1),
            (("crowkis_lookups_total", "miss"), 1), (("crowkis_stores_total",), 1),
            (("crowkis_errors_total", "ERR"), 1), (("crowkis_entries",), 1), (("crowkis_vectors",), 1),
        ):  # fmt: skip
            assert before.get(key, 0) + more == after[key], key
        assert after["crowkis_wal_syncs_total",] > before["crowkis_wal_syncs_total",]
        assert after["crowkis_lookup_seconds_count", "exact"] == after["crowkis_lookups_total", "exact"]
        assert ["crowkis_lookup_seconds"] == [name for name, family in families.items() if family.type == "histogram"]


def test_no_prompt_and_no_answer_reaches_the_log(start_server):
    own = start_server("--log-level", "debug")
    wire = own.connect()
    wire("CSET", PROMPT, ANSWER)
    wire("CGET", PROMPT)
    wire("CGET", PROMPT + " please")
    wire("CSET", PROMPT, "TENANT", "acme")
    wire("CGET", PROMPT, "THRESHOLD", PROMPT)
    wire.send_raw(b"*1\r\n$x\r\n" + PROMPT.encode())
    wire.read_until_closed()
    own.stop()

    assert "stopped" in own.log
    for text in (PROMPT, ANSWER, "pass phrase"):
        assert text not in own.log


class TestVerbs:
    def test_one_command_and_its_reply(self, server, wire):
        address = f"127.0.0.1:{server.port}"
        wire("CSET", PROMPT, ANSWER)
        asked = crowkis("cli", address, "CGET", PROMPT)
        refused = crowkis("cli", address, "CGET", PROMPT, "THRESHOLD", "2")

        assert 0 == asked.returncode
        assert f"response: {ANSWER}" in asked.stdout
        assert 1 == refused.returncode
        assert "(error)" in refused.stderr
        assert "THRESHOLD" in refused.stderr

    def test_lines_from_a_pipe(self, server, wire):
        lines = 'SET key "two words"\nGET key\n\nGET none\nNONSENSE\nMGET key none\nSET "unbalanced\n'
        ran = crowkis("cli", f"127.0.0.1:{server.port}", stdin=lines)

        assert ["OK", "two words", "(nil)", "1) two words", "2) (nil)"] == ran.stdout.splitlines()
        assert "unknown command 'NONSENSE'" in ran.stderr
        assert "quote your text" in ran.stderr

    def test_help_inside_it(self, server, wire):
        ran = crowkis("cli", f"127.0.0.1:{server.port}", stdin="help cget\nhelp nonsense\n")

        assert "CGET query [THRESHOLD threshold]" in ran.stdout
        assert "there is no word NONSENSE" in ran.stdout

    def test_nobody_listening_is_told_in_a_line(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        ran = crowkis("cli", f"127.0.0.1:{port}", "PING")

        assert ran.returncode != 0
        assert f"127.0.0.1:{port}" in ran.stderr
        assert "Traceback" not in ran.stderr

    def test_health_is_0_where_the_server_is_well_and_1_where_none_is(self, server):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        assert 0 == crowkis("health", "--probe-port", str(server.probe_port)).returncode
        assert 0 == crowkis("health", "--ready", environ={"CROWKIS_PROBE_PORT": str(server.probe_port)}).returncode
        assert 1 == crowkis("health", "--probe-port", str(port)).returncode


def test_an_error_reply_is_counted_by_its_code(server, wire):
    before = server.figure("errors_total_NOPROTO")

    assert isinstance(wire("HELLO", "9"), hiredis.ReplyError)
    assert before + 1 == server.figure("errors_total_NOPROTO")
