"""Everything a store held at one moment, for one other thread to read while writes go on.

The moment is a batch boundary after Store.begin_snapshot(): where the next flush begins. What is read are the tables as
they are when that flush is done; a fold may replace them meanwhile, their files go with the last reader.
Never holds the owner thread, never touches what is being written to.
"""

import threading
from collections.abc import Iterator

from crowkis.storage.errors import DiskError
from crowkis.storage.merge import merged
from crowkis.storage.version import Version

DURING = "reading a snapshot"


class Snapshot:
    """Handed out by Store.begin_snapshot(); release() it, or let go of it."""

    def __init__(self) -> None:
        self._settled = threading.Event()
        self._version: Version | None = None
        self._failure: str | None = None

    def pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """Every pair in key order, once the flush is done. Raises DiskError, also where release() comes first."""
        self._settled.wait()
        version = self._version
        if self._failure is not None or version is None:
            raise DiskError(DURING, self._failure or "")
        try:
            for key, value in merged(version.sources(b"", keep=False)):
                if self._failure is not None:
                    raise DiskError(DURING, self._failure)
                if value is not None:
                    yield key, value
        except OSError as error:
            raise DiskError(DURING, str(error)) from error

    @property
    def settled(self) -> bool:
        """Would pairs() begin, or fail, at once?"""
        return self._settled.is_set()

    @property
    def failure(self) -> str | None:
        """Why it cannot be read, or None."""
        return self._failure

    def settle(self, version: Version) -> None:
        """Owner thread: here is what it shows."""
        self._version = version
        self._settled.set()

    def fail(self, cause: str) -> None:
        """In any thread: whoever waits for it, or reads it, gets this as DiskError."""
        self._failure = cause
        self._settled.set()

    def release(self) -> None:
        """In any thread: files kept for it may go; a reader stops at its next pair."""
        self.fail("it was given back")
        self._version = None


class Promised:
    """The snapshots that wait for a flush: for the next one to begin, or for the one under way to be done."""

    def __init__(self) -> None:
        self.wanted: list[Snapshot] = []
        self._flushing: list[Snapshot] = []

    def begin_flush(self) -> None:
        """A flush begins here: it is the moment all that are wanted show."""
        self._flushing, self.wanted = self.wanted, []

    def settle(self, version: Version) -> None:
        """That flush is done."""
        for snapshot in self._flushing:
            snapshot.settle(version)
        self._flushing = []

    def fail(self, cause: str) -> None:
        """They would wait for ever: no flush will come, or not soon."""
        for snapshot in self.wanted + self._flushing:
            snapshot.fail(cause)
        self.wanted, self._flushing = [], []
