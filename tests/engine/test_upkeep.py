"""Promises of crowkis/engine/upkeep.py about a disk that fails: reads go on, and writing resumes by itself."""

import pytest

from crowkis.engine.outage import RETRY_MS_MAX

OK = b"+OK\r\n"


def bulk(data):
    return b"$%d\r\n%b\r\n" % (len(data), data)


def fill(disk, room_bytes=0):
    disk.capacity_bytes = sum(map(len, disk.files().values())) + room_bytes


async def tick(house, ms=RETRY_MS_MAX):
    """Let time pass, then a tick, and what its jobs lead to."""
    house.clock.ms += ms
    house.actor.tick()
    for _ in range(3):
        await house.batch()


def facts(info):
    return dict(line.split(":", 1) for line in info.decode().split("\r\n") if ":" in line)


def noted(house):
    return [event for event, _ in house.outside.notes]


class TestDiskFull:
    def test_reads_go_on_and_writing_resumes_when_room_returns(self, play, disk):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET before 1")
            fill(disk)
            refused = (await house.ask(client, "SET k v"))[0]
            await tick(house)
            got, still = await house.ask(client, "GET before", "SET k v")
            disk.capacity_bytes = None
            await tick(house)
            replies = await house.ask(client, "SET k w", "GET before")

            assert refused.startswith(b"-MISCONF writes are stopped after a disk error (writing the log: [Errno 28]")
            assert b"make room on the disk or mend it: writing resumes within seconds, without a restart" in refused
            assert (bulk(b"1"), refused) == (got, still)
            assert [OK, bulk(b"1")] == replies
            assert ["writing stopped", "resuming failed", "writing resumed"] == noted(house)

        play(story)

    def test_what_was_acknowledged_before_and_after_survives_power_loss(self, play, disk):
        async def write(house):
            client = house.client()
            await house.ask(client, "SET before 1")
            fill(disk)
            await house.ask(client, "SET during 2")
            disk.capacity_bytes = None
            await tick(house)
            assert [OK] == await house.ask(client, "SET after 3")

        async def read(house):
            assert [bulk(b"1"), bulk(b"3")] == await house.ask(house.client(), "GET before", "GET after")

        play(write)
        play(read, disk=disk.crash())

    def test_a_failed_sync_is_never_taken_for_good_afterwards(self, play, disk):
        async def write(house):
            client = house.client()
            await house.ask(client, "SET before 1")
            disk.fail_at = disk.calls + 2
            assert (await house.ask(client, "SET during 2"))[0].startswith(b"-MISCONF")
            await tick(house)
            assert "000001.log" not in disk.names()
            assert [OK] == await house.ask(client, "SET after 3")

        async def read(house):
            assert [bulk(b"1"), bulk(b"3")] == await house.ask(house.client(), "GET before", "GET after")

        play(write)
        play(read, disk=disk.crash())

    def test_info_tells_how_it_stands(self, play, disk):
        async def story(house):
            client = house.client()
            fill(disk)
            await house.ask(client, "SET k v")
            await tick(house)
            during = facts((await house.ask(client, "INFO persistence"))[0])
            disk.capacity_bytes = None
            await tick(house)
            after = facts((await house.ask(client, "INFO persistence"))[0])

            assert ("err", "5000", "1", "400") == tuple(
                during[name]
                for name in ("aof_last_write_status", "writes_stopped_for_ms", "resume_tries", "resume_next_try_in_ms")
            )
            assert "no space" in during["writes_stopped"]
            assert "no space" in during["resume_failure"]
            assert ("ok", "no") == (after["aof_last_write_status"], after["writes_stopped"])
            assert "resume_tries" not in after
            metrics = house.engine.metrics
            assert (1, 1) == (metrics.plain["writing_stops_total"], metrics.split["storage_jobs_total"]["resume"])

        play(story)

    def test_it_is_tried_less_and_less_often_but_every_some_seconds(self, play, disk):
        async def story(house):
            fill(disk)
            await house.ask(house.client(), "SET k v")
            for _ in range(600):  # a minute
                await tick(house, 100)

            assert 15 == noted(house).count("resuming failed")

        play(story)

    @pytest.mark.parametrize("calls", range(1, 18))
    def test_whichever_step_of_resuming_fails_the_next_attempt_goes_on(self, play, disk, calls):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET before 1")
            disk.fail_at = disk.calls + 1
            await house.ask(client, "SET k v")
            disk.fail_at = disk.calls + calls
            await tick(house)
            await tick(house)

            assert [OK, bulk(b"1")] == await house.ask(client, "SET k w", "GET before")
            assert None is house.engine.state.store.in_doubt

        play(story)

    def test_a_table_that_was_not_read_stops_writing_for_a_moment_only(self, play, disk):
        async def story(house):
            client = house.client()
            await house.ask(client, "SET k 1")
            store = house.engine.state.store
            job = store.begin_flush()
            store.run(job)
            store.finish(job)
            disk.fail_at = disk.calls + 1
            refused = (await house.ask(client, "SET k 2"))[0]
            await tick(house)

            assert refused.startswith(b"-MISCONF")
            assert [OK, bulk(b"2")] == await house.ask(client, "SET k 2", "GET k")

        play(story)
