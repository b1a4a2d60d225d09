"""The configuration: defaults, secrets in files, and every fault at once."""

from pathlib import Path

import pytest

from bot.config import Config, ConfigError


def test_needs_nothing_set() -> None:
    config = Config.load({})

    assert config.database == "sqlite:///var/hoctap.db"
    assert config.port == 8080


def test_reads_a_secret_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("1:abc\n")

    config = Config.load({"HOCTAP_TELEGRAM_TOKEN_FILE": str(secret)})

    assert config.telegram_token == "1:abc"


def test_hides_secrets_when_shown() -> None:
    config = Config.load({"HOCTAP_TELEGRAM_TOKEN": "1:abc", "HOCTAP_DATABASE_URL": "postgresql://u:geheim@h/d"})

    assert "1:abc" not in repr(config)
    assert "geheim" not in repr(config)


def test_a_rasa_server_needs_its_token() -> None:
    with pytest.raises(ConfigError, match="HOCTAP_RASA_TOKEN"):
        Config.load({"HOCTAP_NLU": "rasa"})
    with pytest.raises(ConfigError, match="embedded or rasa"):
        Config.load({"HOCTAP_NLU": "Rasa!"})

    assert Config.load({"HOCTAP_NLU": "rasa", "HOCTAP_RASA_TOKEN": "x"}).rasa_url == "http://127.0.0.1:5005"


def test_names_every_fault_at_once() -> None:
    wrong = {
        "HOCTAP_PORT": "eighty",
        "HOCTAP_TELEGRAM_TOCKEN": "1:abc",
        "HOCTAP_LOG_LEVEL": "loud",
        "HOCTAP_PUBLIC_URL": "hoctap.example",
        "HOCTAP_TELEGRAM_TOKEN_FILE": "/nowhere",
    }

    with pytest.raises(ConfigError) as caught:
        Config.load(wrong)

    for name in wrong:
        assert name in str(caught.value)


def test_a_webhook_needs_a_public_address() -> None:
    with pytest.raises(ConfigError, match="HOCTAP_PUBLIC_URL"):
        Config.load({"HOCTAP_TELEGRAM_WEBHOOK_SECRET": "s3cret"})
