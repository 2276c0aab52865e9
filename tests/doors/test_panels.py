"""Promises of crowkis/doors/panels.py: what the dashboard shows adds up, and is told in words and units."""

import json

import numpy as np
import pytest

from crowkis.doors.panels import MINUTES_SHOWN, figures
from crowkis.engine.engine import entry_id_of
from crowkis.engine.live import MINUTE_MS
from crowkis.engine.lookup import Asked, client_space, find
from crowkis.match.features import features
from crowkis.values.access import PutQuota, Quota
from crowkis.values.question import Scope
from crowkis.values.record import Entry, PutEntry
from crowkis.values.verdict import REASONS

NORTH = np.array([1, 0, 0, 0], np.float32)


def near(similarity):
    return np.array([similarity, np.sqrt(1 - similarity**2), 0, 0], np.float32)


@pytest.fixture
def engine(new_engine):
    made = new_engine(similarity_min=0.9)
    made.metrics.split_sources["confidence_bar"] = dict
    return made


@pytest.fixture
def ask(engine):
    def run(text, vector=NORTH, tenant="t", model="m"):
        scope = Scope(tenant, "", model, "")
        find(engine, Asked(text, scope, frozenset(), None, vector), lambda engine, found: None)

    return run


@pytest.fixture
def store(engine):
    def put(text, tenant="t", model="m"):
        scope = Scope(tenant, "", model, "")
        entry = Entry(
            entry_id_of(text, scope), scope, text, features(text), frozenset(), client_space(4), 1, 0, 400, cost_usd=2.0
        )
        engine.state.apply(PutEntry(entry, NORTH, b"answer"))

    return put


def test_everything_can_be_told_as_json_before_anything_was_asked(engine):
    told = json.loads(json.dumps(figures(engine, "", True)))

    assert [0, 0.0, []] == [told["global"]["total_requests"], told["global"]["hit_rate_pct"], told["recent_log"]]


def test_the_panels_add_up(engine, store, ask):
    store("how do i log in")
    for text, vector in (("how do i log in", NORTH), ("how do i sign in", near(0.95)), ("how do i not log in", NORTH),
                         ("where is berlin", near(0.1))):  # fmt: skip
        ask(text, vector)
    told = figures(engine, "", True)

    assert {"exact": 1, "semantic": 1, "refused": 1, "miss": 1} == told["hits"]["by_kind"]
    assert (4, 2, 2, 1, 50.0, 4.0, 200) == tuple(
        told["global"][name] for name in ("total_requests", "total_hits", "total_misses", "refused", "hit_rate_pct",
                                          "dollars_saved_total", "tokens_saved")
    )  # fmt: skip
    assert told["global"]["total_misses"] == sum(row["count"] for row in told["refusals"])
    assert 1 == sum(told["hits"]["confidence"]["counts"])
    assert [("m", 2)] == [(row["model"], row["hits"]) for row in told["hits"]["by_model"]]
    assert [2] == [row["count"] for row in told["top_questions"]]
    assert {"how do i not log in", "where is berlin"} == {row["question"] for row in told["top_misses"]}


def test_every_reason_is_told_with_its_meaning(engine, store, ask):
    store("how do i log in")
    ask("how do i not log in")
    (line,) = figures(engine, "", False)["recent_log"]
    (row,) = (row for row in REASONS if row.id == line["reason"])

    assert (row.gate, row.meaning) == (line["gate"], line["meaning"])
    assert line["key"] == entry_id_of("how do i log in", Scope("t", "", "m", "")).hex()


def test_minutes_older_than_an_hour_are_not_shown(engine, store, ask):
    store("how do i log in")
    ask("how do i log in")
    engine.live.settle()
    engine.now_ms += MINUTES_SHOWN * MINUTE_MS
    ask("how do i log in")
    rows = figures(engine, "", True)["hits"]["minutes"]

    assert [engine.now_ms // MINUTE_MS * MINUTE_MS] == [row["time_ms"] for row in rows]


def test_tenants_are_told_with_what_they_store_and_may_store(engine, store, ask):
    store("how do i log in", "a")
    ask("how do i log in", tenant="b")
    engine.state.apply(PutQuota(Quota("c", 5, 0)))
    rows = {row["tenant"]: row for row in figures(engine, "", True)["tenants"]}

    assert [1, 0, 0] == [rows[name]["entries"] for name in "abc"]
    assert [0, 1, 0] == [rows[name]["total_requests"] for name in "abc"]
    assert [None, None, {"entries": 5, "bytes": 0}] == [rows[name]["quota"] for name in "abc"]


def test_one_tenant_is_shown_nothing_of_the_others(engine, store, ask):
    for tenant in ("mine", "theirs"):
        store(f"{tenant} how", tenant, f"model-of-{tenant}")
        ask(f"{tenant} how", tenant=tenant, model=f"model-of-{tenant}")
        ask(f"{tenant} misses", tenant=tenant)

    assert "theirs" not in json.dumps(figures(engine, "mine", False))
