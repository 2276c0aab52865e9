"""Promises of crowkis/cli/backup.py: one file with everything, and clear words where that cannot be."""

import pytest

from crowkis.storage import archive
from crowkis.storage.disk import Directory


def test_the_file_holds_everything_and_the_directory_goes_on(run, data_dir, tmp_path, held, everything):
    code, said = run("backup", tmp_path / "out" / "a.crowkbak", "--data-dir", data_dir)

    assert 0 == code, said
    assert "410 entries" in said
    assert everything == list(archive.read(Directory(tmp_path / "out", lock=False), "a.crowkbak"))
    assert ["a.crowkbak"] == [file.name for file in (tmp_path / "out").iterdir()]
    assert everything == held(data_dir)


def test_a_directory_in_use_is_left_alone_and_the_way_out_is_named(run, data_dir, tmp_path):
    directory = Directory(data_dir)
    code, said = run("backup", tmp_path / "a.crowkbak", "--data-dir", data_dir)
    directory.close()

    assert 1 == code
    assert "in use" in said
    assert "--address HOST:PORT" in said
    assert not (tmp_path / "a.crowkbak").exists()


@pytest.mark.parametrize("there", [True, False])
def test_what_is_no_data_directory_is_refused_and_nothing_is_made_in_it(run, tmp_path, there):
    path = tmp_path / "elsewhere"
    if there:
        path.mkdir()
        (path / "notes.txt").write_text("mine")
    code, said = run("backup", tmp_path / "a.crowkbak", "--data-dir", path)

    assert 1 == code
    assert "holds no data" in said
    assert (["notes.txt"] if there else []) == [file.name for file in path.glob("*")]


def test_a_damaged_directory_makes_no_backup(run, data_dir, tmp_path):
    table = data_dir / "000001.table"
    data = bytearray(table.read_bytes())
    data[100] ^= 1
    table.write_bytes(data)
    code, said = run("backup", tmp_path / "a.crowkbak", "--data-dir", data_dir)

    assert 1 == code
    assert "000001.table is damaged at byte" in said
    assert [] == list(tmp_path.glob("*.crowkbak*"))


@pytest.mark.parametrize(("address", "why"), [("nonsense", "is not HOST:PORT"), ("127.0.0.1:1", "127.0.0.1:1: Error")])
def test_a_server_that_is_not_there_is_named(run, tmp_path, address, why):
    code, said = run("backup", "a.crowkbak", "--address", address)

    assert 1 == code
    assert why in said


def test_a_directory_is_no_file(run, data_dir, tmp_path):
    code, said = run("backup", tmp_path, "--data-dir", data_dir)

    assert 1 == code
    assert "is a directory; name a file" in said
