"""What the process holds in memory, part by part, against the operator's limit.

Each part counts itself; `process` is what the empty server took before any data was read (program, embedder). What the
allocator adds on top is `overhead`: resident memory is compared with the most that was ever accounted for, so that
memory which was freed but not given back is not taken for a reason to free more. Decides nothing: eviction and the
gate ask.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

DEFAULT_SHARE = 0.6
"""Of the machine's or the container's memory, where the operator named no limit."""
START_SHARE, STOP_SHARE = 0.90, 0.85
"""Eviction begins when this much of what is left beside `process` is used, and goes on down to the other."""
OBSERVED_BYTES_MIN = 32 << 20
"""With less than this accounted for, resident memory says little about overhead."""
STATM_BYTES_MAX = 256
UNLIMITED_BYTES = 1 << 60
"""A control group without a limit says a number beyond this."""


class Memory:
    """Parts, limit, and how much should go."""

    def __init__(self) -> None:
        self.limit_bytes = UNLIMITED_BYTES
        self.process_bytes = 0
        self.sources: dict[str, Callable[[], int]] = {}
        """Bytes of each part; asked after every batch, so each must cost next to nothing."""
        self.resident_bytes: Callable[[], int] = lambda: 0
        """What the operating system says this process takes; 0: unknown."""
        self.overhead = 1.0
        """Resident bytes per byte accounted for."""
        self._peak_bytes = 0
        self.most_used_bytes = 0
        """The most that was ever used at once, as far as observe() saw."""
        self.making_room = False
        """Eviction has begun and not yet reached STOP_SHARE."""

    def parts(self) -> dict[str, int]:
        """Bytes by part, `process` first."""
        parts = {name: source() for name, source in self.sources.items()}
        overhead_bytes = int(sum(parts.values()) * (self.overhead - 1.0))
        return {"process": self.process_bytes} | parts | {"overhead": overhead_bytes}

    def used_bytes(self) -> int:
        """All parts together."""
        return self.process_bytes + int(self._held_bytes() * self.overhead)

    def observe(self) -> None:
        """Compare with what is resident; to be called a few times a second."""
        self._peak_bytes = max(self._peak_bytes, self._held_bytes())
        self.most_used_bytes = max(self.most_used_bytes, self.used_bytes())
        if self._peak_bytes >= OBSERVED_BYTES_MIN:
            self.overhead = max(1.0, (self.resident_bytes() - self.process_bytes) / self._peak_bytes)

    def _held_bytes(self) -> int:
        return sum(source() for source in self.sources.values())

    @property
    def room_bytes(self) -> int:
        """What the limit leaves beside the empty server."""
        return max(0, self.limit_bytes - self.process_bytes)

    @property
    def full(self) -> bool:
        """Nothing may be added."""
        return self.used_bytes() >= self.limit_bytes

    def excess_bytes(self) -> int:
        """How much should leave now: from the moment START_SHARE is passed until STOP_SHARE is reached."""
        used, room = self.used_bytes() - self.process_bytes, self.room_bytes
        if used >= room * START_SHARE:
            self.making_room = True
        elif used <= room * STOP_SHARE:
            self.making_room = False
        return max(1, used - int(room * STOP_SHARE)) if self.making_room else 0


def default_limit_bytes(root: Path = Path("/")) -> int:
    """A sensible share of what this machine, or the container around us, has."""
    found = [size for size in (*_cgroup_bytes(root), _machine_bytes(root)) if 0 < size < UNLIMITED_BYTES]
    return int(min(found, default=UNLIMITED_BYTES) * DEFAULT_SHARE)


def resident_bytes() -> int:
    """Memory of this process in RAM; 0 where the system does not tell."""
    file = _statm()
    fields = os.pread(file, STATM_BYTES_MAX, 0).split() if file >= 0 else []
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


@cache
def _statm() -> int:
    """Stays open: the loop asks ten times a second, and each call that may wait lets other threads in between."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _machine_bytes(root: Path) -> int:
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return _number(value.split()[0]) * 1024
    return 0


def _cgroup_bytes(root: Path) -> list[int]:
    """The limits of our control group and those above it, version 2 and version 1."""
    files = [root / "sys/fs/cgroup/memory.max", root / "sys/fs/cgroup/memory/memory.limit_in_bytes"]
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        top, name = ("", "memory.max") if not controllers else ("memory", "memory.limit_in_bytes")
        if controllers and "memory" not in controllers.split(","):
            continue
        place = root / "sys/fs/cgroup" / top
        for step in Path(path).parts[1:]:
            place /= step
            files.append(place / name)
    return [_number(_text(file)) for file in files]


def _number(text: str) -> int:
    """A whole number, or 0 for "max" and everything else."""
    return int(text) if text.strip().isdigit() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
