"""The OpenAPI document as it is checked in; `make openapi` writes it anew."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from app.main import create_app
from app.settings import Settings
from tests.support.client import SECRET

PATH = Path(__file__).parent.parent.parent / "docs" / "openapi.json"


def current() -> dict[str, Any]:
    """Return the document as the application serves it, which each caller may change."""
    document: dict[str, Any] = json.loads(written())
    return document


@cache
def written() -> str:
    """Return its text under an address that is nobody's; built once in each process."""
    given = {
        "database_url": "sqlite:///nothing-is-opened.db",
        "secret_key": SECRET,
        "base_url": "https://dajiatan.example",
    }
    document = create_app(Settings.model_validate(given)).openapi()
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
