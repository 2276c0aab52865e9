"""Promises of crowkis/engine/images.py: which answers are about which image."""

from crowkis.engine.images import Images
from crowkis.values.question import Scope
from crowkis.values.record import Entry

SCOPE = Scope("t", "", "", "")


def entry(number, image, scope=SCOPE):
    return Entry(b"%016d" % number, scope, "q", None, frozenset(), "", 1, 0, 1, image=image)


def test_answers_are_found_by_scope_and_image_oldest_first():
    images = Images()
    for number, image in ((2, "a"), (1, "a"), (3, "b"), (4, "")):
        images.enter(entry(number, image))
    images.enter(entry(5, "a", SCOPE._replace(model="m")))

    assert [b"%016d" % 2, b"%016d" % 1] == images.of(SCOPE, "a")
    assert [b"%016d" % 3] == images.of(SCOPE, "b")
    assert [] == images.of(SCOPE, "c")


def test_what_has_left_is_not_found():
    images = Images()
    for number in (1, 2):
        images.enter(entry(number, "a"))
    images.enter(entry(1, "a"))
    images.leave(entry(1, "a"))

    assert [b"%016d" % 2] == images.of(SCOPE, "a")
    images.leave(entry(2, "a"))
    images.leave(entry(3, ""))

    assert [] == images.of(SCOPE, "a")
