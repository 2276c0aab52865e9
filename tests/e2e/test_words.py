"""Words about the connection and the server, and the errors a client meets: each reply through the real door."""

import re

import hiredis
import pytest

from crowkis.settings import BY_NAME

pytestmark = pytest.mark.process

BAR = str(BY_NAME["similarity_min"].default)

Error = hiredis.ReplyError


def code(reply):
    """The first word of an error, which is the part of it that is API."""
    assert isinstance(reply, Error), reply
    return str(reply).partition(" ")[0]


class TestHello:
    def test_it_switches_between_the_protocols(self, server):
        wire = server.connect()
        flat = wire("HELLO")
        mapped = wire("HELLO", "3")
        back = wire("HELLO", "2")

        assert isinstance(flat, list)
        assert isinstance(back, list)
        assert dict(zip(flat[::2], flat[1::2], strict=True)).keys() == mapped.keys()
        assert (3, b"redis", b"standalone") == (mapped[b"proto"], mapped[b"server"], mapped[b"mode"])
        assert isinstance(mapped[b"id"], int)

    @pytest.mark.parametrize("version", ["1", "4", "33", "x", "-3"])
    def test_other_versions_are_noproto_and_change_nothing(self, server, version):
        wire = server.connect()

        assert "NOPROTO" == code(wire("HELLO", version))
        assert isinstance(wire("HELLO"), list)

    def test_it_sets_the_name_too(self, server):
        wire = server.connect()
        wire("HELLO", "3", "SETNAME", "shop")

        assert b"shop" == wire("CLIENT", "GETNAME")
        assert "ERR" == code(wire("HELLO", "3", "SETNAME"))
        assert "ERR" == code(wire("HELLO", "3", "SETNAME", "two words"))
        assert "ERR" == code(wire("HELLO", "3", "NONSENSE", "x"))

    def test_reset_puts_everything_back(self, server):
        wire = server.connect(protocol=3)
        wire("SELECT", "3")
        wire("CLIENT", "SETNAME", "shop")

        assert b"RESET" == wire("RESET")
        assert wire("CLIENT", "GETNAME") is None
        info = wire("CLIENT", "INFO").decode()
        assert " db=0 " in info
        assert " resp=2 " in info


class TestConnectionWords:
    def test_ping_and_echo(self, wire):
        assert b"PONG" == wire("PING")
        assert b"hello" == wire("PING", "hello")
        assert b"hello" == wire("ECHO", "hello")
        assert b"" == wire("ECHO", "")

    @pytest.mark.parametrize("word", ["ping", "Ping", "pInG"])
    def test_words_may_be_written_in_any_case(self, wire, word):
        assert b"PONG" == wire(word)

    def test_sub_words_and_options_may_be_written_in_any_case(self, wire):
        assert b"OK" == wire("cLiEnT", "sEtNaMe", "shop")
        assert b"OK" == wire("sEt", "key", "value", "eX", "100", "nX")
        assert b"value" == wire("gEt", "key")

    def test_inline_commands_are_understood(self, wire):
        wire.send_raw(b"SET key 'two words'\r\nget key\n\r\n  PING\r\n")

        assert [b"OK", b"two words", b"PONG"] == wire.replies(3)

    def test_select_keeps_databases_apart(self, wire):
        wire("SET", "key", "zero")
        assert b"OK" == wire("SELECT", "1")
        assert wire("GET", "key") is None
        wire("SET", "key", "one")
        wire("SELECT", "0")

        assert b"zero" == wire("GET", "key")
        assert "ERR" == code(wire("SELECT", "16"))
        assert "ERR" == code(wire("SELECT", "-1"))
        assert "ERR" == code(wire("SELECT", "x"))

    def test_quit_says_ok_and_closes(self, server):
        wire = server.connect()
        wire.send("QUIT")

        assert b"+OK\r\n" == wire.read_until_closed()

    def test_auth_where_no_token_is_set_is_an_error_that_says_so(self, wire):
        reply = wire("AUTH", "anything")

        assert "ERR" == code(reply)
        assert "no token is configured" in str(reply)

    def test_client_words_describe_connections(self, wire):
        number = wire("CLIENT", "ID")
        wire("CLIENT", "SETNAME", "shop")
        wire("CLIENT", "SETINFO", "LIB-NAME", "ours")
        wire("CLIENT", "SETINFO", "lib-ver", "1.2")
        line = wire("CLIENT", "INFO").decode()

        assert f"id={number} " in line
        for piece in ("name=shop", "lib-name=ours", "lib-ver=1.2", "db=0", "resp=2", "addr=127.0.0.1:"):
            assert piece in line
        listed = wire("CLIENT", "LIST").decode().splitlines()
        assert 1 == len([line for line in listed if line.startswith(f"id={number} ")])
        assert b"OK" == wire("CLIENT", "NO-EVICT", "ON")
        assert "flags=Ne" in wire("CLIENT", "INFO").decode()

    def test_client_list_tells_of_those_named(self, server, wire):
        first, second = server.connect(), server.connect()
        numbers = [each("CLIENT", "ID") for each in (wire, first, second)]

        def listed(*words):
            return {int(line.split()[0][3:]) for line in wire("CLIENT", "LIST", *words).decode().splitlines()}

        assert set(numbers[1:]) == listed("ID", numbers[1], numbers[2])
        assert set(numbers[:2]) == listed("id", numbers[1], numbers[0], numbers[1], "TYPE", "normal")
        assert set(numbers) <= listed()
        assert set() == listed("ID", 999_999)
        for words in (("ID",), ("ID", "x"), ("ID", numbers[0], "x"), (numbers[0],)):
            assert "ERR" == code(wire("CLIENT", "LIST", *words))

    def test_client_kill_closes_the_chosen_connection(self, server, wire):
        first, second = server.connect(), server.connect()
        number = first("CLIENT", "ID")
        address = re.search(r" addr=(\S+) ", second("CLIENT", "INFO").decode())[1]

        assert 1 == wire("CLIENT", "KILL", "ID", number)
        assert b"" == first.read_until_closed()
        assert b"OK" == wire("CLIENT", "KILL", address)
        assert b"" == second.read_until_closed()
        assert 0 == wire("CLIENT", "KILL", "ID", number)
        assert "ERR" == code(wire("CLIENT", "KILL", address))
        assert "ERR" == code(wire("CLIENT", "KILL"))

    def test_client_reply_off_and_skip_silence_what_they_say(self, wire):
        for request in (("CLIENT", "REPLY", "OFF"), ("PING",), ("NONSENSE",), ("CLIENT", "REPLY", "ON")):
            wire.send(*request)
        assert b"OK" == wire.reply()
        for request in (("CLIENT", "REPLY", "SKIP"), ("ECHO", "unseen"), ("ECHO", "seen")):
            wire.send(*request)

        assert b"seen" == wire.reply()

    def test_an_unknown_sub_word_is_an_error_that_lists_the_known(self, wire):
        reply = wire("CLIENT", "NONSENSE")

        assert "ERR" == code(reply)
        assert "SETNAME" in str(reply)
        assert b"PONG" == wire("PING")


