"""`dajiatan demo`: a demonstration on a running service, over HTTP."""

from pathlib import Path

import typer

from app.cli.remote import key, require_url
from app.cli.speech import LANGUAGE
from app.client.calls import Client
from app.client.failures import ClientError
from app.demo import Display, Refused, Service, demonstrate
from app.kit.redaction import redact


def show(url: str, key_file: Path | None, divisions: Path | None) -> None:
    """Show it; status 1 when the service refuses anything or any number differs."""
    require_url(url)
    display = Display(LANGUAGE)
    with Client(url, key(key_file), language=LANGUAGE) as client:
        try:
            demonstrate(Service(client), display, divisions)
        except (Refused, ClientError) as refused:
            said = redact(refused.say(LANGUAGE))
            typer.secho(said, err=True, fg=typer.colors.RED)
            raise typer.Exit(1) from refused
