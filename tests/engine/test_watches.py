"""Promises of crowkis/engine/watches.py: every change is seen, nothing else is, and watching nothing costs nothing."""

import pytest

from crowkis.engine import watches as watches_module
from crowkis.engine.clients import Clients
from crowkis.engine.codec import plain_key
from crowkis.engine.hashes import stored_field
from crowkis.engine.keys import Touch
from crowkis.engine.watches import Watches
from crowkis.values.errors import CommandError
from crowkis.values.record import Change, DropDatabase, DropKey, MoveKey, PutKey, SetEnd


class World:
    """Watches over a real state, and clients."""

    def __init__(self, engine):
        self.engine, self.watches = engine, engine.watches
        self.apply = engine.state.apply

    def client(self):
        return self.engine.clients.enter("127.0.0.1:5", True, None, 0)

    def unchanged(self, client, later_ms=0):
        return self.watches.unchanged(client, self.engine.now_ms + later_ms)


@pytest.fixture
def world(new_engine):
    return World(new_engine())


CHANGES = {
    "a string": PutKey(0, b"k", b"new", 0),
    "its removal": DropKey(0, b"k"),
    "its end": SetEnd(0, b"k", 1_800_000_000_000),
    "a move away": MoveKey(0, b"k", 0, b"l"),
    "a move here": MoveKey(0, b"other", 0, b"k"),
    "a move here from another database": MoveKey(1, b"other", 0, b"k"),
    "a flush": DropDatabase(0),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_kind_of_change_is_seen(world, name):
    for db in (0, 1):
        world.apply(PutKey(db, b"k", b"v", 0))
        world.apply(PutKey(db, b"other", b"v", 0))
    client, elsewhere = world.client(), world.client()
    world.watches.watch(client, 0, b"k", world.engine.now_ms)
    world.watches.watch(elsewhere, 2, b"k", world.engine.now_ms)
    before = world.unchanged(client)
    world.apply(CHANGES[name])

    assert (True, False, True) == (before, world.unchanged(client), world.unchanged(elsewhere))


def test_a_change_of_one_element_is_seen(world):
    world.apply(Change(0, b"h", "hash", [(b"f", stored_field(b"v"))]))
    client = world.client()
    world.watches.watch(client, 0, b"h", world.engine.now_ms)
    world.apply(Change(0, b"h", "hash", [(b"g", stored_field(b"v"))]))

    assert not world.unchanged(client)


def test_a_flush_of_what_was_not_there_changes_nothing(world):
    client = world.client()
    world.watches.watch(client, 0, b"k", world.engine.now_ms)
    world.apply(DropDatabase(0))

    assert world.unchanged(client)


def test_a_key_is_changed_when_its_time_is_up_even_before_it_is_removed(world):
    world.apply(PutKey(0, b"k", b"v", world.engine.now_ms + 10))
    client = world.client()
    world.watches.watch(client, 0, b"k", world.engine.now_ms)

    assert [True, False] == [world.unchanged(client, 9), world.unchanged(client, 10)]
    world.apply(DropKey(0, b"k"))
    assert not world.unchanged(client)


def test_removing_what_was_over_when_it_was_watched_changes_nothing_and_setting_it_does(world):
    world.apply(PutKey(0, b"k", b"v", world.engine.now_ms - 1))
    client = world.client()
    world.watches.watch(client, 0, b"k", world.engine.now_ms)
    world.apply(DropKey(0, b"k"))
    removed = world.unchanged(client)
    world.apply(PutKey(0, b"k", b"v", 0))

    assert (True, False) == (removed, world.unchanged(client))


def test_nobody_is_told_of_changes_when_nothing_is_watched(world):
    one, two = world.client(), world.client()
    for client in (one, two):
        world.watches.watch(client, 0, b"k", 0)
        world.watches.watch(client, 0, b"k", 0)
    assert (1, 1) == (len(world.engine.listeners), len(world.watches))
    world.watches.unwatch(one)
    world.watches.unwatch(one)
    world.watches.unwatch(two)

    assert (0, 0) == (len(world.engine.listeners), len(world.watches))


def test_whoever_is_gone_watches_nothing_and_its_exec_does_not_run(world):
    gone_later, gone_before, careless = world.client(), world.client(), world.client()
    world.watches.watch(gone_later, 0, b"k", 0)
    for client in (gone_later, gone_before, careless):
        world.engine.leave(client)
    world.watches.watch(gone_before, 0, b"k", 0)

    assert 0 == len(world.watches)
    assert [False, False, True] == [world.unchanged(client) for client in (gone_later, gone_before, careless)]


def test_what_one_client_watches_is_bounded(monkeypatch):
    monkeypatch.setattr(watches_module, "WATCHED_KEYS_MAX", 2)
    monkeypatch.setattr(watches_module, "WATCHED_BYTES_MAX", 100)
    watches = Watches([], lambda full: None)
    one, two = (Clients().enter("127.0.0.1:5", True, None, 0) for _ in range(2))
    watches.watch(one, 0, b"a", 0)
    watches.watch(one, 0, b"b", 0)
    for client, key in ((one, b"c"), (two, bytes(100))):
        with pytest.raises(CommandError, match="at most 2 watched keys, of 100 bytes"):
            watches.watch(client, 0, key, 0)
    watches.heed(Touch(0, b"c", DropKey(0, b"c"), False, True, 0))

    assert watches.unchanged(one, 0)
    assert [plain_key(0, b"a"), plain_key(0, b"b")] == list(one.watched.keys)
