"""Promises of crowkis/engine/serves.py."""

from crowkis.engine.serves import Gone, Serve, Serves
from crowkis.match.thresholds import bin_of
from crowkis.values.limits import GONE_MAX, SERVES_BYTES_MAX, SERVES_MAX
from crowkis.values.question import Scope


def serve(question="q", tenant="t"):
    return Serve(tenant, question, None, 0.9, False)


def test_the_last_question_is_told_to_its_tenant_only():
    serves = Serves()
    serves.served(b"e", serve("first"))
    serves.served(b"e", serve("second"))

    assert serves.last(b"e", "t").question == "second"
    assert serves.last(b"e", "other") is None


def test_it_is_bounded_in_answers_and_in_bytes():
    serves = Serves()
    for number in range(SERVES_MAX + 5):
        serves.served(number.to_bytes(4, "big"), serve())
    assert serves.last((0).to_bytes(4, "big"), "t") is None
    for number in range(100):
        serves.served(number.to_bytes(4, "big"), serve("x" * 100_000))

    assert serves.size_bytes <= SERVES_BYTES_MAX


def test_answers_reported_away_are_remembered_for_a_while():
    serves = Serves()
    gone = Gone(Scope("t", "", "", ""), b"d", b"a", "")
    for number in range(GONE_MAX + 1):
        serves.left(number.to_bytes(4, "big"), gone)

    assert serves.gone((0).to_bytes(4, "big")) is None
    assert gone == serves.gone((1).to_bytes(4, "big"))


def test_candidates_met_are_taken_once():
    serves = Serves()
    serves.met("t", "all", 0.9)
    serves.met("t", "all", 0.9)

    assert {bin_of(0.9): 2} == serves.take_met("t", "all")
    assert {} == serves.take_met("t", "all")


def test_forgetting_a_tenant_leaves_the_others():
    serves = Serves()
    serves.served(b"1", serve(tenant="a"))
    serves.served(b"2", serve(tenant="b"))
    serves.forget("a")

    assert serves.last(b"1", "a") is None
    assert serves.last(b"2", "b") is not None
