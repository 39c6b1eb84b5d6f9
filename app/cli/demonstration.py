"""`dajiatan demo`: a demonstration on a running service, over HTTP."""

from pathlib import Path
from typing import Final

import typer

from app.cli.remote import key, require_url
from app.cli.speech import LANGUAGE
from app.client.calls import Client
from app.client.failures import ClientError
from app.demo import Display, Refused, Service, demonstrate
from app.kit.language import Text
from app.kit.redaction import redact

_NEXT: Final = Text("接下来可以试试：", "To go on with:")
_REQUEST: Final = '  curl -sS --fail-with-body -H "Authorization: Bearer {key}" "{address}"'
_REQUESTS: Final = (
    "/v1/progress?campaign_code={campaign}&fields=groups,totals",
    "/v1/obligations?campaign_code={campaign}&status=open&limit=5",
    "/v1/me/tasks?limit=5",
)
"""Who has done what, who has not yet, and what is to be done now."""


def show(url: str, key_file: Path | None, divisions: Path | None) -> None:
    """Show it; status 1 when the service refuses anything or any number differs."""
    require_url(url)
    display = Display(LANGUAGE)
    with Client(url, key(key_file), language=LANGUAGE) as client:
        try:
            campaign = demonstrate(Service(client), display, divisions)
        except (Refused, ClientError) as refused:
            said = redact(refused.say(LANGUAGE))
            typer.secho(said, err=True, fg=typer.colors.RED)
            raise typer.Exit(1) from refused
    display.say(_NEXT)
    shown = "$DAJIATAN_KEY" if key_file is None else f"$(cat {key_file})"
    for path in _REQUESTS:
        address = f"{url}{path.format(campaign=campaign)}"
        display.say(Text(_REQUEST, _REQUEST), key=shown, address=address)
