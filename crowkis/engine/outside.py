"""What the engine needs done beside it: slow work that leaves the actor and comes back. app.py provides it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from crowkis.storage.jobs import Job


class Outside(Protocol):
    """What the actor needs done beside it; app.py provides it."""

    def embed(self, text: str, done: Callable[[Any], None]) -> bool:
        """Embed a text and call done(vector or error) on the loop; False: the queue is full."""

    def sync(self) -> Awaitable[None]:
        """Make the log durable without holding the loop. Raises DiskError."""

    def begin_flush(self) -> Awaitable[Job]:
        """The store's begin_flush() without holding the loop. Raises DiskError."""

    def work(self, job: Job, done: Callable[[Exception | None], None]) -> None:
        """Run a flush or fold in a thread and call done() on the loop."""

    def stop(self) -> None:
        """Stop the server as on SIGTERM."""

    def report(self, command: str, error: Exception) -> None:
        """Log a bug in a command; no arguments are shown."""
