"""Promises of crowkis/cli/check.py: it names damage and changes nothing; with --repair it keeps all that is intact."""

import pytest

from crowkis.storage.disk import Directory


def files(path):
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "LOCK"}


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
