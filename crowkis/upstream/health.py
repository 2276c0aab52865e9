"""How an upstream has been: one that keeps failing rests, then one request at a time tries whether it is well again.

Whoever asks begins() and tells how it ended: well(), ill(), or given_up() where the caller left before there was an
end. Knows no clock: the time is passed in.
"""

FAILURES_MAX = 5
"""So many in a row, and it rests while others are there to ask."""
REST_S = 15.0


class Health:
    """One upstream's."""

    def __init__(self) -> None:
        self._failures = 0
        """In a row."""
        self._rests_until_s = 0.0
        self._on_trial = False
        """Its rest is over, and somebody is asking it."""

    @property
    def is_ill(self) -> bool:
        """It has failed too often in a row, and nobody has had an answer since."""
        return self._failures >= FAILURES_MAX

    def may_be_asked(self, now_s: float) -> bool:
        """Not while it rests, nor while somebody else tries whether it is well again."""
        return not self.is_ill or (self._rests_until_s <= now_s and not self._on_trial)

    def begin(self) -> None:
        """It is asked now."""
        self._on_trial = self.is_ill

    def well(self) -> None:
        """It has answered."""
        self._failures = 0
        self._on_trial = False

    def ill(self, now_s: float) -> None:
        """It has failed."""
        self._failures += 1
        self._on_trial = False
        if self.is_ill:
            self._rests_until_s = now_s + REST_S

    def given_up(self) -> None:
        """Nobody waits for how this ends."""
        self._on_trial = False
