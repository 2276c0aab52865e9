"""Promises of crowkis/engine/tracking.py: a reader is told of each change once, what is remembered is bounded."""

import pytest

from crowkis.engine import tracking as tracking_module
from crowkis.engine.clients import Tracker
from crowkis.values.record import DropDatabase, DropKey, PutKey


def invalidated(key):
    return b">2\r\n$10\r\ninvalidate\r\n*1\r\n$%d\r\n%b\r\n" % (len(key), key)


class World:
    """Tracking over a real state."""

    def __init__(self, engine):
        self.engine, self.tracking, self.sent = engine, engine.tracking, []
        engine.push = lambda client, data: self.sent.append((client.id, data))

    def client(self, *, mode="", broadcast=False, prefixes=(), noloop=False):
        client = self.engine.clients.enter("127.0.0.1:5", True, None, 0)
        client.protocol = 3
        self.tracking.begin(client, Tracker(0, broadcast, list(prefixes), mode, noloop))
        return client

    def read(self, client, *keys):
        self.tracking.remember(client, client.tracker, list(keys))

    def put(self, *keys, by=None):
        self.engine.acting = by
        for key in keys:
            self.engine.state.apply(PutKey(0, key, b"v", 0))
        self.engine.acting = None

    def told(self):
        self.tracking.deliver()
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def world(new_engine):
    return World(new_engine())


def test_a_reader_is_told_once_until_it_reads_again(world):
    one, two = world.client(), world.client()
    world.read(one, b"k", b"l")
    world.put(b"k", b"k", b"other")
    first = world.told()
    world.put(b"k")
    second = world.told()
    world.read(two, b"k")
    world.put(b"k")

    assert ([(one.id, invalidated(b"k"))], [], [(two.id, invalidated(b"k"))]) == (first, second, world.told())


def test_who_tracks_by_prefix_is_told_of_a_batch_at_once(world):
    one = world.client(broadcast=True, prefixes=[b"x:"])
    world.put(b"x:1", b"x:2", b"x:1", b"y:1")

    assert [(one.id, b">2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\nx:1\r\n$3\r\nx:2\r\n")] == world.told()


def test_ones_own_change_is_told_unless_it_asked_for_no_loop(world):
    loud, quiet = world.client(), world.client(noloop=True)
    wide = world.client(broadcast=True, prefixes=[b""], noloop=True)
    for client in (loud, quiet):
        world.read(client, b"a", b"b", b"c")
    world.put(b"a", by=loud)
    world.put(b"b", by=quiet)
    world.put(b"c", by=wide)
    told = world.told()

    assert [b"a", b"b", b"c"] == [key for key in (b"a", b"b", b"c") if (loud.id, invalidated(key)) in told]
    assert [b"a", b"c"] == [key for key in (b"a", b"b", b"c") if (quiet.id, invalidated(key)) in told]
    assert [(wide.id, b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n")] == [
        row for row in told if row[0] == wide.id
    ]


def test_opting_in_tracks_what_was_announced_and_opting_out_the_rest(world):
    chooser, refuser = world.client(mode="optin"), world.client(mode="optout")
    world.read(chooser, b"a")
    world.read(refuser, b"a")
    chooser.tracker.caching, refuser.tracker.caching = True, False
    world.read(chooser, b"b")
    world.read(refuser, b"b")
    world.put(b"a", b"b")

    assert [(refuser.id, invalidated(b"a")), (chooser.id, invalidated(b"b"))] == world.told()


def test_a_flush_is_told_to_all_who_track_and_forgets_what_was_read(world):
    one, two = world.client(), world.client(broadcast=True, prefixes=[b""])
    world.read(one, b"k")
    world.engine.state.apply(DropDatabase(0))
    world.engine.state.apply(DropDatabase(1))
    flushed = b">2\r\n$10\r\ninvalidate\r\n_\r\n"

    assert [(one.id, flushed), (two.id, flushed)] == world.told()
    world.engine.state.apply(DropKey(0, b"k"))
    assert ([], 0) == (world.told(), world.tracking.size_bytes)


def test_what_was_read_longest_ago_is_invalidated_when_too_much_is_remembered(world, monkeypatch):
    one = world.client()
    world.read(one, b"a")
    monkeypatch.setattr(tracking_module, "TRACKED_BYTES_MAX", 2 * world.tracking.size_bytes)
    world.read(one, b"b")
    world.read(one, b"c")

    assert [(one.id, invalidated(b"a"))] == world.told()


def test_whoever_is_gone_or_has_enough_is_told_nothing_and_costs_nothing(world):
    gone, done = world.client(), world.client(broadcast=True, prefixes=[b""])
    world.read(gone, b"k")
    world.engine.leave(gone)
    world.put(b"k")
    world.tracking.end(done)
    world.tracking.end(done)
    world.tracking.begin(gone, Tracker(0, False, [], "", False))

    assert ([], []) == (world.told(), world.engine.listeners)
    assert (0, False, None) == (world.tracking.size_bytes, done.unusual, gone.tracker)


def test_a_read_is_not_overtaken_by_its_invalidation(play):
    async def story(house):
        client, other = house.client(), house.client()
        await house.ask(client, "HELLO 3", "CLIENT TRACKING ON")
        house.send(client, "CGET question", "GET k")
        house.send(other, "SET k 1")
        await house.batch()
        assert [] == client.sink.pushes
        house.outside.finish_embedding()
        await house.batch()
        await house.batch()
        await house.ask(other, "SET k 2")

        assert b"$1\r\n1\r\n" == client.sink.replies[-1]
        assert [invalidated(b"k")] == client.sink.pushes

    play(story)
