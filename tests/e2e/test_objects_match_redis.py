"""OBJECT against a real redis-server."""

import pytest

from crowkis.commands.objects import collection_encoding
from crowkis.engine.hashes import stored_field

pytestmark = pytest.mark.process

SCRIPTS = {
    "kinds": f"""
        OBJECT ENCODING none | OBJECT REFCOUNT none | OBJECT IDLETIME none | OBJECT FREQ none | SET s text | SET n 12345
        SET long {"x" * 44} | SET longer {"x" * 45} | SET max 9223372036854775807 | SET big 9223372036854775808
        SET zeros 007 | SET empty "" | OBJECT ENCODING s | OBJECT ENCODING n | OBJECT ENCODING long
        OBJECT ENCODING longer | OBJECT ENCODING max | OBJECT ENCODING big | OBJECT ENCODING zeros
        OBJECT ENCODING empty
        OBJECT REFCOUNT s | OBJECT IDLETIME s | OBJECT FREQ s | OBJECT ENCODING | OBJECT NONSENSE s | OBJECT
        OBJECT FREQ
        HSET h a {"x" * 64} | OBJECT ENCODING h | HSET h b {"x" * 65} | OBJECT ENCODING h | HSET g {"f" * 65} 1
        OBJECT ENCODING g | object encoding s
    """,
}


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_scripted_session_gets_the_same_replies(play, name):
    play(SCRIPTS[name])


@pytest.mark.parametrize("count", [512, 513])
def test_a_hash_is_packed_up_to_as_many_fields(both, count):
    for at in range(0, count, 100):
        both("HSET", "h", *[item for number in range(at, min(at + 100, count)) for item in (f"f{number}", "v")])
    theirs, ours = both("OBJECT", "ENCODING", "h")

    assert theirs == ours


def numbers(count, value=b""):
    return [(b"%d" % number, value) for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "elements", "told"),
    [
        ("set", numbers(512), "intset"), ("set", numbers(513), "hashtable"), ("set", [(b"x", b"")], "listpack"),
        ("set", [*numbers(128), (b"x", b"")], "hashtable"), ("set", [(b"x" * 65, b"")], "hashtable"),
        ("zset", numbers(128, b"8 bytes!"), "listpack"), ("zset", numbers(129, b"8 bytes!"), "skiplist"),
        ("zset", [(b"x" * 65, b"8 bytes!")], "skiplist"), ("list", [(b"1", b"x" * 8192)], "listpack"),
        ("list", [(b"1", b"x" * 8192), (b"2", b"x")], "quicklist"),
        ("hash", [(b"f", stored_field(b"x" * 64))], "listpack"),
        ("hash", [(b"f", stored_field(b"x" * 65))], "hashtable"),
    ],
)  # fmt: skip
def test_collections_are_told_as_newer_redis_keeps_them(kind, elements, told):
    assert told == collection_encoding(kind, elements)


def test_the_words_are_listed(server):
    told = server.connect()("OBJECT", "HELP")

    assert ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT", "HELP"] == [
        line.decode().split()[0].rstrip(":") for line in told
    ]
