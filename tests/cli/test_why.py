"""Promises of crowkis/cli/why.py: what CEXPLAIN says, for people, with an exit code; the same words as everywhere."""

import base64
import json
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crowkis.cli.remote import ask
from crowkis.engine.rules import SERVE_RULES

pytestmark = pytest.mark.process

NUMBERED = "How do I export 10 invoices as a PDF?"
OTHER_NUMBER = "How do I export 12 invoices as a PDF?"
FOLLOW_UP = "How much does it cost?"
CAR = json.dumps([{"role": "user", "content": "Tell me about the red car."}])
BOAT = json.dumps([{"role": "user", "content": "Tell me about the blue boat."}])
IMAGE = base64.b64encode(b"\x89PNG pixels").decode()


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server("--log-level", "debug")


@pytest.fixture
def why(run, server):
    """why(*words) -> (exit code, lines)."""

    def why(*words):
        code, said = run("why", *words, "--address", f"127.0.0.1:{server.port}")
        return code, said.splitlines()

    return why


def refused_so_far(server, reason):
    """What /metrics counts of a reason."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.probe_port}/metrics", timeout=30) as reply:
        families = text_string_to_metric_families(reply.read().decode())
        samples = [sample for family in families for sample in family.samples]
    return sum(one.value for one in samples if one.name == "crowkis_refusals_total" and one.labels["reason"] == reason)


def test_what_would_be_served_ends_with_zero_and_shows_every_gate(wire, why):
    wire("CSET", NUMBERED, "Choose Export.")
    code, lines = why(NUMBERED.replace("How do I", "how do i please"), "--threshold", "0.1")

    assert 0 == code
    assert lines[0].startswith("served: vector match, cosine ")
    assert lines[0].endswith(" against 0.1000")
    assert lines[1].startswith(f'1. "{NUMBERED}" skeleton ')
    assert [gate.name for gate in SERVE_RULES] == [line.split()[1] for line in lines[2:]]
    assert {"pass"} == {line.split()[0] for line in lines[2:]}


def test_a_refusal_ends_with_one_and_marks_what_failed(wire, why):
    wire("CSET", NUMBERED, "Choose Export.")
    code, lines = why(OTHER_NUMBER, "--threshold", "0.1")
    failed = [line.split()[1] for line in lines if line.strip().startswith("FAIL")]

    assert 1 == code
    assert lines[0].startswith("refused: numbers.differ (")
    assert ["numbers"] == failed


def test_where_nothing_is_stored_it_says_so(wire, why):
    code, lines = why("anything at all", "--tenant", "nobody")

    assert (1, ["miss: candidates.none (0 against 1)"]) == (code, lines)


def test_options_reach_the_question(wire, why, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG pixels")
    wire("CSET", FOLLOW_UP, "A lot.", "TENANT", "t", "NAMESPACE", "n", "MODEL", "m", "MODEL_VERSION", "v",
         "TAG", "one", "TAG", "two", "CONTEXT", CAR, "IMAGE", IMAGE)  # fmt: skip
    given = ["--tenant", "t", "--namespace", "n", "--model", "m", "--model-version", "v", "--tag", "one", "--tag",
             "two", "--context", CAR, "--image", str(picture)]  # fmt: skip

    assert 0 == why(FOLLOW_UP, *given)[0]
    for place in range(0, len(given), 2):
        code, _ = why(FOLLOW_UP, *given[:place], *given[place + 2 :])
        assert (0 if given[place] == "--tag" else 1) == code, given[place]
    assert 1 == why(FOLLOW_UP, *given, "--tag", "three")[0]


def test_a_stored_question_cannot_steer_the_terminal(wire, why):
    wire("CSET", "evil \x1b[2J\x07 question", "answer")
    _, lines = why("evil question", "--threshold", "0.1")

    assert not any("\x1b" in line or "\x07" in line for line in lines)
    assert 2 <= len(lines)


def test_a_server_that_refuses_ends_it_with_two(run, server, why):
    assert 2 == run("why", "question", "--address", "127.0.0.1:1")[0]
    code, lines = why("question", "--context", "[1]")

    assert 2 == code
    assert "CONTEXT must hold messages" in lines[0]


CASES = {
    "numbers.differ": ((NUMBERED,), (OTHER_NUMBER, "THRESHOLD", "0.1")),
    "similarity.below-bar": (("How do I log in?",), ("Which mountain is tallest?",)),
    "tags.missing": ((NUMBERED,), (NUMBERED, "TAG", "billing")),
    "context.other-history": (("Sum it up, the car", "CONTEXT", CAR), ("Sum it up, a car", "CONTEXT", BOAT)),
    "context.other-instructions": (
        (NUMBERED, "CONTEXT", '[{"role":"system","content":"Be kind."}]'),
        (NUMBERED, "CONTEXT", '[{"role":"system","content":"Be rude."}]'),
    ),
    "context.not-told": (("How much does it cost?",), ("How much will it cost?", "THRESHOLD", "0.1")),
    "image.differs": ((NUMBERED, "IMAGE", IMAGE), (NUMBERED,)),
    "candidates.none": (("stored elsewhere", "TENANT", "other"), (NUMBERED,)),
}


@pytest.mark.parametrize("reason", CASES)
def test_explain_why_metrics_and_log_print_the_same_reason(server, wire, why, reason):
    (question, *stored), (text, *asked) = CASES[reason]
    wire("CSET", question, "answer", *stored)
    counted, logged = refused_so_far(server, reason), len(server.events)
    told = ask(f"127.0.0.1:{server.port}", "", ["CEXPLAIN", text, *asked])
    code, lines = why(text, *(f"--{word.lower()}" if word.isupper() else word for word in asked))

    explained = refused_so_far(server, reason)

    assert wire("CGET", text, *asked) is None
    assert reason == told["reason"]
    assert (1, reason) == (code, lines[0].split()[1])
    assert explained == counted, "explaining is not looking up"
    assert refused_so_far(server, reason) > explained
    line = server.wait_for("lookup", after=logged)
    assert (reason, told["verdict"], told["hit_type"]) == (line["reason"], line["verdict"], line["hit_type"])
    assert "query" not in line
