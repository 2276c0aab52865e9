"""Promises of crowkis/engine/actor.py: order, group commit, back-pressure, and what a failing disk may not do."""

import asyncio
from random import Random

import pytest

from crowkis.engine.actor import BATCH_NS_MAX
from crowkis.engine.clients import Client
from crowkis.interfaces import EmbedderError
from crowkis.testing.disk import FaultyDisk
from crowkis.values.reply import Stream

OK = b"+OK\r\n"
NIL = b"$-1\r\n"


def code(data):
    """The first word of an encoded error."""
    assert data.startswith(b"-"), data
    return data[1:].split(b" ", 1)[0].decode()


def bulk(data):
    return b"$%d\r\n%b\r\n" % (len(data), data)


class TestOrder:
    def test_a_packet_is_answered_slot_by_slot_and_synced_once(self, play, disk):
        async def story(house):
            client = house.client()
            before = len(disk.trace)
            replies = await house.ask(
                client, *(f"SET k{number} v{number}" for number in range(50)), "GET k7", "NONSENSE"
            )

            assert [OK] * 50 + [bulk(b"v7")] == replies[:51]
            assert "ERR" == code(replies[51])
            assert 1 == sum(line.startswith("sync: ") for line in disk.trace[before:])
            assert 1 == house.engine.metrics.plain["wal_syncs_total"]

        play(story)

    def test_clients_of_one_batch_see_each_others_writes_in_order(self, play):
        async def story(house):
            one, two = house.client(), house.client()
            house.send(one, "SET k 1")
            house.send(two, "INCR k", "GET k")
            house.send(one, "GET k")
            await house.batch()

            assert [OK, bulk(b"2")] == one.sink.replies
            assert [b":2\r\n", bulk(b"2")] == two.sink.replies

        play(story)

    def test_a_call_that_waits_keeps_its_slot_and_holds_nobody_else(self, play):
        async def story(house):
            client, other = house.client(), house.client()
            house.send(client, "CGET question", "PING")
            house.send(other, "PING")
            await house.batch()

            assert {1: b"+PONG\r\n"} == client.sink.by_slot
            assert [b"+PONG\r\n"] == other.sink.replies
            assert not house.actor.idle
            house.outside.finish_embedding()
            await house.batch()
            assert [NIL, b"+PONG\r\n"] == client.sink.replies
            assert house.actor.idle

        play(story)

    def test_errands_may_come_back_in_another_order(self, play):
        async def story(house):
            client = house.client()
            house.send(client, "CSET one 1", "CSET two 2")
            await house.batch()
            house.outside.finish_embedding(1)
            await house.batch()
            assert {1: OK} == client.sink.by_slot
            house.outside.finish_embedding(0)
            await house.batch()

            assert [OK, OK] == client.sink.replies
            assert [bulk(b"1"), bulk(b"2")] == await house.ask(client, "CGET one", "CGET two")

        play(story)

    @pytest.mark.parametrize(
        ("later", "told"), [("CFLUSH", b":1\r\n"), ("CDELETEENTRY question", b":1\r\n"), ("CVECCOUNT", b":1\r\n")]
    )
    def test_what_follows_a_store_sees_it_done(self, play, later, told):
        async def story(house):
            client = house.client()
            house.send(client, "CSET question answer", later)
            house.send(client, "PING")
            await house.batch()
            assert {} == client.sink.by_slot
            assert (0, 2) == (house.actor.queued_calls, house.actor.parked_calls)
            house.outside.finish_embedding()
            await house.batch()
            await house.batch()

            assert [OK, told, b"+PONG\r\n"] == client.sink.replies
            assert house.actor.idle

        play(story)

    @pytest.mark.parametrize("later", ["QUIT", "HELLO 3", "RESET", "CSET question answer", "CFLUSH"])
    def test_what_changes_the_state_waits_for_earlier_questions(self, play, later):
        async def story(house):
            client = house.client()
            house.send(client, "CGET question", "GET k", later)
            await house.batch()
            assert {1: NIL} == client.sink.by_slot
            house.outside.finish_embedding()
            await house.batch()
            await house.batch()
            while house.outside.embedding:
                house.outside.finish_embedding()
                await house.batch()

            assert NIL == client.sink.by_slot[0]
            assert 3 == len(client.sink.by_slot)

        play(story)

    def test_a_pipeline_of_stores_is_embedded_side_by_side(self, play):
        async def story(house):
            client = house.client()
            house.send(client, *(f"CSET q{number} answer" for number in range(20)))
            await house.batch()

            assert 20 == len(house.outside.embedding)
            while house.outside.embedding:
                house.outside.finish_embedding(-1)
            await house.batch()
            assert [OK] * 20 == client.sink.replies

        play(story)

    def test_a_packet_longer_than_a_batch_is_run_to_its_end(self, play):
        async def story(house):
            client = house.client()
            house.send(client, [b"SET", b"big", b"x" * 400_000], *["GET big"] * 100)
            while len(client.sink.by_slot) < 101:
                await house.batch()

            assert {bulk(b"x" * 400_000)} == set(client.sink.replies[1:])
            assert house.engine.metrics.plain["batches_total"] >= 3

        play(story)

    def test_a_long_packet_gives_way_to_others_before_it_is_done(self, play):
        async def story(house):
            busy, other = house.client(), house.client()
            house.clock.ns_per_look = BATCH_NS_MAX // 3
            house.send(busy, *(f"SET k{number} {number}" for number in range(20)))
            house.send(other, "PING")
            await house.batch()
            done_before = len(busy.sink.by_slot)
            while len(busy.sink.by_slot) < 20:
                await house.batch()

            assert [b"+PONG\r\n"] == other.sink.replies
            assert done_before < 5
            assert [OK] * 20 == busy.sink.replies
            assert house.actor.idle

        play(story)

    def test_calls_whose_errand_is_back_leave_time_for_new_ones(self, play):
        async def story(house):
            busy, other = house.client(), house.client()
            house.send(busy, *(f"CSET q{number} answer" for number in range(20)))
            await house.batch()
            house.clock.ns_per_look = BATCH_NS_MAX // 3
            while house.outside.embedding:
                house.outside.finish_embedding()
            house.send(other, "PING")
            await house.batch()

            assert [b"+PONG\r\n"] == other.sink.replies
            assert 0 < len(busy.sink.by_slot) < 5
            while len(busy.sink.by_slot) < 20:
                await house.batch()
            assert [OK] * 20 == busy.sink.replies

        play(story)

    def test_a_stream_is_handed_over_whole(self, play):
        async def story(house):
            client = house.client()
            house.send(client, "CSET question answer")
            await house.batch()
            house.outside.finish_embedding()
            await house.batch()
            await house.ask(client, "CGETSTREAM question DELAY 5")
            stream, tail = client.sink.by_slot[1]

            assert isinstance(stream, Stream)
            assert (b"answer", 5) == (b"".join(stream.parts), stream.delay_ms)
            assert bulk(b"answer") == tail

        play(story)


