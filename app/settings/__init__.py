"""Settings, from the environment or a `.env` file, prefix `DAJIATAN_`."""

import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

from app.kit.language import Text
from app.kit.redaction import hide
from app.settings.kinds import (
    Allowance,
    DatabaseAddress,
    Destination,
    Network,
    Origin,
    PlainWebAddress,
    ReplicaAddress,
    Secret,
    WebAddress,
)
from app.settings.pages import PageSettings
from app.settings.secret_key import kept_secret
from app.settings.server import ServingSettings

_SECRETS_OF_THE_STORE = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class MissingSecretKeyError(ValueError):
    """`DAJIATAN_SECRET_KEY` is required with any database but the embedded one."""

    text = Text(
        "DAJIATAN_SECRET_KEY：使用 PostgreSQL 时必填，至少 32 个字符",
        "DAJIATAN_SECRET_KEY: is required with PostgreSQL, at least 32 characters",
    )


class DatabaseSettings(BaseSettings):
    """Where the rows are and how long anything may wait for them."""

    model_config = SettingsConfigDict(
        env_prefix="DAJIATAN_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    database_url: DatabaseAddress = Field(
        default="sqlite:///var/dajiatan.db",
        description="Database address: `sqlite:///path` or `postgresql://user:password@host/name`.",
    )
    pool_size: int = Field(default=10, ge=1, le=200, description="Connections kept by a process.")
    pool_timeout_seconds: float = Field(
        default=5.0, gt=0, description="Longest wait for a free connection."
    )
    connect_timeout_seconds: float = Field(
        default=3.0, gt=0, description="Longest wait for the database to accept a connection."
    )
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, description="Longest run of one statement (PostgreSQL)."
    )
    lock_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for a lock held by another writer."
    )
    idle_in_transaction_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Longest pause inside a transaction (PostgreSQL)."
    )
    pgbouncer: bool = Field(
        default=False,
        description="True behind pgbouncer in transaction mode: nothing is kept on a connection.",
    )
    replica_url: ReplicaAddress = Field(
        default="",
        description="Address of a streaming replica that lists and progress are read from "
        "(PostgreSQL). The same for every process. Empty: none.",
    )
    replica_max_age_seconds: float = Field(
        default=5.0, gt=0, description="How far the replica may lag behind and still be read."
    )

    @property
    def replicated(self) -> bool:
        """Return whether there is a replica to read from."""
        return bool(self.replica_url) and not self.embedded

    @property
    def embedded(self) -> bool:
        """Return whether the database is the embedded SQLite file."""
        return self.database_url.startswith("sqlite")


class ClaimGrant(BaseModel):
    """A role that everyone has whose token carries a claim with a value."""

    model_config = ConfigDict(extra="forbid")

    claim: str
    """Name of the claim; `realm_access.roles` is one inside another."""
    value: str
    role: Literal["viewer", "reporter", "reviewer", "organizer", "auditor", "admin"]
    unit_code: str


class OidcIssuer(BaseModel):
    """An OpenID Connect issuer whose tokens are taken."""

    model_config = ConfigDict(extra="forbid")

    issuer: PlainWebAddress
    audience: str
    """What `aud` must contain: tokens for other services are refused."""
    jwks_uri: WebAddress | None = None
    """Where its keys are; found by discovery if absent."""
    subject_claim: str = "sub"
    grants: list[ClaimGrant] = []


class DoorSettings(BaseSettings):
    """How much a process works on at once, and how long anything may wait for its turn."""

    model_config = SettingsConfigDict(env_prefix="DAJIATAN_", env_file=".env", extra="ignore")

    requests_at_once: int = Field(
        default=0,
        ge=0,
        description="Requests that a process works on at once. 0: four fewer than it keeps "
        "connections, which are for health, uploads and whoever takes access away. Small "
        "submissions that share a transaction wait beside, 64 at most.",
    )
    queue_length: int = Field(
        default=200, ge=0, description="Most requests that wait for their turn in a process."
    )
    queue_seconds: float = Field(
        default=1.0,
        gt=0,
        description="Longest wait for a turn that is expected of anyone; whoever would have to "
        "wait longer is refused at once, and nobody waits more than ten times as long.",
    )


