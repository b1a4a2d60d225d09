"""The pace of a channel: how many messages may leave now. Time is an argument, in seconds."""

from dataclasses import dataclass

SHARE = 0.8
BURST_SECONDS = 0.05


@dataclass(slots=True)
class Pace:
    """Slots at an even rate; what is not used within 50 ms is lost, so no second exceeds the rate."""

    per_second: float
    _next: float = 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of *wanted* messages may leave at *now*; they are then counted as gone."""
        self._next = max(self._next, now - BURST_SECONDS)
        free = int((now - self._next) * self.per_second) + 1 if now >= self._next else 0
        taken = max(0, min(wanted, free))
        self._next += taken / self.per_second
        return taken

    def spend(self, extra: int) -> None:
        """Count *extra* messages as gone too: the further parts of long ones."""
        self._next += extra / self.per_second

    def wait(self, now: float) -> float:
        """The seconds until the next slot."""
        return max(0.0, self._next - now)


def bulk_pace(per_second: float) -> Pace:
    """The pace of broadcasts on a channel of *per_second*: replies keep a fifth of it."""
    return Pace(per_second * SHARE)
