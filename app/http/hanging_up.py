"""Callers who hang up: what is done for them stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.requests import ClientDisconnect


@asynccontextmanager
async def while_there(request: Request) -> AsyncIterator[None]:
    """Cancel what runs inside as soon as the caller hangs up; raises `ClientDisconnect`.

    Only for requests whose body has been received. A commit does not belong inside: whatever is
    cancelled here is rolled back whole.
    """
    work = asyncio.current_task()
    gone = False

    async def listen() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        if work is not None:
            gone = work.cancel()

    listener = asyncio.create_task(listen())
    try:
        yield
    except asyncio.CancelledError:
        # Whoever else cancels it, as a server that stops, is heeded.
        if gone and work is not None and work.cancelling() == 1:
            raise ClientDisconnect from None
        raise
    finally:
        listener.cancel()
        if gone and work is not None:
            work.uncancel()
