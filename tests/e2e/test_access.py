"""Users of a real server, through redis-py: what each may do is held to, kept, and shown without its password."""

import hiredis
import pytest
import redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

pytestmark = pytest.mark.process

PASSWORD = "a-long-secret"


def code(reply):
    """The first word of an error."""
    assert isinstance(reply, hiredis.ReplyError), reply
    return str(reply).partition(" ")[0]


@pytest.fixture
def root(server):
    """The default user, with nothing stored and no other users."""
    client = redis.Redis(port=server.port, decode_responses=True)
    client.flushall()
    others = [name for name in client.acl_users() if name != "default"]
    if others:
        client.acl_deluser(*others)
    client.acl_log_reset()
    yield client
    client.close()


@pytest.fixture
def log_in(server, root):
    """log_in(name, *rules): a client of a new user with these rules."""
    clients = []

    def make(name, *rules, **options):
        root.execute_command("ACL", "SETUSER", name, "on", f">{PASSWORD}", *rules)
        client = redis.Redis(port=server.port, username=name, password=PASSWORD, decode_responses=True, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


class TestWords:
    def test_a_new_user_may_do_nothing_but_log_in(self, log_in):
        alice = log_in("alice")

        for request in ("GET k", "PING", "INFO", "CGET q", "ACL WHOAMI", "KEYS *", "CONFIG GET *"):
            with pytest.raises(NoPermissionError, match="may not run"):
                alice.execute_command(*request.split())

    def test_words_categories_and_sub_words_are_allowed_in_turn(self, log_in):
        alice = log_in("alice", "~*", "+@all", "-@dangerous", "-set", "+keys", "-client", "+client|id")
        alice.mset({"a": 1})

        assert ["a"] == alice.keys("*")
        assert alice.client_id() > 0
        for request in (("SET", "a", "1"), ("FLUSHALL",), ("CLIENT", "GETNAME"), ("CONFIG", "GET", "*"), ("SHUTDOWN",)):
            with pytest.raises(NoPermissionError):
                alice.execute_command(*request)
        with pytest.raises(NoPermissionError, match=r"'client\|getname'"):
            alice.client_getname()

    def test_words_of_the_cache_obey_too(self, log_in):
        reader = log_in("reader", "+@semantic", "-@write")
        writer = log_in("writer", "+cset")

        assert "OK" == writer.execute_command("CSET", "how do i log in", "like this")
        assert "like this" == reader.execute_command("CGET", "how do i log in")["response"]
        with pytest.raises(NoPermissionError):
            reader.execute_command("CSET", "q", "a")
        with pytest.raises(NoPermissionError):
            writer.execute_command("CGET", "q")

    def test_a_change_is_felt_by_connections_that_are_open(self, root, log_in):
        alice = log_in("alice", "~*", "+get")
        assert alice.get("k") is None
        root.execute_command("ACL", "SETUSER", "alice", "-get")

        with pytest.raises(NoPermissionError):
            alice.get("k")

    def test_a_pipeline_is_looked_at_call_by_call(self, log_in):
        alice = log_in("alice", "~mine:*", "+@string")
        pipeline = alice.pipeline(transaction=False)
        pipeline.set("mine:a", 1).set("other", 1).get("mine:a").ping()
        replies = pipeline.execute(raise_on_error=False)

        assert [True, "1"] == [replies[0], replies[2]]
        assert isinstance(replies[1], NoPermissionError)
        assert isinstance(replies[3], NoPermissionError)


class TestKeys:
    def test_only_keys_of_its_patterns_can_be_used(self, log_in):
        alice = log_in("alice", "~mine:*", "~shared", "+@all")
        alice.mset({"mine:a": 1, "shared": 2})

        assert ["1", "2"] == alice.mget("mine:a", "shared")
        for request in (("GET", "other"), ("MSET", "mine:a", "1", "other", "2"), ("DEL", "shared", "x"), ("TTL", "y")):
            with pytest.raises(NoPermissionError, match="may not use the key"):
                alice.execute_command(*request)

    def test_reading_and_writing_are_apart(self, root, log_in):
        alice = log_in("alice", "%R~in:*", "%W~out:*", "+@all")
        root.set("in:a", "1")

        assert "1" == alice.get("in:a")
        assert alice.set("out:a", "1")
        assert 1 == alice.exists("out:a")
        for request in (("SET", "in:a", "2"), ("GET", "out:a"), ("SET", "out:a", "1", "GET"), ("INCR", "out:a")):
            with pytest.raises(NoPermissionError, match="this way"):
                alice.execute_command(*request)

    def test_what_the_key_is_called_is_looked_at_before_the_arguments(self, log_in):
        alice = log_in("alice", "~mine:*", "+@all")

        with pytest.raises(NoPermissionError):
            alice.execute_command("SET", "other", "v", "NONSENSE")


class TestLoggingIn:
    def test_a_wrong_password_an_unknown_and_a_switched_off_user_are_told_the_same(self, server, root, log_in):
        log_in("alice", "+@all")
        root.execute_command("ACL", "SETUSER", "bob", "off", f">{PASSWORD}", "+@all")
        told = set()
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("alice", "")):
            wire = server.connect()
            told.add(str(wire("AUTH", name, password)))
            told.add(str(wire("HELLO", "3", "AUTH", name, password)))

        assert 1 == len(told)
        assert told.pop().startswith("WRONGPASS ")

    def test_hello_logs_in_under_both_protocols(self, server, log_in):
        log_in("alice", "+acl|whoami")
        for protocol in ("2", "3"):
            wire = server.connect()

            assert not isinstance(wire("HELLO", protocol, "AUTH", "alice", PASSWORD), hiredis.ReplyError)
            assert b"alice" == wire("ACL", "WHOAMI")

    def test_redis_py_with_protocol_3_logs_in(self, log_in):
        assert "alice" == log_in("alice", "+acl|whoami", protocol=3).acl_whoami()

    def test_passwords_come_and_go(self, server, root):
        root.execute_command("ACL", "SETUSER", "alice", "on", ">one", ">two", "+ping")
        root.execute_command("ACL", "SETUSER", "alice", "<one")

        assert "WRONGPASS" == code(server.connect()("AUTH", "alice", "one"))
        assert b"OK" == server.connect()("AUTH", "alice", "two")
        root.execute_command("ACL", "SETUSER", "alice", "nopass")
        assert b"OK" == server.connect()("AUTH", "alice", "anything")
        root.execute_command("ACL", "SETUSER", "alice", "resetpass")
        assert "WRONGPASS" == code(server.connect()("AUTH", "alice", "anything"))

    def test_a_removed_user_is_disconnected_and_cannot_go_on(self, root, log_in):
        alice = log_in("alice", "+ping", single_connection_client=True)
        assert alice.ping()
        assert 1 == root.acl_deluser("alice", "nobody")

        with pytest.raises((redis.ConnectionError, AuthenticationError)):
            alice.ping()

    def test_reset_makes_a_connection_the_default_user_again(self, server, log_in):
        log_in("alice", "+acl|whoami")
        wire = server.connect()
        wire("AUTH", "alice", PASSWORD)

        assert b"alice" == wire("ACL", "WHOAMI")
        assert b"RESET" == wire("RESET")
        assert b"default" == wire("ACL", "WHOAMI")

    def test_client_list_names_the_user(self, root, log_in):
        alice = log_in("alice", "+ping", "+client|setname")
        alice.ping()

        assert {"alice", "default"} <= {row["user"] for row in root.client_list()}


