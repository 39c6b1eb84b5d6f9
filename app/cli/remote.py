"""The service that a command talks to: its address and the caller's key."""

import os
from pathlib import Path

import typer

from app.cli.speech import say


def key(key_file: Path | None) -> str:
    """The key in the file, else in `DAJIATAN_KEY`; wrong usage without one."""
    if key_file is None:
        found = os.environ.get("DAJIATAN_KEY", "")
        reason = say(
            "请设置 DAJIATAN_KEY，或用 --key-file。", "Set DAJIATAN_KEY, or use --key-file."
        )
    else:
        reason = say("文件中没有密钥。", "The file holds no key.")
        try:
            found = key_file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(str(error), param_hint="--key-file") from error
    if not found.strip():
        raise typer.BadParameter(reason, param_hint="--key-file")
    return found.strip()
