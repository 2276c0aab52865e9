"""Promises of crowkis/cli/quota.py: a tenant's quota is shown, set and removed."""

import pytest

pytestmark = pytest.mark.process


def test_it_is_set_shown_and_removed(run, server, wire):
    def quota(*words):
        return run("quota", "acme", *words, "--address", f"127.0.0.1:{server.port}")

    wire("CSET", "how do i log in", "Like so.", "TENANT", "acme")

    assert (0, "acme has no quota\n") == quota()
    assert (0, "entries 1 of 7\nbytes   23 of any\n") == quota("--entries", "7")
    assert (0, "entries 1 of 7\nbytes   23 of 99\n") == quota("--bytes", "99")
    assert 2 == quota("--remove", "--bytes", "1")[0]
    assert (0, "acme has no quota\n") == quota("--remove")
    assert 2 == quota("--entries", "-1")[0]
