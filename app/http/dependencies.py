"""Dependencies that are read where the request is: what is synchronous FastAPI hands to a thread.

None of them waits for anything, and handing over costs more than all that they do.
"""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Depends


def awaited(kind: Callable[..., Any]) -> Any:
    """A dependency on a class: FastAPI reads its parameters and makes it, in no thread."""

    async def make(**given: Any) -> Any:
        return kind(**given)

    make.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]  # FastAPI reads it
    return Depends(make)