class TestErrors:
    def test_an_unknown_word_is_named(self, wire):
        reply = wire("NONSENSE", "x")

        assert "ERR" == code(reply)
        assert "unknown command 'NONSENSE'" in str(reply)

    def test_a_word_with_line_breaks_cannot_forge_a_reply(self, wire):
        assert "ERR" == code(wire(b"x\r\n+OK\r\n"))
        assert b"PONG" == wire("PING")

    @pytest.mark.parametrize(
        "request_", [("GET",), ("GET", "a", "b"), ("SET", "a"), ("MSET", "a", "b", "c"), ("PING", "a", "b"),
                     ("CGET",), ("CSET", "q"), ("CFLUSH", "x", "y"), ("ECHO",), ("CLIENT", "SETNAME"), ("DEL",)],
    )  # fmt: skip
    def test_a_wrong_number_of_arguments_shows_the_syntax(self, wire, request_):
        reply = wire(*request_)

        assert "ERR" == code(reply)
        assert "syntax" in str(reply)

    @pytest.mark.parametrize("options", [("TENANT", "acme"), ("EX", "60"), ("tag", "x", "Model", "m")])
    def test_a_missing_answer_is_said_and_nothing_is_stored(self, wire, options):
        reply = wire("CSET", "how do i log in", *options)

        assert "ERR" == code(reply)
        assert "answer is missing" in str(reply)
        assert wire("CGET", "how do i log in") is None
        assert 0 == wire("CFLUSH", "ALL")

    @pytest.mark.parametrize(
        ("request_", "named"),
        [
            (("CGET", "q", "THRESHOLD", "1.5"), "THRESHOLD"),
            (("CGET", "q", "THRESHOLD", "nan"), "THRESHOLD"),
            (("CGET", "q", "THRESHOLD"), "THRESHOLD"),
            (("CGET", "q", "TENANT", "a:b"), "TENANT"),
            (("CGET", "q", "TENANT", "a~b"), "TENANT"),
            (("CGET", "q", "TENANT", ""), "TENANT"),
            (("CGET", "q", "TENANT", "a", "TENANT", "b"), "TENANT"),
            (("CSET", "q", "a", "EX", "0"), "EX"),
            (("CSET", "q", "a", "EX", "10", "PX", "10"), "PX"),
            (("CSET", "q", ""), "answer"),
            (("CSET", "", "a"), "query"),
            (("CSET", " \t", "a"), "query"),
            (("CSET", b"\xff\xfe", "a"), "query"),
            (("CGETSTREAM", "q", "CHUNK", "129"), "CHUNK"),
            (("CGETSTREAM", "q", "DELAY", "2001"), "DELAY"),
            (("CGETSTREAM", "q", "PUSH"), "PUSH"),
            (("CSIM", "q"), "CSIM"),
            (("CSIM", "q", "other", "K", "3"), "CSIM"),
            (("CSET", "q", "a", *("TAG", "t") * 33), "TAG"),
        ],
    )
    def test_an_argument_that_cannot_be_right_is_named(self, wire, request_, named):
        reply = wire(*request_)

        assert "ERR" == code(reply)
        assert named in str(reply)
        assert b"PONG" == wire("PING")


