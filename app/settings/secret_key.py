"""The secret key of a service that was given none: made on first use, and kept."""

import os
import secrets
from pathlib import Path

from app.kit.redaction import hide


def kept_secret(path: Path) -> bytes:
    """Read the kept key, or make it; two processes that start at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    kept = path.read_text(encoding="ascii").strip()
    hide(kept)
    return kept.encode()
