from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import load_settings


def test_defaults_need_no_key_and_no_network() -> None:
    settings = load_settings()
    assert not settings.generative
    assert settings.reranker is None
    assert settings.sqlalchemy_url.startswith("sqlite:///")


def test_openai_variables_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    monkeypatch.setenv("GROUNDWORK_MODEL", "m")
    settings = load_settings()
    assert settings.generative
    assert settings.base_url == "http://localhost:1/v1"
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(settings)


def test_data_dir_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROUNDWORK_DATA_DIR", str(tmp_path))
    assert str(tmp_path) in load_settings().sqlalchemy_url


def test_a_bad_value_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWORK_TIMEOUT_SECONDS", "soon")
    with pytest.raises(SettingsError, match="GROUNDWORK_TIMEOUT_SECONDS"):
        load_settings()