class TestServerWords:
    def test_info_tells_what_clients_look_for(self, wire):
        text = wire("INFO").decode()
        facts = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

        expected = {"arch_bits": "64", "cluster_enabled": "0", "loading": "0", "role": "master",
                    "redis_mode": "standalone", "writes_stopped": "no"}  # fmt: skip
        assert expected == {name: facts[name] for name in expected} | {"writes_stopped": "no"}
        assert re.fullmatch(r"\d+\.\d+\.\d+", facts["redis_version"])
        assert int(facts["used_memory"]) > 1_000_000
        for section in ("# Server", "# Clients", "# Memory", "# Replication", "# Embedder", "# Crowkis"):
            assert section in text

    def test_info_shows_only_the_sections_asked_for(self, wire):
        text = wire("info", "replication", "CLIENTS").decode()

        assert {"# Replication", "# Clients"} == {line for line in text.split("\r\n") if line.startswith("#")}
        assert b"" == wire("INFO", "nonsense")

    def test_keyspace_counts_keys_and_those_that_end(self, wire):
        wire("MSET", "a", "1", "b", "2", "c", "3")
        wire("SET", "d", "4", "EX", "100")
        wire("EXPIRE", "a", "200")
        wire("SET", "b", "2", "EX", "100")
        wire("PERSIST", "b")
        wire("SET", "e", "5", "EX", "100")
        wire("DEL", "e")
        wire("SELECT", "3")
        wire("SET", "a", "1")
        zero, three = wire("INFO", "keyspace").decode().splitlines()[1:]

        assert zero.startswith("db0:keys=4,expires=2,avg_ttl=")
        assert 140_000 < int(zero.rpartition("=")[2]) <= 150_000
        assert "db3:keys=1,expires=0,avg_ttl=0" == three

    def test_maxmemory_is_the_memory_limit(self, wire):
        limit = dict(line.split(":", 1) for line in wire("INFO", "memory").decode().split("\r\n") if ":" in line)

        assert int(limit["maxmemory"]) > 1 << 20
        assert [b"maxmemory", limit["maxmemory"].encode()] == wire("CONFIG", "GET", "maxmemory")

    def test_time_is_the_servers_clock(self, wire):
        seconds, microseconds = wire("TIME")

        assert int(seconds) > 1_700_000_000
        assert 0 <= int(microseconds) < 1_000_000

    def test_config_changes_what_may_change_and_shows_it(self, wire):
        assert b"OK" == wire("CONFIG", "SET", "similarity_min", "0.8", "default_ttl_s", "60")
        assert [b"similarity_min", b"0.8"] == wire("CONFIG", "GET", "similarity_min")
        wire("CSET", "q", "a")
        assert b"OK" == wire("CONFIG", "SET", "similarity_min", BAR, "default_ttl_s", "0")
        hit = wire("HELLO", "3") and wire("CGET", "q")

        assert 59 <= hit[b"ttl"] <= 60

    def test_config_refuses_what_it_must_and_changes_nothing_by_halves(self, wire):
        for pairs, named in (
            (("similarity_min", "0.5", "bind_port", "1"), "CROWKIS_BIND_PORT"),
            (("similarity_min", "0.5", "nonsense", "1"), "unknown setting 'nonsense'"),
            (("similarity_min", "0.5", "default_ttl_s", "-1"), "default_ttl_s must be"),
            (("similarity_min", "0.5", "default_ttl_s"), "value after each name"),
        ):
            reply = wire("CONFIG", "SET", *pairs)

            assert "ERR" == code(reply)
            assert named in str(reply)
        assert [b"similarity_min", BAR.encode()] == wire("CONFIG", "GET", "similarity_min")

    def test_config_get_takes_patterns_and_answers_redis_names(self, wire3):
        shown = wire3("CONFIG", "GET", "bind_*", "save", "appendonly")

        assert {b"bind_host", b"bind_port", b"save", b"appendonly"} == set(shown)
        assert {} == wire3("CONFIG", "GET", "nonsense")

    def test_command_tells_what_each_word_takes(self, wire, wire3):
        count = wire("COMMAND", "COUNT")
        names = [name for name in wire("COMMAND", "LIST") if b"|" not in name]
        listed = wire("COMMAND")

        assert count == len(names) == len(listed)
        assert {b"cget", b"cset", b"get", b"set", b"cexplain", b"cgetstream", b"monitor"} <= set(names)
        get, nothing, mset = wire("COMMAND", "INFO", "get", "nonsense", "MSET")
        assert [b"get", 2, 1, 1, 1] == [get[0], get[1], *get[3:6]]
        assert nothing is None
        assert [b"mset", -3, 1, -1, 2] == [mset[0], mset[1], *mset[3:6]]
        docs = wire3("COMMAND", "DOCS", "cget", "client")
        assert {b"cget", b"client"} == set(docs)
        assert {b"summary", b"since", b"group", b"arguments"} <= set(docs[b"cget"])
        assert b"client|setname" in docs[b"client"][b"subcommands"]

    def test_command_getkeys_finds_the_keys(self, wire):
        assert [b"a", b"b"] == wire("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2")
        assert [b"a", b"b"] == wire("COMMAND", "GETKEYS", "DEL", "a", "b")
        assert "ERR" == code(wire("COMMAND", "GETKEYS", "PING"))
        assert "ERR" == code(wire("COMMAND", "GETKEYS", "NONSENSE"))

    def test_help_shows_syntax_and_purpose(self, wire):
        (line,) = wire("HELP", "cdeleteentry")

        assert line.startswith(b"CDELETEENTRY query ")
        assert len(wire("HELP")) > 60
        assert [] == wire("HELP", "nonsense")

    @pytest.mark.parametrize("mode", [(), ("NOSAVE",), ("SAVE",)])
    def test_shutdown_keeps_what_was_acknowledged_and_exits_0(self, start_server, tmp_path, mode):
        own = start_server(data_dir=tmp_path / "kept")
        own.connect()("SET", "key", "value")
        wire = own.connect()
        wire.send("SHUTDOWN", *mode)

        assert b"" == wire.read_until_closed()
        assert 0 == own.wait()
        if not mode:
            again = start_server(data_dir=tmp_path / "kept")
            assert b"value" == again.connect()("GET", "key")


