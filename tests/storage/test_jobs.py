from random import Random

import pytest

from crowkis.storage.errors import DiskError
from crowkis.storage.store import Store
from crowkis.testing.disk import FaultyDisk


def test_a_flush_run_again_after_its_removals_failed_writes_no_second_table():
    disk = FaultyDisk(Random(1))
    store = Store.open(disk)
    store.put(b"a", b"1")
    job = store.begin_flush()
    disk.fail_at = disk.calls + 17  # the removal of the segment: table and manifest are durable
    with pytest.raises(DiskError, match="flushing"):
        store.run(job)
    done = job.done
    store.run(job)
    store.finish(job)

    assert (True, ["000001.table", "000002.log", "MANIFEST"]) == (done, disk.names())


def test_jobs_say_what_they_are():
    store = Store.open(FaultyDisk(Random(1)))
    store.put(b"a", b"1")
    flush = store.begin_flush()
    store.run(flush)
    store.finish(flush)
    fold = store.begin_fold(whole=True)

    assert [("flush", True), ("fold", False)] == [(job.kind, job.done) for job in (flush, fold)]
