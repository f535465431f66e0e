"""Settings, from the environment (CITEBACK_…) or passed in; a name that does not exist is an error."""

import difflib
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError
from index import Limits


class Settings(BaseSettings):
    """Everything one may set. Each field is the variable CITEBACK_ with its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="CITEBACK_", env_ignore_empty=True, env_file=None, extra="forbid", frozen=True
    )

    data_dir: Path | None = Field(None, description="Where indexes are kept; by default the user's data directory.")
    docs: Path | None = Field(None, description="Folder of documents where none is named; by default seeds/.")
    watch_seconds: float = Field(
        15, ge=0, description="Seconds between two looks of the page at its folder for changes; 0: it does not look."
    )
    model: str = Field("all-MiniLM-L6-v2", description="Embedding model: the bundled one, or a path to another.")
    reranker: str = Field(
        "bundled", description="Model that puts what was found into order: bundled, a CrossEncoder, or none."
    )
    ranker: str = Field(
        "bundled", description="Model that says how likely a sentence answers: bundled, a CrossEncoder, or none."
    )
    verifier: str = Field(
        "bundled", description="Model that says how likely a text supports a claim: bundled, a CrossEncoder, or none."
    )
    read_seconds: int = Field(60, ge=1, description="Seconds that reading one file may take before it is stopped.")
    read_memory_mb: int = Field(1024, ge=256, description="Megabytes of memory that reading one file may take.")
    read_output_mb: int = Field(64, ge=1, description="Megabytes of text that one file may hold.")
    read_workers: int = Field(2, ge=1, le=64, description="Files that are read at the same time.")
    passages: int = Field(8, ge=1, le=100, description="Passages an answer may stand on.")
    max_sentences: int = Field(4, ge=1, le=20, description="Most sentences in an extractive answer.")
    threshold: float = Field(
        0.25, ge=0, le=1, description="Least probability that a sentence answers; below it Citeback refuses."
    )
    max_question: int = Field(4_000, ge=1, description="Most characters in a question.")
    fetch_urls: bool = Field(
        False, description="Whether pages of the web are fetched when someone names their address as a document."
    )
    accounts: bool = Field(False, description="Whether who uses the server has to sign in; `citeback users` adds them.")
    hosts: str = Field(
        "",
        description="Names by which the server may be reached, commas between; by default those of loopback, or any.",
    )
    rate: int = Field(600, ge=0, description="Most requests of one user in a minute, with accounts; 0: no limit.")
    log_format: Literal["text", "json"] = Field("text", description="How the server writes its log: text or json.")
    traces: str = Field("", description="OTLP endpoint that traces of answers are sent to; empty: none are made.")
    llm: str | None = Field(
        None, description="Model at an OpenAI-compatible endpoint, or anthropic:MODEL; unset: no language model."
    )
    llm_base_url: str | None = Field(
        None, description="The endpoint's base URL; unset: http://127.0.0.1:8080/v1, or Anthropic's own."
    )
    llm_key: SecretStr | None = Field(None, description="The endpoint's key, if it wants one.")
    llm_timeout: float = Field(60, gt=0, description="Seconds to wait for the model's next words.")
    llm_max_tokens: int = Field(400, ge=1, description="Most tokens in a generated answer.")
    llm_context_tokens: int = Field(2_048, ge=512, description="Tokens the model can read and write in one go.")

    @property
    def limits(self) -> Limits:
        """What reading one file may take."""
        return Limits(self.read_seconds, self.read_memory_mb, self.read_output_mb, self.read_workers)


def load_settings(**changes: object) -> Settings:
    """Settings from the environment with `changes` on top. Raises SettingsError naming the variable and the fix."""
    prefix = "CITEBACK_"
    known = {prefix + name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(prefix) and name not in known and not name.startswith(prefix + "TESTS_"):
            close = difflib.get_close_matches(name, known, 1)
            raise SettingsError(
                f"{name} is no setting; " + (f"did you mean {close[0]}?" if close else "see docs/SETTINGS.md")
            )
    try:
        return Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = prefix + str(first["loc"][0]).upper() if first["loc"] else "settings"
        raise SettingsError(f"{name} is {first.get('input')!r}: {first['msg']}") from error