class TestDefaultUser:
    def test_its_password_is_the_setting(self, root):
        for rule in (">x", "nopass", "resetpass", "#" + "a" * 64):
            with pytest.raises(ResponseError, match="auth_token"):
                root.execute_command("ACL", "SETUSER", "default", rule)

    def test_nobody_can_lock_everybody_out(self, root):
        for rules in (("off",), ("-@all",), ("-acl",), ("-acl|setuser",), ("reset",)):
            with pytest.raises(ResponseError, match="nobody could log in"):
                root.execute_command("ACL", "SETUSER", "default", *rules)

    def test_it_can_be_switched_off_once_somebody_else_is_there(self, start_server):
        own = start_server()
        wire = own.connect()
        assert b"OK" == wire("ACL", "SETUSER", "boss", "on", f">{PASSWORD}", "~*", "&*", "+@all")
        assert b"OK" == wire("ACL", "SETUSER", "default", "off")
        stranger = own.connect()

        assert "NOAUTH" == code(stranger("PING"))
        assert b"OK" == stranger("AUTH", "boss", PASSWORD)
        assert b"PONG" == stranger("PING")
        assert "ERR" == code(stranger("ACL", "DELUSER", "default"))

    def test_with_a_token_it_is_asked_for_as_before(self, start_server):
        own = start_server(environ={"CROWKIS_AUTH_TOKEN": "token"})
        wire = own.connect()

        assert "NOAUTH" == code(wire("ACL", "WHOAMI"))
        assert "WRONGPASS" == code(wire("AUTH", "default", "x"))
        assert b"OK" == wire("AUTH", "token")
        assert b"default" == wire("ACL", "WHOAMI")
        assert [b"user default on ~* &* +@all"] == wire("ACL", "LIST")


