"""Promises of crowkis/engine/kinds.py: every kind keeps count of what it holds, and ends empty."""

import pytest

from crowkis.engine.codec import KINDS
from crowkis.engine.hashes import stored_field
from crowkis.engine.kinds import NEW
from crowkis.engine.lists import pushed
from crowkis.engine.sets import stored_members
from crowkis.engine.zsets import stored_scores

ELEMENTS = {
    "hash": [(b"a", stored_field(b"1")), (b"b", stored_field(b"2"))],
    "list": pushed(None, [b"a", b"b"], left=False),
    "set": stored_members([b"a", b"b"]),
    "zset": stored_scores([(b"a", 1.0), (b"b", -2.5)]),
}


@pytest.mark.parametrize("kind", sorted(NEW))
def test_elements_come_and_go_and_give_their_memory_back(kind):
    assert kind in KINDS
    held = NEW[kind]()
    held.change(ELEMENTS[kind], ())

    assert (kind, len(ELEMENTS[kind])) == (held.kind, len(held))
    assert held.size_bytes > 0
    held.change((), [field for field, _ in ELEMENTS[kind]])
    assert (0, 0) == (len(held), held.size_bytes)
