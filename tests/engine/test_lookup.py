"""Promises of crowkis/engine/lookup.py: exact first, then neighbours in turn, the first objection per candidate."""

import numpy as np
import pytest

from crowkis.engine.engine import entry_id_of
from crowkis.engine.lookup import Asked, client_space, exact, find, nearest, with_vector
from crowkis.interfaces import EmbedderError
from crowkis.match.features import features
from crowkis.match.template import template
from crowkis.settings import BY_NAME
from crowkis.values.errand import EmbedText
from crowkis.values.limits import CANDIDATES_FIRST, CANDIDATES_MAX
from crowkis.values.question import Scope
from crowkis.values.record import Entry, PutEntry

SCOPE = Scope("t", "", "", "")
NORTH = np.array([1, 0, 0, 0], np.float32)


def towards(similarity):
    """A unit vector whose cosine with NORTH is `similarity`."""
    return np.array([similarity, np.sqrt(1 - similarity**2), 0, 0], np.float32)


def asked(text, **changes):
    return Asked(text, SCOPE, frozenset(), None, NORTH)._replace(**changes)


@pytest.fixture
def engine(new_engine):
    return new_engine(similarity_min=0.9)


@pytest.fixture
def store(engine):
    def put(text, vector, **changes):
        entry = Entry(
            entry_id_of(text, changes.get("scope", SCOPE)), SCOPE, text, features(text), frozenset(),
            client_space(len(vector)), 1, 0, 6,
        )._replace(**changes)  # fmt: skip
        engine.state.apply(PutEntry(entry, vector, b"answer"))
        return entry

    return put


def seek(engine, question):
    """The whole look-up: exact, then neighbours."""
    found = exact(engine, question)
    return found if found.hit else nearest(engine, question, question.vector, found)


def test_the_very_same_question_needs_no_vector(engine, store):
    entry = store("how do i log in", NORTH)

    for text in ("how do i log in", "  how do\ti log  in "):
        found = exact(engine, asked(text, vector=None))
        assert (entry, "exact", 1.0) == (found.hit, found.hit_type, found.similarity)


def test_tomorrow_asked_again_in_a_week_is_not_served_even_to_the_very_same_words(engine, store):
    store("weather tomorrow", NORTH, created_ms=1)

    engine.now_ms = 1_000
    assert "exact" == seek(engine, asked("weather tomorrow")).hit_type
    engine.now_ms = 7 * 86_400_000
    found = seek(engine, asked("weather tomorrow"))

    assert ("miss", "days.passed") == (found.hit_type, found.objection.id)


def test_a_text_not_embedded_lately_leaves_as_an_errand(engine):
    engine.recall = lambda text: None
    waiting = find(engine, asked("new text", vector=None), lambda engine, found: found)

    assert EmbedText("new text") == waiting.errand
    assert "candidates.none" == waiting.then(engine, NORTH).objection.id


def test_a_remembered_vector_is_used_at_once(engine, store):
    entry = store("stored", towards(0.95), fingerprint=engine.embedder.fingerprint)
    engine.recall = lambda text: NORTH

    assert entry == find(engine, asked("asked", vector=None), lambda engine, found: found.hit)
    assert NORTH is with_vector(engine, asked("asked", vector=None), lambda engine, vector: vector)


def test_the_nearest_that_passes_is_served(engine, store):
    store("far", towards(0.91))
    entry = store("near", towards(0.99))
    found = seek(engine, asked("asked"))

    assert (entry, "vector") == (found.hit, found.hit_type)
    assert pytest.approx(0.99, abs=1e-6) == found.similarity


def test_after_a_veto_the_next_neighbour_is_tried(engine, store):
    store("export 12 invoices", towards(0.99))
    entry = store("how to export 10 invoices", towards(0.95))
    found = seek(engine, asked("export 10 invoices"))

    assert entry == found.hit
    assert ["numbers.differ", None] == [verdict.objection and verdict.objection.id for verdict in found.verdicts]


def test_the_objection_told_is_that_of_the_nearest(engine, store):
    store("export 12 invoices", towards(0.99))
    store("export invoices", towards(0.5))
    found = seek(engine, asked("export 10 invoices"))

    assert (None, "numbers.differ") == (found.hit, found.objection.id)
    assert pytest.approx(0.99, abs=1e-6) == found.similarity


