"""Promises of crowkis/engine/modes.py: an EXEC is one step, one reply and one record of the log."""

import asyncio
from random import Random

import pytest

from crowkis.engine.codec import PLAIN
from crowkis.storage import store as store_module
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

OK, QUEUED = b"+OK\r\n", b"+QUEUED\r\n"


class TestExec:
    def test_all_of_it_is_one_reply_and_one_record(self, play, disk, monkeypatch):
        monkeypatch.setattr(store_module, "BATCH_BYTES_MAX", 10)

        async def story(house):
            client = house.client()
            before = len(disk.trace)
            replies = await house.ask(client, "MULTI", "SET k a-long-value", "APPEND k more", "STRLEN k", "EXEC")

            assert [OK, QUEUED, QUEUED, QUEUED, b"*3\r\n+OK\r\n:16\r\n:16\r\n"] == replies
            assert 1 == sum(line.startswith("append: ") for line in disk.trace[before:])

        play(story)

    def test_it_is_not_cut_when_a_batch_has_had_its_time(self, play):
        async def story(house):
            client, other = house.client(), house.client()
            house.clock.ns_per_look = 10_000_000
            house.send(client, "MULTI", *["INCR k"] * 50, "EXEC")
            house.send(other, *["GET k"] * 30)
            for _ in range(100):
                await house.batch()

            assert b"*50\r\n" == client.sink.replies[-1][:5]
            assert {b"$-1\r\n", b"$2\r\n50\r\n"} >= set(other.sink.replies)

        play(story)

    def test_a_failing_disk_fails_it_as_a_whole(self, play, disk):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET k old")
            disk.fail_at = disk.calls + 1
            reply = (await house.ask(client, "MULTI", "SET k 1", "GET k", "EXEC"))[-1]

            assert reply.startswith(b"-MISCONF ")
            assert (await house.ask(client, "MULTI", "SET k 2", "EXEC"))[-1].startswith(b"-EXECABORT ")

        play(story)

    def test_what_would_change_is_refused_with_it_while_writes_are(self, play):
        async def story(house):
            client = house.client()
            house.send(client, "MULTI", "SET k 1")
            await house.batch()
            house.engine.house.memory_full_bytes = 1
            house.actor._upkeep._make_room = lambda stored: None
            reads = house.client()

            assert (await house.ask(client, "EXEC"))[0].startswith(b"-EXECABORT ")
            assert (await house.ask(client, "EXEC"))[0].startswith(b"-ERR EXEC without MULTI")
            assert b"*1\r\n$-1\r\n" == (await house.ask(reads, "MULTI", "GET k", "EXEC"))[-1]
            assert (await house.ask(reads, "MULTI", "SET k 1", "DEL k", "EXEC"))[-1].startswith(b"-EXECABORT ")

        play(story)

    def test_replies_beyond_the_output_buffer_are_left_out_one_by_one(self, play):
        async def story(house):
            client = house.client()
            await house.ask(client, (b"SET", b"k", bytes(50_000)))
            reply = (await house.ask(client, "MULTI", "GET k", "GET k", "PING", "EXEC"))[-1]

            assert reply.startswith(b"*3\r\n$50000\r\n")
            assert 2 == reply.count(b"-ERR left out")

        play(story, output_buffer_bytes=64 * 1024)

    def test_a_bug_in_one_call_is_that_calls_error(self, play, monkeypatch):
        async def story(house):
            client = house.client()
            house.engine.cursors = None
            reply = (await house.ask(client, "MULTI", "SCAN 0", "PING", "EXEC"))[-1]

            assert reply.startswith(b"*2\r\n-ERR internal error")
            assert reply.endswith(b"+PONG\r\n")
            assert ["SCAN"] == [command for command, _ in house.outside.reported]

        play(story)

    def test_replies_that_are_off_stay_off(self, play):
        async def story(house):
            client = house.client()
            replies = await house.ask(client, "CLIENT REPLY SKIP", "MULTI", "SET k 1", "EXEC", "GET k")

            assert [b"", b"", QUEUED, b"*1\r\n+OK\r\n", b"$1\r\n1\r\n"] == replies

        play(story)

    def test_an_exec_waits_for_questions_asked_before(self, play):
        async def story(house):
            client = house.client()
            house.send(client, "CGET question", "MULTI", "GET k", "EXEC")
            await house.batch()
            assert {} == client.sink.by_slot
            house.outside.finish_embedding()
            await house.batch()
            await house.batch()

            assert [b"$-1\r\n", OK, QUEUED, b"*1\r\n$-1\r\n"] == client.sink.replies

        play(story)

    def test_monitors_see_what_is_run(self, play):
        async def story(house):
            watcher, client = house.client(), house.client()
            await house.ask(watcher, "MONITOR")
            await house.ask(client, "MULTI", "SET k secret", "EXEC")
            lines = [line.split(b"] ")[1] for line in watcher.sink.pushes]

            assert [b'"MULTI"\r\n', b'"EXEC"\r\n'] == [lines[0], lines[1]]
            assert lines[2].startswith(b'"SET" "k" "(6 bytes ')

        play(story)


