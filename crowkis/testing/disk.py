"""A disk in memory that loses power, tears writes, fails its k-th call, reads short and fills up, all from one seed.

It keeps the promises of interfaces.Filesystem and File and not one more: what was not synced may vanish or be torn,
names change durably only with sync_directory(), and a failed sync drops data that the next sync will not bring back.
Never touches a real file. Not modelled: damage to what was synced (see `damaged`).
"""

import errno
from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type alone: the caller passes a seeded one
from typing import Self

GARBAGE_CHANCE = 0.3


class _Content:
    """What a name points to: the bytes a reader sees and how much of them is durable."""

    def __init__(self, name: str, data: bytes = b"") -> None:
        self.name = name
        self.data = bytearray(data)
        self.synced_bytes = len(data)
        self.before_cut: bytes | None = None
        self.dropped: list[tuple[int, int]] = []
        """Ranges a failed sync gave up: readable until power is lost, then zeros, whatever is synced later."""


class FaultyFile:
    """A file on a FaultyDisk, being written at its end."""

    def __init__(self, disk: "FaultyDisk", content: _Content) -> None:
        self._disk = disk
        self._content = content
        self._closed = False

    def append(self, data: bytes) -> None:
        """Add data at the end; when it fails, any part of it may have been added."""
        assert not self._closed, self._content.name
        disk, content = self._disk, self._content
        fails = disk.count_call(f"append: {content.name}")
        if fails:
            content.data += data[: disk.rng.randint(0, len(data))]
            raise _injected()
        room_bytes = disk.room_bytes()
        content.data += data[:room_bytes]
        if room_bytes < len(data):
            raise OSError(errno.ENOSPC, "no space left on device (injected)")

    def sync(self) -> None:
        """Make the bytes durable; when it fails, any of them may be, and nothing will make up for the rest."""
        assert not self._closed, self._content.name
        content = self._content
        fails = self._disk.count_call(f"sync: {content.name}")
        if fails:
            content.dropped.append((content.synced_bytes, len(content.data)))
            content.synced_bytes = len(content.data)
            raise _injected()
        self._disk.make_durable(content)

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True


class FaultyRandomFile:
    """A file on a FaultyDisk, being read."""

    def __init__(self, disk: "FaultyDisk", content: _Content) -> None:
        self._disk = disk
        self._content = content
        self.size_bytes = len(content.data)

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """The bytes there; fewer where the file ends, and in the one call that reads short."""
        disk = self._disk
        if disk.count_call(None):
            raise _injected()
        if disk.calls == disk.short_at:
            size_bytes = disk.rng.randrange(max(1, size_bytes))
        return bytes(self._content.data[offset : offset + size_bytes])


