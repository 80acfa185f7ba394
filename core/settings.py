"""Settings, read from the environment when asked for, never at import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything that can be set. Environment prefix `GROUNDWORK_`; `OPENAI_API_KEY` and `OPENAI_BASE_URL` are honoured."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDWORK_", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(default=REPOSITORY / "data", description="everything Groundwork writes")
    knowledge_dir: Path = Field(default=REPOSITORY / "knowledge", description="the shipped content")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in data_dir")

    embedding_model: str = Field(default="packaged", description="`packaged`, a folder, or a hub name (needs the network)")
    embedding_precision: Literal["auto", "float32", "bfloat16"] = "auto"
    reranker: str | None = Field(default=None, description="a cross-encoder's folder or hub name; off by default")

    engine: Literal["auto", "extractive"] = Field(default="auto", description="`extractive` never calls an endpoint")
    model: str | None = Field(default=None, validation_alias=AliasChoices("GROUNDWORK_MODEL", "model"))
    base_url: str | None = Field(
        default=None, validation_alias=AliasChoices("GROUNDWORK_BASE_URL", "OPENAI_BASE_URL", "base_url")
    )
    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("GROUNDWORK_API_KEY", "OPENAI_API_KEY", "api_key")
    )
    timeout_seconds: float = Field(default=30.0, gt=0, description="longest wait for the endpoint's next token")

    @property
    def generative(self) -> bool:
        """True when a chat model endpoint is configured."""
        return self.engine == "auto" and bool(self.model)

    @property
    def sqlalchemy_url(self) -> str:
        """The learner database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'groundwork.db'}"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable holds a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "a setting"
        variable = name if name.isupper() else f"GROUNDWORK_{name.upper()}"
        raise SettingsError(f"{variable}: {first['msg']}.", help=f"Correct or unset {variable}.") from error
