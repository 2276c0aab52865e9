"""What interfaces.Filesystem promises, asked of the real directory and of the faulty disk; then the real alone."""

import errno
import os
import stat
import subprocess
import sys
from random import Random

import pytest

from crowkis.storage import disk as disk_module
from crowkis.storage.disk import LOCK_NAME, Directory
from crowkis.storage.errors import DirectoryInUse
from crowkis.testing.disk import FaultyDisk


@pytest.fixture
def directory(tmp_path):
    directory = Directory(tmp_path / "store")
    yield directory
    directory.close()


@pytest.fixture(params=["real", "faulty"])
def filesystem(request):
    return request.getfixturevalue("directory") if request.param == "real" else FaultyDisk(Random(1))


def write(filesystem, name, *parts):
    file = filesystem.create(name)
    for part in parts:
        file.append(part)
    file.sync()
    file.close()


class TestFilesystem:
    def test_what_was_appended_is_read(self, filesystem):
        write(filesystem, "a", b"one", b"", b"two")

        assert b"onetwo" == filesystem.read("a")

    def test_create_replaces_a_file_of_that_name(self, filesystem):
        write(filesystem, "a", b"old and long")
        write(filesystem, "a", b"new")

        assert b"new" == filesystem.read("a")

    def test_reopen_cuts_and_goes_on_at_the_end(self, filesystem):
        write(filesystem, "a", b"kept, cut")
        file = filesystem.reopen("a", 4)
        file.append(b"!")
        file.close()

        assert b"kept!" == filesystem.read("a")

    def test_reopen_never_makes_a_file_longer(self, filesystem):
        write(filesystem, "a", b"four")

        with pytest.raises(OSError, match="fewer than 5"):
            filesystem.reopen("a", 5)

    def test_names_are_sorted(self, filesystem):
        for name in ("b", "c", "a"):
            write(filesystem, name)

        assert ["a", "b", "c"] == list(filesystem.names())

    def test_rename_replaces_and_the_open_file_goes_along(self, filesystem):
        write(filesystem, "a", b"replaced")
        file = filesystem.create("a.new")
        file.append(b"1")
        filesystem.rename("a.new", "a")
        file.append(b"2")
        filesystem.sync_directory()

        assert (["a"], b"12") == (list(filesystem.names()), filesystem.read("a"))

    def test_a_removed_file_is_gone(self, filesystem):
        write(filesystem, "a")
        filesystem.remove("a")

        assert [] == list(filesystem.names())

    @pytest.mark.parametrize("call", ["read", "remove"])
    def test_what_is_not_there_is_not_found(self, filesystem, call):
        with pytest.raises(FileNotFoundError):
            getattr(filesystem, call)("a")

    def test_a_file_closes_twice_without_harm(self, filesystem):
        file = filesystem.create("a")
        file.close()
        file.close()

        assert b"" == filesystem.read("a")


class TestDiskFile:
    def test_short_writes_are_carried_on_to_the_end(self, directory, monkeypatch):
        write_some = os.write
        monkeypatch.setattr(disk_module.os, "write", lambda fd, data: write_some(fd, bytes(data)[:3]))
        write(directory, "a", b"more than three bytes")

        assert b"more than three bytes" == directory.read("a")

    def test_a_full_disk_in_the_middle_is_told(self, directory, monkeypatch):
        answers = iter([4, OSError(errno.ENOSPC, "no space")])

        def write_some(fd, data):
            answer = next(answers)
            if isinstance(answer, OSError):
                raise answer
            return answer

        monkeypatch.setattr(disk_module.os, "write", write_some)
        with pytest.raises(OSError, match="no space") as caught:
            directory.create("a").append(b"more than four")

        assert errno.ENOSPC == caught.value.errno

    def test_a_write_of_nothing_does_not_loop_for_ever(self, directory, monkeypatch):
        monkeypatch.setattr(disk_module.os, "write", lambda fd, data: 0)

        with pytest.raises(OSError, match="wrote nothing"):
            directory.create("a").append(b"x")

    def test_sync_reaches_the_system(self, directory, monkeypatch):
        synced = []
        monkeypatch.setattr(disk_module, "_sync_fd", synced.append)
        write(directory, "a", b"x")

        assert 1 == len(synced)


class TestDirectory:
    def test_nobody_else_may_read_the_files(self, directory):
        write(directory, "a", b"private")
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (directory.path, directory.path / "a")]

        assert [0o700, 0o600] == modes

    def test_the_lock_and_sub_directories_are_not_among_the_names(self, directory):
        (directory.path / "sub").mkdir()
        write(directory, "a")

        assert (["a"], True) == (directory.names(), (directory.path / LOCK_NAME).exists())

    def test_a_second_opener_is_told_directory_and_process(self, directory):
        with pytest.raises(DirectoryInUse) as caught:
            Directory(directory.path)

        assert (str(directory.path), str(os.getpid())) == (caught.value.directory, caught.value.pid)

    def test_another_process_is_refused_too(self, directory):
        program = (
            "import sys, pathlib\n"
            "from crowkis.storage.disk import Directory\n"
            "from crowkis.storage.errors import DirectoryInUse\n"
            "try:\n    Directory(pathlib.Path(sys.argv[1]))\n"
            "except DirectoryInUse as error:\n    print(error.pid)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, directory.path], capture_output=True, text=True, check=True, timeout=30
        )

        assert f"{os.getpid()}\n" == ran.stdout

    def test_closing_gives_the_directory_to_the_next(self, directory):
        directory.close()
        directory.close()
        again = Directory(directory.path)
        again.close()

        assert again.path == directory.path

    def test_a_lock_left_by_a_dead_process_does_not_matter(self, tmp_path):
        (tmp_path / LOCK_NAME).write_text("999999\n")
        directory = Directory(tmp_path)
        directory.close()

        assert f"{os.getpid()}\n" == (tmp_path / LOCK_NAME).read_text()

    def test_new_directories_are_synced_into_those_above(self, tmp_path, monkeypatch):
        synced = []
        monkeypatch.setattr(disk_module.os, "fsync", lambda fd: synced.append(os.fstat(fd).st_ino))
        Directory(tmp_path / "one" / "two").close()

        assert [(tmp_path / "one").stat().st_ino, tmp_path.stat().st_ino] == synced

    def test_a_path_that_is_a_file_is_an_os_error(self, tmp_path):
        (tmp_path / "file").write_text("")

        with pytest.raises(FileExistsError):
            Directory(tmp_path / "file")