class TestKept:
    def test_users_survive_a_kill_and_are_no_keys(self, start_server, tmp_path):
        first = start_server(data_dir=tmp_path / "kept")
        wire = first.connect()
        wire("ACL", "SETUSER", "alice", "on", f">{PASSWORD}", "~a:*", "%R~b\xff", "&news", "+@read", "-keys")
        wire("ACL", "SETUSER", "bob", "on", "nopass", "+ping")
        wire("ACL", "DELUSER", "bob")
        listed = wire("ACL", "LIST")
        wire("FLUSHALL")
        assert 0 == wire("DBSIZE")
        assert [b"0", []] == wire("SCAN", "0")
        first.kill()
        wire = start_server(data_dir=tmp_path / "kept").connect()

        assert listed == wire("ACL", "LIST")
        assert b"OK" == wire("AUTH", "alice", PASSWORD)
        assert "NOPERM" == code(wire("SET", "a:1", "v"))
        assert wire("GET", "a:1") is None

    def test_what_the_default_user_may_not_do_is_kept_too(self, start_server, tmp_path):
        first = start_server(data_dir=tmp_path / "kept")
        assert b"OK" == first.connect()("ACL", "SETUSER", "default", "-flushall", "resetkeys", "~open:*")
        first.kill()
        wire = start_server(data_dir=tmp_path / "kept").connect()

        assert "NOPERM" == code(wire("FLUSHALL"))
        assert "NOPERM" == code(wire("SET", "k", "v"))
        assert b"OK" == wire("SET", "open:k", "v")

    def test_a_backup_holds_them(self, start_server, tmp_path):
        from crowkis.cli import main

        own = start_server()
        wire = own.connect()
        wire("ACL", "SETUSER", "alice", "on", f">{PASSWORD}", "+ping")
        assert b"OK" == wire("CSAVE", "users.crowkbak")
        with pytest.raises(SystemExit) as ended:
            main(["restore", str(own.data_dir / "backups" / "users.crowkbak"), "--data-dir", str(tmp_path / "new")])
        assert 0 == ended.value.code
        wire = start_server(data_dir=tmp_path / "new").connect()

        assert b"OK" == wire("AUTH", "alice", PASSWORD)


