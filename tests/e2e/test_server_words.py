"""What monitoring tools, operators and redis-cli ask a server: figures, slow calls, memory, settings, refusals."""

import shutil
import subprocess
import time

import hiredis
import pytest
from redis import Redis
from redis.exceptions import ResponseError

pytestmark = pytest.mark.process


def code(reply):
    """The first word of an error."""
    assert isinstance(reply, hiredis.ReplyError), reply
    return str(reply).partition(" ")[0]


@pytest.fixture
def client(server):
    """redis-py on a server with nothing stored and counting from nought."""
    client = Redis(port=server.port, decode_responses=True)
    client.flushall()
    client.config_resetstat()
    client.slowlog_reset()
    yield client
    client.config_set("slowlog-log-slower-than", 10_000, "latency-monitor-threshold", 0)
    client.close()


EXPORTED = """
server redis_version redis_mode os arch_bits process_id run_id tcp_port uptime_in_seconds uptime_in_days hz
clients connected_clients maxclients blocked_clients tracking_clients client_recent_max_input_buffer
memory used_memory used_memory_rss used_memory_peak used_memory_overhead used_memory_startup used_memory_dataset
memory used_memory_lua maxmemory maxmemory_policy mem_fragmentation_ratio mem_fragmentation_bytes mem_clients_normal
memory mem_not_counted_for_evict allocator_active allocator_allocated allocator_resident lazyfree_pending_objects
persistence loading rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status
persistence rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec aof_enabled aof_rewrite_in_progress
persistence aof_last_rewrite_time_sec aof_last_bgrewrite_status aof_last_write_status aof_current_size aof_buffer_length
stats total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
stats total_net_output_bytes instantaneous_input_kbps instantaneous_output_kbps rejected_connections expired_keys
stats evicted_keys keyspace_hits keyspace_misses pubsub_channels pubsub_patterns latest_fork_usec total_error_replies
stats acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel
replication role connected_slaves master_replid master_repl_offset repl_backlog_active repl_backlog_size
cpu used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children
cluster cluster_enabled
"""
"""What redis_exporter and Datadog's agent read, by section."""


class TestInfo:
    @pytest.mark.parametrize("line", EXPORTED.strip().splitlines())
    def test_what_exporters_read_is_there(self, client, line):
        section, *names = line.split()

        assert [] == [name for name in names if name not in client.info(section)]
        assert [] == [name for name in names if name not in client.info()]

    def test_sections_come_alone_together_and_by_default_without_long_ones(self, client):
        client.get("k")

        assert ["used_cpu_sys"] == [name for name in client.info("cpu") if name == "used_cpu_sys"]
        assert "role" not in client.info("cpu")
        several = client.info("cpu", "replication")
        assert {"role", "used_cpu_sys"} <= set(several)
        assert "cmdstat_get" not in client.info()
        for everything in ("all", "everything"):
            assert {"cmdstat_get", "role", "latency_percentiles_usec_get"} <= set(client.info(everything))
        assert {} == client.info("nonsense")

    def test_calls_failures_and_refusals_are_counted_by_word(self, server, client):
        for _ in range(5):
            client.set("k", "v")
        client.hset("h", "f", "v")
        wire = server.connect()
        for request in (("INCR", "h"), ("GET",), ("GET", "a", "b"), ("INCR", "h")):
            assert isinstance(wire(*request), hiredis.ReplyError)
        rows = client.info("commandstats")

        assert (5, 0, 0) == tuple(rows["cmdstat_set"][name] for name in ("calls", "rejected_calls", "failed_calls"))
        assert (2, 0, 2) == tuple(rows["cmdstat_incr"][name] for name in ("calls", "rejected_calls", "failed_calls"))
        assert (0, 2, 0) == tuple(rows["cmdstat_get"][name] for name in ("calls", "rejected_calls", "failed_calls"))
        assert rows["cmdstat_set"]["usec_per_call"] > 0
        assert {"errorstat_WRONGTYPE": {"count": 2}, "errorstat_ERR": {"count": 2}} == client.info("errorstats")
        assert 4 == client.info("stats")["total_error_replies"]

    def test_pipelined_calls_are_each_timed(self, client):
        pipeline = client.pipeline(transaction=False)
        for number in range(50):
            pipeline.set(f"k{number}", "v")
            pipeline.keys("*")
        pipeline.execute()
        rows = client.info("commandstats")

        assert (50, 50) == (rows["cmdstat_set"]["calls"], rows["cmdstat_keys"]["calls"])
        assert rows["cmdstat_keys"]["usec"] > 0
        assert {"p50", "p99", "p99.9"} == set(client.info("latencystats")["latency_percentiles_usec_keys"])

    def test_bytes_and_rates_are_measured(self, client):
        client.set("k", "v" * 10_000)
        client.get("k")
        told = client.info("stats")

        assert told["total_net_input_bytes"] > 10_000
        assert told["total_net_output_bytes"] > 10_000
        deadline = time.monotonic() + 10
        while not client.info("stats")["instantaneous_ops_per_sec"]:
            assert time.monotonic() < deadline

    def test_resetstat_begins_anew(self, client):
        client.get("k")
        client.config_resetstat()
        told = client.info("all")

        assert "cmdstat_get" not in told
        assert (0, 0) == (told["keyspace_misses"], told["total_error_replies"])

    def test_changes_since_the_last_backup_are_told(self, client):
        client.set("k", "v")
        unsaved = client.info("persistence")["rdb_changes_since_last_save"]
        assert unsaved > 0
        client.config_resetstat()
        assert unsaved == client.info("persistence")["rdb_changes_since_last_save"]
        assert client.save()

        assert 0 == client.info("persistence")["rdb_changes_since_last_save"]
        assert client.lastsave().timestamp() > 0
        assert client.bgsave()