class TestDisk:
    @pytest.mark.parametrize("kind", ["append", "sync"])
    def test_a_failed_write_acknowledges_nothing_and_stops_writes_while_reads_go_on(self, play, disk, kind):
        async def story(house):
            client, other = house.client(), house.client()
            assert [OK] == await house.ask(client, "SET before 1")
            disk.fail_at = disk.calls + (1 if kind == "append" else 2)
            house.send(client, "SET k v", "CDELETEENTRY nothing", "GET before")
            house.send(other, "MSET a 1 b 2")
            await house.batch()
            disk.fail_at = None

            assert "MISCONF" == code(client.sink.by_slot[1])
            assert b":0\r\n" == client.sink.by_slot[2]
            assert bulk(b"1") == client.sink.by_slot[3]
            assert "MISCONF" == code(other.sink.by_slot[0])
            assert ["writing stopped"] == [event for event, _ in house.outside.notes]
            set_, get, ping, info = await house.ask(client, "SET k w", "GET before", "PING", "INFO persistence")
            assert "MISCONF" == code(set_)
            assert (bulk(b"1"), b"+PONG\r\n") == (get, ping)
            assert b"aof_last_write_status:err" in info

        play(story)

    def test_a_write_whose_errand_comes_back_after_the_failure_is_refused_too(self, play, disk):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET before 1")
            house.send(client, "CSET question answer")
            await house.batch()
            disk.fail_at = disk.calls + 1
            await house.ask(house.client(), "SET k v")
            disk.fail_at = None
            house.outside.finish_embedding()
            await house.batch()

            assert "MISCONF" == code(client.sink.by_slot[1])

        play(story)

    def test_after_a_failure_and_power_loss_everything_acknowledged_is_there(self, play):
        for fail_at in range(1, 18):
            disk, kept = FaultyDisk(Random(fail_at)), []

            async def write(house, disk=disk, kept=kept, fail_at=fail_at):
                client = house.client()
                disk.fail_at = disk.calls + fail_at
                for number in range(8):
                    if await house.ask(client, f"SET k{number} v{number}") == [OK]:
                        kept.append(number)

            async def read(house, kept=kept):
                replies = await house.ask(house.client(), *(f"GET k{number}" for number in kept), "PING")

                assert [bulk(b"v%d" % number) for number in kept] == replies[:-1]

            play(write, disk=disk)
            play(read, disk=disk.crash())
            assert len(kept) == (fail_at - 1) // 2 or fail_at > 16

    def test_nothing_is_answered_before_it_is_synced(self, play):
        async def story(house):
            client = house.client()
            house.outside.syncing.clear()
            house.send(client, "SET k v", "GET k")
            for _ in range(20):
                await asyncio.sleep(0)
            assert {} == client.sink.by_slot
            assert not house.actor.idle
            house.outside.syncing.set()
            await house.batch()

            assert [OK, bulk(b"v")] == client.sink.replies

        play(story)

    @pytest.mark.parametrize(("mode", "syncs"), [("no", 0), ("everysec", 1)])
    def test_other_sync_modes_sync_less(self, play, mode, syncs):
        async def story(house):
            client = house.client()
            for number in range(5):
                await house.ask(client, f"SET k v{number}")
                house.clock.ms += 10

            assert [OK] * 5 == client.sink.replies
            assert syncs == house.engine.metrics.plain["wal_syncs_total"]
            house.clock.ms += 1_000
            house.actor.tick()
            await house.batch()
            assert 2 * syncs == house.engine.metrics.plain["wal_syncs_total"]

        play(story, wal_sync=mode)


