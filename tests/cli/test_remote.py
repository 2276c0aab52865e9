"""Promises of crowkis/cli/remote.py: one request to a running server, or one line that says why not."""

import pytest

from crowkis.cli.remote import Unanswered, ask, printable


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x"])
def test_an_address_without_a_port_is_named_before_anything_is_asked(address):
    with pytest.raises(Unanswered, match="is not HOST:PORT") as refused:
        ask(address, "", ["PING"])

    assert 2 == refused.value.exit_code
    assert address in str(refused.value)


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(Unanswered, match=r"127\.0\.0\.1:1: "):
        ask("127.0.0.1:1", "", ["PING"])


@pytest.mark.process
def test_replies_come_as_resp3_gives_them_and_errors_as_a_line(server):
    address = f"127.0.0.1:{server.port}"

    assert "hello" == ask(address, "", ["ECHO", "hello"])
    assert "miss" == ask(address, "", ["CEXPLAIN", "never stored"])["verdict"]
    with pytest.raises(Unanswered, match="NONSENSE"):
        ask(address, "", ["NONSENSE"])


@pytest.mark.process
def test_the_token_lets_in_and_a_wrong_one_is_refused(start_server):
    address = f"127.0.0.1:{start_server('--auth-token', 'open-sesame').port}"

    assert "hello" == ask(address, "open-sesame", ["ECHO", "hello"])
    for token in ("", "wrong"):
        with pytest.raises(Unanswered):
            ask(address, token, ["PING"])


def test_a_value_stays_on_its_line_and_cannot_steer_the_terminal():
    assert "0.9130" == printable(0.91304)
    assert "-" == printable(None)
    assert "7" == printable(7)
    assert "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c" == printable("a\x1b[31mb\nc")
    assert "grüße 你好" == printable("grüße 你好")
