"""Promises of crowkis/cli/get.py: the stored answer and nothing else, and an exit code."""

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def said(run, server, wire):
    wire("CSET", "how do i log in", "Like so.\nThen so.")
    return lambda *words: run("get", *words, "--address", f"127.0.0.1:{server.port}")


def test_it_prints_the_answer(said):
    assert (0, "Like so.\nThen so.\n") == said("how do i log in")
    assert (0, "Like so.\nThen so.\n") == said("how do i log in", "--exact")


def test_it_says_where_there_is_none(said):
    for words in (("what is the capital of peru",), ("how do i log in", "--tenant", "zoo")):
        code, text = said(*words)

        assert 1 == code
        assert "crowkis why" in text
