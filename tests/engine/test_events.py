"""Promises of crowkis/engine/events.py: an event is called as Redis calls it, and nothing is worked out unasked."""

import pytest

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import COMMANDS
from crowkis.engine.clients import Clients
from crowkis.engine.events import Events
from crowkis.engine.keys import Touch
from crowkis.values.record import Change, DropDatabase, DropKey, MoveKey, PutKey, SetEnd

PUT, GONE = PutKey(0, b"k", b"v", 0), DropKey(0, b"k")


class World:
    """Events, a client whose word is running, and what was published."""

    def __init__(self):
        self.published, self.listeners = [], []
        self.client = Clients().enter("127.0.0.1:5", True, None, 0)
        self.acting = None
        self.events = Events(self.listeners, self._publish, lambda: self.acting, lambda: 1_000)

    def _publish(self, channel, message):
        self.published.append((channel, message))
        return 0

    def after(self, word, record, *, began=False, ended=False, end_ms=0, key=b"k", db=0):
        """The names of the events of one change."""
        self.acting = self.client if word else None
        self.client.last = COMMANDS["GET"]._replace(name=word, writes=True)
        self.published.clear()
        self.events.heed(Touch(db, key, record, began, ended, end_ms))
        return [channel.partition(b":")[2].decode() for channel, _ in self.published]


@pytest.fixture
def world():
    world = World()
    world.events.choose("AnE")
    return world


def test_what_is_published_depends_on_the_letters():
    world = World()
    world.events.choose("KE$")
    world.after("SET", PUT, began=True)
    both = list(world.published)
    found = []
    for letters in ("K$", "E$", "Kg", "$", "A"):
        world.events.choose(letters)
        found.append(len(world.after("SET", PUT)))

    assert [(b"__keyspace@0__:k", b"set"), (b"__keyevent@0__:set", b"k")] == both
    assert [1, 1, 0, 0, 0] == found


def test_only_who_asks_is_a_listener():
    world, counts = World(), []
    for letters in ("", "KEA", "Kg", "g", "KEA", ""):
        world.events.choose(letters)
        counts.append(len(world.listeners))

    assert [0, 1, 1, 0, 1, 0] == counts


def test_strings(world):
    ending = PutKey(0, b"k", b"v", 5_000)

    assert ["new", "set"] == world.after("SET", PUT, began=True)
    assert ["set", "expire"] == world.after("SET", ending)
    assert ["set"] == world.after("SET", ending, end_ms=5_000)
    assert [["set"], ["incrby"], ["append"]] == [world.after(word, PUT) for word in ("MSET", "DECR", "APPEND")]


def test_keys(world):
    assert [["del"], ["expired"], ["expired"]] == [
        world.after("DEL", GONE, ended=True), world.after("", GONE, ended=True),
        world.after("HSET", GONE, ended=True, end_ms=1_000),
    ]  # fmt: skip
    assert [["expire"], ["persist"]] == [world.after("GETEX", SetEnd(0, b"k", end)) for end in (9_000, 0)]
    assert [] == world.after("FLUSHDB", DropDatabase(0), key=None)


def test_moves(world):
    renamed, moved = MoveKey(0, b"k", 0, b"l"), MoveKey(0, b"k", 1, b"k")

    assert ["rename_from"] == world.after("RENAME", renamed, ended=True)
    assert ["rename_to"] == world.after("RENAME", renamed, key=b"l")
    assert ["new", "rename_to"] == world.after("RENAME", renamed, key=b"l", began=True)
    assert ["move_from"] == world.after("MOVE", moved, ended=True)
    assert ["new", "move_to"] == world.after("MOVE", moved, db=1, began=True)


def test_collections(world):
    put, drop = Change(0, b"k", "set", [(b"m", b"")]), Change(0, b"k", "set", (), [b"m"])

    assert ["new", "sadd"] == world.after("SADD", put, began=True)
    assert ["srem", "del"] == world.after("SREM", drop, ended=True)
    assert [["srem"], ["sadd"]] == [world.after("SMOVE", record) for record in (drop, put)]


def test_a_miss_is_news_only_where_a_word_reads():
    world = World()
    world.events.choose("Em")
    for name in ("GET", "APPEND"):
        world.acting, world.client.last = world.client, COMMANDS[name]
        world.events.missed(0, b"k")

    assert world.events.misses
    assert [(b"__keyevent@0__:keymiss", b"k")] == world.published
