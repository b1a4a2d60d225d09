"""Every HOCTAP_* variable: its default and its one-line explanation."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from bot.access.sealing import Keys

PREFIX = "HOCTAP_"


class ConfigError(Exception):
    """The configuration cannot be used; every fault is in the message, each with its remedy."""


def _variable(default: Any, explanation: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"explanation": explanation, "secret": secret})


@dataclass(frozen=True, slots=True)
class Config:
    """What an operator may set. Secrets may also stand in a file named by ``<VARIABLE>_FILE``."""

    data: Path = _variable(Path("var"), "folder of the database and the trained model")
    content: Path = _variable(Path("content"), "folder of everything staff write")
    database_url: str = _variable(
        "", "SQLAlchemy URL; empty: SQLite in the data folder; postgresql+psycopg://… at scale", secret=True
    )
    database_key: str = _variable(
        "",
        "key (hoctap ops key) that seals second factors and tokens, older ones behind it; empty: hoctap.key in "
        "the data folder",
        secret=True,
    )
    host: str = _variable("127.0.0.1", "address the web pages and webhooks listen on")
    port: int = _variable(8080, "port the web pages and webhooks listen on")
    public_url: str = _variable("", "https address citizens and platforms reach us at; empty: none")
    frame_ancestors: str = _variable("", "portals that may embed /chat, separated by spaces")
    telegram_token: str = _variable("", "bot token from @BotFather; empty: no Telegram", secret=True)
    telegram_api_url: str = _variable("https://api.telegram.org", "Bot API server")
    telegram_webhook_secret: str = _variable(
        "", "secret of the Telegram webhook; set with HOCTAP_PUBLIC_URL, else long polling", secret=True
    )
    telegram_paid_broadcast: bool = _variable(
        False, "1: broadcasts at up to 1,000 messages a second, for which Telegram takes Stars of the bot"
    )
    home_province: str = _variable(
        "", "code of the province the house serves, such as 79: its officials also see questions without a place"
    )
    notices_a_day: int = _variable(2, "routine broadcasts a person gets at most in a day")
    notices_a_week: int = _variable(7, "routine broadcasts a person gets at most in seven days")
    nlu: str = _variable(
        "embedded", "what understands texts: embedded, or rasa (a Rasa server, see Understanding)"
    )
    rasa_url: str = _variable("http://127.0.0.1:5005", "address of the Rasa server")
    rasa_token: str = _variable("", "token of the Rasa server", secret=True)
    zalo_oa_app_id: str = _variable("", "id of the Zalo application of the Official Account; empty: no Zalo OA")
    zalo_oa_app_secret: str = _variable("", "secret key of that application, for its tokens", secret=True)
    zalo_oa_secret_key: str = _variable(
        "", "secret key of the Official Account's webhook (not the application's)", secret=True
    )
    zalo_oa_api_url: str = _variable("https://openapi.zalo.me", "Zalo's interface for Official Accounts")
    zalo_oa_oauth_url: str = _variable("https://oauth.zaloapp.com", "Zalo's sign-in")
    zalo_oa_per_minute: int = _variable(3600, "calls a minute to Zalo OA at most; Zalo allows 4,000")
    zalo_oa_reply_price: int = _variable(55, "VND for a message from 48 hours to 7 days after the last act")
    zalo_oa_template_price: int = _variable(800, "VND for a message by a ZBS template, at most")
    zalo_bot_token: str = _variable("", "token of a Zalo Bot Platform bot; empty: no Zalo bot", secret=True)
    zalo_bot_api_url: str = _variable("https://bot-api.zaloplatforms.com", "Zalo's Bot Platform")
    zalo_bot_webhook_secret: str = _variable(
        "",
        "secret of the Zalo bot's webhook, 8 to 256 signs; set with HOCTAP_PUBLIC_URL, else polling",
        secret=True,
    )
    zalo_bot_people_max: int = _variable(50, "people the Zalo bot's plan allows")
    zalo_bot_monthly_max: int = _variable(3000, "messages a month, in and out, the Zalo bot's plan allows")
    training: bool = _variable(
        False, "1: a course; nothing is sent but to the web chat's own page, and broadcasts are only recorded"
    )
    log_level: str = _variable("info", "debug, info, warning or error")

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The configuration in *environment* (by default the process's own).

        Raises ConfigError naming every unknown or malformed variable at once.
        """
        environment = os.environ if environment is None else environment
        faults: list[str] = []
        values: dict[str, Any] = {}
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        for name in sorted(environment):
            if not name.startswith(PREFIX) or name.startswith(PREFIX + "TEST_"):
                continue
            bare = name.removesuffix("_FILE")
            if bare not in known:
                faults.append(f"{name}: unknown; known are {', '.join(sorted(known))}")
                continue
            each = known[bare]
            raw = environment[name]
            if bare != name:
                try:
                    raw = Path(raw).read_text(encoding="utf-8").strip()
                except OSError as error:
                    faults.append(f"{name}: cannot be read ({error.strerror}); name a readable file")
                    continue
            try:
                values[each.name] = _typed(each.name, raw.strip())
            except ValueError as error:
                faults.append(f"{name}: {error}")
        if values.get("telegram_webhook_secret") and not values.get("public_url"):
            faults.append("HOCTAP_TELEGRAM_WEBHOOK_SECRET: a webhook also needs HOCTAP_PUBLIC_URL")
        if values.get("nlu") == "rasa" and not values.get("rasa_token"):
            faults.append("HOCTAP_NLU: rasa also needs HOCTAP_RASA_TOKEN")
        faults += _zalo_faults(values)
        if faults:
            raise ConfigError("\n".join(faults))
        return cls(**values)

    @property
    def database(self) -> str:
        """The URL of the database in use."""
        return self.database_url or f"sqlite:///{self.data / 'hoctap.db'}"

    @property
    def keys(self) -> Keys:
        """What seals the secrets in the database: by default in a file beside it, or in the data folder."""
        kind, _, path = self.database.partition(":///")
        file = Path(path).with_suffix(".key") if kind == "sqlite" else self.data / "hoctap.key"
        return Keys(self.database_key, file)


