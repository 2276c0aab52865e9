"""Promises of crowkis/doors/keyring.py: only the very key opens, a rotated or late one does not, few wait at once."""

import asyncio

import pytest

from crowkis.doors import keyring as tested
from crowkis.doors.keyring import CrowdedError, Keyring
from crowkis.values.access import ApiKey

SHOWN = "crwk_0a0b_" + "5" * 64


@pytest.fixture
def play():
    """Runs story(keyring, keys) with one key made."""

    def run(story):
        async def whole():
            ring = Keyring()
            done = asyncio.get_running_loop().create_future()
            ring.hash_secret(SHOWN, done.set_result, asyncio.get_running_loop())
            keys = {"0a0b": ApiKey("0a0b", "n", "reader", "", await done, 0, 0)}
            ring.keys = lambda: keys
            try:
                await story(ring, keys)
            finally:
                ring.close()

        asyncio.run(whole())

    return run


def test_the_key_itself_opens_and_nothing_else(play):
    async def story(ring, keys):
        assert keys["0a0b"].hash.startswith("$argon2id$")
        assert keys["0a0b"] == await ring.holder(SHOWN, 1)
        for wrong in (SHOWN[:-1], SHOWN + "5", SHOWN.upper(), "crwk_0a0b_", "crwk_0a0c_" + "5" * 64, "", "crwk_",
                      "crwk_0a0b_" + "5" * 500, "crwk_0a0b_\ud800"):  # fmt: skip
            assert await ring.holder(wrong, 1) is None, wrong

    play(story)


def test_a_right_key_costs_its_hash_once(play, monkeypatch):
    async def story(ring, keys):
        asked = []
        whole = tested._verified
        monkeypatch.setattr(tested, "_verified", lambda *args: asked.append(1) or whole(*args))
        for _ in range(3):
            assert await ring.holder(SHOWN, 1) is not None
        assert 1 == len(asked)

    play(story)


def test_a_rotated_revoked_or_late_key_opens_nothing_though_it_was_remembered(play):
    async def story(ring, keys):
        assert await ring.holder(SHOWN, 1) is not None
        old = keys["0a0b"]
        keys["0a0b"] = old._replace(expire_at_ms=10)
        assert await ring.holder(SHOWN, 9) is not None
        assert await ring.holder(SHOWN, 10) is None
        keys["0a0b"] = old._replace(hash="$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$AAAA")
        assert await ring.holder(SHOWN, 1) is None
        del keys["0a0b"]
        assert await ring.holder(SHOWN, 1) is None

    play(story)


def test_a_crowd_of_wrong_keys_is_sent_away(play, monkeypatch):
    async def story(ring, keys):
        monkeypatch.setattr(tested, "WAITING_MAX", 2)
        wrong = [ring.holder(SHOWN[:-1] + str(number), 1) for number in range(5)]
        told = await asyncio.gather(*wrong, return_exceptions=True)
        assert 3 == sum(isinstance(one, CrowdedError) for one in told)

    play(story)