class TestLimits:
    def test_a_full_inbox_answers_busy_at_once(self, play):
        async def story(house):
            client, other = house.client(), house.client()
            house.outside.syncing.clear()
            house.send(client, "SET k v")
            for _ in range(10):
                await asyncio.sleep(0)
            house.send(client, "PING", "PING")
            house.send(other, "PING", "SET k w")
            busy = other.sink.replies

            assert ["BUSY", "BUSY"] == [code(data) for data in busy]
            assert b"retry-after-ms=" in busy[0]
            assert 2 == house.engine.metrics.split["errors_total"]["BUSY"]
            house.outside.syncing.set()
            await house.batch()
            await house.batch()
            assert [OK, b"+PONG\r\n", b"+PONG\r\n"] == client.sink.replies
            assert [bulk(b"v")] == await house.ask(other, "GET k")

        play(story, inbox_calls=2)

    def test_an_inbox_filled_by_one_who_sends_much_has_room_for_one_who_sends_a_little(self, play):
        async def story(house):
            greedy, polite = house.client(), house.client()
            house.outside.syncing.clear()
            house.send(greedy, "SET k v")
            for _ in range(10):
                await asyncio.sleep(0)
            house.send(greedy, *["PING"] * 32)
            house.send(greedy, *["PING"] * 32)
            house.send(polite, "PING")

            assert ["BUSY"] * 32 == [code(data) for data in greedy.sink.replies]
            house.outside.syncing.set()
            for _ in range(3):
                await house.batch()
            assert [b"+PONG\r\n"] == polite.sink.replies

        play(story, inbox_calls=32)

    def test_a_full_embedding_queue_answers_busy_and_stores_nothing(self, play):
        async def story(house):
            client = house.client()
            house.outside.room_texts = 1
            house.send(client, "CSET one 1", "CSET two 2", "PING")
            await house.batch()

            assert "BUSY" == code(client.sink.by_slot[1])
            house.outside.finish_embedding()
            await house.batch()
            house.outside.room_texts = 0
            assert [bulk(b"1")] == await house.ask(client, "CGET one")
            assert 1 == len(house.engine.state.entries)

        play(story)

    def test_a_client_that_does_not_read_is_put_aside_until_it_does(self, play):
        async def story(house):
            client, other = house.client(), house.client()
            client.sink.congested = True
            house.send(client, "SET k 1", "GET k")
            house.send(client, "SET k 2")
            await house.batch()

            assert {} == client.sink.by_slot
            assert (0, 3) == (house.actor.queued_calls, house.actor.parked_calls)
            assert [NIL] == await house.ask(other, "GET k")
            client.sink.congested = False
            house.send(client, "GET k")
            house.actor.unpark(client)
            await house.batch()
            assert [OK, bulk(b"1"), OK, bulk(b"2")] == client.sink.replies
            assert (0, 0) == (house.actor.queued_calls, house.actor.parked_calls)
            assert house.actor.idle

        play(story)

    def test_what_was_put_aside_for_a_client_that_left_is_dropped(self, play):
        async def story(house):
            client = house.client()
            client.sink.congested = True
            house.send(client, "SET k 1")
            await house.batch()
            house.actor.forget(client)

            assert house.actor.idle
            assert [NIL] == await house.ask(house.client(), "GET k")

        play(story)


