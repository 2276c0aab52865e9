"""Promises of crowkis/engine/blocked.py: first come, first served; nobody waits longer than told; nothing is left."""

import crowkis.commands  # noqa: F401 - settles the order of imports
from crowkis.engine.blocked import TIMED_OUT, WOKEN, Blocked
from crowkis.engine.clients import Client
from crowkis.engine.keys import Touch
from crowkis.values.errand import AwaitKeys
from crowkis.values.errors import CommandError


class Scene:
    def __init__(self):
        self.listeners = []
        self.blocked = Blocked(self.listeners)
        self.told = []

    def enter(self, name, *keys, until_ms=0, turn=None):
        client = Client(1, name, True, None, 0)
        errand = AwaitKeys(0, keys, until_ms, self.blocked.turn() if turn is None else turn)
        self.blocked.enter(client, errand, lambda result: self.told.append((name, result)))
        return client

    def touch(self, key, ended=False):
        for listener in tuple(self.listeners):
            listener(Touch(0, key, None, False, ended, 0))


def test_who_came_first_is_woken_first_and_each_only_once():
    scene = Scene()
    scene.enter("first", b"a", b"b")
    scene.enter("second", b"b")
    scene.touch(b"c")
    scene.touch(b"b", ended=True)

    assert [] == scene.told
    scene.touch(b"b")
    scene.touch(b"a")
    scene.touch(b"b")
    assert [("first", WOKEN), ("second", WOKEN)] == scene.told
    assert ([], 0) == (scene.listeners, len(scene.blocked))


def test_who_has_to_wait_again_keeps_its_place():
    scene = Scene()
    scene.enter("first", b"a", turn=1)
    scene.enter("second", b"a", turn=2)
    scene.touch(b"a")
    scene.enter("first", b"a", turn=1)
    scene.touch(b"a")

    assert ["first", "first"] == [name for name, _ in scene.told]


def test_waiting_ends_when_its_time_is_up():
    scene = Scene()
    scene.enter("short", b"a", until_ms=100)
    scene.enter("long", b"a", until_ms=200)
    scene.enter("for ever", b"a")
    scene.blocked.due(99)
    scene.blocked.due(150)

    assert [("short", TIMED_OUT)] == scene.told
    scene.blocked.due(10**15)
    assert (1, ["short", "long"]) == (len(scene.blocked), [name for name, _ in scene.told])


def test_waiting_can_be_ended_with_and_without_an_error():
    scene = Scene()
    one, other = scene.enter("one", b"a", b"a"), scene.enter("other", b"a")

    assert [True, False, True] == [one.unblock(one, False), one.unblock(one, False), other.unblock(other, True)]
    assert TIMED_OUT == scene.told[0][1]
    assert isinstance(scene.told[1][1], CommandError)
    assert ([], 0) == (scene.listeners, len(scene.blocked))
