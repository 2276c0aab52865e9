"""MULTI, EXEC, DISCARD, WATCH and UNWATCH answer as a real redis-server does, over several connections."""

import asyncio
import signal
import threading

import pytest
import redis
import redis.asyncio

pytestmark = pytest.mark.process

SCRIPTS = {
    "queueing": """
        a> MULTI | a> SET k 1 | a> INCR k | b> GET k | a> GET k | a> EXEC | b> GET k | a> GET k | a> MULTI | a> EXEC
        a> EXEC | a> DISCARD | a> MULTI | a> SET k 9 | a> DISCARD | a> GET k | a> EXEC
    """,
    "errors while queueing": """
        a> MULTI | a> SET k 1 | a> NONSENSE | a> SET k 2 | a> EXEC | a> GET k | a> EXEC | a> MULTI | a> GET | a> EXEC
        a> MULTI | a> GET k k | a> EXEC | a> MULTI | a> CLIENT NONSENSE | a> EXEC | a> MULTI | a> EXEC now | a> EXEC
        a> MULTI | a> DISCARD now | a> EXEC | a> MULTI x | a> EXEC | a> MULTI | a> NONSENSE | a> DISCARD | a> EXEC
        a> MULTI | a> SHUTDOWN now | a> EXEC | a> PING
    """,
    "errors while running": """
        a> MULTI | a> SET k v | a> INCR k | a> SET l 1 | a> HSET k f v | a> SET k v EX soon | a> SET k v NX XX
        a> GET l | a> SELECT 99 | a> EXEC | a> MGET k l
    """,
    "what is not queued": """
        a> MULTI | a> MULTI | a> SET k 1 | a> EXEC | a> MULTI | a> WATCH k | a> SET k 2 | a> EXEC | a> GET k
        a> MULTI | a> UNWATCH | a> PING | a> ECHO x | a> EXEC | a> MULTI | a> SET k 3 | a> RESET | a> EXEC | a> GET k
        a> MULTI | a> QUIT
    """,
    "connections inside": """
        a> MULTI | a> SELECT 1 | a> SET k one | a> SELECT 0 | a> SET k zero | a> CLIENT GETNAME | a> EXEC
        a> GET k | b> SELECT 1 | b> GET k | b> FLUSHDB | a> MULTI | a> CLIENT SETNAME me | a> CLIENT GETNAME | a> EXEC
    """,
    "watching": """
        a> SET k 1 | a> WATCH k | a> MULTI | a> SET k 2 | a> EXEC | a> WATCH k | b> SET k 3 | a> MULTI | a> SET k 4
        a> EXEC | a> GET k | a> MULTI | a> SET k 5 | a> EXEC | a> WATCH k | a> SET k 6 | a> MULTI | a> GET k | a> EXEC
        a> WATCH k l | b> SET l 1 | a> MULTI | a> GET k | a> EXEC | a> WATCH k | b> SET k 7 | a> UNWATCH | a> MULTI
        a> GET k | a> EXEC | a> WATCH k | b> SET k 8 | a> MULTI | a> DISCARD | a> MULTI | a> GET k | a> EXEC
        a> WATCH k | a> MULTI | a> NONSENSE | b> SET k 9 | a> EXEC | a> MULTI | a> GET k | a> EXEC | a> WATCH
        a> WATCH k | b> GET k | a> MULTI | a> GET k | a> EXEC | a> WATCH k k k | b> INCR k | a> MULTI | a> EXEC
        a> WATCH k | b> SET k 1 | a> WATCH l | a> MULTI | a> PING | a> EXEC | a> WATCH k | b> SET k 1 | a> RESET
        a> MULTI | a> PING | a> EXEC
    """,
    "every way to change a key": """
        a> SET k 1 | a> WATCH k | b> DEL k | a> MULTI | a> PING | a> EXEC | a> WATCH k | b> DEL k | a> MULTI | a> PING
        a> EXEC | a> WATCH k | b> HSET k f v | a> MULTI | a> PING | a> EXEC | a> WATCH k | b> HSET k f w | a> MULTI
        a> PING | a> EXEC | a> WATCH k | b> HDEL k f | a> MULTI | a> PING | a> EXEC | a> SET k 1 | a> WATCH k
        b> EXPIRE k 100 | a> MULTI | a> PING | a> EXEC | a> WATCH k | b> PERSIST k | a> MULTI | a> PING | a> EXEC
        a> WATCH k | b> FLUSHDB | a> MULTI | a> PING | a> EXEC | a> WATCH k | b> FLUSHALL | a> MULTI | a> PING | a> EXEC
        a> SET k 1 | a> WATCH k | b> SELECT 1 | b> SET k 2 | b> FLUSHDB | a> MULTI | a> PING | a> EXEC
        a> WATCH k | b> FLUSHALL | a> MULTI | a> PING | a> EXEC | a> SET k 1 | a> WATCH k | b> MULTI | b> SELECT 0
        b> SET k 2 | b> EXEC | a> MULTI | a> PING | a> EXEC
    """,
    "databases": """
        a> SELECT 2 | a> SET k 1 | a> WATCH k | b> SELECT 2 | b> SET k 2 | a> SELECT 0 | a> MULTI | a> GET k | a> EXEC
        a> WATCH k | b> SET k 3 | a> MULTI | a> GET k | a> EXEC | b> FLUSHDB
    """,
    "a watched key's end": """
        a> SET k 1 PX 30 | a> WATCH k | b! BLPOP none 0.1 | a> MULTI | a> PING | a> EXEC
        a> SET k 1 PX 30 | a> WATCH k | b! BLPOP none 0.1 | b> GET k | a> MULTI | a> PING | a> EXEC
        a> SET k 1 PX 30 | b! BLPOP none 0.1 | a> WATCH k | b> GET k | a> MULTI | a> PING | a> EXEC
    """,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_play_with_several_connections_gets_the_same_replies(stage, name):
    stage(SCRIPTS[name])


def test_words_that_may_wait_are_refused_and_spoil_the_transaction(wire):
    for request in (("CGET", "q"), ("CSET", "q", "a"), ("COMPACT",), ("BGSAVE",), ("CGETSTREAM", "q"), ("CEMBED", "x")):
        assert b"OK" == wire("MULTI")
        assert f"ERR {request[0]} is not allowed" in str(wire(*request))
        assert str(wire("EXEC")).startswith("EXECABORT ")


def test_client_list_shows_what_is_queued_and_watched(server, wire):
    other = server.connect()
    other("WATCH", "k", "l")
    other("CLIENT", "SETNAME", "busy")
    other("MULTI")
    other("PING")
    line = next(line for line in wire("CLIENT", "LIST").decode().splitlines() if "name=busy" in line)

    assert {"multi=1", "watch=2", "flags=x"} <= set(line.split())


@pytest.fixture
def client(server):
    with redis.Redis(port=server.port, decode_responses=True) as client:
        client.flushall()
        yield client


class TestRedisPy:
    def test_a_pipeline_is_a_transaction(self, client):
        with client.pipeline(transaction=True) as pipe:
            assert [True, 2, "2"] == pipe.set("k", 1).incr("k").get("k").execute()

    def test_an_optimistic_loop_ends_with_the_right_sum(self, server, client):
        client.set("sum", 0)

        def add():
            with redis.Redis(port=server.port) as own:
                for _ in range(20):
                    own.transaction(
                        lambda pipe: (value := int(pipe.get("sum")), pipe.multi(), pipe.set("sum", value + 1)), "sum"
                    )

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert "80" == client.get("sum")

    def test_asyncio_watches_too(self, server):
        async def story():
            async with redis.asyncio.Redis(port=server.port, decode_responses=True) as own:
                async with own.pipeline(transaction=True) as pipe:
                    await pipe.watch("k")
                    await own.set("k", "changed")
                    pipe.multi()
                    pipe.set("k", "lost")
                    with pytest.raises(redis.WatchError):
                        await pipe.execute()
                return await own.get("k")

        assert "changed" == asyncio.run(story())


def test_after_a_kill_a_transaction_is_there_wholly_or_not_at_all(start_server):
    server = start_server()
    wire = server.connect()
    for number in range(50):
        wire.send_raw(wire.frame("MULTI") + b"".join(
            wire.frame("SET", f"k{place}", number) for place in range(40)
        ) + wire.frame("EXEC"))  # fmt: skip
    wire.replies(42 * 10)
    server.signal(signal.SIGKILL)
    server.kill()
    again = start_server(data_dir=server.data_dir).connect()
    found = set(again("MGET", *(f"k{place}" for place in range(40))))

    assert 1 == len(found)
    assert int(found.pop()) >= 9
