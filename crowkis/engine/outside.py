"""What the actor needs done beside it: everything that waits, computes long or ends the process.

Each method returns at once; results come back on the loop. Never touches the engine's state.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from crowkis.storage.jobs import Job
from crowkis.storage.scrub import ScrubJob
from crowkis.storage.snapshot import Snapshot


class Outside(Protocol):
    """Provided by app.py, and by steerable surroundings in tests."""

    def embed(self, text: str, done: Callable[[Any], None]) -> bool:
        """Embed a text and call done(vector or error) on the loop; False: the queue is full."""

    def hash_secret(self, secret: str, done: Callable[[Any], None]) -> None:
        """Work out the Argon2id hash of a secret in a thread and call done(hash) on the loop."""

    def sync(self) -> Awaitable[None]:
        """Make the log durable without holding the loop. Raises DiskError."""

    def begin_flush(self) -> Awaitable[Job]:
        """The store's begin_flush() without holding the loop. Raises DiskError."""

    def work(self, job: Job | ScrubJob, done: Callable[[Exception | None], None]) -> None:
        """Run a job of the store in a thread and call done() on the loop."""

    def back_up(self, name: str, snapshot: Snapshot, done: Callable[[Exception | None], None]) -> None:
        """Write a snapshot as the archive `name` in a thread and call done() on the loop once it is durable."""

    def later(self, delay_ms: int, done: Callable[[Any], None]) -> None:
        """Call done(None) on the loop after so long."""

    def stop(self) -> None:
        """Stop the server as on SIGTERM."""

    def note(self, event: str, *, level: str = "info", **facts: object) -> None:
        """Log what an operator should know."""

    def report(self, command: str, error: Exception) -> None:
        """Log a bug in a command; no arguments are shown."""