IS = {
    "any": lambda reply: not isinstance(reply, Error),
    "bulk": lambda reply: isinstance(reply, bytes),
    "map": lambda reply: isinstance(reply, dict),
    "int": lambda reply: isinstance(reply, int) and not isinstance(reply, bool),
    "maps": lambda reply: isinstance(reply, list) and reply and all(isinstance(row, dict) for row in reply),
    "doubles": lambda reply: isinstance(reply, list) and len(reply) == 384 and all(type(x) is float for x in reply),
    "pair": lambda reply: isinstance(reply, list) and len(reply) == 2 and isinstance(reply[1], list),
}

SDK_FRAMES = [
    (2, "PING", "any"),
    (2, "SET k v EX 5", "any"),
    (2, "GET k", "bulk"),
    (2, "CSET q a EX 60 TENANT acme MODEL gpt-4o MODEL_VERSION v2", "any"),
    (2, "CGET q THRESHOLD 0.9 TENANT acme MODEL gpt-4o MODEL_VERSION v2", "bulk"),
    (2, "CGET q TENANT acme MODEL gpt-4o MODEL_VERSION v2", "bulk"),
    (3, "CGET q THRESHOLD 0.9 TENANT acme MODEL gpt-4o MODEL_VERSION v2", "map"),
    (3, "CSET q a TENANT acme", "any"),
    (3, "CSIM q K 3 TENANT acme", "maps"),
    (2, "CVECCOUNT", "int"),
    (3, "CEMBED t", "doubles"),
    (2, "CSCAN 0 MATCH * COUNT 5", "pair"),
    (2, "CINFO cache", "bulk"),
    (2, "CDELETEENTRY q TENANT acme", "int"),
    (2, "CFLUSH TENANT acme", "int"),
]


def test_the_frames_of_existing_client_libraries_get_the_types_they_read(server, wire, wire3):
    for protocol, request, wanted in SDK_FRAMES:
        reply = (wire3 if protocol == 3 else wire)(*request.split())

        assert IS[wanted](reply), (request, wanted, reply)


def test_a_question_that_is_a_whole_chat_request_is_taken_as_it_is(wire):
    messages = b'{"messages": [{"role": "user", "content": "Hi \xc2\xabthere\xc2\xbb"}], "model": "m"}'
    wire("CSET", messages, "hello", "TENANT", "t", "MODEL", "m")

    assert b"hello" == wire("CGET", messages, "TENANT", "t", "MODEL", "m")
