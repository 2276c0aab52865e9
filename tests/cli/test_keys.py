"""Promises of crowkis/cli/keys.py: a key is made, listed without its secret, rotated and revoked; and it opens."""

import httpx
import pytest

pytestmark = pytest.mark.process


def test_a_key_is_made_used_rotated_and_revoked(run, start_server):
    server = start_server(environ={"CROWKIS_AUTH_TOKEN": "secret"})
    where = ("--address", f"127.0.0.1:{server.port}", "--token", "secret")

    def opens(key):
        url = f"http://127.0.0.1:{server.http_port}/api/v1/cache/entries"
        return 200 == httpx.get(url, headers={"x-crowkis-key": key}).status_code

    code, said = run("keys", "create", "support bot", "--role", "writer", "--tenant", "acme", "--days", "3", *where)
    key = said.strip()
    assert (0, True) == (code, opens(key))
    listed = run("keys", "list", *where)[1]
    key_id = listed.split()[0]
    assert ["writer", "acme", "support", "bot"] == listed.split()[1:]
    assert key not in listed
    code, said = run("keys", "rotate", key_id, *where)
    assert (0, False, True) == (code, opens(key), opens(said.strip()))
    assert (0, 1) == (run("keys", "revoke", key_id, *where)[0], run("keys", "revoke", key_id, *where)[0])
    assert not opens(said.strip())
    assert 2 == run("keys", "rotate", key_id, *where)[0]
