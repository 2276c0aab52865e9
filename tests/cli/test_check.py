"""Promises of crowkis/cli/check.py: it names damage and changes nothing; with --repair it keeps all that is intact."""

from contextlib import closing

import numpy as np
import pytest

from crowkis.engine.codec import ANSWER, ENTRY, LEDGER, PLAIN, entry_suffix
from crowkis.engine.state import State
from crowkis.index.adaptive import AdaptiveIndex
from crowkis.index.flat import FlatIndex
from crowkis.index.snapshot import save
from crowkis.storage.disk import Directory
from crowkis.storage.store import Store
from crowkis.values.question import Scope
from crowkis.values.record import DropEntry, Entry, PutEntry


def files(path):
    return {str(file): file.read_bytes() for file in path.rglob("*") if file.is_file() and file.name != "LOCK"}


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_an_intact_directory_is_clean_and_stays_as_it_is(run, data_dir):
    before = files(data_dir)

    assert (0, "clean\n") == run("check", "--data-dir", data_dir)
    assert (0, "clean\n") == run("check", "--data-dir", data_dir, "--repair")
    assert before == files(data_dir)


def test_what_a_crash_leaves_behind_is_told_but_clean(run, data_dir):
    log = data_dir / "000002.log"
    log.write_bytes(log.read_bytes() + b"torn")
    (data_dir / "000009.table").write_bytes(b"half")
    code, said = run("check", "--data-dir", data_dir)

    assert 0 == code
    assert "000002.log at byte" in said
    assert "unfinished write of 4 bytes (harmless" in said
    assert "000009.table at byte 0: left over from a crash (harmless" in said


@pytest.mark.parametrize("name", ["000001.table", "000002.log", "MANIFEST"])
def test_damage_is_named_and_nothing_is_changed(run, data_dir, name):
    flip(data_dir / name, 40)
    before = files(data_dir)
    code, said = run("check", "--data-dir", data_dir)

    assert 1 == code
    assert f"{name} at byte" in said
    assert "nothing was changed" in said
    assert before == files(data_dir)


def test_repair_keeps_what_is_intact_and_names_what_it_drops(run, data_dir, held, everything):
    flip(data_dir / "000001.table", 1_000)
    code, said = run("check", "--data-dir", data_dir, "--repair")

    assert 1 == code
    assert "dropped from 000001.table" in said
    assert said.endswith("repaired\n")
    assert 0 == run("check", "--data-dir", data_dir)[0]
    kept = held(data_dir)
    assert 0 < len(kept) < len(everything)
    assert set(kept) < set(everything)
    assert everything[-10:] == kept[-10:]


@pytest.mark.parametrize("flags", [(), ("--repair",)])
def test_what_cannot_be_looked_at_is_exit_code_2(run, data_dir, tmp_path, flags):
    directory = Directory(data_dir)
    in_use = run("check", "--data-dir", data_dir, *flags)
    directory.close()
    (tmp_path / "other").mkdir()

    assert 2 == in_use[0]
    assert "in use" in in_use[1]
    for path in (tmp_path / "other", tmp_path / "none"):
        code, said = run("check", "--data-dir", path, *flags)
        assert 2 == code
        assert "holds no data" in said
    assert not (tmp_path / "none").exists()
    assert [] == list((tmp_path / "other").iterdir())


def test_an_index_snapshot_that_cannot_be_used_is_told_but_harmless(run, data_dir):
    place = data_dir / "index"
    place.mkdir()
    (place / "00.index").write_bytes(b"not a snapshot")

    code, said = run("check", "--data-dir", data_dir)

    assert 0 == code
    assert "index/00.index: " in said
    assert "harmless" in said


DIMENSION = 8


def entry_of(number, tenant="acme"):
    scope = Scope(tenant, "", "", "")
    entry_id = number.to_bytes(16, "big")
    return Entry(entry_id, scope, f"question {number}", None, frozenset(), f"client:{DIMENSION}", 1, 0, len(b"answer"))


def vector_of(number):
    vector = np.random.default_rng(number).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def change(data_dir):
    """change(function): let it change the store of data_dir."""

    def change(function):
        with closing(Directory(data_dir)) as directory, closing(Store.open(directory, counted=PLAIN)) as store:
            function(store)
            store.commit()

    return change


