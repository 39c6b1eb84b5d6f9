"""What the command line says: in Chinese, or in English by `--lang` or the environment."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import typer

from app.kit.language import Language, Text
from app.kit.redaction import redact


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that `--lang` names, else the one of the locale, else Chinese."""
    for position, argument in enumerate(arguments):
        if argument == "--lang":
            return _language("".join(arguments[position + 1 : position + 2]))
        if argument.startswith("--lang="):
            return _language(argument.removeprefix("--lang="))
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return _language(next((environment[name] for name in names if environment.get(name)), ""))


def say(zh: str, en: str, **parameters: object) -> str:
    """One sentence in the language of this run."""
    return Text(zh, en).say(LANGUAGE, **parameters)


def tell(zh: str, en: str, **parameters: object) -> None:
    """Tell the user something about the work, beside what they asked for on standard output."""
    typer.echo(redact(say(zh, en, **parameters)), err=True)


def refuse(zh: str, en: str, **parameters: object) -> NoReturn:
    """Say why the command does not do it, and end with status 1."""
    _end(say(zh, en, **parameters), 1)


def refuse_setting(zh: str, en: str, **parameters: object) -> NoReturn:
    """Say which setting is wrong and what to do, and end with status 2."""
    _end(say(zh, en, **parameters), 2)


def _end(said: str, status: int) -> NoReturn:
    typer.secho(redact(said), err=True, fg=typer.colors.RED)
    raise typer.Exit(status)


def _language(name: str) -> Language:
    return "en" if name.lower().startswith("en") else "zh"


LANGUAGE: Final = chosen(sys.argv[1:], os.environ)
"""Known before the commands are declared: their help is in it, too."""
