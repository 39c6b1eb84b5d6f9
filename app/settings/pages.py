"""Settings of the pages that people look at, and of what other websites show of them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _framing_origin(value: str) -> str:
    """Return an origin that may stand in a Content-Security-Policy."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", value):
        raise PydanticCustomError("bad_address", "https://www.example.gov.cn")
    return value


FramingOrigin = Annotated[str, AfterValidator(_framing_origin)]


class PageSettings(BaseSettings):
    """How long people stay signed in at the pages, and which websites may frame what is public."""

    model_config = SettingsConfigDict(env_prefix="DAJIATAN_", env_file=".env", extra="ignore")

    session_hours: int = Field(
        default=8,
        ge=1,
        le=24,
        description="Hours after which who has signed in at the pages must do so again.",
    )
    embed_origins: list[FramingOrigin] = Field(
        default=[],
        description="Origins of the websites that may frame `/embed/…`, as a JSON list; none "
        "unless named.",
    )
