from random import Random

import pytest

from crowkis.storage import table as table_module
from crowkis.storage.check import verify
from crowkis.storage.repair import repair
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk

GOLDEN_V1 = "000002.checkpoint"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(table_module, "BLOCK_BYTES", 30)


@pytest.fixture
def disk():
    """Twelve keys in two tables and four in the log, in four batches."""
    disk = FaultyDisk(Random(1))
    store = Store.open(disk, disk.rng.randbytes, counted=b"k")
    for number in range(12):
        store.put(b"k%02d" % number, b"value %02d" % number)
        if number % 6 == 5:
            job = store.begin_flush()
            store.run(job)
            store.finish(job)
    for number in range(12, 16):
        store.put(b"k%02d" % number, b"value %02d" % number)
        store.commit()
    return disk


def everything():
    return {b"k%02d" % number: b"value %02d" % number for number in range(16)}


def repaired(disk):
    """What is there after repair, and the files it says lost something."""
    losses = repair(disk, disk.rng.randbytes)
    store = Store.open(disk, disk.rng.randbytes, counted=b"k")
    found = dict(store.items())

    assert [] == [finding for finding in verify(disk) if not finding.harmless]
    assert len(found) == store.count(b"k")
    return found, {loss.file for loss in losses}


def test_where_all_is_well_nothing_is_touched(disk):
    files = disk.files()

    assert ([], files) == (repair(disk), disk.files())


def test_any_damaged_byte_costs_one_block_or_batch_at_most(disk):
    """But for the 28 bytes of a header: without its mark nothing in a file can be trusted."""
    for name, data in disk.files().items():
        for offset in range(len(data)):
            found, lost = repaired(disk.damaged(name, offset, 0x40))
            missing = everything().keys() - found.keys()

            assert found.items() <= everything().items()
            if name == "000003.log" and not lost:
                assert len(missing) <= 1, "an unfinished write is cut off, not repaired"
            else:
                assert {name} == lost, offset
                assert len(missing) <= (3 if offset >= 28 else 6), (name, offset)


def test_a_missing_table_costs_its_keys(disk):
    files = disk.files()
    del files["000001.table"]
    found, lost = repaired(FaultyDisk(Random(1), files))

    assert (10, {"000001.table"}) == (len(found), lost)


def test_a_missing_manifest_costs_nothing_that_a_table_holds(disk):
    files = disk.files()
    del files["MANIFEST"]
    found, lost = repaired(FaultyDisk(Random(1), files))

    assert (everything(), {"MANIFEST"}) == (found, lost)


def test_a_missing_log_costs_its_batches(disk):
    files = disk.files()
    del files["000003.log"]
    found, lost = repaired(FaultyDisk(Random(1), files))

    assert (12, {"000003.log"}) == (len(found), lost)


def test_a_damaged_checkpoint_of_version_1_keeps_its_intact_records():
    from pathlib import Path

    golden = Path(__file__).parent / "golden" / "v1"
    disk = FaultyDisk(Random(1), {path.name: path.read_bytes() for path in golden.iterdir()})
    found, lost = repaired(disk.damaged(GOLDEN_V1, 40))

    assert ({b"k3": b""}, {GOLDEN_V1}) == (found, lost)
