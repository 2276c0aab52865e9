"""Promises of crowkis/engine/templates.py: questions are found by their template, apart by tenant and embedder."""

from crowkis.engine.templates import Templates
from crowkis.values.question import Scope
from crowkis.values.record import Entry


def entry(number, template=b"t", tenant="a", fingerprint="space"):
    scope = Scope(tenant, "", "", "")
    return Entry(bytes([number]), scope, "q", None, frozenset(), fingerprint, 0, 0, 1, template=template)


def test_questions_of_a_template_are_found_until_they_leave():
    templates = Templates()
    for stored in (entry(1), entry(2), entry(3, template=b"u"), entry(4, tenant="b"), entry(5, fingerprint="other")):
        templates.enter(stored)

    assert [b"\1", b"\2"] == templates.of(("a", "", "space"), b"t")
    templates.leave(entry(1))
    templates.leave(entry(2))
    assert ([], 3) == (templates.of(("a", "", "space"), b"t"), len(templates))


def test_what_has_no_template_or_no_vector_is_not_listed():
    templates = Templates()
    for stored in (entry(1, template=b""), entry(2, fingerprint="")):
        templates.enter(stored)
        templates.leave(stored)

    assert (0, 0) == (len(templates), templates.size_bytes())
