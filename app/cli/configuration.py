"""The settings of a command, and what they name: a wrong one is said in one line, with status 2."""

import difflib
import os
import re
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from obstore.exceptions import BaseError
from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource, SettingsError

from app.cli.speech import LANGUAGE, refuse_setting
from app.kit import tracebacks
from app.kit.language import Text
from app.kit.storage import Storage
from app.kit.validation import field_errors
from app.settings import Settings

_PREFIX: Final = "DAJIATAN_"
_OF_OTHERS: Final = frozenset({"URL", "KEY"})
"""What commands read that call a running service."""
_NEAR: Final = 0.85
_JSON: Final = Text("应为 JSON", "must be JSON")


def settings() -> Settings:
    """Return the settings of this process; refuses what is missing, wrong or misspelt."""
    try:
        _refuse_misspelt()
        return Settings()
    except ValidationError as error:
        _refuse("; ".join(_wrong(each) for each in error.errors(include_input=False)))
    except SettingsError as error:
        name = re.search(r'field "(\w+)"', str(error))
        _refuse(f"{_PREFIX}{name[1].upper() if name else ''}: {_JSON.say(LANGUAGE)}")
    except (OSError, UnicodeDecodeError) as error:
        refuse_setting(
            "无法读取设置文件 .env：{reason}",
            "The settings file .env cannot be read: {reason}",
            reason=_reason(error),
        )


def require_places(of: Settings) -> None:
    """Make the folders that the settings name, and refuse those that cannot be written."""
    require_secret(of)
    _require_folder("DAJIATAN_STATE_DIR", of.state_dir)
    if of.audit_heads_to and "://" not in of.audit_heads_to:
        _require_folder("DAJIATAN_AUDIT_HEADS_TO", Path(of.audit_heads_to).parent)
    address = of.storage_address
    if "://" not in address:
        _require_folder("DAJIATAN_STORAGE_URL", Path(address))
        return
    try:
        Storage(address)
    except (BaseError, ValueError, OSError) as error:
        refuse_setting(
            "DAJIATAN_STORAGE_URL：无法使用该存储（{reason}）。应为文件夹或 s3://桶/前缀，"
            "并设置 AWS_REGION 等。",
            "DAJIATAN_STORAGE_URL: this store cannot be used ({reason}). It must be a folder, or "
            "s3://bucket/prefix with AWS_REGION and its like set.",
            reason=_reason(error),
        )


def require_secret(of: Settings) -> None:
    """Refuse a kept secret key that cannot be read or made."""
    try:
        _ = of.secret
    except (OSError, UnicodeDecodeError) as error:
        refuse_setting(
            "DAJIATAN_STATE_DIR：无法读取或生成其中的 secret.key：{reason}",
            "DAJIATAN_STATE_DIR: its secret.key can be neither read nor made: {reason}",
            reason=_reason(error),
        )


def require_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is started for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        refuse_setting(
            "--host、--port：无法监听 {host}:{port}：{reason}",
            "--host, --port: cannot listen on {host}:{port}: {reason}",
            host=host,
            port=port,
            reason=_reason(error),
        )


def _refuse_misspelt() -> None:
    """Refuse a name that is nearly one of a setting: it would be skipped without a word.

    One letter more, less or another, in the prefix, too; or the beginning of a name only.
    """
    known = {name.upper() for name in Settings.model_fields} | _OF_OTHERS
    for name in _given():
        mark, _, bare = name.partition("_")
        if mark + "_" == _PREFIX and bare in known:
            continue
        near = difflib.get_close_matches(bare, known, n=1, cutoff=_NEAR)
        near = near or sorted(each for each in known if each.startswith(f"{bare}_"))
        if near and difflib.SequenceMatcher(None, mark, _PREFIX[:-1]).ratio() > _NEAR:
            refuse_setting(
                "{name}：没有这个设置，是否应为 {near}？",
                "{name}: there is no such setting; is {near} meant?",
                name=name,
                near=_PREFIX + near[0],
            )


def _given() -> Iterable[str]:
    """Yield the names out of the environment and the file."""
    for source in (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings)):
        yield from (name.upper() for name in source.env_vars)


def _wrong(error: Mapping[str, Any]) -> str:
    """Return which setting is wrong, and how, in the language of this run; not its value."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(text := getattr(cause, "text", None), Text):
        return text.say(LANGUAGE)
    name, *inner = map(str, error["loc"])
    (found,) = field_errors([{**error, "loc": ("body",)}], None)
    said = found.text.say(LANGUAGE, **found.parameters)
    return f"{_PREFIX}{name.upper()}{''.join(f'[{part}]' for part in inner)}: {said}"


def _require_folder(name: str, folder: Path) -> None:
    probe = folder / f".probe.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        refuse_setting(
            "{name}：文件夹 {folder} 无法写入：{reason}",
            "{name}: the folder {folder} cannot be written: {reason}",
            name=name,
            folder=folder,
            reason=_reason(error),
        )


def _refuse(wrong: str) -> NoReturn:
    refuse_setting("设置有误：{wrong}", "Wrong settings: {wrong}", wrong=wrong)


def _reason(error: Exception) -> str:
    """Return in one line what is wrong."""
    return getattr(error, "strerror", None) or tracebacks.describe_briefly(error)
