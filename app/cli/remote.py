"""The service that a command talks to: its address and the caller's key."""

import os
import re
from pathlib import Path
from typing import Final

import httpx2
import typer

from app.cli.speech import refuse_setting, say
from app.kit.redaction import hide

_KEY: Final = re.compile(r"[\x21-\x7e]+")


def key(key_file: Path | None) -> str:
    """Return the key in the file, else in `DAJIATAN_KEY`; raise wrong usage without one."""
    if key_file is None:
        found = os.environ.get("DAJIATAN_KEY", "")
        reason = say(
            "请设置 DAJIATAN_KEY，或用 --key-file。", "Set DAJIATAN_KEY, or use --key-file."
        )
    else:
        reason = say("文件中没有密钥。", "The file holds no key.")
        try:
            found = key_file.read_text(encoding="ascii")
        except OSError as error:
            raise typer.BadParameter(str(error), param_hint="--key-file") from error
        except UnicodeDecodeError as error:
            raise typer.BadParameter(reason, param_hint="--key-file") from error
    found = found.strip()
    hide(found)
    if not _KEY.fullmatch(found):
        raise typer.BadParameter(reason, param_hint="--key-file")
    return found


def require_url(url: str) -> None:
    """Refuse what is no address of a service."""
    try:
        parts = httpx2.URL(url)
        # A key may stand in each of them; the address is repeated where nobody answers.
        hide(parts.username, parts.password, *parts.params.values())
        usable = parts.scheme in {"http", "https"} and bool(parts.host)
    except (httpx2.InvalidURL, ValueError):
        usable = False
    if not usable:
        refuse_setting(
            "DAJIATAN_URL、--url：应为 http(s)://主机:端口",
            "DAJIATAN_URL, --url: must be http(s)://host:port",
        )
