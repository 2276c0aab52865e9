"""Promises of crowkis/cli/restore.py: everything comes back, or nothing is written."""

import pytest


@pytest.fixture
def file(run, data_dir, tmp_path):
    path = tmp_path / "a.crowkbak"
    run("backup", path, "--data-dir", data_dir)
    return path


@pytest.mark.parametrize("made", ["nothing", "directory", "lock"])
def test_an_empty_directory_gets_everything(run, file, tmp_path, held, everything, made):
    path = tmp_path / "new" / "data"
    if made != "nothing":
        path.mkdir(parents=True)
    if made == "lock":
        (path / "LOCK").write_text("12\n")
    code, said = run("restore", file, "--data-dir", path)

    assert 0 == code, said
    assert "Checking" in said
    assert "Restoring" in said
    assert "410 entries restored" in said
    assert everything == held(path)
    assert (0, "clean\n") == run("check", "--data-dir", path)


@pytest.mark.parametrize("holds", ["000001.log", "notes.txt", "directory/"])
def test_a_directory_that_holds_anything_is_refused_and_stays_as_it_is(run, file, tmp_path, holds):
    path = tmp_path / "full"
    path.mkdir()
    (path / holds).mkdir() if holds.endswith("/") else (path / holds).write_text("mine")
    code, said = run("restore", file, "--data-dir", path)

    assert 1 == code
    assert "is not empty" in said
    assert [holds.rstrip("/")] == [found.name for found in path.iterdir()]


def test_a_damaged_file_is_refused_before_anything_is_written(run, file, tmp_path):
    whole = file.read_bytes()
    for place in range(0, len(whole), 97):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        file.write_bytes(damaged)
        code, said = run("restore", file, "--data-dir", tmp_path / "new")

        assert 1 == code
        assert "a.crowkbak is damaged at byte" in said
        assert not (tmp_path / "new").exists()


def test_a_file_cut_short_is_refused_before_anything_is_written(run, file, tmp_path):
    whole = file.read_bytes()
    for size_bytes in (0, 1, 27, 28, 1_000, len(whole) - 38, len(whole) - 1):
        file.write_bytes(whole[:size_bytes])
        code, said = run("restore", file, "--data-dir", tmp_path / "new")

        assert 1 == code
        assert "a.crowkbak is damaged at byte" in said
        assert not (tmp_path / "new").exists()


def test_a_missing_file_is_named(run, tmp_path):
    code, said = run("restore", tmp_path / "none.crowkbak", "--data-dir", tmp_path / "new")

    assert 2 == code
    assert "none.crowkbak" in said
    assert not (tmp_path / "new").exists()


def test_a_directory_in_use_is_refused(run, file, tmp_path):
    from crowkis.storage.disk import Directory

    directory = Directory(tmp_path / "new")
    code, said = run("restore", file, "--data-dir", tmp_path / "new")
    directory.close()

    assert 1 == code
    assert "in use" in said