@pytest.mark.parametrize("seed", range(20))
def test_what_one_exec_changes_is_wholly_there_after_any_crash(play, seed, monkeypatch):
    monkeypatch.setattr(store_module, "BATCH_BYTES_MAX", 10)
    disk = FaultyDisk(Random(seed))

    async def story(house):
        client = house.client()
        await house.ask(client, "SET a 0", "SET b 0")
        house.outside.syncing.clear()
        house.send(client, "MULTI", "SET a 1", "SET b 1", "EXEC")
        house.actor.tick()
        for _ in range(10):
            await asyncio.sleep(0)

    play(story, disk=disk)
    store = Store.open(disk.crash(), Random(1).randbytes, counted=PLAIN)
    found = {value[-1:] for _, value in store.items(PLAIN)}

    assert found in ({b"0"}, {b"1"})


class TestSubscribers:
    def test_a_resp2_subscriber_is_refused_other_words_and_its_transaction_spoiled(self, play):
        async def story(house):
            client = house.client()
            await house.ask(client, "MULTI", "SUBSCRIBE x", "PING", "EXEC")
            replies = await house.ask(client, "GET k", "PING", "UNSUBSCRIBE", "GET k")

            assert replies[0].startswith(b"-ERR Can't execute 'get'")
            assert [b"*2\r\n$4\r\npong\r\n$0\r\n\r\n", b"$-1\r\n"] == [replies[1], replies[3]]

        play(story)

    def test_several_confirmations_inside_an_exec_are_one_element(self, play):
        async def story(house):
            client = house.client()
            reply = (await house.ask(client, "MULTI", "SUBSCRIBE x y", "SUBSCRIBE z", "EXEC"))[-1]

            assert reply.startswith(b"*2\r\n*2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n")
            assert reply.endswith(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nz\r\n:3\r\n")

        play(story)

    def test_a_subscription_waits_for_questions_asked_before(self, play):
        async def story(house):
            client, other = house.client(), house.client()
            house.send(client, "CGET question", "SUBSCRIBE x")
            await house.batch()
            assert b":0\r\n" == (await house.ask(other, "PUBLISH x early"))[0]
            house.outside.finish_embedding()
            await house.batch()
            await house.batch()

            assert b":1\r\n" == (await house.ask(other, "PUBLISH x late"))[0]
            assert 1 == len(client.sink.pushes)

        play(story)

    def test_what_a_client_publishes_to_itself_leaves_after_its_reply_and_before_the_next(self, play):
        async def story(house):
            client, order = house.client(), []
            client.sink.answer = lambda slot, replies: order.extend(replies)
            client.sink.push = order.append
            house.send(client, "HELLO 3", "SUBSCRIBE x", "PUBLISH x 1", "PING")
            await house.batch()

            assert b":1\r\n" == order[2]
            assert b"message" in order[3]
            assert b"+PONG\r\n" == order[4]

        play(story)
