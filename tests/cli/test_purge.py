"""Promises of crowkis/cli/purge.py: what fits is counted first, and removed only when told so."""

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def purge(run, server, wire):
    for number, (source, tag) in enumerate((("a", "x"), ("a", "y"), ("b", "x"))):
        wire("CSET", f"what is rule {number}", "r", "SOURCE", source, "TAG", tag, "MODEL", "m")
    wire("CSET", "100% [sure]* of it", "r")
    return lambda *words: run("purge", *words, "--address", f"127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("words", "count"),
    [(("--source", "a"), 2), (("--tag", "x"), 2), (("--tag", "x", "--source", "a"), 1), (("--prefix", "What is"), 3),
     (("--model", "m"), 3), (("--prefix", "100% [sure]*"), 1), (("--prefix", "*"), 0), (("--all",), 4),
     (("--all", "--tenant", "zoo"), 0), (("--namespace", "n"), 0)],
)  # fmt: skip
def test_it_counts_and_then_removes_the_same(purge, wire, words, count):
    code, said = purge(*words)
    assert (0, f"would remove {count}; --yes does") == (code, said.splitlines()[0])
    assert 4 == len(wire("CSCAN", "0", "COUNT", "100")[1])
    assert (0, f"removed {count}\n") == purge(*words, "--yes")
    assert 4 - count == len(wire("CSCAN", "0", "COUNT", "100")[1])


def test_it_wants_to_know_which(purge):
    assert [2, 2] == [purge("--yes")[0], purge("--all", "--tag", "x")[0]]
