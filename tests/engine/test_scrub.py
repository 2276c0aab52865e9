"""Promises of crowkis/engine/scrub.py: every table in turn, at the pace of the setting; damage is told everywhere."""

import pytest

from crowkis.engine import scrub
from crowkis.engine.scrub import FIRST_MS, REST_MS
from crowkis.storage.errors import DiskError
from crowkis.values.limits import MIB

OK = b"+OK\r\n"


def flush(house, *keys):
    store = house.engine.state.store
    for key in keys:
        store.put(b"x" + key, b"v" * 500)
    job = store.begin_flush()
    store.run(job)
    store.finish(job)


async def wait(house, ms):
    house.clock.ms += ms
    house.actor.tick()
    await house.batch()
    await house.batch()


def results(house):
    return dict(house.engine.metrics.split["scrubbed_tables_total"])


def test_every_table_is_checked_in_turn_and_again_after_a_rest(play):
    async def story(house):
        flush(house, b"a")
        flush(house, b"b")
        checked = []
        for ms in (0, FIRST_MS, 1_000, 1_000, REST_MS - 10, 10):
            await wait(house, ms)
            checked.append((results(house).get("sound", 0), house.engine.scrub.rounds))

        assert [(0, 0), (1, 0), (2, 0), (2, 1), (2, 1), (3, 1)] == checked

    play(story)


@pytest.mark.parametrize(("rate_mib", "pause_ms"), [(1, 1_000), (4, 250)])
def test_the_setting_is_the_pace(play, rate_mib, pause_ms):
    async def story(house):
        flush(house, b"a")
        flush(house, b"b")
        for table in house.engine.state.store.tree.version.tables():
            table.size_bytes = MIB
        await wait(house, 0)
        await wait(house, FIRST_MS)
        await wait(house, pause_ms - 1)
        before = results(house)
        await wait(house, 1)

        assert ({"sound": 1}, {"sound": 2}) == (before, results(house))

    play(story, scrub_mib_per_s=rate_mib)


def test_it_can_be_turned_off_and_on(play):
    async def story(house):
        client = house.client()
        flush(house, b"a")
        for _ in range(3):
            await wait(house, REST_MS)
        assert {} == results(house)
        assert [OK] == await house.ask(client, "CONFIG SET scrub_mib_per_s 4")
        await wait(house, REST_MS)
        assert {"sound": 1} == results(house)

    play(story, scrub_mib_per_s=0)


def test_damage_is_named_in_log_info_and_metric_and_never_served(play, disk):
    async def story(house):
        client = house.client()
        await house.ask(client, "SET k secret")
        flush(house, b"a")
        disk._content("000001.table").data[60] ^= 4
        await wait(house, 0)
        await wait(house, FIRST_MS)
        info, got = await house.ask(client, "INFO persistence", "GET k")
        damaged = house.engine.scrub.damaged(house.engine.state.store)

        assert {"damaged": 1} == results(house)
        assert ["000001.table"] == list(damaged)
        assert b"scrub_damaged:000001.table is damaged at byte " in info
        assert got.startswith(b"-ERR what is stored cannot be read: 000001.table is damaged at byte ")
        assert ("damaged", "000001.table") == (house.outside.notes[0][0], house.outside.notes[0][1]["file"])

    play(story)


def test_what_no_longer_counts_is_no_longer_damaged(play, disk):
    async def story(house):
        flush(house, b"a")
        house.engine.scrub._damaged["000099.table"] = "long gone"

        assert {} == house.engine.scrub.damaged(house.engine.state.store)

    play(story)


def test_a_table_that_cannot_be_read_now_is_tried_in_the_next_round(play, disk):
    async def story(house):
        flush(house, b"a")
        await wait(house, 0)
        disk.fail_at = disk.calls + 1
        await wait(house, FIRST_MS)
        assert ({"unread": 1}, "checking failed") == (results(house), house.outside.notes[0][0])
        await wait(house, 1_000)
        await wait(house, REST_MS)
        assert {"unread": 1, "sound": 1} == results(house)

    play(story)


def test_a_clock_that_was_put_back_does_not_stop_it(play):
    async def story(house):
        flush(house, b"a")
        await wait(house, 0)
        await wait(house, -10 * REST_MS)
        await wait(house, FIRST_MS)

        assert {"sound": 1} == results(house)

    play(story)


def test_what_a_command_comes_upon_is_told_to_its_client_and_logged_once(play, disk):
    async def story(house):
        client = house.client()
        await house.ask(client, "SET k secret")
        flush(house, b"a")
        disk._content("000001.table").data[60] ^= 4
        replies = await house.ask(client, "GET k", "GET k", "PING")

        assert all(reply.startswith(b"-ERR what is stored cannot be read: 000001.table") for reply in replies[:2])
        assert b"+PONG\r\n" == replies[2]
        assert (["unreadable"], []) == ([event for event, _ in house.outside.notes], house.outside.reported)
        assert ["000001.table"] == list(house.engine.scrub.damaged(house.engine.state.store))

    play(story)


def test_an_endless_variety_of_errors_is_neither_remembered_nor_logged_without_end(play, monkeypatch):
    monkeypatch.setattr(scrub, "MET_MAX", 2)

    async def story(house):
        met = [house.engine.scrub.meet(DiskError("reading", str(number))) for number in (1, 1, 2, 3)]

        assert [True, False, True, False] == met

    play(story)