class TestSlowness:
    def test_slow_calls_are_kept_without_what_is_private(self, client):
        client.config_set("slowlog-log-slower-than", 0)
        client.client_setname("shop")
        client.execute_command("CSET", "a private question", "a private answer", "TENANT", "acme")
        client.execute_command("ACL", "SETUSER", "slow", ">private-password")
        client.execute_command("ACL", "DELUSER", "slow")
        client.set("k", "private value")
        rows = client.slowlog_get(20)
        shown = [row["command"].decode() for row in rows]

        assert "private" not in str(rows)
        assert any(line.startswith("CSET (18 bytes ") and line.endswith("TENANT acme") for line in shown)
        assert any(line.startswith("SET k (13 bytes ") for line in shown)
        assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
        assert {"duration", "start_time", "client_address", "client_name"} <= set(rows[0])
        assert client.slowlog_len() >= len(rows)

    def test_only_so_many_are_kept_and_they_can_be_forgotten(self, client):
        client.config_set("slowlog-max-len", 3, "slowlog-log-slower-than", 0)
        for _ in range(10):
            client.ping()
        assert 3 == client.slowlog_len()
        assert 2 == len(client.slowlog_get(2))
        client.config_set("slowlog-log-slower-than", -1, "slowlog-max-len", 128)
        client.slowlog_reset()
        client.ping()

        assert 0 == client.slowlog_len()

    def test_latency_is_watched_when_asked_for(self, server, client):
        wire = server.connect()
        assert b"Nothing is watched" in wire("LATENCY", "DOCTOR")
        client.config_set("latency-monitor-threshold", 1)
        pipeline = client.pipeline(transaction=False)
        for number in range(20_000):
            pipeline.set(f"key:{number}", "v")
        pipeline.execute()
        while not wire("LATENCY", "LATEST"):
            client.keys("*a*b*c*")
        event, at_s, last_ms, most_ms = wire("LATENCY", "LATEST")[0]

        assert abs(at_s - time.time()) < 60
        assert 1 <= last_ms <= most_ms
        assert [at_s, last_ms] == wire("LATENCY", "HISTORY", event)[-1]
        assert b"on average" in wire("LATENCY", "DOCTOR")
        assert wire("LATENCY", "RESET") >= 1
        assert [] == wire("LATENCY", "HISTORY", event)

    def test_histograms_add_up(self, server, client):
        for _ in range(7):
            client.get("k")
        wire = server.connect(protocol=3)
        told = wire("LATENCY", "HISTOGRAM", "get", "nonsense")

        assert [b"get"] == list(told)
        assert 7 == told[b"get"][b"calls"] == list(told[b"get"][b"histogram_usec"].values())[-1]
        assert {b"get", b"latency|histogram"} <= set(wire("LATENCY", "HISTOGRAM"))


