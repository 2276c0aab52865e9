"""The programs people already have connect unmodified: redis-py, redis-cli, node-redis, ioredis."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import hiredis
import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

pytestmark = pytest.mark.process

ANSWER = "Open Settings, then Reset password."


def program(name):
    """The path of an installed program, or a skip that says which one is missing."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(params=[2, 3])
def protocol(request):
    return request.param


class TestRedisPy:
    def test_the_sync_client_works_as_a_cache_and_as_an_answer_cache(self, server, wire, protocol):
        client = redis.Redis(port=server.port, protocol=protocol, client_name="shop", decode_responses=True)

        assert client.ping()
        assert client.set("key", "value", ex=60)
        assert "value" == client.get("key")
        assert 60 == client.ttl("key")
        assert [1, 0] == [client.delete("key"), client.exists("key")]
        assert "OK" == client.execute_command("CSET", "how do i log in", ANSWER)
        hit = client.execute_command("CGET", "how do i log in")

        assert ANSWER == (hit["response"] if protocol == 3 else hit)
        assert client.execute_command("CGET", "something else") is None
        assert "shop" == client.client_getname()
        assert client.info()["loading"] == 0
        assert {"bind_host"} == set(client.config_get("bind_host"))
        assert client.time()[0] > 1_600_000_000
        client.close()

    def test_the_sync_client_reads_sorted_sets(self, server, wire, protocol):
        client = redis.Redis(port=server.port, protocol=protocol, decode_responses=True)
        pair = (lambda member, score: [member, score]) if protocol == 3 else (lambda member, score: (member, score))

        assert 3 == client.zadd("z", {"a": 1, "b": 2.5, "c": float("inf")})
        assert (2.5, None, 1) == (client.zscore("z", "b"), client.zscore("z", "none"), client.zrank("z", "b"))
        assert [pair("c", float("inf")), pair("b", 2.5)] == client.zrange("z", 0, 1, desc=True, withscores=True)
        assert ["b"] == client.zrangebyscore("z", "(1", 3, start=0, num=5)
        assert [1.0, None] == client.zmscore("z", ["a", "none"])
        assert {"a": 1.0, "b": 2.5, "c": float("inf")} == dict(client.zscan_iter("z", count=2))
        assert 3.5 == client.zincrby("z", 1, "b")
        assert client.zadd("z", {"a": 5}, incr=True, lt=True) is None
        assert [pair("a", 3.0), pair("b", 10.5)] == client.zunion({"z": 3}, withscores=True)[:2]
        assert ["z", [["a", 1.0 if protocol == 3 else "1"]]] == client.zmpop(2, ["none", "z"], min=True)
        assert [pair("c", float("inf"))] == client.zpopmax("z", 1)
        client.close()

    def test_a_pipeline_brings_its_replies_in_order(self, server, wire, protocol):
        client = redis.Redis(port=server.port, protocol=protocol)
        pipeline = client.pipeline(transaction=False)
        for number in range(500):
            pipeline.set(f"k{number}", number)
            pipeline.get(f"k{number}")
        pipeline.execute_command("CGET", "nothing stored")
        pipeline.get("k0")

        replies = pipeline.execute()

        assert [True, b"0", True, b"1"] == replies[:4]
        assert [b"499", None, b"0"] == replies[-3:]
        client.close()

    def test_an_error_in_a_pipeline_spares_its_neighbours(self, server, wire, protocol):
        client = redis.Redis(port=server.port, protocol=protocol)
        pipeline = client.pipeline(transaction=False)
        pipeline.set("text", "abc").incr("text").get("text")

        done, refused, value = pipeline.execute(raise_on_error=False)

        assert (True, b"abc") == (done, value)
        assert isinstance(refused, redis.ResponseError)
        client.close()

    def test_the_async_client_works_as_well(self, server, wire, protocol):
        async def use():
            client = redis.asyncio.Redis(port=server.port, protocol=protocol, client_name="async")
            await client.set("key", "value")
            value = await client.get("key")
            await client.execute_command("CSET", "how do i log in", ANSWER)
            replies = await asyncio.gather(*(client.execute_command("CGET", "how do i log in") for _ in range(20)))
            await client.aclose()
            return value, replies

        value, replies = asyncio.run(use())

        assert b"value" == value
        assert {ANSWER.encode()} == {reply[b"response"] if protocol == 3 else reply for reply in replies}

    def test_scan_iter_finds_every_key_once(self, server, wire, protocol):
        client = redis.Redis(port=server.port, protocol=protocol)
        client.mset({f"key:{number}": number for number in range(300)})

        found = list(client.scan_iter("key:*", count=17))

        assert sorted(found) == sorted({f"key:{number}".encode() for number in range(300)})
        client.close()

    def test_shutdown_is_done_when_the_connection_closes(self, start_server, protocol):
        own = start_server()
        client = redis.Redis(port=own.port, protocol=protocol, retry=Retry(NoBackoff(), 0))

        client.shutdown()

        assert 0 == own.wait()
        client.close()


