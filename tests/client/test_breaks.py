"""A server that dies in the middle, and a user who does: what was begun is gone on with."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import app, display
from app.client import imports
from app.client.calls import Client
from app.client.files import CountedFile
from tests.support.client import ROOT_CODE, ROOT_NAME
from tests.support.processes import ROOT, Processes, running
from tests.support.town import write

pytestmark = pytest.mark.one_database
NUMBER = 30
HEEDING = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Starts Python as at a terminal: what is started in the background ignores interrupts."""
HEADING = ["编号", "党支部名称", "上级党组织", "领域", "支部类型"]


@pytest.fixture
def service(own_database_url: str, tmp_path: Path) -> Iterator[tuple[Processes, str]]:
    """A service with its root unit, and the administrator's key."""
    (tmp_path / "var").mkdir()
    with running(own_database_url, tmp_path / "var") as found:
        yield found


def table(folder: Path, name: str) -> Path:
    rows = [[f"{name}{n}", f"{name}第{n}党支部", ROOT_NAME, "机关", "支部"] for n in range(NUMBER)]
    return write(folder / f"{name}.xlsx", [HEADING, *rows])


def dajiatan(service: tuple[Processes, str], *arguments: str, **more: str) -> Result:
    environment = {"DAJIATAN_URL": service[0].address, "DAJIATAN_KEY": service[1], **more}
    return CliRunner().invoke(app, arguments, env=environment)


def restart(processes: Processes) -> None:
    """Kill everything, and start it again without waiting for it."""
    for name in ("server", "worker"):
        processes.kill(name)
        processes.start(name)


def test_a_server_killed_amid_the_upload_and_amid_the_writing_is_waited_for(
    service: tuple[Processes, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes, key = service
    read, apply, killed = CountedFile.read, imports.apply, []

    def reading(file: CountedFile, size: int | None = -1, /) -> bytes:
        if "upload" not in killed:
            killed.append("upload")
            restart(processes)
        return read(file, size)

    def applying(client: Client, planned: Any) -> Any:
        begun = apply(client, planned)
        killed.append("apply")
        restart(processes)
        return begun

    monkeypatch.setattr(display, "LONG_SECONDS", 0.01)
    monkeypatch.setattr(CountedFile, "read", reading)
    monkeypatch.setattr(imports, "apply", applying)
    file = table(tmp_path, "甲")
    done = dajiatan(service, "import", str(file), "--resource", "branches", "--apply")
    assert done.exit_code == 0, done.output
    assert killed == ["upload", "apply"]
    assert "dajiatan worker" in done.stderr
    with Client(processes.address, key) as client:
        assert len(list(client.rows("/v1/branches"))) == NUMBER
        assert len(list(client.rows("/v1/imports"))) == 1


def test_who_interrupts_is_told_how_to_go_on(
    service: tuple[Processes, str], tmp_path: Path
) -> None:
    processes, key = service
    for name in ("worker", "server"):  # on SQLite the server works, too
        processes.kill(name)
    processes.start("server", "--no-worker")
    processes.wait("server")
    command = [sys.executable, "-c", HEEDING, "-m", "app.cli", "import", str(table(tmp_path, "乙"))]
    environment = {"DAJIATAN_URL": processes.address, "DAJIATAN_KEY": key, "LC_ALL": "en_US.UTF-8"}
    with subprocess.Popen(
        [*command, "--resource", "branches", "--apply"],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "Reading and planning" in line:
                process.send_signal(signal.SIGINT)
    assert process.returncode == 130, said
    assert key not in said
    (import_id,) = re.findall(r"Go on with: dajiatan import --resume (\S+) --apply\n", said)

    processes.start("worker")
    done = dajiatan(service, "import", "--resume", import_id, "--apply", FORCE_COLOR="1")
    assert done.exit_code == 0, done.output
    assert f"已写入。乙.xlsx：新增 {NUMBER}" in done.stdout
    assert "━" in done.stderr
    again = dajiatan(service, "import", "--resume", import_id)
    assert again.exit_code == 0, again.output

    out = str(tmp_path / "支部.csv")
    unit = dajiatan(service, "import", "--resume", import_id, "--unit", ROOT_CODE)
    assert unit.exit_code == 2
    nothing = dajiatan(service, "export", "activities", "-o", out)
    assert (nothing.exit_code, Path(out).exists()) == (1, False)
    assert "没有进行中的主题活动" in nothing.stderr
