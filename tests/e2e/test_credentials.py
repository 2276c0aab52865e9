"""Who may ask: a token where one is set, this machine alone where none is; the token itself is never shown."""

import subprocess
import urllib.error
import urllib.request

import hiredis
import pytest

pytestmark = pytest.mark.process

TOKEN = "correct-horse-battery"
ENVIRON = {"CROWKIS_AUTH_TOKEN": TOKEN}


def code(reply):
    """The first word of an error."""
    assert isinstance(reply, hiredis.ReplyError), reply
    return str(reply).partition(" ")[0]


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server(environ=ENVIRON)


@pytest.fixture
def stranger(server):
    """A connection that has not shown the token."""
    return server.connect()


@pytest.fixture
def guest(server):
    """A connection that has."""
    wire = server.connect()
    assert wire("AUTH", TOKEN) == b"OK"
    return wire


class TestToken:
    def test_every_word_but_four_is_noauth_before_it_is_shown(self, guest, stranger):
        names = [name.decode().upper().replace("|", " ") for name in guest("COMMAND", "LIST")]
        heads = set()
        for made in guest("COMMAND"):
            names += [sub[0].decode().replace("|", " ").upper() for sub in made[9]]
            heads |= {made[0].decode().upper()} - {"COMMAND"} if made[9] else set()
        asked = set(names) - {"AUTH", "HELLO", "QUIT", "RESET"} - heads

        assert len(asked) > 60
        assert asked == {name for name in asked if code(stranger(*name.split())) == "NOAUTH"}

    def test_noauth_comes_before_the_arguments_are_looked_at(self, stranger):
        assert "NOAUTH" == code(stranger("CSET", "q", "TENANT", "acme"))
        assert "NOAUTH" == code(stranger("SET", "k", "v"))

    @pytest.mark.parametrize(
        "request_",
        [
            ("AUTH", TOKEN),
            ("AUTH", "default", TOKEN),
            ("HELLO", "3", "AUTH", "default", TOKEN),
            ("HELLO", "2", "AUTH", "default", TOKEN, "SETNAME", "shop"),
        ],
    )
    def test_the_token_opens_the_door(self, stranger, request_):
        assert not isinstance(stranger(*request_), hiredis.ReplyError)
        assert b"PONG" == stranger("PING")

    @pytest.mark.parametrize(
        "request_",
        [
            ("AUTH", "wrong"),
            ("AUTH", ""),
            ("AUTH", "other", TOKEN),
            ("AUTH", TOKEN + "x"),
            ("AUTH", TOKEN[:-1]),
            ("HELLO", "3", "AUTH", "default", "wrong"),
        ],
    )
    def test_another_token_is_wrongpass(self, stranger, request_):
        assert "WRONGPASS" == code(stranger(*request_))
        assert "NOAUTH" == code(stranger("PING"))

    def test_hello_alone_is_noauth(self, stranger):
        assert "NOAUTH" == code(stranger("HELLO", "3"))
        assert "NOAUTH" == code(stranger("HELLO"))

    def test_reset_takes_it_back(self, guest):
        assert b"RESET" == guest("RESET")
        assert "NOAUTH" == code(guest("PING"))

    def test_a_wrong_token_after_the_right_one_changes_nothing(self, guest):
        assert "WRONGPASS" == code(guest("AUTH", "wrong"))
        assert b"PONG" == guest("PING")

    def test_pipelined_behind_auth_everything_works(self, server):
        wire = server.connect()
        wire.send_raw(wire.frame("AUTH", TOKEN) + wire.frame("SET", "k", "v") + wire.frame("GET", "k"))

        assert [b"OK", b"OK", b"v"] == wire.replies(3)

    def test_it_is_shown_nowhere(self, server, guest):
        watcher = server.connect()
        watcher("AUTH", TOKEN)
        watcher("MONITOR")
        guest("CONFIG", "SET", "log_query_previews", "yes")
        guest("AUTH", TOKEN)
        guest("AUTH", "default", TOKEN)
        guest("HELLO", "3", "AUTH", "default", TOKEN)
        guest("AUTH", "nearly-" + TOKEN)
        shown = [str(guest("CONFIG", "GET", "*")), guest("INFO").decode(), guest("CINFO").decode(), server.log]
        shown.append(guest("CLIENT", "LIST").decode())
        watcher.send("PING")
        lines = [watcher.reply()]
        while b'"PING"' not in lines[-1]:
            lines.append(watcher.reply())
        shown.append(str(lines))
        guest("CONFIG", "SET", "log_query_previews", "no")

        assert len(lines) >= 5
        for text in shown:
            assert TOKEN not in text
        assert b"(set)" == guest("CONFIG", "GET", "auth_token")[b"auth_token"]
        assert "ERR" == code(guest("CONFIG", "SET", "auth_token", "other"))

    def test_the_start_says_that_it_is_required(self, server):
        assert server.wait_for("credentials")["required"] is True


@pytest.fixture
def outside_address():
    """An address of this machine that is not loopback."""
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    for address in told:
        if "." in address and not address.startswith("127."):
            return address
    pytest.skip("this machine has no address but loopback")


class TestProtectedMode:
    def test_without_a_token_only_this_machine_is_served(self, start_server, outside_address):
        own = start_server("--bind-host", "0.0.0.0")
        near, far = own.connect(), own.connect(host=outside_address)
        near("SET", "k", "v")

        assert b"v" == near("GET", "k")
        for request in (("GET", "k"), ("CGET", "q"), ("PING",), ("INFO",), ("SHUTDOWN",), ("HELLO", "3"), ("MONITOR",)):
            assert "DENIED" == code(far(*request)), request
        assert "CROWKIS_AUTH_TOKEN" in str(far("PING"))
        far.send("QUIT")
        assert b"+OK\r\n" == far.read_until_closed()

    def test_the_start_says_so(self, start_server):
        own = start_server("--bind-host", "0.0.0.0")
        said = own.wait_for("credentials")

        assert ("warning", True) == (said["level"], said["required"])
        assert "CROWKIS_AUTH_TOKEN" in said["why"]

    def test_with_a_token_the_others_are_served_too(self, start_server, outside_address):
        own = start_server("--bind-host", "0.0.0.0", environ=ENVIRON)
        far = own.connect(host=outside_address)

        assert "NOAUTH" == code(far("PING"))
        assert b"OK" == far("AUTH", TOKEN)
        assert b"PONG" == far("PING")

    def test_metrics_beyond_this_machine_need_the_token_and_probes_do_not(self, start_server, outside_address):
        own = start_server("--bind-host", "0.0.0.0", "--probe-host", "0.0.0.0", environ=ENVIRON)

        def status(path, token=None):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            request = urllib.request.Request(f"http://{outside_address}:{own.probe_port}{path}", headers=headers)
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                return opener.open(request, timeout=10).status
            except urllib.error.HTTPError as error:
                return error.code

        assert [200, 200, 200] == [status(path) for path in ("/livez", "/readyz", "/health")]
        assert [401, 401, 200] == [status("/metrics"), status("/metrics", "wrong"), status("/metrics", TOKEN)]


def test_wrong_tokens_are_counted(server, guest, stranger):
    def counted():
        lines = dict(line.split(":", 1) for line in guest("INFO").decode().split("\r\n") if ":" in line)
        return int(lines.get("errors_total_WRONGPASS", 0))

    before = counted()
    stranger("AUTH", "wrong")

    assert before + 1 == counted()
