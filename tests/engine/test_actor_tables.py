"""Promises of crowkis/engine/actor.py about the store's flushes and folds, and what clients are told while they lag."""

from crowkis.engine.actor import WORK_REST_MS
from crowkis.storage import version as version_module
from crowkis.storage.errors import DiskError

OK = b"+OK\r\n"


class TestTables:
    def test_a_full_memtable_is_flushed_and_tables_are_folded_beside_the_calls(self, play, monkeypatch):
        monkeypatch.setattr(version_module, "LEVEL0_TABLES_DUE", 3)

        async def story(house):
            house.engine.state.store._memtable_bytes_max = 2_000
            client = house.client()
            for number in range(5):
                await house.ask(client, f"SET k{number} " + "x" * 3_000)
            jobs = house.engine.metrics.split["storage_jobs_total"]

            assert (5, 1) == (jobs["flush"], jobs["fold"])
            assert 5 == house.engine.state.key_count(0)
            assert [b"$3000"] == [reply[:5] for reply in await house.ask(client, "GET k0")]

        play(story)

    def test_a_failed_flush_is_reported_and_tried_again_later(self, play, monkeypatch):

        async def story(house):
            house.engine.state.store._memtable_bytes_max = 500
            client = house.client()
            run = house.engine.state.store.run
            house.engine.state.store.run = lambda job: (_ for _ in ()).throw(DiskError(job.name, "injected"))
            first = await house.ask(client, "SET k " + "x" * 600)
            house.engine.state.store.run = run
            house.actor.tick()
            await house.batch()
            soon = dict(house.engine.metrics.split["storage_jobs_total"])
            house.clock.ms += WORK_REST_MS
            house.actor.tick()
            await house.batch()

            assert ([OK], {}, {"flush": 1}) == (first, soon, house.engine.metrics.split["storage_jobs_total"])
            assert ["flushing the memtable"] == [name for name, _ in house.outside.reported]

        play(story)

    def test_while_tables_wait_to_be_folded_writes_are_told_busy_and_reads_go_on(self, play, monkeypatch):

        async def story(house):
            house.engine.state.store._memtable_bytes_max = 500
            client, held = house.client(), []
            house.outside.work = lambda job, done: held.append((job, done))
            for name in "ab":
                await house.ask(client, f"SET {name} " + "x" * 600)
            during = await house.ask(client, "SET c 1", "GET a")
            job, done = held.pop()
            house.engine.state.store.run(job)
            done(None)
            after = await house.ask(client, "SET c 1")

            assert [b"-BUSY", b"$600\r"] == [reply[:5] for reply in during]
            assert [OK] == after

        play(story)