class TestMemory:
    def test_keys_tell_their_size(self, client):
        client.set("small", "v")
        client.set("large", "v" * 5_000)
        client.hset("hash", mapping={str(field): "v" for field in range(200)})

        assert 0 < client.memory_usage("small") < 300
        assert 5_000 < client.memory_usage("large") < 6_000
        assert client.memory_usage("hash", samples=0) > client.memory_usage("small")
        assert client.memory_usage("nothing") is None

    def test_stats_and_advice_are_given(self, server, client):
        told = client.memory_stats()

        assert told["total.allocated"] >= told["startup.allocated"] > 0
        assert told["keys.count"] == 0
        wire = server.connect()
        assert b"There is room" in wire("MEMORY", "DOCTOR")
        assert b"process: " in wire("MEMORY", "MALLOC-STATS")
        assert b"OK" == wire("MEMORY", "PURGE")


class TestConfig:
    def test_several_patterns_and_redis_names_are_shown(self, client):
        told = client.config_get("slowlog-*", "maxclients", "SAVE", "appendonly")

        assert {"slowlog-log-slower-than": "10000", "slowlog-max-len": "128", "maxclients": "10000", "save": "",
                "appendonly": "yes"} == told  # fmt: skip
        assert "slowlog_max_len" in client.config_get("slowlog_max_len")

    def test_all_or_nothing_is_set(self, client):
        for pairs in ((("slowlog-max-len", 5), ("nonsense", 1)), (("slowlog-max-len", 5), ("maxclients", "many")),
                      (("slowlog-max-len", 5), ("data_dir", "x")), (("slowlog-max-len", 5), ("slowlog_max_len", 6)),
                      (("slowlog-max-len", 5), ("maxmemory", "1"))):  # fmt: skip
            with pytest.raises(ResponseError):
                client.execute_command("CONFIG", "SET", *(part for pair in pairs for part in pair))

        assert "128" == client.config_get("slowlog-max-len")["slowlog-max-len"]

    def test_what_is_so_anyway_may_be_set(self, client):
        assert client.config_set("save", "", "appendonly", "yes", "slowlog-max-len", 128)

    def test_rewrite_is_refused_clearly(self, client):
        with pytest.raises(ResponseError, match="no settings file"):
            client.config_rewrite()


