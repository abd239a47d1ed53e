"""Settings of the reports stage, and of the language models that it, or any other stage, may ask."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.language import files_of

LOOPBACK = ["127.0.0.1", "localhost", "::1"]


class ServerConfig(Section):
    """A server of the OpenAI protocol, as vLLM, Ollama, llama.cpp and `transformers serve` are. Texts go to it, and to no other."""

    url: str = Field("http://127.0.0.1:8000/v1", description="where the protocol begins, without /chat/completions")
    allowed_hosts: list[str] = Field(
        LOOPBACK, description="hosts that texts may be sent to, each by its name or address; the url's must be one"
    )
    plain_http: bool = Field(False, description="texts may go over the network unencrypted: http to a host that is not this machine")
    model: str | None = Field(None, description="the model, by the name that the server has for it")
    revision: str | None = Field(
        None, description="which weights the server has under that name, in your words: answers of another revision are asked for anew"
    )
    api_key_env: str | None = Field(
        None, description="name of the environment variable with the key, never the key; left out: none is sent"
    )
    concurrency: int = Field(8, ge=1, le=1000, description="questions that the server is asked at once")
    timeout_seconds: float = Field(300.0, gt=0, description="longest that one attempt may take")
    retries: int = Field(4, ge=0, le=20, description="further attempts after 408, 409, 429, 5xx and lost connections, ever longer apart")

    @model_validator(mode="after")
    def _host_is_allowed(self) -> "ServerConfig":
        try:
            parts = urlsplit(self.url)
            host, named = parts.hostname, parts.username is not None or parts.password is not None
            if parts.port == 0:
                raise ValueError
        except ValueError:
            raise ValueError("url: not an address, or its port no number from 1 to 65535") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("url: expected http://host:port/v1, or https")
        if named:
            raise ValueError("url: must not hold a name or password; api_key_env names the variable with the key")
        if host not in self.allowed_hosts:
            raise ValueError(
                f"url: texts may not be sent to '{host}', for allowed_hosts has {', '.join(self.allowed_hosts) or 'none'}; "
                "name the host there only if patients' texts may go to it"
            )
        if parts.scheme == "http" and host not in LOOPBACK and not self.plain_http:
            raise ValueError(f"url: http to '{host}' would send patients' texts unencrypted; use https, or set plain_http to true")
        if parts.query or parts.fragment:
            raise ValueError("url: must end with its path, as /v1, without ? or #")
        if self.api_key_env is not None and not self.api_key_env.replace("_", "").isupper():
            raise ValueError("api_key_env: expected the name of an environment variable, in capitals, and never the key itself")
        return self


class EngineConfig(Section):
    """A language model to ask: by itself, without a stage."""

    engine: Literal["rules", "transformers", "openai"] = Field(
        "rules", description="rules: no model; transformers: local weights; openai: a server of that protocol"
    )
    base: str | None = Field(None, description="transformers: a Hugging Face id, or a local folder in the Hugging Face layout")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="transformers: auto takes a GPU where there is one")
    batch_size: int = Field(8, ge=1, description="transformers: questions that are answered at once")
    server: ServerConfig = ServerConfig()
    max_answer_tokens: int = Field(1024, ge=1, description="longest answer; a longer one is cut")

    @model_validator(mode="after")
    def _model_is_named(self) -> "EngineConfig":
        if self.engine == "transformers" and self.base is None:
            raise ValueError("base: engine is transformers, which needs a Hugging Face id or a local folder")
        if self.engine == "openai" and self.server.model is None:
            raise ValueError("server.model: engine is openai, which needs the name that the server has for its model")
        return self

    @property
    def weights(self) -> list[str]:
        """The files of a local folder, such as weights and chat template: a run must see that they are other ones."""
        folder = Path(self.base) if self.engine == "transformers" and self.base else None
        return [str(path) for path in files_of(folder)] if folder else []

    @property
    def threads(self) -> int:
        """Most threads that a job has use for: a model on this machine has; who asks a server waits."""
        return 8 if self.engine == "transformers" else 1

    @property
    def gpu(self) -> int:
        """How many GPUs a job asks a scheduler for: one where ``device`` insists on it."""
        return int(self.engine == "transformers" and self.device == "cuda")


class ReportsStageConfig(EngineConfig):
    """Who brings reports into one structure, and who writes what is known of each cancer."""

    refine_template: str = Field("resources/reports/refine.yaml", description="what a model is asked about a report")
    background_template: str = Field("resources/reports/background.yaml", description="what a model is asked about a cancer")
    longest_report: int = Field(40_000, ge=100, description="characters; of a longer one the middle is not shown to the model")
