"""Keeps the rebuilt MiniLM graph on disk, so that only the first start builds it.

A file is `MAGIC | sha256 of the graph: 32 bytes | graph`; its name says from which weights and by which version of
the builder it was made. It appears whole (written under another name, synced, renamed) or not at all, so several
processes may build at once. A file that does not match its digest is built anew.
Never fails for want of a writable directory: then the graph lives in memory alone, and `note` says so.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from crowkis.embed import minilm_graph

MAGIC = b"CROWKIS GRAPH 1\n"
DIGEST_BYTES = 32


class Graph(NamedTuple):
    """The serialised graph; `note` is empty unless it could not be kept on disk, and then says why."""

    content: bytes
    note: str


def default_directory() -> Path | None:
    """The platform's place for files that can be made again; None where the user has no home."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        place = home / "Library" / "Caches"
    else:
        place = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(place) / "crowkis"


def load(directory: Path | None) -> Graph:
    """The graph from `directory`, or built and put there. Raises EmbedderError where the weights are wrong.

    The weights are read and checked only when there is something to build.
    """
    path = directory / file_name() if directory else None
    kept = read(path) if path else None
    if kept is not None:
        return Graph(kept, "")
    built = minilm_graph.build(minilm_graph.read_weights(minilm_graph.weights_path()))
    if path is None:
        return Graph(built, "there is no cache directory; the embedder's graph is built at every start")
    try:
        write(path, built)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        return Graph(built, f"{path.parent} cannot be written ({cause}); the embedder's graph is built at every start")
    return Graph(built, "")


def file_name() -> str:
    """Names everything the content depends on."""
    return f"minilm-{minilm_graph.WEIGHTS_SHA256[:16]}-v{minilm_graph.GRAPH_VERSION}.graph"


def read(path: Path) -> bytes | None:
    """The graph in the file, or None where there is no whole one."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + DIGEST_BYTES
    graph = content[start:]
    if content[:start] != MAGIC + hashlib.sha256(graph).digest():
        return None
    return graph


def write(path: Path, graph: bytes) -> None:
    """Put the graph at `path`, whole and durable. Raises OSError and leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + hashlib.sha256(graph).digest())
            file.write(graph)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the name comes from mkstemp as a str
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the rename durable where the platform lets a directory be synced."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