RECORDED = {
    "redis-py 8 with RESP3": [
        ("HELLO", "3"),
        ("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "internal-fqdn"),
        ("CLIENT", "SETINFO", "LIB-NAME", "redis-py"),
        ("CLIENT", "SETINFO", "LIB-VER", "8.1.0"),
    ],
    "redis-py 5 and valkey-py": [
        ("CLIENT", "SETINFO", "LIB-NAME", "redis-py"),
        ("CLIENT", "SETINFO", "LIB-VER", "5.2.1"),
    ],
    "with a client name": [
        ("HELLO", "3"),
        ("CLIENT", "SETNAME", "shop"),
        ("CLIENT", "SETINFO", "LIB-NAME", "redis-py"),
        ("CLIENT", "SETINFO", "LIB-VER", "8.1.0"),
    ],
    "coredis": [("HELLO", "3")],
    "valkey-glide": [
        ("HELLO", "3"),
        ("CLIENT", "SETINFO", "LIB-NAME", "GlidePy"),
        ("CLIENT", "SETINFO", "LIB-VER", "2.5.0"),
        ("INFO", "REPLICATION"),
    ],
    "ioredis": [
        ("hello", "3"),
        ("client", "SETINFO", "LIB-NAME", "ioredis"),
        ("client", "SETINFO", "LIB-VER", "6.0.0"),
        ("info",),
    ],
    "node-redis": [
        ("HELLO", "3"),
        ("CLIENT", "SETINFO", "LIB-NAME", "node-redis"),
        ("CLIENT", "SETINFO", "LIB-VER", "6.3.0"),
        ("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "external-ip"),
    ],
    "iovalkey": [("info",)],
    "litellm": [("INFO",), ("PING",), ("GET", "ns:0f3a"), ("SET", "ns:0f3a", "{}")],
}
MAY_BE_REFUSED = {"MAINT_NOTIFICATIONS"}


@pytest.mark.parametrize("client", sorted(RECORDED))
def test_what_clients_send_on_connect_may_come_in_one_packet(server, wire, client):
    frames = RECORDED[client]
    connection = server.connect()
    connection.send_raw(b"".join(connection.frame(*request) for request in frames))

    replies = connection.replies(len(frames))

    for request, reply in zip(frames, replies, strict=True):
        if MAY_BE_REFUSED.isdisjoint(request):
            assert not isinstance(reply, hiredis.ReplyError), (request, reply)
        if request[0].upper() == "INFO" and len(request) == 1:
            lines = reply.decode().split("\r\n")
            for line in ("arch_bits:64", "cluster_enabled:0", "loading:0"):
                assert line in lines
            assert any(line.startswith("redis_version:7.") for line in lines)
    assert b"PONG" in (connection("PING"), connection("ECHO", "PONG"))


class TestRedisCli:
    def run(self, server, *words, stdin="", timeout=30):
        ran = subprocess.run(
            [program("redis-cli"), "-p", str(server.port), *words],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(), capture_output=True, timeout=timeout,
            check=False, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        )  # fmt: skip
        return (ran.stdout + ran.stderr).decode()

    @pytest.mark.parametrize("flags", [(), ("-3",)])
    def test_it_stores_and_asks(self, server, wire, flags):
        assert "OK\n" == self.run(server, *flags, "CSET", "how do i log in", ANSWER)
        assert ANSWER in self.run(server, *flags, "CGET", "how do i log in")

    def test_it_reads_commands_from_a_pipe(self, server, wire):
        assert "OK\nvalue\n1\n" == self.run(server, stdin="SET key value\nGET key\nDEL key\n")

    def test_it_shows_the_token_with_a(self, start_server):
        own = start_server(environ={"CROWKIS_AUTH_TOKEN": "secret"})

        assert "PONG\n" == self.run(own, "-a", "secret", "--no-auth-warning", "PING")
        assert "NOAUTH" in self.run(own, "PING")
        assert "WRONGPASS" in self.run(own, "-a", "wrong", "PING")

    def test_pipe_mode_sends_raw_requests_in_bulk(self, server, wire):
        frames = b"".join(wire.frame("SET", f"key{number}", "v" * 50) for number in range(5_000))

        told = self.run(server, "--pipe", stdin=frames)

        assert "errors: 0, replies: 5000" in told
        assert 5_000 == wire("DBSIZE")

    def test_scan_and_bigkeys_walk_the_keys(self, server, wire):
        for number in range(30):
            wire("SET", f"key:{number}", "v" * (number + 1))

        listed = self.run(server, "--scan", "--pattern", "key:*")
        biggest = self.run(server, "--bigkeys")

        assert {f"key:{number}" for number in range(30)} == set(listed.split())
        assert "30 bytes" in biggest
        assert "key:29" in biggest

    def test_stat_prints_a_sample(self, server, wire):
        wire("SET", "key", "value")
        watching = subprocess.Popen(
            [program("redis-cli"), "-p", str(server.port), "--stat", "-i", "0.01"], stdout=subprocess.PIPE, text=True
        )
        lines = [watching.stdout.readline() for _ in range(3)]
        watching.terminate()
        watching.communicate(timeout=10)

        assert "keys" in lines[1]
        assert "1" == lines[2].split()[0]


class TestMonitor:
    def watch(self, server):
        watcher = server.connect()
        assert watcher("MONITOR") == b"OK"
        return watcher

    def test_it_shows_words_and_scopes_but_of_prompts_and_answers_only_length_and_digest(self, server, wire):
        watcher = self.watch(server)
        wire("CSET", "how do i log in", ANSWER, "TENANT", "acme", "EX", "60")
        wire("CGET", "how do i log in", "TENANT", "acme")
        wire("GET", "key:1")
        stored, asked, plain = (watcher.reply().decode() for _ in range(3))

        assert "log in" not in stored + asked
        assert ANSWER not in stored
        assert f"({len('how do i log in')} bytes " in stored
        assert f"({len(ANSWER)} bytes " in stored
        assert '"TENANT" "acme" "EX" "60"' in stored
        assert stored.split('"CSET" ')[1].split()[:4][2] == asked.split('"CGET" ')[1].split()[:4][2]
        assert plain.endswith(' "GET" "key:1"')
        assert plain.split()[1].startswith("[0")

    def test_previews_are_shown_where_the_operator_allows_them(self, start_server):
        own = start_server("--log-query-previews", "yes")
        watcher, asker = self.watch(own), own.connect()
        asker("CSET", "how do i log in", ANSWER)

        assert f'"CSET" "how do i log in" "{ANSWER}"' in watcher.reply().decode()

    def test_the_ok_comes_before_the_first_line(self, server, wire):
        watcher = server.connect()
        watcher.send_raw(watcher.frame("MONITOR") + watcher.frame("PING"))

        assert b"OK" == watcher.reply()
        assert {b"PONG", b"line"} == {b"line" if b'"PING"' in reply else reply for reply in watcher.replies(2)}

    def test_reset_ends_it(self, server, wire):
        watcher = self.watch(server)
        watcher.send("RESET")
        while watcher.reply() != b"RESET":
            pass
        wire("GET", "unseen")

        assert b"PONG" == watcher("PING")


NODE = """
const url = process.argv[2], results = {};
async function nodeRedis(RESP) {
  const { createClient } = require('redis');
  const client = createClient({ url, RESP });
  client.on('error', (error) => { throw error; });
  await client.connect();
  await client.set('key', 'value');
  const value = await client.get('key');
  await client.sendCommand(['CSET', 'how do i log in', 'answer']);
  const hit = await client.sendCommand(['CGET', 'how do i log in']);
  const miss = await client.sendCommand(['CGET', 'something else']);
  await client.close();
  return { value, hit: RESP === 3 ? Object.fromEntries(Object.entries(hit)).response : hit, miss };
}
async function ioRedis(protocol) {
  const Redis = require('ioredis');
  const client = new Redis(url, { protocol, lazyConnect: true });
  await client.connect();
  await client.set('key', 'value');
  const value = await client.get('key');
  await client.call('CSET', 'how do i log in', 'answer');
  let hit = await client.call('CGET', 'how do i log in');
  const miss = await client.call('CGET', 'something else');
  if (hit instanceof Map) hit = hit.get('response');
  else if (Array.isArray(hit)) hit = hit[hit.indexOf('response') + 1];
  else if (hit && typeof hit === 'object') hit = hit.response;
  client.disconnect();
  return { value, hit, miss };
}
(async () => {
  for (const protocol of [2, 3]) {
    results['redis' + protocol] = await nodeRedis(protocol);
    results['ioredis' + protocol] = await ioRedis(protocol);
  }
  console.log(JSON.stringify(results));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="session")
def node_clients(tmp_path_factory, request):
    """A directory with node-redis and ioredis installed; kept between runs in pytest's cache."""
    npm = program("npm")
    program("node")
    directory = Path(request.config.cache.mkdir("node-clients"))
    if not (directory / "installed").exists():
        (directory / "package.json").write_text('{"private": true}')
        ran = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "redis", "ioredis"],
            cwd=directory, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        if ran.returncode:
            pytest.skip(f"npm could not install redis and ioredis: {ran.stderr.strip().splitlines()[-1:]}")
        (directory / "installed").touch()
    return directory


def test_node_redis_and_ioredis_get_set_and_ask_in_both_protocols(server, wire, node_clients):
    script = node_clients / "use.js"
    script.write_text(NODE)

    ran = subprocess.run(
        [program("node"), str(script), f"redis://127.0.0.1:{server.port}"],
        cwd=node_clients, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    expected = {"value": "value", "hit": "answer", "miss": None}
    assert dict.fromkeys(("redis2", "ioredis2", "redis3", "ioredis3"), expected) == json.loads(ran.stdout)