class TestTrouble:
    def test_a_bug_in_a_command_is_that_calls_error_and_is_reported(self, play):
        async def story(house):
            client = house.client()
            house.engine.state.get = None
            broken, pong = await house.ask(client, "GET k", "PING")

            assert "ERR" == code(broken)
            assert b"internal error" in broken
            assert b"+PONG\r\n" == pong
            assert ["GET"] == [command for command, _ in house.outside.reported]

        play(story)

    def test_an_embedder_that_fails_leaves_exact_matching(self, play):
        async def story(house):
            client, asker = house.client(), house.client()
            house.send(client, "CSET question answer")
            house.send(asker, "CGET other", "CEMBED text")
            await house.batch()
            for _, done in house.outside.embedding:
                done(EmbedderError("it is down"))
            await house.batch()
            stored, missed, refused = *client.sink.replies, *asker.sink.replies

            assert (OK, NIL) == (stored, missed)
            assert "EMBEDDER" == code(refused)
            assert [bulk(b"answer")] == await house.ask(client, "CGET question")

        play(story)

    def test_quit_leaves_what_comes_after_it_undone(self, play):
        async def story(house):
            client = house.client()
            house.send(client, "SET k v", "QUIT", "SET k w")
            await house.batch()

            assert "killed" == client.sink.closed
            assert {0: OK, 1: OK} == client.sink.by_slot
            assert [bulk(b"v")] == await house.ask(house.client(), "GET k")

        play(story)

    def test_shutdown_stops_the_server_without_a_reply(self, play):
        async def story(house):
            client = house.client()
            await house.ask(client, "SHUTDOWN")

            assert house.outside.stopped
            assert [b""] == client.sink.replies

        play(story)


class TestChores:
    def test_what_is_due_is_removed(self, play):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET k v PX 100", "SET stays v", "SET later v PX 1000")
            house.clock.ms += 500
            house.actor.tick()
            await house.batch()

            assert 2 == house.engine.state.key_count(0)
            assert 1 == house.engine.metrics.plain["expired_total"]

        play(story)

    def test_monitors_see_commands_after_their_own_ok_and_no_secrets(self, play):
        async def story(house):
            watcher, client = house.client(), house.client()
            house.send(watcher, "MONITOR")
            house.send(client, "CGET question", "GET key")
            await house.batch()
            lines = b"".join(watcher.sink.pushes)

            assert [OK] == watcher.sink.replies
            assert b'"GET" "key"' in lines
            assert b"question" not in lines
            await house.ask(watcher, "RESET")
            await house.ask(client, "GET unseen")
            assert b"unseen" not in b"".join(watcher.sink.pushes)

        play(story)

    @pytest.mark.parametrize("mode", ["OFF", "SKIP"])
    def test_silence_keeps_the_slots_in_step(self, play, mode):
        async def story(house):
            client = house.client()
            house.send(client, f"CLIENT REPLY {mode}", "PING", "CSET question answer", "CLIENT REPLY ON", "PING")
            await house.batch()
            house.outside.finish_embedding()
            await house.batch()
            said = [data for data in client.sink.replies if data]

            assert 5 == len(client.sink.by_slot)
            assert ([OK] if mode == "SKIP" else []) + [OK, b"+PONG\r\n"] == said

        play(story)

    def test_a_round_trip_ends_even_when_nothing_is_asked(self, play):
        async def story(house):
            await house.actor.round_trip()

            assert isinstance(house.client(), Client)
            assert house.actor.idle

        play(story)


def test_sweep_removes_what_has_expired_and_tells_how_many(play):
    async def story(house):
        client = house.client()
        await house.ask(client, *(f"SET key{number} value PX 5" for number in range(100)), "SET stays value")
        house.clock.ms += 5

        assert [b":64\r\n", b":36\r\n", b":0\r\n"] == await house.ask(client, "SWEEP", "SWEEP", "SWEEP")
        assert [b":1\r\n"] == await house.ask(client, "DBSIZE")

    play(story)


def test_more_than_a_batch_of_expired_things_goes_within_one_tick(play):
    async def story(house):
        client = house.client()
        await house.ask(client, *(f"SET key{number} value PX 5" for number in range(300)))
        house.clock.ms += 5
        house.actor.tick()
        for _ in range(6):
            await house.batch()

        assert 300 == house.engine.metrics.plain["expired_total"]

    play(story)