def test_more_neighbours_are_looked_at_while_they_clear_the_bar(engine, store):
    for number in range(CANDIDATES_FIRST + 10):
        store(f"export {number + 100} invoices", towards(0.99 - number / 10_000))
    entry = store("export 10 invoices please", towards(0.95))

    assert entry == seek(engine, asked("export 10 invoices")).hit


def test_a_question_of_the_same_template_is_found_behind_a_crowd(engine, store):
    for number in range(CANDIDATES_MAX + 10):
        store(f"convert {number + 20} miles to km", towards(0.99))
    alike = template("convert 10 miles to km", features("convert 10 miles to km")).digest
    entry = store("please convert 10 miles to km", towards(0.95), template=alike)
    found = seek(engine, asked("convert 10 miles to km"))

    assert entry.entry_id == found.hit.entry_id
    assert CANDIDATES_FIRST + 1 == len(found.verdicts)


def test_the_search_ends_at_a_limit(engine, store):
    for number in range(CANDIDATES_MAX + 10):
        store(f"export {number + 100} invoices", towards(0.99 - number / 10_000))
    store("export 10 invoices please", towards(0.95))
    found = seek(engine, asked("export 10 invoices"))

    assert (None, CANDIDATES_MAX) == (found.hit, len(found.verdicts))


def test_what_is_below_the_bar_ends_the_search(engine, store):
    for number in range(5):
        store(f"stored {'abcde'[number]}", towards(0.5 - number / 100))
    found = seek(engine, asked("asked"))

    assert ("similarity.below-bar", 1) == (found.objection.id, len(found.verdicts))
    assert seek(engine, asked("asked", threshold=0.4)).hit is not None


def test_an_expired_entry_is_served_neither_exactly_nor_by_meaning(engine, store):
    store("stored", towards(0.99), expire_at_ms=engine.now_ms)

    assert "freshness.expired" == exact(engine, asked("stored")).objection.id
    assert "freshness.expired" == seek(engine, asked("asked")).objection.id


def test_tags_bind_exact_matches_too(engine, store):
    store("stored", NORTH, tags=frozenset({"a"}))

    assert "tags.missing" == exact(engine, asked("stored", tags=frozenset({"b"}))).objection.id
    assert exact(engine, asked("stored", tags=frozenset({"a"}))).hit is not None


def test_another_scope_is_another_world(engine, store):
    store("stored", NORTH)
    for scope in (Scope("u", "", "", ""), Scope("t", "n", "", "")):
        found = seek(engine, asked("stored", scope=scope))
        assert (None, "candidates.none", ()) == (found.hit, found.objection.id, found.verdicts)

    assert "tenancy.other-model" == seek(engine, asked("stored", scope=Scope("t", "", "m", ""))).objection.id


def test_without_an_embedder_a_miss_says_why(engine, store):
    found = nearest(engine, asked("asked", vector=None), EmbedderError("down"), exact(engine, asked("asked")))

    assert ("embedder.down", "down") == (found.objection.id, found.objection.measure)


def test_every_look_up_is_counted_by_its_result_and_reason(engine, store):
    store("stored", towards(0.95))
    for text in ("stored", "asked", "asked 7"):
        find(engine, asked(text), lambda engine, found: None)
    metrics = engine.metrics

    assert {"exact": 1, "vector": 1, "miss": 1} == metrics.split["lookups_total"]
    assert {"numbers.differ": 1} == metrics.split["refusals_total"]
    assert {"exact", "vector", "miss"} == set(metrics.histograms["lookup_seconds"])


def test_look_ups_that_met_answers_are_counted_by_intent(engine, store):
    store("how do i log in", NORTH)
    store("cancel my order", towards(-1))
    for text in ("how do i log in", "how can i log in", "cancel my order", "pay my rent"):
        find(engine, asked(text), lambda engine, found: None)

    assert {"procedural": 2, "transactional": 2} == engine.metrics.split["intent_lookups_total"]
    assert {"procedural": 2} == engine.metrics.split["intent_hits_total"]


def test_the_intents_own_bar_lets_in_what_the_general_one_keeps_out(new_engine):
    for bars, served in (("", False), ("procedural=0.5", True), ("factual=0.5", False)):
        engine = new_engine(similarity_min=0.9, intent_bars=BY_NAME["intent_bars"].parse(bars))
        text = "how do i log in"
        entry = Entry(entry_id_of(text, SCOPE), SCOPE, text, features(text), frozenset(), client_space(4), 1, 0, 6)
        engine.state.apply(PutEntry(entry, towards(0.7), b"answer"))

        assert served == (seek(engine, asked("how can i log in")).hit is not None)
