"""Promises of crowkis/engine/rules.py."""

from crowkis.engine.rules import SERVE_RULES
from crowkis.values.verdict import REASONS


def test_the_order_of_the_gates_is_the_policy():
    assert [
        "tenancy", "embedder", "freshness", "days", "image", "context", "tags", "trust", "flagged", "reuse",
        "identifiers", "numbers", "quoted", "names", "language", "layout", "negation", "contrast", "complaints",
        "budget", "similarity", "confidence",
    ] == [gate.name for gate in SERVE_RULES]  # fmt: skip


def test_every_gate_has_a_reason_to_object():
    assert {gate.name for gate in SERVE_RULES} <= {row.gate for row in REASONS}
