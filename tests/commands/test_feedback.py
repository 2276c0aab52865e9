"""Promises of crowkis/commands/feedback.py, through the real process."""

import pytest

pytestmark = pytest.mark.process

QUESTION, ANSWER = "how do I reset my password", b"open settings"


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def wire(server):
    return server.connect(3)


def served(wire, *options):
    found = wire("CGET", QUESTION, *options)
    return None if found is None else {as_text(key): value for key, value in found.items()}


def as_text(key):
    return key.decode() if isinstance(key, bytes) else key


def key_of(wire):
    return served(wire)["key"]


def test_a_bad_report_removes_the_answer_and_never_serves_it_again_even_when_stored_again(server, wire):
    wire("CSET", QUESTION, ANSWER)
    told = {as_text(key): value for key, value in wire("CFEEDBACK", key_of(wire), "BAD", "REASON", "old").items()}
    assert told["evicted"]
    assert served(wire) is None

    wire("CSET", QUESTION, ANSWER)
    assert served(wire) is None
    server.kill()


def test_reports_survive_kill_9(server, wire, start_server):
    wire("CSET", QUESTION, ANSWER)
    wire("CFEEDBACK", key_of(wire), "BAD", "REASON", "old")
    server.kill()
    wire = start_server(data_dir=server.data_dir).connect(3)

    assert [QUESTION.encode(), ANSWER, b"old"] == wire("CCHECKBAD", QUESTION)
    wire("CSET", QUESTION, ANSWER)
    assert served(wire) is None
    wire("CSET", QUESTION, b"another answer")
    assert served(wire) is not None


def test_a_source_that_is_complained_about_is_no_longer_served(wire):
    for number in range(4):
        wire("CSET", f"question {number} about things", "x", "SOURCE", "wiki")
        found = wire("CGET", f"question {number} about things")
        wire("CFEEDBACK", {as_text(key): value for key, value in found.items()}["key"], "BAD")
    wire("CSET", QUESTION, ANSWER, "SOURCE", "wiki")

    assert served(wire) is None


def test_a_flag_is_found_by_its_question_and_can_be_taken_back(wire):
    wire("CSET", QUESTION, ANSWER)
    assert wire("CCHECKBAD", QUESTION) is None
    wire("CFLAG", QUESTION, ANSWER, "REASON", "why")
    assert [QUESTION.encode(), ANSWER, b"why"] == wire("CCHECKBAD", QUESTION)
    assert wire("CCHECKBAD", QUESTION, "TENANT", "other") is None
    assert served(wire) is None

    assert wire("CUNFLAG", QUESTION) == 1
    assert served(wire) is not None


def test_an_error_budget_refuses_what_is_not_sure_enough_and_lets_exact_repeats_pass(wire):
    wire("CSET", QUESTION, ANSWER)
    near = f"please tell {QUESTION}"

    assert wire("CGET", near, "THRESHOLD", "0.5") is not None
    assert wire("CGET", near, "THRESHOLD", "0.5", "MAXERROR", "0.001") is None
    assert served(wire, "MAXERROR", "0.001") is not None


def test_a_bar_can_be_pinned_and_let_go(wire):
    def bar(*words):
        return {as_text(key): value for key, value in wire("CBAR", *words, "MAXERROR", "0.1").items()}

    assert bar()["bar"] == pytest.approx(0.9)
    assert (0.97, True) == (bar("PIN", "0.97")["bar"], bar()["pinned"])
    assert bar("UNPIN")["bar"] == pytest.approx(0.9)


def test_an_unknown_key_is_nothing(wire):
    assert wire("CFEEDBACK", "0" * 32, "GOOD") is None