class AccessSettings(BaseSettings):
    """Who is let in, how often, and from where."""

    model_config = SettingsConfigDict(
        env_prefix="DAJIATAN_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    oidc_issuers: list[OidcIssuer] = Field(
        default=[],
        description="OpenID Connect issuers whose tokens are taken, as JSON: a list of "
        '`{"issuer", "audience", "jwks_uri"?, "subject_claim"?, "grants"?: [{"claim", "value", '
        '"role", "unit_code"}]}`.',
    )
    outbound_timeout_seconds: float = Field(
        default=3.0, gt=0, description="Longest wait for the whole answer of an issuer."
    )
    client_requests_per_minute: int = Field(
        default=50_000, ge=1, description="Requests a minute of one client or person, per process."
    )
    address_requests_per_minute: int = Field(
        default=100_000,
        ge=1,
        description="Requests a minute from one address by whom nobody knows, per process.",
    )
    bad_credentials_per_minute: int = Field(
        default=60,
        ge=1,
        description="Bad credentials a minute from one address, or at one client or key, before "
        "more of them have to wait; good ones never do.",
    )
    cors_origins: list[Origin] = Field(
        default=[],
        description="Origins whose pages may call the API from a browser, as a JSON list; none "
        "unless named, and never `*`.",
    )
    trusted_proxies: list[Network] = Field(
        default=[],
        description="Addresses or networks of the proxies whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed, as a JSON list.",
    )
    audit_digest: Literal["sha256", "sm3"] = Field(
        default="sha256", description="Digest of the audit chain's new seals: `sha256` or `sm3`."
    )
    audit_heads_to: Destination = Field(
        default="",
        description="Where the head of the audit chain goes each hour, out of reach of who owns "
        "the database: a file that is appended to, or an `http(s)` address. Empty: the log only.",
    )


class WebhookSettings(BaseSettings):
    """Where webhooks may be sent, and how long a receiver may take."""

    model_config = SettingsConfigDict(env_prefix="DAJIATAN_", env_file=".env", extra="ignore")

    webhook_allow: list[Allowance] = Field(
        default=[],
        description="Where webhooks may go beside the public internet, and without TLS if need "
        "be, as a JSON list: networks (`10.0.0.0/8`), hosts (`oa.intra.gov.cn`), ends of hosts "
        "(`.intra.gov.cn`).",
    )
    webhook_timeout_seconds: float = Field(
        default=15.0, gt=0, le=20, description="Longest wait for the whole answer of a receiver."
    )


class Settings(
    ServingSettings, WebhookSettings, PageSettings, AccessSettings, DoorSettings, DatabaseSettings
):
    """All settings of a process."""

    secret_key: Secret | None = Field(
        default=None,
        description="Key of the keyed hashes and signed cursors. Made and kept under the state "
        "folder with SQLite; required with PostgreSQL. At least 32 characters.",
        min_length=32,
    )
    state_dir: Path = Field(
        default=Path("var"), description="Folder of the embedded secret key and local files."
    )
    storage_url: str = Field(
        default="",
        description="Where attachments and exports are kept: a folder, or `s3://bucket/prefix`. "
        "Empty: `files` under the state folder.",
    )
    base_url: PlainWebAddress = Field(
        default="http://127.0.0.1:8000", description="Address under which callers reach the API."
    )
    max_body_bytes: int = Field(
        default=4 * 1024 * 1024, ge=1024, description="Largest request body, in bytes."
    )
    max_attachment_bytes: int = Field(
        default=20 * 1024 * 1024, ge=1024, description="Largest attachment, in bytes."
    )
    request_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Longest time for what a request does once it has arrived; then it is given "
        "up. What rewrites a tree may take longer.",
    )
    run_worker: bool = Field(
        default=True,
        description="On SQLite, run the background worker inside `dajiatan serve`.",
    )
    job_lease_seconds: float = Field(
        default=30.0, gt=0, description="How long a job stays claimed without a sign of life."
    )
    job_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often an idle worker looks for work."
    )
    job_kept_days: int = Field(
        default=90, ge=1, description="How many days a finished job can still be read."
    )
    export_kept_days: int = Field(
        default=7, ge=1, le=90, description="How many days the file of an export can be fetched."
    )
    shutdown_seconds: float = Field(
        default=20.0, gt=0, description="How long open requests may take to finish at shutdown."
    )

    @model_validator(mode="after")
    def _require_secret_key(self) -> Self:
        if self.secret_key is None and not self.embedded:
            raise MissingSecretKeyError(MissingSecretKeyError.text.en)
        return self

    @model_validator(mode="after")
    def _hide_secrets(self) -> Self:
        """Have no log and no message of this process say them."""
        hide(*(os.environ.get(name) for name in _SECRETS_OF_THE_STORE))
        return self

    @property
    def storage_address(self) -> str:
        """Return the address at which attachments are kept."""
        return self.storage_url or str(self.state_dir / "files")

    @property
    def folders(self) -> list[Path]:
        """Return the folders this process writes to: the database, files, parts of uploads."""
        found = [Path(tempfile.gettempdir())]
        if "://" not in self.storage_address:
            found.append(Path(self.storage_address))
        if self.embedded and (path := make_url(self.database_url).database):
            found.append(Path(path).parent)
        return found

    @property
    def is_loopback(self) -> bool:
        """Return whether callers reach the service on this machine only."""
        return urlsplit(self.base_url).hostname in {"127.0.0.1", "localhost", "::1"}

    @cached_property
    def secret(self) -> bytes:
        """The secret key's bytes; on the embedded default made on first use and kept."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return kept_secret(self.state_dir / "secret.key")
