"""The real directory: the only place in the package that opens data files.

Promises what interfaces.Filesystem and interfaces.File promise, and that no second process has the directory open.
Never interprets what it stores, never retries a failed sync, never swallows an OSError.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from crowkis.storage.errors import DirectoryInUse

LOCK_NAME = "LOCK"
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
"""Prompts and answers are private: nobody but the owner reads them."""


def _choose_sync() -> Callable[[int], None]:
    """The weakest call that still reaches the medium on this system."""
    full_sync: int | None = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:  # macOS: fsync() stops at the drive's cache
        command = full_sync
        return lambda fd: (fcntl.fcntl(fd, command), None)[1]
    return getattr(os, "fdatasync", os.fsync)


_sync_fd = _choose_sync()


def _make_durably(path: Path) -> None:
    """Make a directory and those above it; without the syncs all of it could vanish with the power."""
    missing = [level for level in (path, *path.parents) if not level.exists()]
    path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    for level in missing:
        fd = os.open(level.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class DiskFile:
    """A file being written, at its end only."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def append(self, data: bytes) -> None:
        """Add all of `data` at the end, in as many writes as the system needs. Raises OSError."""
        written = os.write(self._fd, data)
        if written == len(data):
            return
        rest = memoryview(data)[written:]
        while rest:
            written = os.write(self._fd, rest)
            if written == 0:
                raise OSError(errno.EIO, "the system wrote nothing and gave no reason")
            rest = rest[written:]

    def sync(self) -> None:
        """Return only when all appended data survives a crash."""
        _sync_fd(self._fd)

    def close(self) -> None:
        """Let go of the file without syncing it; closing twice is harmless."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


class Directory:
    """One flat directory of named files, held by this process alone until close()."""

    def __init__(self, path: Path, *, lock: bool = True) -> None:
        """Make the directory where it is not there, and take its lock. Raises DirectoryInUse or OSError.

        Without `lock` others may have it open too, and the caller sees to it that this does no harm.
        """
        self.path = path
        _make_durably(path)
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._lock_fd = self._take_lock() if lock else -1
        except BaseException:
            os.close(self._fd)
            raise

    def _take_lock(self) -> int:
        fd = os.open(LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE, dir_fd=self._fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
            os.close(fd)
            raise DirectoryInUse(str(self.path), pid or "unknown") from None
        except BaseException:
            os.close(fd)
            raise
        return fd

    def create(self, name: str) -> DiskFile:
        """A new empty file; replaces one of that name."""
        return DiskFile(self._open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC))

    def reopen(self, name: str, size_bytes: int) -> DiskFile:
        """An existing file cut to `size_bytes`, ready for append. Never makes it longer: that is an OSError."""
        fd = self._open(name, os.O_WRONLY | os.O_APPEND)
        try:
            held_bytes = os.fstat(fd).st_size
            if held_bytes < size_bytes:
                raise OSError(errno.EINVAL, f"has {held_bytes} bytes, fewer than {size_bytes}", name)
            os.ftruncate(fd, size_bytes)
        except BaseException:
            os.close(fd)
            raise
        return DiskFile(fd)

    def read(self, name: str) -> bytes:
        """The whole file."""
        with open(self._open(name, os.O_RDONLY), "rb", buffering=0) as file:
            return file.readall()

    def names(self) -> Sequence[str]:
        """The plain files there are, sorted; the lock is not one of them."""
        with os.scandir(self._fd) as entries:
            return sorted(entry.name for entry in entries if entry.name != LOCK_NAME and self._is_file(entry))

    def _is_file(self, entry: "os.DirEntry[str]") -> bool:
        return stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)

    def rename(self, old: str, new: str) -> None:
        """Atomically give `old` the name `new`, replacing what had it."""
        os.rename(old, new, src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Delete a file."""
        os.unlink(name, dir_fd=self._fd)

    def sync_directory(self) -> None:
        """Return only when creations, renames and removals so far survive a crash."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Give the directory back; files still open stay usable but are no longer protected from others."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            if self._lock_fd >= 0:
                os.close(self._lock_fd)  # the kernel lets go of the lock; the file stays, its name is never reused
            os.close(fd)

    def _open(self, name: str, flags: int) -> int:
        assert "/" not in name, name
        assert name != LOCK_NAME, name
        return os.open(name, flags | os.O_CLOEXEC, FILE_MODE, dir_fd=self._fd)
