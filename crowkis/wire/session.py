"""One client of the RESP door, without I/O.

Feed bytes with receive_data(), take requests(), give each its answer(), send data_to_send().
Replies leave in the order the requests came, whatever the order of the answers.
Never waits, never reads a clock, never sees a socket: that is doors/resp.py.
Limits: those of the reader; what is held for sending is counted in `pending_bytes`, and the door decides.

Every request has a slot: the n-th request of the connection has slot n, from 0. requests() hands out slots
implicitly: read `slots_taken` first, the requests that come back have that slot and the following ones.
"""

from crowkis.wire.reader import RequestReader


class Session:
    """Requests in, replies out, in order. After a bad byte `broken` is set and its error has the last slot."""

    __slots__ = ("_found", "_head", "_held", "_held_bytes", "_parts", "_pushes", "_reader", "_ready",
                 "broken", "slots_taken")  # fmt: skip

    def __init__(self) -> None:
        self.broken = ""
        """Why no more requests come; set by the requests() call that returned the last good ones."""
        self.slots_taken = 0
        self._reader = RequestReader()
        self._found: list[list[bytes]] = []
        self._ready: list[bytes] = []
        self._head = 0
        """The slot whose reply leaves next."""
        self._held: dict[int, bytes] = {}
        """Whole replies of later slots."""
        self._parts: dict[int, list[bytes]] = {}
        """Replies begun and not ended; the list holds what came while earlier slots were waiting."""
        self._pushes: list[bytes] = []
        self._held_bytes = 0

    def receive_data(self, data: bytes) -> None:
        """Take what the socket brought. Never raises."""
        found = self._reader.feed(data)
        if self._found:
            self._found += found
        else:
            self._found = found

    def requests(self) -> list[list[bytes]]:
        """The whole requests received and not yet taken. Never raises: a bad byte sets `broken`.

        The first has the slot `slots_taken` had before this call. The protocol error is answered here, in its turn.
        """
        found = self._found
        self._found = []
        self.slots_taken += len(found)
        if self._reader.broken and not self.broken:
            self.broken = self._reader.broken
            self.slots_taken += 1
            self.answer(self.slots_taken - 1, b"-ERR %b\r\n" % self.broken.encode())
        return found

    def answer(self, slot: int, data: bytes) -> None:
        """The whole reply of a slot, encoded; each slot is answered once."""
        if slot == self._head:
            self._ready.append(data)
            self._head = slot + 1
            if self._held or self._parts:
                self._release()
        else:
            assert self._head < slot < self.slots_taken, slot
            assert slot not in self._held, slot
            self._held[slot] = data
            self._held_bytes += len(data)

    def answer_run(self, slot: int, replies: list[bytes]) -> None:
        """The whole replies of `slot` and the slots after it."""
        if slot == self._head and not (self._held or self._parts):
            self._ready += replies
            self._head = slot + len(replies)
            return
        for place, data in enumerate(replies):
            self.answer(slot + place, data)

    def mute(self, slot: int) -> None:
        """The slot gets no reply at all (CLIENT REPLY OFF and SKIP)."""
        self.answer(slot, b"")

    def begin_parts(self, slot: int) -> None:
        """The slot's reply will come in parts; later replies and pushes wait until end_parts()."""
        assert self._head <= slot < self.slots_taken, slot
        self._parts[slot] = []

    def answer_part(self, slot: int, data: bytes) -> None:
        """The next bytes of a reply in parts; they leave as soon as the slot's turn has come."""
        if slot == self._head:
            self._ready.append(data)
        else:
            self._parts[slot].append(data)
            self._held_bytes += len(data)

    def end_parts(self, slot: int) -> None:
        """The reply in parts is complete."""
        parts = self._parts.pop(slot)
        if slot != self._head:
            self._held[slot] = b"".join(parts)
            return
        self._head = slot + 1
        self._ready += self._pushes
        self._held_bytes -= sum(map(len, self._pushes))
        self._pushes.clear()
        self._release()

    def push(self, data: bytes) -> None:
        """Something nobody asked for just now: a MONITOR line, a push. Never lands inside a reply in parts."""
        if self._head in self._parts:
            self._pushes.append(data)
            self._held_bytes += len(data)
        else:
            self._ready.append(data)

    def data_to_send(self) -> bytes:
        """All that may leave now, in one piece; the caller sends it."""
        ready = self._ready
        data = ready[0] if len(ready) == 1 else b"".join(ready)
        ready.clear()
        return data

    @property
    def pending_bytes(self) -> int:
        """What is to be sent plus what is held behind a waiting slot."""
        return self._held_bytes + sum(map(len, self._ready))

    @property
    def waiting(self) -> int:
        """How many slots have no whole reply yet."""
        return self.slots_taken - self._head - len(self._held)

    def _release(self) -> None:
        """Let out what waited for the slot just answered."""
        while (data := self._held.pop(self._head, None)) is not None:
            self._ready.append(data)
            self._held_bytes -= len(data)
            self._head += 1
        parts = self._parts.get(self._head)
        if parts:
            self._ready += parts
            self._held_bytes -= sum(map(len, parts))
            parts.clear()
