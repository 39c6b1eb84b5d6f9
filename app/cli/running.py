"""`dajiatan serve` and `dajiatan worker`: the processes that stay."""

import asyncio
import math
import os
import signal
import sys
from typing import Final

import typer
import uvicorn

from app.cli.configuration import require_address, require_places, settings
from app.cli.schema import ready
from app.cli.speech import refuse, tell
from app.kit import logs
from app.serving import server
from app.serving.protocol import GuardedProtocol
from app.worker import ERRANDS, HANDLERS, PERIODIC, is_well, run_process

_SECONDS_FOR_A_SIGN: Final = 20
"""How long a process that starts, or is kept busy, may be silent before another replaces it."""


def serve(*, host: str, port: int, workers: int, worker: bool) -> None:
    """Serve HTTP until SIGTERM or SIGINT; open requests are finished first."""
    if not worker:
        os.environ["DAJIATAN_RUN_WORKER"] = "false"  # every HTTP process reads its own settings
    current = settings()
    require_places(current)
    require_address(host, port)
    ready(current)
    logs.configure()
    # uvicorn finishes the open requests and then raises the signal again, for whoever was before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.run(
            uvicorn.Config(
                "app.main:create_app",
                factory=True,
                host=host,
                port=port,
                workers=workers,
                http=GuardedProtocol,
                ws="none",
                timeout_keep_alive=current.keep_alive_seconds,
                timeout_graceful_shutdown=math.ceil(current.shutdown_seconds),
                timeout_worker_healthcheck=_SECONDS_FOR_A_SIGN,
                proxy_headers=False,
                server_header=False,
                access_log=False,
                log_config=None,
            )
        )
    except SystemExit as ended:  # uvicorn has said why: the port is taken, the start failed
        raise typer.Exit(1 if ended.code else 0) from ended


def work() -> None:
    """Do background work until SIGTERM or SIGINT."""
    current = settings()
    require_places(current)
    ready(current)
    logs.configure()
    asyncio.run(run_process(current, HANDLERS, PERIODIC, ERRANDS))


def check() -> None:
    """Say whether the workers of this machine, or container, are at work; status 1 if not."""
    if not is_well(settings().state_dir):
        refuse("没有正常工作的后台进程。", "No worker is at work here, or one hangs.")
    tell("后台进程工作正常。", "The worker is at work.")