def _zalo_faults(values: Mapping[str, Any]) -> list[str]:
    faults = []
    needed = ("zalo_oa_app_id", "zalo_oa_app_secret", "zalo_oa_secret_key")
    if any(values.get(name) for name in needed):
        faults += [
            f"{PREFIX}{name.upper()}: missing; Zalo OA needs all three of app id, app secret and secret key"
            for name in needed
            if not values.get(name)
        ]
    if secret := values.get("zalo_bot_webhook_secret"):
        if not 8 <= len(secret) <= 256:
            faults.append("HOCTAP_ZALO_BOT_WEBHOOK_SECRET: Zalo takes 8 to 256 signs")
        if not values.get("public_url"):
            faults.append("HOCTAP_ZALO_BOT_WEBHOOK_SECRET: a webhook also needs HOCTAP_PUBLIC_URL")
    return faults


def _typed(name: str, raw: str) -> Any:
    match name:
        case "data" | "content":
            return Path(raw).expanduser()
        case "port":
            if not raw.isdecimal() or not 0 <= int(raw) <= 65535:
                raise ValueError(f"{raw!r} is not a port; write a number from 0 to 65535")
            return int(raw)
        case "notices_a_day" | "notices_a_week":
            if not raw.isdecimal() or int(raw) < 1:
                raise ValueError(f"{raw!r} is no number of messages; write 1 or more")
            return int(raw)
        case "telegram_paid_broadcast" | "training":
            if raw.lower() not in ("0", "1", "false", "true"):
                raise ValueError(f"{raw!r}: write 1 or 0")
            return raw.lower() in ("1", "true")
        case (
            "zalo_oa_per_minute"
            | "zalo_oa_reply_price"
            | "zalo_oa_template_price"
            | "zalo_bot_people_max"
            | "zalo_bot_monthly_max"
        ):
            if not raw.isdecimal() or int(raw) < (name == "zalo_oa_per_minute"):
                raise ValueError(f"{raw!r} is no number; write digits only")
            return int(raw)
        case (
            "public_url"
            | "telegram_api_url"
            | "rasa_url"
            | "zalo_oa_api_url"
            | "zalo_oa_oauth_url"
            | "zalo_bot_api_url"
        ) if raw:
            parts = urlsplit(raw)
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise ValueError("not a web address; write https://…")
            return raw.rstrip("/")
        case "home_province" if raw:
            if not (raw.isascii() and raw.isdecimal() and len(raw) == 2):
                raise ValueError(f"{raw!r} is no code of a province; write its two digits, such as 79")
            return raw
        case "nlu":
            if raw not in ("embedded", "rasa"):
                raise ValueError(f"{raw!r} is no engine; write embedded or rasa")
            return raw
        case "log_level":
            if raw.lower() not in ("debug", "info", "warning", "error"):
                raise ValueError(f"{raw!r} is no level; write debug, info, warning or error")
            return raw.lower()
        case _:
            return raw
