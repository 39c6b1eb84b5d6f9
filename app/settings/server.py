"""Settings of the HTTP server: what one connection, and all of them together, may take."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServingSettings(BaseSettings):
    """What one connection, and all of them together, may take of a process."""

    model_config = SettingsConfigDict(env_prefix="DAJIATAN_", env_file=".env", extra="ignore")

    max_head_bytes: int = Field(
        default=64 * 1024, ge=4096, description="Longest request line and headers, in bytes."
    )
    max_connections: int = Field(
        default=2000, ge=10, description="Connections open at a time, per process."
    )
    max_unfinished_bytes: int = Field(
        default=32 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes held by all requests and answers half sent, per process.",
    )
    head_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for a request's line and headers."
    )
    body_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Longest wait for a request's body, or for its answer to be read; a second "
        "more for each 16 KiB.",
    )
    keep_alive_seconds: int = Field(
        default=75,
        ge=1,
        description="How long a connection stays open without a request; longer than the "
        "balancer in front keeps its own.",
    )
    linger_seconds: float = Field(
        default=2.0,
        ge=0,
        description="How long idle connections are still answered once the service is to stop.",
    )
