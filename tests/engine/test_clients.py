"""Promises of crowkis/engine/clients.py: who is connected, and how they are described."""

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import COMMANDS
from crowkis.engine.clients import Clients


def test_numbers_are_never_used_again():
    clients = Clients()
    first = clients.enter("127.0.0.1:5", True, None, 0)
    clients.leave(first)
    second = clients.enter("127.0.0.1:6", True, None, 0)

    assert (1, 2) == (first.id, second.id)
    assert (None, second) == (clients.find(1), clients.find(2))
    assert ([second], 1) == (clients.all(), len(clients))


def test_leaving_ends_monitoring():
    clients = Clients()
    client = clients.enter("127.0.0.1:5", True, None, 0)
    clients.monitor(client)
    clients.monitor(client)
    assert [client] == clients.monitors
    clients.leave(client)
    clients.leave(client)

    assert [] == clients.monitors
    assert not client.monitoring


def test_reset_forgets_everything_a_client_asked_for():
    client = Clients().enter("127.0.0.1:5", True, None, 0)
    client.protocol, client.db, client.name, client.reply_mode = 3, 5, "shop", "OFF"
    client.authenticated = client.admitted = client.no_evict = client.no_touch = True
    client.reset()

    assert (2, 0, "", "ON") == (client.protocol, client.db, client.name, client.reply_mode)
    assert [False] * 4 == [client.authenticated, client.admitted, client.no_evict, client.no_touch]


def test_a_line_describes_a_client_as_redis_does():
    client = Clients().enter("127.0.0.1:5", True, None, 1_000)
    client.name, client.library, client.no_evict, client.last_ms = "shop", "ours", True, 4_000
    client.local_address, client.fd, client.last = "127.0.0.1:6383", 9, COMMANDS["CLIENT LIST"]
    facts = dict(piece.split("=", 1) for piece in client.line(6_500).split(" "))

    expected = {"id": "1", "addr": "127.0.0.1:5", "name": "shop", "age": "5", "idle": "2", "flags": "Ne", "db": "0",
                "cmd": "client|list", "laddr": "127.0.0.1:6383", "fd": "9",
                "user": "default", "resp": "2", "lib-name": "ours"}  # fmt: skip
    assert expected == {name: facts[name] for name in expected}


def test_reads_may_overtake_reads_and_a_word_itself_and_nothing_else():
    cget, cset, get, flush, quit_ = (COMMANDS[name] for name in ("CGET", "CSET", "GET", "CFLUSH", "QUIT"))
    client = Clients().enter("127.0.0.1:5", True, None, 0)

    def overtaking(*out):
        client.out = 0
        for command in out:
            client.send_out(command)
        return {command.name for command in (cget, cset, get, flush, quit_) if client.may_overtake(command)}

    assert {"CGET", "GET"} == overtaking(cget) == overtaking(cget, cget)
    assert {"CSET"} == overtaking(cset) == overtaking(cset, cset)
    assert set() == overtaking(cset, cget) == overtaking(cget, cset)
    assert {"CGET", "GET"} == overtaking(COMMANDS["CEMBED"], cget)
