"""Settings from the environment (`VOC_…`); docs/settings.md lists them all."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.domain.errors import InvalidInputError

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Everything an installation may change without touching code."""

    model_config = SettingsConfigDict(env_prefix="VOC_", frozen=True, extra="ignore")

    var_dir: Path = Field(Path("var"), description="folder of database, models, bundles and key")
    config_dir: Path = Field(ROOT / "configs", description="folder of taxonomy.yaml")
    database_url: str | None = Field(None, description="default: SQLite in the var folder")
    encoder: str = Field("default", description="default, hashing, or a sentence-transformers name or folder")
    classifier: Literal["default", "none"] = Field(
        "default", description="default, or none: the linear heads alone, faster and less exact"
    )
    timezone: str = Field("Asia/Shanghai", description="zone of times without one; days are cut there")
    pseudonym_key: str | None = Field(
        None, min_length=16, description="secret; made once in the var folder if not given"
    )
    api_token: str | None = Field(None, min_length=16, description="bearer token of the service")
    threads: int = Field(2, ge=1, le=256, description="processor threads of the encoder")
    batch: int = Field(64, ge=1, le=4096, description="conversations analysed and stored together")
    actor: str = Field("cli", max_length=100, description="who is named in the audit log by commands")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("not a time zone such as Asia/Shanghai") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone days are cut in."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.var_dir.absolute() / 'voc.db'}"

    @property
    def models(self) -> Path:
        """Where prepared encoders lie."""
        return self.var_dir / "models"

    @property
    def bundles(self) -> Path:
        """Where trained models lie."""
        return self.var_dir / "bundles"


def read_settings() -> Settings:
    """Settings of this process. Raises InvalidInputError naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"VOC_{'_'.join(str(part) for part in first['loc'])}".upper()
        raise InvalidInputError(f"{name}: {first['msg']}") from None
