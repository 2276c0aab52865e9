"""Promises of crowkis/cli/dump.py: everything CDUMP says of a text, one line a fact."""

import pytest

from crowkis.cli.dump import lines_of


@pytest.mark.process
def test_it_shows_the_vector_the_normal_form_and_what_the_rules_look_at(run, server):
    code, said = run("dump", '  Was it  cheap, "10 EUR" and not 12?', "--address", f"127.0.0.1:{server.port}")
    facts = dict(line.strip().split(maxsplit=1) for line in said.splitlines() if len(line.split()) > 1)

    assert 0 == code, said
    assert facts["fingerprint"].startswith("hashing")
    assert "1.0000" == facts["norm"]
    assert int(facts["dimension"]) > 0
    assert "cheap" in facts["tokens"].split(" | ")
    assert "  " not in facts["normal_form"]
    assert "10 EUR" in facts["quoted"]
    assert "12" == facts["denied"]
    assert "2" == facts["degree"], said
    assert "it" in facts["words"]


def test_a_server_that_is_not_there_ends_it_with_two(run):
    code, said = run("dump", "text", "--address", "127.0.0.1:1")

    assert 2 == code
    assert "127.0.0.1:1" in said


def test_maps_are_indented_and_empty_values_say_so():
    told = {"name": "x", "inner": {"one": 1, "words": ["a", "b"], "deeper": {"none": None}}, "empty": {}, "bare": ""}

    expected = [
        "name   x", "inner", "  one     1", "  words   a | b", "  deeper", "    none  (none)", "empty  (none)",
        "bare   (none)",
    ]  # fmt: skip
    assert expected == lines_of(told)
