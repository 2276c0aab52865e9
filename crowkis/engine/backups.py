"""What is known of the archives this process has written; INFO and LASTSAVE are printed from it.

One archive is written at a time. Soft state: forgotten at restart. Never touches a disk.
"""


class Backups:
    """Owned by the actor."""

    def __init__(self) -> None:
        self.running = ""
        """The name of the archive being written, or empty."""
        self.started_ms = 0
        """When that one was begun."""
        self.written_ms = 0
        """When the last one became durable; 0: none since the server started."""
        self.written = ""
        """Its name."""
        self.took_ms = -1
        """How long the last attempt took; -1: there was none."""
        self.failure = ""
        """What went wrong in the last attempt, or empty."""

    def begin(self, name: str, now_ms: int) -> None:
        """An archive is asked for."""
        assert not self.running
        self.running, self.started_ms = name, now_ms

    def end(self, now_ms: int, error: Exception | None) -> None:
        """It is durable, or there is none."""
        if error is None:
            self.written, self.written_ms = self.running, now_ms
        self.took_ms = max(0, now_ms - self.started_ms)
        self.failure = "" if error is None else str(error)
        self.running = ""
