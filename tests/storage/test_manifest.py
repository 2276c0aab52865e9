from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.storage.errors import Corruption, StorageError
from crowkis.storage.manifest import Manifest, TableLine, read_manifest, write_manifest
from crowkis.testing.disk import FaultyDisk

MANIFEST = Manifest(7, b"k", {b"k0": 3, b"k": 1}, (TableLine(0, 9, 1_000, 5), TableLine(2, 4, 1 << 40, 6)))
sizes = st.integers(0, 2**32 - 1)
manifests = st.builds(
    Manifest,
    sizes,
    st.binary(max_size=3),
    st.dictionaries(st.binary(max_size=2), sizes, max_size=4),
    st.lists(st.builds(TableLine, st.integers(0, 2), sizes, sizes, sizes), max_size=4).map(tuple),
)


def written(manifest):
    disk = FaultyDisk(Random(1))
    write_manifest(disk, lambda size_bytes: b"mark"[:size_bytes], manifest)
    return disk


@given(manifests)
def test_what_was_written_comes_back(manifest):
    assert manifest == read_manifest(written(manifest).read("MANIFEST"))


def test_any_turned_bit_and_any_cut_refuses_by_name():
    data = written(MANIFEST).read("MANIFEST")
    damaged = [data[:size_bytes] for size_bytes in range(len(data))] + [data + b"x"]
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(changed))
    for other in damaged:
        with pytest.raises(StorageError) as caught:
            read_manifest(other)

        assert "MANIFEST" == caught.value.file


def test_names_are_durable_before_and_after_it_gets_its_own():
    assert [
        "create: MANIFEST.new", "append: MANIFEST.new", "sync: MANIFEST.new", "sync-directory: .",
        "rename: MANIFEST.new -> MANIFEST", "sync-directory: .",
    ] == written(MANIFEST).trace  # fmt: skip


def test_a_failure_at_any_call_leaves_the_old_one_or_the_new():
    old, new = MANIFEST, MANIFEST._replace(log_from=8)
    found = set()
    for seed in range(60):
        disk = FaultyDisk(Random(seed), written(old).files(), fail_at=1 + seed % 6)
        with pytest.raises(OSError, match="injected"):
            write_manifest(disk, lambda size_bytes: b"mark"[:size_bytes], new)
        found.add(read_manifest(disk.crash().read("MANIFEST")).log_from)

    assert {7, 8} == found


def test_a_body_that_does_not_fill_its_record_is_refused(monkeypatch):
    data = written(MANIFEST._replace(tables=())).read("MANIFEST")
    with pytest.raises(Corruption):
        read_manifest(data[:40] + data[41:])
