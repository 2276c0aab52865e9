"""Promises of crowkis/engine/roster.py: keys and quotas are kept, and who listens hears of a quota."""

from random import Random

import pytest

from crowkis.engine.codec import CodecError
from crowkis.engine.roster import API_KEY, Roster
from crowkis.storage.store import Store
from crowkis.values.access import ApiKey, DropApiKey, DropQuota, PutApiKey, PutQuota, Quota

KEY = ApiKey("0a", "Ada's laptop é", "reader", "acme", "$argon2id$...", 1_000, 0)


@pytest.fixture
def store(disk):
    return Store.open(disk, Random(1).randbytes)


def recovered(store):
    roster = Roster(store)
    roster.recover()
    return roster


def test_what_was_put_and_not_dropped_comes_back(store):
    roster = Roster(store)
    other = KEY._replace(id="0b", expire_at_ms=5)
    for record in (PutApiKey(KEY), PutApiKey(other), PutApiKey(KEY._replace(hash="new")), DropApiKey("0b"),
                   PutQuota(Quota("acme", 1, 2)), PutQuota(Quota("zoo", 3, 0)), DropQuota("acme")):  # fmt: skip
        roster.apply(record)

    assert {"0a": KEY._replace(hash="new")} == roster.keys == recovered(store).keys
    assert {"zoo": Quota("zoo", 3, 0)} == roster.quotas == recovered(store).quotas
    assert roster.size_bytes() > 0


def test_dropping_what_is_not_there_is_no_error(store):
    roster = Roster(store)
    roster.apply(DropApiKey("0a"))
    roster.apply(DropQuota("acme"))

    assert ({}, {}) == (roster.keys, roster.quotas)


def test_whoever_listens_hears_whose_quota_has_changed(store):
    roster, heard = Roster(store), []
    roster.notice = heard.append
    roster.apply(PutQuota(Quota("acme", 1, 2)))
    roster.apply(DropQuota("acme"))
    roster.apply(PutApiKey(KEY))

    assert ["acme", "acme"] == heard


@pytest.mark.parametrize("value", [b"", b"\x09{}", b"\x01{", b'\x01{"id":"a"}', b"\x01[]"])
def test_what_it_has_not_written_is_not_believed(store, value):
    store.put(API_KEY + b"0a", value)
    with pytest.raises(CodecError):
        recovered(store)