@pytest.mark.parametrize(
    ("request_", "told"),
    [("EVAL return 0", "no Lua"), ("EVALSHA abc 0", "no Lua"), ("EVAL_RO x 0", "no Lua"), ("SCRIPT LOAD x", "no Lua"),
     ("SCRIPT EXISTS x", "no Lua"), ("FUNCTION LIST", "no Lua"), ("FCALL f 0", "no Lua"), ("FCALL_RO f 0", "no Lua"),
     ("REPLICAOF host 6379", "no replication"), ("SLAVEOF host 6379", "no replication"),
     ("FAILOVER", "no replication"), ("CLUSTER INFO", "cluster support disabled"), ("READONLY", "cluster"),
     ("MODULE LOAD x.so", "no modules"), ("SHUTDOWN ABORT", "no stop is"),
     ("DEBUG SLEEP 0", "DEBUG is off"), ("DEBUG DIGEST", "DEBUG is off"),
     ("DEBUG OBJECT k", "DEBUG is off"), ("CONFIG REWRITE", "no settings file")],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_clear_words(server, request_, told):
    reply = server.connect()(*request_.split())

    assert "ERR" == code(reply)
    assert told in str(reply)


def test_a_server_alone_says_so(server):
    wire = server.connect()

    assert [b"master", 0, []] == wire("ROLE")
    assert b"OK" == wire("REPLICAOF", "NO", "ONE") == wire("SLAVEOF", "no", "one")
    assert [0, 0] == [wire("WAIT", "0", "0"), wire("WAIT", "1", "10")]
    assert [1, 0] == wire("WAITAOF", "1", "0", "0")
    assert [] == wire("MODULE", "LIST")
    assert b"Crowkis" in wire("LOLWUT", "VERSION", "5")
    seconds, micros = wire("TIME")
    assert abs(int(seconds) - time.time()) < 10
    assert 0 <= int(micros) < 1_000_000


class TestDebug:
    @pytest.fixture
    def server(self, start_server):
        return start_server("--debug-commands", "yes")

    def test_sleep_keeps_only_its_own_client_waiting(self, server):
        sleeper, other = server.connect(), server.connect()
        sleeper.send("DEBUG", "SLEEP", "0.3")

        assert b"PONG" == other("PING")
        assert b"OK" == sleeper.reply()

    def test_digests_are_the_same_where_the_same_is_held(self, server):
        wire = server.connect()
        wire("FLUSHALL")
        nothing = wire("DEBUG", "DIGEST")
        wire("SET", "a", "1")
        wire("HSET", "h", "f", "1", "g", "2")
        first = wire("DEBUG", "DIGEST")
        wire("DEL", "h", "a")
        assert nothing == wire("DEBUG", "DIGEST") == b"0" * 40
        wire("HSET", "h", "g", "2")
        wire("HSET", "h", "f", "1")
        wire("SET", "a", "1")
        assert first == wire("DEBUG", "DIGEST")
        wire("SET", "b", "1")
        one, other, none = wire("DEBUG", "DIGEST-VALUE", "a", "b", "nothing")

        assert first != wire("DEBUG", "DIGEST")
        assert (one, b"0" * 40) == (other, none)

    def test_an_object_is_described(self, server):
        wire = server.connect()
        wire("SET", "a", "12345")

        assert b"type:string refcount:1 serializedlength:5" in wire("DEBUG", "OBJECT", "a")
        assert "ERR" == code(wire("DEBUG", "OBJECT", "nothing"))


@pytest.fixture
def redis_cli(server):
    """redis_cli(*flags) -> what it prints; `lines`: only so many, then it is ended."""
    program = shutil.which("redis-cli")
    if program is None:
        pytest.skip("redis-cli is not installed")

    def run(*flags, stdin=None, lines=None):
        command = ["stdbuf", "-oL", program, "-p", str(server.port), *flags]
        if lines is None:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, input=stdin, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout
        going_on = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            return "".join(going_on.stdout.readline() for _ in range(lines))
        finally:
            going_on.terminate()
            going_on.wait(10)

    return run


class TestRedisCli:
    def test_stat_prints_figures(self, client, redis_cli):
        client.set("k", "v")
        lines = redis_cli("--stat", "-i", "0.1", lines=4).splitlines()

        assert lines[0].startswith("------- data")
        assert lines[2].split()[0] == "1"

    def test_scan_finds_every_key(self, client, redis_cli):
        client.mset({f"key:{number}": "v" for number in range(50)})

        assert {f"key:{number}" for number in range(50)} == set(redis_cli("--scan", "--pattern", "key:*").split())

    def test_bigkeys_and_memkeys_name_the_largest(self, client, redis_cli):
        client.mset({f"key:{number}": "v" * number for number in range(1, 40)})
        client.hset("wide", mapping={str(field): "v" for field in range(30)})
        told = redis_cli("--bigkeys")

        assert 'Biggest string found "key:39"' in told.replace("'", '"').replace('""', '"')
        assert 'Biggest   hash found "wide"' in told.replace("'", '"').replace('""', '"')
        assert "key:39" in redis_cli("--memkeys")

    def test_latency_is_measured(self, server, redis_cli):
        least, most, mean, samples = redis_cli("--latency", "--raw", "-i", "0.2", lines=1).split()

        assert int(samples) > 0
        assert int(least) <= float(mean) <= int(most)

    def test_monitor_shows_what_is_run(self, server, redis_cli):
        command = ["stdbuf", "-oL", "redis-cli", "-p", str(server.port), "MONITOR"]
        watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert "OK" == watching.stdout.readline().strip()
            server.connect()("SET", "watched", "v")
            assert '"SET" "watched"' in watching.stdout.readline()
        finally:
            watching.terminate()
            watching.wait(10)

    def test_commands_are_typed_in(self, redis_cli):
        told = redis_cli(stdin="SET typed in\nGET typed\nINFO replication\nCOMMAND COUNT\nACL WHOAMI\n")

        assert ["OK", "in"] == told.split()[:2]
        assert "role:master" in told
        assert told.rstrip().endswith("default")


@pytest.fixture
def pair(server):
    """Two connections, and what CLIENT LIST says of each."""
    wires = server.connect(), server.connect()

    def facts(wire):
        line = wire("CLIENT", "INFO").decode().rstrip("\n")
        return dict(piece.split("=", 1) for piece in line.split(" "))

    yield *wires, facts
    for wire in wires:
        wire("CLIENT", "UNPAUSE") if not wire.closed else None
        wire.close()


class TestClients:
    def test_both_ends_of_a_connection_are_told(self, server, pair):
        wire, _, facts = pair
        host, port = wire.socket.getsockname()
        told = facts(wire)

        assert f"{host}:{port}" == told["addr"]
        assert f"{host}:{server.port}" == told["laddr"]
        assert int(told["fd"]) > 0
        assert ("default", "N", "0", "-1") == (told["user"], told["flags"], told["db"], told["redir"])
        wire("CLIENT", "NO-TOUCH", "ON")
        wire("CLIENT", "NO-EVICT", "ON")
        assert "NeT" == facts(wire)["flags"]

    @pytest.mark.parametrize(
        "filters", [("ID", "{id}"), ("ADDR", "{addr}"), ("ADDR", "{addr}", "TYPE", "normal", "USER", "default"),
                    ("{addr}",), ("LADDR", "{laddr}", "ID", "{id}", "SKIPME", "no")],
    )  # fmt: skip
    def test_a_connection_is_closed_by_each_filter(self, pair, filters):
        victim, other, facts = pair
        told = facts(victim)

        assert other("CLIENT", "KILL", *(part.format(**told) for part in filters)) in (1, b"OK")
        assert b"" == victim.read_until_closed()
        assert b"PONG" == other("PING")

    def test_all_filters_must_fit_and_one_must_be_given(self, pair):
        victim, other, facts = pair
        told = facts(victim)

        for filters in (("ID", told["id"], "TYPE", "pubsub"), ("ID", told["id"], "LADDR", "1.2.3.4:5"),
                        ("ID", told["id"], "MAXAGE", "100000"), ("ID", facts(other)["id"])):  # fmt: skip
            assert 0 == other("CLIENT", "KILL", *filters)
        for filters in ((), ("ID", "0"), ("TYPE", "x"), ("USER", "nobody"), ("SKIPME", "no"), ("1.2.3.4:5",)):
            assert "ERR" == code(other("CLIENT", "KILL", *filters))
        assert b"PONG" == victim("PING")

    def test_of_a_user_all_connections_can_be_closed(self, server, pair):
        victim, other, _ = pair
        other("ACL", "SETUSER", "alice", "on", ">x", "+ping")
        victim("AUTH", "alice", "x")

        assert 1 == other("CLIENT", "KILL", "USER", "alice")
        assert b"" == victim.read_until_closed()
        assert 1 == other("ACL", "DELUSER", "alice")

    def test_skipme_no_closes_the_asker_after_its_reply(self, pair):
        wire, _, facts = pair

        assert 1 == wire("CLIENT", "KILL", "ID", facts(wire)["id"], "SKIPME", "NO")
        assert b"" == wire.read_until_closed()

    def test_a_pause_holds_calls_up_until_it_is_over(self, pair):
        wire, other, _ = pair
        began = time.monotonic()
        assert b"OK" == wire("CLIENT", "PAUSE", "300")
        other.send("PING")
        wire.send("SET", "paused", "v")

        assert [b"PONG", b"OK"] == [other.reply(), wire.reply()]
        assert time.monotonic() - began >= 0.3

    def test_a_pause_of_writes_lets_reads_through_and_unpause_ends_it(self, pair):
        wire, other, _ = pair
        assert b"OK" == wire("CLIENT", "PAUSE", "60000", "WRITE")
        other.send_raw(other.frame("GET", "k") + other.frame("SET", "paused", "now") + other.frame("GET", "paused"))

        assert not isinstance(other.reply(), hiredis.ReplyError)
        assert b"PONG" == wire("PING")
        assert b"OK" == wire("CLIENT", "UNPAUSE")
        assert [b"OK", b"now"] == other.replies(2)

    def test_a_server_that_is_paused_stops_well(self, start_server):
        own = start_server()
        wire = own.connect()
        wire("CLIENT", "PAUSE", "60000")
        wire.send("SET", "k", "v")
        began = time.monotonic()

        assert 0 == own.stop()
        assert time.monotonic() - began < 9

    def test_nobody_waits_so_nobody_is_unblocked(self, pair):
        wire, other, facts = pair

        assert [0, 0] == [wire("CLIENT", "UNBLOCK", facts(other)["id"]), wire("CLIENT", "UNBLOCK", "99999", "ERROR")]

    def test_help_lists_the_words(self, pair):
        for word in ("CLIENT", "CONFIG", "SLOWLOG", "LATENCY", "MEMORY", "DEBUG", "COMMAND", "ACL"):
            lines = pair[0](word, "HELP")
            assert any(line.startswith(f"{word} HELP".encode()) for line in lines), word
