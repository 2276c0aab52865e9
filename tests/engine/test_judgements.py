"""Promises of crowkis/engine/judgements.py."""

from random import Random

import pytest

from crowkis.engine.judgements import Judgements
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk
from crowkis.values.judgement import (
    DropFlags,
    DropJudgements,
    Flag,
    PutFlag,
    PutReports,
    PutSource,
    PutTally,
    Reports,
    Source,
    Tally,
)
from crowkis.values.limits import TENANT_FLAGS_MAX


def flag(number, tenant="t"):
    name = number.to_bytes(16, "big")
    return PutFlag(Flag(name, tenant, f"q {number}", name, b"d" * 16, b"a", "why", "", number), None)


@pytest.fixture
def disk():
    return FaultyDisk(Random(3))


def said(judgements):
    judgements.apply(flag(1))
    judgements.apply(PutSource(Source("t", "wiki", 0.7, 0, 1, 5)))
    judgements.apply(PutReports(Reports(b"e" * 16, "t", 0, 2, 5)))
    judgements.apply(PutTally("t", "all", Tally(pinned=0.9)))


def test_all_of_it_survives_losing_power(disk):
    store = Store.open(disk)
    said(Judgements(store))
    store.commit()
    found = Judgements(Store.open(disk.crash()))
    found.recover()

    assert [held.question for held in found.flags_on("t", b"d" * 16)] == ["q 1"]
    assert found.flag("t", flag(1).flag.flag_id) == flag(1).flag
    assert found.trust_of("t", "wiki") == 0.7
    assert found.complaints_of(b"e" * 16) == 2
    assert found.tally_of("t", "all").pinned == 0.9


def test_a_tenant_with_too_many_flags_loses_its_oldest(disk):
    found = Judgements(Store.open(disk))
    for number in range(TENANT_FLAGS_MAX + 1):
        found.apply(flag(number))

    assert found.flag_count == TENANT_FLAGS_MAX
    assert flag(0).flag.flag_id not in found.flags["t"]


def test_a_flag_can_be_taken_back(disk):
    found = Judgements(Store.open(disk))
    found.apply(flag(1))
    found.apply(DropFlags("t", (flag(1).flag.flag_id,)))

    assert (0, []) == (found.flag_count, found.flags_on("t", b"d" * 16))


@pytest.mark.parametrize("whose", ["t", None])
def test_forgetting_leaves_nothing_of_the_tenant(disk, whose):
    found = Judgements(Store.open(disk))
    empty = found.size_bytes()
    said(found)
    found.apply(DropJudgements(whose))

    assert empty == found.size_bytes()
    assert found.trust_of("t", "wiki") == 1.0
