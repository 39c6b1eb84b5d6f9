"""How many files, connections among them, a process may have open."""

import sys
from typing import Final

_WANTED: Final = 65_536
_FOR_THE_REST: Final = 256
"""The database, attachments, logs."""


def most_connections(wanted: int) -> int:
    """Return how many connections there is room for, once the system's limit is raised."""
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - not on Windows

    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in {soft, most}:
        soft = max(soft, min(most, _WANTED))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
        return max(min(wanted, soft - _FOR_THE_REST), 1)
    return wanted