class FaultyDisk:
    """A Filesystem in memory. `rng` decides what each fault destroys; the same seed gives the same history."""

    def __init__(
        self,
        rng: Random,
        files: Mapping[str, bytes] | None = None,
        *,
        fail_at: int | None = None,
        capacity_bytes: int | None = None,
    ) -> None:
        """Hold `files`, all durable. Fail call number `fail_at` (from 1), and appends beyond `capacity_bytes`."""
        self.rng = rng
        self.fail_at = fail_at
        self.capacity_bytes = capacity_bytes
        """May be changed at any time: a disk fills up, and room returns."""
        self.short_at: int | None = None
        """This call, where it is a read_at(), gives fewer bytes than there are."""
        self.calls = 0
        self.trace: list[str] = []
        """Every call that changes something, in order, as "append: 000001.log"."""
        self._names = {name: _Content(name, data) for name, data in (files or {}).items()}
        self._durable_names = dict(self._names)
        self._unsynced_changes: list[tuple[str | None, str | None, _Content]] = []
        """(name it leaves, name it gets, content), in order."""

    # what a Filesystem does

    def create(self, name: str) -> FaultyFile:
        """A new empty file; replaces one of that name."""
        fails = self.count_call(f"create: {name}")
        content = _Content(name)
        if not fails or self.rng.random() < 0.5:
            self._change(None, name, content)
        if fails:
            raise _injected()
        return FaultyFile(self, content)

    def reopen(self, name: str, size_bytes: int) -> FaultyFile:
        """An existing file cut to `size_bytes`; until synced, a crash may bring back what was cut."""
        if self.count_call(f"reopen: {name}"):
            raise _injected()
        content = self._content(name)
        if size_bytes > len(content.data):
            raise OSError(errno.EINVAL, f"has {len(content.data)} bytes, fewer than {size_bytes}", name)
        if content.synced_bytes > size_bytes and content.before_cut is None:
            content.before_cut = bytes(content.data[: content.synced_bytes])
        del content.data[size_bytes:]
        content.synced_bytes = min(content.synced_bytes, size_bytes)
        return FaultyFile(self, content)

    def read(self, name: str) -> bytes:
        """The whole file as the page cache has it."""
        if self.count_call(None):
            raise _injected()
        return bytes(self._content(name).data)

    def open(self, name: str) -> FaultyRandomFile:
        """A file to read from; goes on giving its bytes when its name is removed."""
        if self.count_call(None):
            raise _injected()
        return FaultyRandomFile(self, self._content(name))

    def names(self) -> Sequence[str]:
        """The files there are, sorted."""
        if self.count_call(None):
            raise _injected()
        return sorted(self._names)

    def rename(self, old: str, new: str) -> None:
        """Give `old` the name `new`; when it fails, it may have happened."""
        fails = self.count_call(f"rename: {old} -> {new}")
        content = self._content(old)
        if not fails or self.rng.random() < 0.5:
            self._change(old, new, content)
        if fails:
            raise _injected()

    def remove(self, name: str) -> None:
        """Delete; when it fails, it may have happened."""
        fails = self.count_call(f"remove: {name}")
        content = self._content(name)
        if not fails or self.rng.random() < 0.5:
            self._change(name, None, content)
        if fails:
            raise _injected()

    def sync_directory(self) -> None:
        """Make the names durable; when it fails, any of the changes may be."""
        if self.count_call("sync-directory: ."):
            raise _injected()
        self.make_names_durable()

    # what a test does

    def crash(self) -> Self:
        """Lose power: a new disk with all that was synced and, of the rest, whatever chance leaves."""
        names = dict(self._durable_names)
        for change in self._unsynced_changes:
            if self.rng.random() < 0.5:
                _apply(names, change)
        return type(self)(self.rng, {name: self._left_over(content) for name, content in names.items()})

    def files(self) -> dict[str, bytes]:
        """What a reader sees now, by name."""
        return {name: bytes(content.data) for name, content in self._names.items()}

    def damaged(self, name: str, offset: int, flip: int = 1) -> Self:
        """A copy whose byte at `offset` of `name` is changed by exclusive or with `flip`."""
        files = self.files()
        data = bytearray(files[name])
        data[offset] ^= flip
        return type(self)(self.rng, files | {name: bytes(data)})

    def room_bytes(self) -> int:
        """How much may still be appended."""
        if self.capacity_bytes is None:
            return 1 << 62
        return max(0, self.capacity_bytes - sum(len(content.data) for content in self._names.values()))

    def count_call(self, traced: str | None) -> bool:
        """Note a call; True when it is the one that must fail."""
        self.calls += 1
        fails = self.calls == self.fail_at
        if traced is not None:
            self.trace.append(f"{traced} (fails)" if fails else traced)
        return fails

    def make_durable(self, content: _Content) -> None:
        """What a successful File.sync() does; a planted bug overrides it."""
        content.synced_bytes = len(content.data)
        content.before_cut = None

    def make_names_durable(self) -> None:
        """What a successful sync_directory() does; a planted bug overrides it."""
        self._durable_names = dict(self._names)
        self._unsynced_changes.clear()

    def _content(self, name: str) -> _Content:
        if name not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        return self._names[name]

    def _change(self, old: str | None, new: str | None, content: _Content) -> None:
        change = (old, new, content)
        _apply(self._names, change)
        content.name = new or content.name  # a file written on after its renaming is traced under the new name
        self._unsynced_changes.append(change)

    def _left_over(self, content: _Content) -> bytes:
        rng, whole_bytes = self.rng, len(content.data)
        if content.before_cut is not None and rng.random() < 0.5:
            return content.before_cut
        kept_bytes = rng.choice((content.synced_bytes, rng.randint(content.synced_bytes, whole_bytes), whole_bytes))
        left = content.data[:kept_bytes]
        if kept_bytes < whole_bytes and rng.random() < GARBAGE_CHANCE:
            torn_bytes = rng.randint(1, whole_bytes - kept_bytes)
            left += rng.choice((bytes(torn_bytes), rng.randbytes(torn_bytes)))
        for start, end in content.dropped:
            if start < len(left) and rng.random() < 0.7:
                end = min(end, len(left))
                left[start:end] = bytes(end - start)
        return bytes(left)


def _apply(names: dict[str, _Content], change: tuple[str | None, str | None, _Content]) -> None:
    old, new, content = change
    if old is not None and names.get(old) is content:
        del names[old]
    if new is not None:
        names[new] = content


def _injected() -> OSError:
    return OSError(errno.EIO, "input/output error (injected)")
