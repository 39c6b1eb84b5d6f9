"""Both READMEs: their commands work as printed, say the same, and name what there is."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.support.processes import ROOT, Processes, running

READMES = {"sqlite": "README.md", "postgresql": "README.zh-CN.md"}
NOT_RUN = re.compile(r"<!-- (not run by the test|测试不运行)\S")
CALLERS = {"DAJIATAN_URL", "DAJIATAN_KEY"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *, run: bool) -> list[str]:
    """The shell blocks; a comment above one says why it is not run."""
    found = re.findall(r"^([^\n]*)\n```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for above, block in found if (NOT_RUN.match(above) is None) == run]


@pytest.fixture
def processes(own_database_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service as `make run` leaves it, in a folder that looks like the clone."""
    (tmp_path / "var").mkdir()
    with running(own_database_url, tmp_path / "var") as (found, _):
        yield found


def test_the_commands_work_as_printed(backend: str, processes: Processes, tmp_path: Path) -> None:
    command = tmp_path / ".venv" / "bin" / "dajiatan"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m app.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = "\n".join(["set -eu -o pipefail", *blocks(read(READMES[backend]), run=True)])

    result = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - the shell that a reader has
        cwd=tmp_path,
        env=os.environ | {"DAJIATAN_URL": processes.address, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    line = r'{[^{}]*"requirement_code": "discuss-new-measures"[^{}]*}'
    found = re.search(line, result.stdout)
    assert found is not None
    assert '"done": 1' in found[0]


def test_both_have_the_same_commands() -> None:
    for run in (True, False):
        first, second = (blocks(read(name), run=run) for name in READMES.values())
        assert without_comments(first) == without_comments(second)
        assert first


def without_comments(commands: list[str]) -> list[str]:
    return [re.sub(r" +#.*", "", command) for command in commands]


@pytest.mark.parametrize("name", READMES.values())
def test_they_name_what_there_is(name: str) -> None:
    text = read(name)
    settings = {f"DAJIATAN_{field.upper()}" for field in Settings.model_fields}
    makefile = read("Makefile")

    assert set(re.findall(r"DAJIATAN_[A-Z_]+", text)) <= settings | CALLERS
    for target in re.findall(r"^make (\S+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / link).exists(), link


def test_the_containers_are_those_that_they_name() -> None:
    yaml = importlib.import_module("yaml")
    services = yaml.safe_load(read("docker-compose.yml"))["services"]

    assert set(services) == {"service", "worker", "migrate", "database"}
    assert services["database"]["image"] == "postgres:17"
    for name in READMES.values():
        assert set(re.findall(r"compose exec (\S+)", read(name))) <= set(services)
