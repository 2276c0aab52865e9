"""A snapshot brings back exactly the index it was taken of, or says that it cannot."""

from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pytest

from crowkis.index import snapshot
from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.snapshot import CRC, HEAD, MAGIC, SnapshotError, encode, load, save, snapshot_name
from crowkis.testing.disk import FaultyDisk
from crowkis.values.vector import digest

DIMENSION = 8
SPACE = ("acme", "", "client:8")
GOLDEN = Path(__file__).parent / "golden"
GOLDEN_SPACE = ("golden", "", "client:4")


def unit_vectors(count, dimension=DIMENSION, seed=5):
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def id_of(label):
    return label.to_bytes(16, "big")


def labels_of(index):
    return {id_of(label): label for label in index.labels()}


def filled(count, gone=(), flat_vectors_max=4_096, dimension=DIMENSION):
    index = AdaptiveIndex(dimension, flat_vectors_max)
    for label, vector in enumerate(unit_vectors(count, dimension)):
        index.add(label, vector)
    for label in gone:
        index.remove(label)
    return index


def exact():
    return filled(300, gone=range(0, 300, 7))


def leaving_the_matrix():
    return filled(4_200, gone=range(0, 4_200, 9))


def graph():
    return filled(400, gone=range(0, 400, 9), flat_vectors_max=100)


def leaving_a_worn_graph():
    index = filled(400, gone=range(180), flat_vectors_max=100)
    index.add(1_000, unit_vectors(1, seed=6)[0])
    index.add(1_001, unit_vectors(1, seed=7)[0])
    return index


def leaving_a_graph_for_the_matrix():
    return filled(400, gone=range(10, 400), flat_vectors_max=100)


def emptied():
    return filled(400, gone=range(400), flat_vectors_max=100)


def sharing_nodes():
    index = filled(120, flat_vectors_max=10)
    for label in range(500, 530):
        index.add(label, unit_vectors(120)[label % 3])
    return index


STAGES = (
    exact,
    leaving_the_matrix,
    graph,
    leaving_a_worn_graph,
    leaving_a_graph_for_the_matrix,
    emptied,
    sharing_nodes,
)


def saved(index, space=SPACE, labels=None):
    disk = FaultyDisk(Random(1))
    save(disk, space, index, labels_of(index) if labels is None else labels)
    return disk


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_what_comes_back_finds_what_was_found_before(stage):
    index = stage()
    found = load(saved(index), snapshot_name(SPACE))
    back = found.restored.vectors

    assert SPACE == found.space
    assert labels_of(index) == found.restored.labels
    assert {id_of(label): index.digest(label) for label in index.labels()} == found.restored.digests
    assert (len(index), set(index.labels())) == (len(back), set(back.labels()))
    for vector in unit_vectors(40, seed=8):
        assert index.search(vector, 10) == back.search(vector, 10)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_what_comes_back_takes_changes(stage):
    back = load(saved(stage()), snapshot_name(SPACE)).restored.vectors
    wanted = {label: back.digest(label) for label in back.labels()}
    for label, vector in enumerate(unit_vectors(300, seed=9), start=5_000):
        back.add(label, vector)
        wanted[label] = digest(vector)
    for label in list(wanted)[::3]:
        back.remove(label)
        del wanted[label]

    assert wanted == {label: back.digest(label) for label in back.labels()}
    assert len(wanted) == len(back)
    found = [back.search(vector, 1)[0][0] for vector in unit_vectors(300, seed=9)[2::3]]
    present = [label for label in range(5_002, 5_300, 3) if label in wanted]
    assert len(set(present) & set(found)) >= 0.95 * len(present)


def test_any_changed_byte_is_noticed():
    disk = saved(graph())
    name, rng = snapshot_name(SPACE), Random(2)
    size = len(disk.files()[name])
    for offset in [*range(120), *(rng.randrange(size) for _ in range(300)), size - 1]:
        with pytest.raises(SnapshotError):
            load(disk.damaged(name, offset, 1 << rng.randrange(8)), name)


