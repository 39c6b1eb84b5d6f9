"""The running service, called as any integrator would."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from app.client.calls import Answer, Client

_LARGEST_BATCH: Final = 500
"""Items in a request: half of what the service takes, so that bodies stay below a megabyte."""


class Service:
    """What the demonstration asks of a service."""

    def __init__(self, client: Client) -> None:
        """`client` is opened, and closed, by whoever made it."""
        self._client = client

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON of a GET."""
        return self._client.get(path, parameters).body

    def all(self, path: str, **parameters: str) -> Iterator[Any]:
        """Yield every row of a list, page by page."""
        return self._client.rows(path, parameters)

    def post(self, path: str, body: Any, *, key: str | None = None) -> Answer:
        """Send a POST, under a certain `Idempotency-Key` if one is given."""
        return self._client.post(path, body, key=key)

    def change(self, method: str, path: str, body: Any, *, of: str | None = None) -> Any:
        """Change one record as it is now; `of` is the record's own path."""
        etag = self._client.get(of or path).headers["ETag"]
        return self._client.send(method, path, body, headers={"If-Match": etag}).body

    def batch(self, path: str, items: Sequence[Any]) -> Iterator[list[Any]]:
        """Send items, all of a request or none; the results in order, request by request."""
        rest = iter(items)
        while part := list(islice(rest, _LARGEST_BATCH)):
            yield self.post(path, {"items": part}).body["data"]
