"""A running service, called by the project's own client."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.client.calls import Client
from app.demo import Service


@contextmanager
def calling(url: str, key: str) -> Iterator[Service]:
    """Yield the service at an address, its connections closed at the end."""
    with Client(url, key, language="en") as client:
        yield Service(client)