def test_a_file_cut_short_or_grown_is_noticed():
    name = snapshot_name(SPACE)
    data = saved(graph()).files()[name]
    for torn in (*(data[:size] for size in (0, 1, 27, 28, 200, len(data) // 2, len(data) - 1)), data + b"\x00"):
        with pytest.raises(SnapshotError):
            load(FaultyDisk(Random(1), {name: torn}), name)


def test_another_version_is_refused_and_named():
    name = snapshot_name(SPACE)
    head = HEAD.pack(MAGIC, 2, 0, 0)

    with pytest.raises(SnapshotError, match="format version 2; this server reads 1"):
        load(FaultyDisk(Random(1), {name: head + CRC.pack(snapshot.crc32(head)) + CRC.pack(0)}), name)


def test_a_graph_made_otherwise_is_refused(monkeypatch):
    disk = saved(graph())
    monkeypatch.setattr(snapshot, "made_with", lambda: "hnswlib 99, 1 links, breadth 1")

    with pytest.raises(SnapshotError, match="this server uses hnswlib 99"):
        load(disk, snapshot_name(SPACE))


def test_a_file_under_the_name_of_another_space_is_refused():
    data = saved(exact()).files()[snapshot_name(SPACE)]
    other = snapshot_name(("globex", "", "client:8"))

    with pytest.raises(SnapshotError, match="another file's name"):
        load(FaultyDisk(Random(1), {other: data}), other)


def test_the_file_has_its_name_only_once_it_is_whole_and_synced():
    name = snapshot_name(SPACE)

    trace = [line for line in saved(exact()).trace if not line.startswith("append")]

    assert [
        f"create: {name}.0.new",
        f"sync: {name}.0.new",
        f"rename: {name}.0.new -> {name}",
        "sync-directory: .",
    ] == trace


def test_a_write_that_fails_at_any_call_leaves_the_old_snapshot_or_the_new_one():
    name, old, new = snapshot_name(SPACE), filled(20), filled(25)
    whole = {b"".join(encode(SPACE, index, labels_of(index))) for index in (old, new)}
    for fail_at in range(1, 12):
        disk = saved(old)
        disk.fail_at = disk.calls + fail_at
        with suppress(OSError):
            save(disk, SPACE, new, labels_of(new))
        assert disk.files()[name] in whole
        assert disk.crash().files()[name] in whole


def golden_index():
    index = filled(40, gone=range(0, 40, 4), flat_vectors_max=16, dimension=4)
    return index, {id_of(label): label for label in sorted(index.labels())}


def test_the_worked_example_is_how_the_golden_file_begins():
    text = (Path(snapshot.__file__).parent / "FORMAT.md").read_text("utf-8")
    example = text.split("## Worked example")[1].split("## Opening")[0]
    lines = [line.replace("|", "") for line in example.splitlines() if line.startswith("    ")]

    assert (GOLDEN / "v1" / snapshot_name(GOLDEN_SPACE)).read_bytes().startswith(bytes.fromhex(" ".join(lines)))


def test_the_golden_file_of_version_1_is_read(monkeypatch):
    name = snapshot_name(GOLDEN_SPACE)
    data = (GOLDEN / "v1" / name).read_bytes()
    monkeypatch.setattr(snapshot, "made_with", lambda: "hnswlib 0.8.0, 24 links, breadth 150")

    found = load(FaultyDisk(Random(1), {name: data}), name)

    index, labels = golden_index()
    assert labels == found.restored.labels
    assert {id_of(label): index.digest(label) for label in index.labels()} == found.restored.digests
    for vector in unit_vectors(10, 4, seed=8):
        assert [label for label, _ in index.search(vector, 3)] == [
            label for label, _ in found.restored.vectors.search(vector, 3)
        ]
