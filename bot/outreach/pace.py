"""How often one chat may be written to, and one person within a day and a week. Time is an argument."""

from dataclasses import dataclass, field

CHATS_KEPT = 10_000
GROUP_MARK = "-"
"""Telegram's groups have negative ids."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many routine broadcasts a person gets at most in a day and in seven days."""

    a_day: int = 2
    a_week: int = 7


USUAL_CAPS = Caps()


@dataclass(slots=True)
class ChatPace:
    """One message a second in a chat, after a short burst; 20 a minute in a group."""

    per_second: float = 1.0
    burst: int = 3
    per_group_minute: float = 20.0
    _next: dict[str, float] = field(default_factory=dict)

    def delay(self, chat: str, now: float) -> float:
        """Seconds until *chat* may get a message, which is then counted as sent."""
        gap = 60.0 / self.per_group_minute if chat.startswith(GROUP_MARK) else 1.0 / self.per_second
        allowance = 0.0 if chat.startswith(GROUP_MARK) else gap * (self.burst - 1)
        due = max(self._next.get(chat, 0.0), now - allowance)
        self._next[chat] = due + gap
        if len(self._next) > CHATS_KEPT:
            self._next = {each: at for each, at in self._next.items() if at > now - allowance}
        return max(0.0, due - now)
