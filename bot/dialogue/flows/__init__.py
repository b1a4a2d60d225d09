"""FLOWS: the name that stands before a token's first slash, and the dialogue it opens."""

from collections.abc import Callable, Mapping

from bot.dialogue.flows import (
    awaiting,
    fallback,
    faq,
    feedback,
    handover,
    language,
    linking,
    nearest_centre,
    notice,
    privacy,
    subscription,
    welcome,
)
from bot.dialogue.turn import Situation, Turn

Flow = Callable[[Situation, str], Turn]
"""A dialogue: takes the situation and what stands after the first slash of the token."""

FLOWS: Mapping[str, Flow] = {
    "welcome": welcome.answer,
    "faq": faq.answer,
    "centre": nearest_centre.answer,
    "subscription": subscription.answer,
    "privacy": privacy.answer,
    "handover": handover.answer,
    "feedback": feedback.answer,
    "awaiting": awaiting.answer,
    "linking": linking.answer,
    "language": language.answer,
    "fallback": fallback.answer,
    "tin": notice.answer,
}

INTENTS: Mapping[str, str] = {
    "greet": "welcome/greet",
    "goodbye": "welcome/goodbye",
    "thanks": "welcome/thanks",
    "help": "welcome/help",
    "bot_challenge": "welcome/machine",
    "abuse": "welcome/abuse",
    "other_language": "welcome/language",
    "affirm": "welcome/affirm",
    "deny": "welcome/deny",
    "find_centre": "centre/text",
    "set_place": "centre/home",
    "subscribe": "subscription/start",
    "unsubscribe": "subscription/stop",
    "forget_me": "privacy/forget",
    "export_me": "privacy/export",
    "privacy": "privacy/notice",
    "handover": "handover/start",
    "feedback": "feedback/start",
    "out_of_scope": "fallback/refuse",
}
"""What each understood intent opens; ``faq/<code>`` opens itself."""

COMMANDS: Mapping[str, str] = {
    "start": "welcome/greet",
    "menu": "welcome/help",
    "help": "welcome/help",
    "tim": "centre/ask",
    "nhan": "subscription/start",
    "dung": "subscription/stop",
    "stop": "subscription/stop",
    "dulieu": "privacy/export",
    "xoa": "privacy/forget",
    "quen": "privacy/forget",
    "canbo": "handover/start",
    "lienket": "linking/start",
    "ngonngu": "language/choose",
    "riengtu": "privacy/notice",
    "privacy": "privacy/notice",
}
"""What a citizen may type after a slash."""
