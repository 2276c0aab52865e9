"""Promises of crowkis/engine/compaction.py and of COMPACT: what was removed leaves the disk, and nobody else waits."""

import hiredis

from crowkis.storage.store import Store

OK = b"+OK\r\n"


def told(raw):
    """A reply in RESP2: a map comes as names and values in turn."""
    reader = hiredis.Reader()
    reader.feed(raw)
    flat = reader.gets()
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


async def compact(house, client):
    house.send(client, "COMPACT")
    for _ in range(6):
        await house.batch()
    return client.sink.replies[-1] if client.sink.replies else None


def test_what_was_removed_leaves_the_disk_and_the_reply_tells_how_much(play):
    async def story(house):
        client = house.client()
        first = told(await compact(house, client))
        await house.ask(client, *(f"SET k{number} {'secret' * 20}{number}" for number in range(200)))
        second = told(await compact(house, client))
        await house.ask(client, *(f"DEL k{number}" for number in range(1, 200)))
        third = told(await compact(house, client))

        assert (0, 0) == (first["tables_before"], first["tables"])
        assert (0, 1, True) == (second["tables_before"], second["tables"], second["disk_bytes"] > 400)
        assert (1, 1) == (third["tables_before"], third["tables"])
        assert third["disk_bytes"] < second["disk_bytes"] < third["disk_bytes_before"]
        assert [b"$121\r\n" + b"secret" * 20 + b"0\r\n", b"$-1\r\n"] == await house.ask(client, "GET k0", "GET k9")

    play(story)


def test_nobody_else_waits_and_a_second_one_is_refused_meanwhile(play):
    async def story(house):
        client, other = house.client(), house.client()
        jobs = []
        house.outside.work = lambda job, done: jobs.append((job, done))
        await house.ask(client, "SET k v")
        await compact(house, client)
        replies = await house.ask(other, "SET k w", "GET k", "COMPACT")
        assert [OK] == client.sink.replies
        assert [OK, b"$1\r\nw\r\n", b"-ERR COMPACT is already running; wait for its reply\r\n"] == replies
        while jobs:
            job, done = jobs.pop(0)
            house.engine.state.store.run(job)
            done(None)
            await house.batch()
            await house.batch()

        assert 1 == told(client.sink.replies[1])["tables"]
        assert not house.engine.compaction.claimed

    play(story)


def test_it_waits_for_a_fold_that_is_under_way(play):
    async def story(house):
        client, jobs = house.client(), []
        run_at_once, house.outside.work = house.outside.work, lambda job, done: jobs.append((job, done))
        for number in range(3):  # enough for a fold with the next
            store = house.engine.state.store
            store.put(b"x%d" % number, b"")
            job = store.begin_flush()
            store.run(job)
            store.finish(job)
        store.remove_prefix(b"x")
        job = store.begin_flush()
        store.run(job)
        store.finish(job)
        house.actor.tick()
        await house.batch()
        assert ["fold"] == [job.kind for job, _ in jobs]
        await compact(house, client)
        assert [] == client.sink.replies
        house.outside.work = run_at_once
        run_at_once(*jobs.pop())
        for _ in range(6):
            await house.batch()

        assert 0 == told(client.sink.replies[0])["tables"]

    play(story)


def test_where_the_disk_is_full_it_says_so_and_may_be_asked_again(play, disk):
    async def story(house):
        client = house.client()
        await house.ask(client, "SET k v")
        disk.fail_at = disk.calls + 9  # while the table is written
        failed = await compact(house, client)
        house.clock.ms += 10_000
        again = told(await compact(house, client))
        disk.fail_at = disk.calls + 1
        await house.ask(client, "SET new w")
        stopped = await compact(house, client)

        assert failed.startswith(b"-ERR the tables could not be folded: flushing the memtable: ")
        assert 1 == again["tables"]
        assert stopped.startswith(b"-ERR the tables could not be folded: writes are stopped")
        assert {b"k"} <= {key[2:] for key, _ in Store.open(disk.crash()).items()}

    play(story)
