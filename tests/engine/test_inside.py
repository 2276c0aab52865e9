"""Promises of crowkis/engine/inside.py: a caller in the process is a client like the others."""

import asyncio

import pytest

from crowkis.engine.inside import Caller, CallRefusedError
from crowkis.guard.roles import account
from crowkis.values.access import NEW_DEFAULT


def test_replies_are_values_and_errors_are_raised(play):
    async def story(house):
        caller = Caller(house.engine, house.actor, "127.0.0.1:1", True)
        assert b"OK" == await caller.call(b"SET", b"k", b"v")
        assert [b"v", None, 1] == await asyncio.gather(
            caller.call(b"GET", b"k"), caller.call(b"GET", b"none"), caller.call(b"DEL", b"k")
        )
        assert {b"f": b"1"} == (await caller.call(b"HSET", b"h", b"f", b"1"), await caller.call(b"HGETALL", b"h"))[1]
        with pytest.raises(CallRefusedError, match="unknown") as refused:
            await caller.call(b"NONSENSE")
        assert "ERR" == refused.value.code
        assert f"id={caller._client.id} " in (await caller.call(b"CLIENT", b"LIST")).decode()
        caller.leave()
        assert 0 == len(house.engine.clients)

    play(story)


def test_it_may_nothing_where_others_must_show_a_token_until_the_door_vouches_for_it(play):
    async def story(house):
        house.engine.house.token = "secret"
        caller = Caller(house.engine, house.actor, "127.0.0.1:1", True)
        with pytest.raises(CallRefusedError, match="NOAUTH"):
            await caller.call(b"GET", b"k")
        caller.vouch(NEW_DEFAULT)
        assert await caller.call(b"GET", b"k") is None
        caller.vouch(account("reader", "key:ci"))
        with pytest.raises(CallRefusedError, match="NOPERM"):
            await caller.call(b"GET", b"k")

    play(story)


def test_what_is_open_when_it_is_closed_ends_with_an_error(play):
    async def story(house):
        caller = Caller(house.engine, house.actor, "127.0.0.1:1", True)
        asking = asyncio.ensure_future(caller.call(b"CGET", b"how do i log in"))
        await asyncio.sleep(0.01)
        caller._client.sink.close("killed")
        with pytest.raises(CallRefusedError, match="killed"):
            await asking

    play(story)


def test_who_only_looks_is_answered_at_once_where_nothing_else_waits(play):
    async def story(house):
        caller = Caller(house.engine, house.actor, "127.0.0.1:1", True)
        await caller.call(b"SET", b"k", b"v")
        await asyncio.sleep(0.01)
        with pytest.raises(StopIteration) as ended:
            caller.look(b"GET", b"k").send(None)
        assert b"v" == ended.value.value

        other = house.client()
        house.send(other, "SET k w")
        assert b"w" == await caller.look(b"GET", b"k"), "who came before is served before"
        assert [b"+OK\r\n"] == other.sink.replies
        with pytest.raises(CallRefusedError, match="unknown"):
            await caller.look(b"NONSENSE")

    play(story)


def test_who_looks_waits_for_an_embedding_like_the_others(play):
    async def story(house):
        caller = Caller(house.engine, house.actor, "127.0.0.1:1", True)
        await asyncio.sleep(0.01)
        asking = asyncio.ensure_future(caller.look(b"CGET", b"how do i log in"))
        await asyncio.sleep(0.01)
        assert not asking.done()
        house.outside.finish_embedding()
        assert await asking is None

    play(story)