class TestShown:
    def test_rules_are_shown_as_redis_shows_them(self, root, server):
        root.execute_command("ACL", "SETUSER", "alice", "on", ">x", "~a*", "%R~b", "+@read", "-get", "&ch*")
        hashed = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

        assert f"user alice on #{hashed} ~a* %R~b resetchannels &ch* -@all +@read -get" in root.acl_list()
        shown = root.acl_getuser("alice")
        assert ["on"] == shown["flags"]
        assert [hashed] == shown["passwords"]
        assert "~a* %R~b" == server.connect()("ACL", "GETUSER", "alice")[7].decode()
        assert root.acl_getuser("nobody") is None

    def test_what_list_says_makes_the_same_user_again(self, root):
        root.execute_command("ACL", "SETUSER", "alice", "on", ">x", "~a*", "%W~c", "+@all", "-@admin", "+acl|cat", "&n")
        line = next(line for line in root.acl_list() if line.startswith("user alice "))
        root.execute_command("ACL", "SETUSER", "copy", *line.split()[2:])
        lines = root.acl_list()

        assert line.replace("alice", "copy") in lines

    def test_wrong_rules_change_nothing_and_show_no_password(self, root):
        for rules in ((">hidden", "nonsense"), (">hidden", "+nonsense"), (">hidden", "+@nonsense"), ("<hidden",),
                      (">hidden", "%X~a"), ("#hidden",), ("(+get)",), ("+client|nonsense",)):  # fmt: skip
            with pytest.raises(ResponseError) as told:
                root.execute_command("ACL", "SETUSER", "alice", *rules)
            assert "hidden" not in str(told.value)

        assert ["default"] == root.acl_users()

    def test_categories_list_their_words(self, root):
        assert {"read", "write", "semantic", "dangerous"} <= set(root.acl_cat())
        assert {"cget", "cset"} <= set(root.acl_cat("semantic"))
        assert "acl|setuser" in root.acl_cat("admin")
        with pytest.raises(ResponseError, match="unknown category"):
            root.acl_cat("nonsense")

    def test_dryrun_tells_what_would_be_refused(self, root, log_in):
        log_in("alice", "~a*", "+get")

        assert root.execute_command("ACL", "DRYRUN", "alice", "GET", "a")
        assert "'set'" in root.execute_command("ACL", "DRYRUN", "alice", "SET", "a", "1")
        assert "key 'b'" in root.execute_command("ACL", "DRYRUN", "alice", "GET", "b")
        for request in (("nobody", "GET", "a"), ("alice", "GET"), ("alice", "NONSENSE")):
            with pytest.raises(ResponseError):
                root.execute_command("ACL", "DRYRUN", *request)

    def test_the_log_tells_who_was_refused_what(self, server, root, log_in):
        alice = log_in("alice", "~a*", "+get", "+client|setinfo")
        for request in (("GET", "b"), ("GET", "b"), ("SET", "a", "private words")):
            with pytest.raises(NoPermissionError):
                alice.execute_command(*request)
        server.connect()("AUTH", "alice", "wrong")
        rows = root.acl_log()

        assert [("auth", "AUTH", 1), ("command", "set", 1), ("key", "b", 2)] == [
            (row["reason"], row["object"], row["count"]) for row in rows
        ]
        assert {"alice"} == {row["username"] for row in rows}
        assert "private words" not in str(rows)
        assert 1 == len(root.acl_log(count=1))
        assert root.acl_log_reset()
        assert [] == root.acl_log()

    def test_passwords_are_made_up_as_long_as_wanted(self, root):
        made = {root.acl_genpass() for _ in range(4)}

        assert 4 == len(made)
        assert {64} == {len(password) for password in made}
        assert 2 == len(root.acl_genpass(bits=5))

    def test_a_password_is_shown_nowhere(self, start_server):
        own = start_server()
        watcher, wire = own.connect(), own.connect()
        watcher("MONITOR")
        wire("CONFIG", "SET", "log_query_previews", "yes")
        wire("ACL", "SETUSER", "alice", "on", f">{PASSWORD}", "+@all", "~*")
        wire("AUTH", "alice", PASSWORD)
        wire("HELLO", "3", "AUTH", "alice", PASSWORD)
        wire("ACL", "SETUSER", "alice", f"<{PASSWORD}x")
        shown = [str(wire("ACL", "LIST")), str(wire("ACL", "GETUSER", "alice")), str(wire("ACL", "LOG")), own.log]
        shown += [str(wire("CLIENT", "LIST")), str(wire("INFO")), str(wire("CONFIG", "GET", "*"))]
        watcher.send("PING")
        lines = [watcher.reply()]
        while b'"PING"' not in lines[-1]:
            lines.append(watcher.reply())

        assert len(lines) > 8
        for text in (*shown, str(lines)):
            assert PASSWORD not in text

    def test_help_lists_the_words(self, root):
        assert any(line.startswith("ACL SETUSER") for line in root.acl_help())
