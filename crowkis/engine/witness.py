"""What others may see of a call: MONITOR's lines and the log of slow calls. What is private leaves here as a digest."""

from crowkis.engine import feed
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.call import Command, Vocabulary


class Witness:
    """One per server; `salt` is another one in each run."""

    def __init__(self, engine: Engine, vocabulary: Vocabulary, salt: bytes) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self._salt = salt

    def line(self, client: Client, command: Command, request: list[bytes]) -> bytes:
        """The call as MONITOR shows it."""
        return feed.line(client, request, self._private(command, request), self._salt, self._engine.now_ms)

    def slow(self, client: Client, command: Command, request: list[bytes], took_ns: int) -> None:
        """The call took long."""
        slowness, now_ms = self._engine.slowness, self._engine.now_ms
        words = feed.seen(request, self._private(command, request), self._salt)
        slowness.note_call(words, client.address, client.name, took_ns, now_ms)
        slowness.note_event("fast-command" if "fast" in command.categories else "command", took_ns, now_ms)

    def _private(self, command: Command, request: list[bytes]) -> list[bool]:
        """Which arguments are shown to nobody but as length and digest: passwords whatever the settings say."""
        if self._engine.settings.log_query_previews and not command.secret:
            return [False] * len(request)
        return self._vocabulary.is_private(command, request)
