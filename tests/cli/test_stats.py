"""Promises of crowkis/cli/stats.py: the figures of CINFO, or one line for each tenant."""

import pytest

pytestmark = pytest.mark.process


def test_it_prints_figures_and_tenants(run, server, wire):
    wire("CSET", "how do i log in", "Like so.", "TENANT", "acme")
    wire("CQUOTA", "SET", "acme", "ENTRIES", "7")
    code, said = run("stats", "--address", f"127.0.0.1:{server.port}")
    assert (0, True) == (code, "entries:1" in said), said
    code, said = run("stats", "--tenants", "--address", f"127.0.0.1:{server.port}")
    rows = [line.split() for line in said.splitlines()]

    assert [["tenant", "entries", "of", "bytes", "of"], ["acme", "1", "7", "23", "any"]] == rows
