"""Promises of crowkis/engine/backups.py and of the actor about them: one at a time, of one moment, nobody held."""

from crowkis.engine.backups import Backups
from crowkis.engine.codec import plain_key
from crowkis.metrics import Metrics
from crowkis.storage import archive
from crowkis.storage.store import Store

OK = b"+OK\r\n"


def kept(house, name="a.crowkbak"):
    """The plain keys of database 0 in an archive."""
    prefix = plain_key(0, b"")
    return {key[2:]: value[9:] for key, value in archive.read(house.outside.archives, name) if key.startswith(prefix)}


def info(house):
    backups = house.engine.backups
    return backups.running, backups.written, backups.written_ms, backups.took_ms, bool(backups.failure)


def test_it_remembers_the_last_good_one_and_the_last_failure():
    backups = Backups(Metrics())
    backups.begin("one", 1_000)
    backups.end(1_500, None)
    backups.begin("two", 2_000)
    backups.end(2_900, ValueError("no room"))

    assert ("one", 1_500, 900, "no room", "") == (
        backups.written, backups.written_ms, backups.took_ms, backups.failure, backups.running
    )  # fmt: skip


def test_the_reply_waits_for_the_archive_and_nobody_else_does(play):
    async def story(house):
        client, other = house.client(), house.client()
        await house.ask(client, "SET k before")
        house.send(client, "CSAVE a.crowkbak")
        await house.batch()
        assert [OK, OK] == await house.ask(other, "SET k after", "SET new 1")
        assert [OK] == client.sink.replies
        assert ("a.crowkbak", "", 0, -1, False) == info(house)
        house.clock.ms += 70
        house.outside.finish_backup()
        await house.batch()

        assert [OK, OK] == client.sink.replies
        assert {b"k": b"before"} == kept(house)
        assert ("", "a.crowkbak", house.clock.ms, 70, False) == info(house)
        assert house.actor.idle

    play(story)


def test_a_background_one_is_answered_at_once(play):
    async def story(house):
        client = house.client()
        replies = await house.ask(client, "SET k v", "CBGSAVE a.crowkbak", "GET k")

        assert [OK, b"+BGSAVE-STARTED\r\n", b"$1\r\nv\r\n"] == replies
        assert [b":0\r\n"] == await house.ask(client, "LASTSAVE")
        assert house.actor.idle
        await house.batch()
        house.outside.finish_backup()
        assert [b":%d\r\n" % (house.clock.ms // 1000)] == await house.ask(client, "LASTSAVE")
        assert {b"k": b"v"} == kept(house)

    play(story)


def test_words_of_redis_write_dump(play):
    async def story(house):
        client = house.client()
        assert [b"+Background saving started\r\n"] == await house.ask(client, "BGSAVE SCHEDULE")
        house.outside.finish_backup()
        house.send(client, "SAVE")
        await house.batch()
        house.outside.finish_backup()
        await house.batch()

        assert OK == client.sink.replies[-1]
        assert {} == kept(house, "dump.crowkbak")

    play(story)


def test_a_second_one_is_refused_while_one_is_written_even_in_the_same_packet(play):
    async def story(house):
        client, other = house.client(), house.client()
        replies = await house.ask(client, "CBGSAVE a.crowkbak", "CBGSAVE b.crowkbak")
        assert replies[1].startswith(b"-ERR a backup is already being written (a.crowkbak)")
        (refused,) = await house.ask(other, "SAVE")
        assert refused.startswith(b"-ERR a backup is already")
        house.outside.finish_backup()
        house.send(other, "CSAVE b.crowkbak")
        await house.batch()
        house.outside.finish_backup()
        await house.batch()

        assert ["a.crowkbak", "b.crowkbak"] == list(house.outside.archives.names())

    play(story)


def test_a_failing_one_is_told_counted_and_does_not_stop_writing(play):
    async def story(house):
        client = house.client()
        await house.ask(client, "SET k v")
        house.outside.archives.fail_at = house.outside.archives.calls + 2
        house.send(client, "CSAVE a.crowkbak")
        await house.batch()
        house.outside.finish_backup()
        await house.batch()

        assert client.sink.replies[-1].startswith(b"-ERR the backup failed: writing a.crowkbak")
        assert ("", "", 0, 0, True) == info(house)
        assert {"failed": 1} == dict(house.engine.metrics.split["backups_total"])
        assert ["backup"] == [what for what, _ in house.outside.reported]
        assert [OK] == await house.ask(client, "SET k w")

    play(story)


def test_a_store_in_doubt_is_not_backed_up(play, disk):
    async def story(house):
        client = house.client()
        disk.fail_at = disk.calls + 1
        assert (await house.ask(client, "SET k v"))[0].startswith(b"-MISCONF")
        house.send(client, "CSAVE a.crowkbak")
        await house.batch()
        await house.batch()

        assert client.sink.replies[-1].startswith(b"-ERR the backup failed: writes are stopped")
        assert [] == house.outside.backing_up

    play(story)


def test_a_flush_under_way_is_waited_for_and_another_begins_by_itself(play, disk):
    async def story(house):
        client, held = house.client(), []
        work = house.outside.work
        house.outside.work = lambda job, done: held.append((job, done))
        await house.ask(client, "SET k 1")
        house.engine.state.store.begin_snapshot()
        house.actor.tick()
        await house.batch()
        await house.ask(client, "SET k 2")
        house.send(client, "CSAVE a.crowkbak")
        await house.batch()
        assert 1 == len(held)
        house.outside.work = work
        work(*held[0])
        await house.batch()
        house.outside.finish_backup()
        await house.batch()

        assert {b"k": b"2"} == kept(house)
        house.engine.state.store.close()
        assert {b"k": b"2"} == {key[2:]: value[9:] for key, value in Store.open(disk).items()}

    play(story)


def test_a_client_that_has_left_meanwhile_does_no_harm(play):
    async def story(house):
        client = house.client()
        house.send(client, "CSAVE a.crowkbak")
        await house.batch()
        house.engine.clients.leave(client)
        house.actor.forget(client)
        house.outside.finish_backup()
        await house.batch()

        assert house.actor.idle
        assert ("", "a.crowkbak") == info(house)[:2]

    play(story)