@pytest.fixture
def answers(change, data_dir):
    """Twenty answers of two tenants in data_dir, with a snapshot of the first tenant's index."""
    held = {}

    def fill(store):
        held["state"] = state = State(store, lambda dimension: AdaptiveIndex(dimension, 4))
        for number in range(20):
            state.apply(PutEntry(entry_of(number, "acme" if number < 15 else "globex"), vector_of(number), b"answer"))

    change(fill)
    place = ("acme", "", f"client:{DIMENSION}")
    (data_dir / "index").mkdir()
    with closing(Directory(data_dir / "index", lock=False)) as directory:
        save(directory, place, held["state"].spaces[place].index, held["state"].spaces[place].labels)
    return [entry_of(number) for number in range(15)]


def key_of(entry, space=ENTRY):
    return space + entry_suffix(entry.entry_id, entry.scope)


class TestMeaning:
    def test_entries_and_indexes_that_agree_are_clean(self, run, data_dir, answers):
        before = files(data_dir)

        assert (0, "clean\n") == run("check", "--data-dir", data_dir)
        assert before == files(data_dir)

    def test_what_changed_since_a_snapshot_is_told_but_harmless(self, run, data_dir, answers, change):
        def change_some(store):
            state = State(store, FlatIndex)
            list(state.recover())
            for entry in answers[:3]:
                state.apply(DropEntry(entry.entry_id, entry.scope, "kept.deleted", 2))
            state.apply(PutEntry(entry_of(99), vector_of(99), b"answer"))

        change(change_some)
        code, said = run("check", "--data-dir", data_dir)

        assert 0 == code
        assert "holds 12 vectors as stored, lacks 1 and has 3 that are gone (harmless" in said
        assert said.endswith("clean\n")

    @pytest.mark.parametrize(
        ("space", "value", "told", "dropped"),
        [
            (ANSWER, None, "has no answer", 1),
            (ANSWER, b"longer answer", "has an answer of 13 bytes and says 6", 2),
            (ENTRY, None, "an answer without its entry", 1),
            (ENTRY, b"nonsense", "cannot be read", 2),
        ],
    )
    def test_what_belongs_to_nothing_is_named_and_repair_drops_it(
        self, run, data_dir, held, answers, change, space, value, told, dropped
    ):
        before = len(held(data_dir))
        key = key_of(answers[4], space)
        change(lambda store: store.remove(key) if value is None else store.put(key, value))
        damaged = len(held(data_dir))
        untouched = files(data_dir)
        code, said = run("check", "--data-dir", data_dir)

        assert 1 == code
        assert told in said
        assert answers[4].entry_id.hex() in said
        assert "nothing was changed" in said
        assert "question" not in said
        assert untouched == files(data_dir)

        code, said = run("check", "--data-dir", data_dir, "--repair")

        assert 1 == code
        assert f"dropped: {'an answer' if value is None and space == ENTRY else 'entry'}" in said
        assert said.endswith("repaired\n")
        assert damaged - dropped == len(held(data_dir))
        assert before - 2 == len(held(data_dir))
        assert 0 == run("check", "--data-dir", data_dir)[0]

    def test_an_unreadable_plain_key_or_ledger_line_is_dropped_by_repair(self, run, data_dir, change, held, everything):
        change(lambda store: [store.put(PLAIN + b"\0short", b"1"), store.put(LEDGER + b"\0\0\0\0", b"\1{}")])
        code, said = run("check", "--data-dir", data_dir, "--repair")

        assert 1 == code
        assert "dropped: a plain key" in said
        assert "dropped: a line of the ledger" in said
        assert sorted(everything) == held(data_dir)

    def test_repair_drops_a_snapshot_that_cannot_be_used(self, run, data_dir, answers):
        [path] = (data_dir / "index").iterdir()
        flip(path, 60)
        code, said = run("check", "--data-dir", data_dir, "--repair")

        assert 0 == code
        assert f"dropped: index/{path.name}: its checksum is wrong; the next start makes it anew" in said
        assert not path.exists()
