"""A directory seen through glass: what is written lies on the glass, in memory, and the directory stays as it is.

So a whole store can be opened as a server would open it, log tails cut and leftovers removed, only to look at it.
Costs memory for what is written. Keeps no promise about crashes: nothing here outlives the process.
"""

from collections.abc import Sequence

from crowkis.interfaces import File, Filesystem, RandomFile


class _Written:
    """A file on the glass, being written at its end."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)

    def append(self, data: bytes) -> None:
        """See File."""
        self.data += data

    def sync(self) -> None:
        """There is nothing a crash should leave."""

    def close(self) -> None:
        """There is nothing to let go of."""


class _Finished:
    """A file on the glass, to be read from anywhere."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size_bytes = len(data)

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """See RandomFile."""
        return self._data[offset : offset + size_bytes]


class Overlay:
    """A Filesystem over another one that is only ever read."""

    def __init__(self, below: Filesystem) -> None:
        self._below = below
        self._written: dict[str, _Written] = {}
        self._hidden: set[str] = set()
        """Names of the directory below that were removed or renamed."""

    def create(self, name: str) -> File:
        """See Filesystem."""
        made = self._written[name] = _Written()
        return made

    def reopen(self, name: str, size_bytes: int) -> File:
        """See Filesystem."""
        made = self._written[name] = _Written(self.read(name)[:size_bytes])
        return made

    def read(self, name: str) -> bytes:
        """See Filesystem."""
        found = self._written.get(name)
        return bytes(found.data) if found is not None else self._below.read(self._visible(name))

    def open(self, name: str) -> RandomFile:
        """See Filesystem."""
        if name in self._written:
            return _Finished(self.read(name))
        return self._below.open(self._visible(name))

    def names(self) -> Sequence[str]:
        """See Filesystem."""
        return sorted(set(self._below.names()) - self._hidden | self._written.keys())

    def rename(self, old: str, new: str) -> None:
        """See Filesystem."""
        moved = self._written.get(old) or _Written(self.read(old))
        self.remove(old)
        self._written[new] = moved

    def remove(self, name: str) -> None:
        """See Filesystem."""
        if self._written.pop(name, None) is None:
            self._visible(name)
        self._hidden.add(name)

    def sync_directory(self) -> None:
        """There is nothing a crash should leave."""

    def _visible(self, name: str) -> str:
        if name in self._hidden or name not in self._below.names():
            raise FileNotFoundError(name)
        return name
