"""A command that calls a running service: its client, its words, and how it is gone on with."""

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import typer

from app.cli.display import Display, plain
from app.cli.remote import key, require_url
from app.cli.speech import LANGUAGE, refuse_setting, say, tell
from app.client.calls import Client
from app.client.failures import ClientError, ProblemError
from app.client.looking_up import find_campaigns, find_organization
from app.kit.language import Text
from app.kit.redaction import redact

_HOME: Final = "http://127.0.0.1:8000"
_INTERRUPTED: Final = 130
"""The status of what Ctrl-C ended, as shells have it."""
_TOLD: Final = 5
_NOTICED_SECONDS: Final = 1.0
"""A pause that is shorter is not worth a line."""
_OPTIONS: Final = {
    "/file": "FILE", "/resource": "--resource", "/mapping": "--mapping", "/source": "--source",
    "/campaign_id": "--campaign", "/org_id": "--unit", "/unit_id": "--unit",
    "/on_error": "--on-error", "/format": "--format", "/kind": "KIND", "?unit_id": "--unit",
    "?unit_code": "--unit", "?campaign_id": "--campaign", "?campaign_code": "--campaign",
    "?requirement_code": "--requirement", "?as_of": "--as-of", "/filter": "--filter",
    "?code": "--campaign, --unit",
}  # fmt: skip
"""By which option the user gave what the service finds wrong."""
_FILTER: Final = "/filter/"

_UNKNOWN_CAMPAIGN: Final = Text(
    "没有代码为 {code} 的主题活动，或不在密钥的范围内。",
    "There is no campaign of the code {code} within the scope of the key.",
)
_NO_CAMPAIGN: Final = Text(
    "没有进行中的主题活动，请用 --campaign 指定。",
    "No campaign is open: name one with --campaign.",
)
_UNKNOWN_ORGANIZATION: Final = Text(
    "没有代码为 {code} 的组织，或不在密钥的范围内。",
    "There is no organization of the code {code} within the scope of the key.",
)
_BAD_KEY: Final = Text(
    "密钥无效、已过期或已撤销，请检查 DAJIATAN_KEY 或 --key-file。",
    "The key is wrong, has expired or was revoked: check DAJIATAN_KEY or --key-file.",
)
_UNAUTHENTICATED: Final = 401
_MAY_PASS: Final = frozenset({_UNAUTHENTICATED, 429})
_SERVER_ERROR: Final = 500


class Calling:
    """One run of such a command."""

    def __init__(self, url: str, key_file: Path | None, *, as_json: bool) -> None:
        """Refuse wrong usage, before anything is sent."""
        require_url(url)
        self._url = url
        self._key = key(key_file)
        self._key_file = key_file
        self._as_json = as_json
        self.display = Display(quiet=as_json)
        self._resume: list[str] = []

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Call the service; what goes wrong is one sentence, and how to go on another."""
        try:
            with Client(self._url, self._key, language=LANGUAGE, on_wait=_tell_pause) as client:
                yield client
        except KeyboardInterrupt:
            tell("已中断。", "Interrupted.")
            self._tell_how_to_go_on()
            raise typer.Exit(_INTERRUPTED) from None
        except ClientError as error:
            if _is_final(error):
                self._resume = []
            self.fail(_document(error), _say(error))
        except OSError as error:
            # Of a file here: what happens on the way to the service is a `ClientError`.
            said = f"{error.filename}：{error.strerror}" if error.filename else str(error)
            self.fail({"code": "file", "detail": said}, said)

    def can_resume(self, *arguments: str) -> None:
        """Remember by which command this one is gone on with, should it break off."""
        self._resume = ["dajiatan", *arguments]
        if self._url != os.environ.get("DAJIATAN_URL", _HOME):
            self._resume += ["--url", self._url]
        if self._key_file is not None:
            self._resume += ["--key-file", str(self._key_file)]

    def resume_with(self, *arguments: str) -> str:
        """Return the command that goes on, to be shown."""
        return redact(shlex.join([*self._resume, *arguments]))

    def answer(self, document: dict[str, Any]) -> None:
        """Print the document, if that is what was asked for."""
        if self._as_json:
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2))

    def fail(self, error: dict[str, Any], said: str) -> NoReturn:
        """Say what is wrong and how to go on, and end with status 1."""
        self.answer({"error": error})
        typer.secho(redact(plain(said)), err=True, fg=typer.colors.RED)
        self._tell_how_to_go_on()
        raise typer.Exit(1)

    def refuse(self, code: str, text: Text) -> NoReturn:
        """Say why it is not done, and end with status 1."""
        said = text.say(LANGUAGE)
        self.fail({"code": code, "detail": said}, said)

    def _tell_how_to_go_on(self) -> None:
        if self._resume:
            tell("接着处理：{command}", "Go on with: {command}", command=self.resume_with())


def get_campaign(calling: Calling, client: Client, code: str | None) -> dict[str, Any]:
    """Return the campaign of the code, else the only one that is open."""
    found = find_campaigns(client, code)
    if not found and code is not None:
        calling.refuse("unknown_campaign", _UNKNOWN_CAMPAIGN.filled(code=code))
    if not found:
        calling.refuse("no_open_campaign", _NO_CAMPAIGN)
    if len(found) > 1:
        names = [f"{each['code']} {each['name']}" for each in found[:_TOLD]]
        refuse_setting(
            "有多项进行中的主题活动，请用 --campaign 指定：{names}",
            "Several campaigns are open; name one with --campaign: {names}",
            names=plain(say("、", ", ").join(names)),
        )
    return found[0]


def get_organization_id(calling: Calling, client: Client, code: str | None) -> str | None:
    """Return the id of the organization of the code, None where none was given."""
    if code is None:
        return None
    found = find_organization(client, code)
    if found is None:
        calling.refuse("unknown_organization", _UNKNOWN_ORGANIZATION.filled(code=code))
    return str(found["id"])


def _tell_pause(seconds: float, _why: ClientError) -> None:
    if seconds < _NOTICED_SECONDS:
        return
    tell(
        "服务暂时不可用或正忙，{seconds} 秒后重试。",
        "The service is busy or away; trying again in {seconds} s.",
        seconds=f"{seconds:.0f}",
    )


def _say(error: ClientError) -> str:
    """Return the sentence; what is wrong with a request is said by the options that made it."""
    if isinstance(error, ProblemError) and error.status == _UNAUTHENTICATED:
        return _BAD_KEY.say(LANGUAGE)
    if not isinstance(error, ProblemError) or not error.errors:
        return error.say(LANGUAGE)
    colon = say("：", ": ")
    wrong = [f"{_option(each.pointer)}{colon}{each.detail}" for each in error.errors]
    return say("；", "; ").join([error.detail.rstrip("。."), *wrong])


def _option(pointer: str) -> str:
    """Return by what the user gave the value that is wrong."""
    if pointer.startswith(_FILTER):
        return f"--filter {pointer.removeprefix(_FILTER)}".rstrip()
    return _OPTIONS.get(pointer, pointer)


def _is_final(error: ClientError) -> bool:
    """Return whether the same command would be refused again."""
    if not isinstance(error, ProblemError):
        return False
    return error.status < _SERVER_ERROR and error.status not in _MAY_PASS


def _document(error: ClientError) -> dict[str, Any]:
    if not isinstance(error, ProblemError):
        return {"code": "unreachable", "detail": error.say(LANGUAGE)}
    return {
        "code": error.code,
        "status": error.status,
        "detail": error.detail,
        "errors": [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail}
            for each in error.errors
        ],
        "request_id": error.request_id,
    }
