"""The seams of the house: what is behind each has a real half and a steerable or exact half.

A new interface needs two implementations today, one of which injects faults or is an oracle.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from crowkis.values.vector import Vector


class Clock(Protocol):
    """Time as the engine sees it."""

    def now_ms(self) -> int:
        """Unix time in milliseconds; may jump when the operator sets the clock."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back."""


class File(Protocol):
    """A file being written, at its end only."""

    def append(self, data: bytes) -> None:
        """Add data at the end. After a crash any prefix of unsynced data may remain. Raises OSError."""

    def sync(self) -> None:
        """Return only when all appended data survives a crash.

        If this raises OSError, nobody knows what is on disk: the caller must stop writing.
        """

    def close(self) -> None:
        """Let go of the file without syncing it."""


class RandomFile(Protocol):
    """A finished file to read from anywhere, in any thread; stays readable when its name is removed.

    Let go of when nobody refers to it any more.
    """

    size_bytes: int

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """The bytes there; fewer only where the file ends. Raises OSError."""


class Filesystem(Protocol):
    """One flat directory of named files."""

    def create(self, name: str) -> File:
        """A new empty file; replaces one of that name. Survives a crash only after sync_directory()."""

    def reopen(self, name: str, size_bytes: int) -> File:
        """An existing file cut to `size_bytes`, ready for append."""

    def read(self, name: str) -> bytes:
        """The whole file. Raises FileNotFoundError."""

    def open(self, name: str) -> RandomFile:
        """A finished file to read from. Raises FileNotFoundError."""

    def names(self) -> Sequence[str]:
        """The files there are, sorted."""

    def rename(self, old: str, new: str) -> None:
        """Atomically give `old` the name `new`, replacing what had it; durable after sync_directory()."""

    def remove(self, name: str) -> None:
        """Delete; durable after sync_directory(). Raises FileNotFoundError."""

    def sync_directory(self) -> None:
        """Return only when creations, renames and removals so far survive a crash."""


class EmbedderError(Exception):
    """The embedder could not make a vector; the text says why, never what was embedded."""


class TextRefusedError(EmbedderError):
    """The embedder is well but will not take this text (too long, empty); others sent along may be tried alone."""


class Embedder(Protocol):
    """Text to unit vectors. Called from worker threads, never from the event loop."""

    name: str
    """For people, e.g. "all-MiniLM-L6-v2 (int8)"."""
    dimension: int
    fingerprint: str
    """Names the vector space: equal if and only if vectors may be compared. At most 64 ASCII characters."""
    batch_texts_max: int
    """How many texts embed() may be given at once; 1 where batching would change the vectors."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text, in order; a vector depends on its own text alone. Raises EmbedderError."""

    def close(self) -> None:
        """Let go of files, threads and connections."""


class VectorIndex(Protocol):
    """Nearest neighbours by cosine among the unit vectors of one space. Not thread-safe."""

    def add(self, label: int, vector: Vector) -> None:
        """Remember `vector` as `label`; a label already there is replaced. Grows as needed."""

    def remove(self, label: int) -> None:
        """Forget `label`; its room is used again. Raises KeyError where it is not there."""

    def search(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """Up to k (label, cosine similarity) pairs, most similar first."""

    def labels(self) -> Iterable[int]:
        """The labels present, in no order."""

    def digest(self, label: int) -> bytes:
        """What values.vector.digest() says of a label's vector. Raises KeyError where it is not there."""

    def __len__(self) -> int:
        """How many labels are present."""

    def size_bytes(self) -> int:
        """Memory held, approximately."""


class Restored(NamedTuple):
    """An index as a snapshot kept it: what it holds may have changed since."""

    vectors: VectorIndex
    labels: dict[bytes, int]
    """Entry id to label, of everything in the index."""
    digests: dict[bytes, bytes]
    """Entry id to the digest of its vector then."""
