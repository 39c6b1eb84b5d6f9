"""The checked-in document, given to other people's tools: linters and generators of clients.

The tools are no part of the service: `make client-tools` fetches them, and without them these
tests are skipped. `.ci/run` fetches them first.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.openapi import PATH
from tests.support.processes import running

pytestmark = pytest.mark.one_database

HERE = Path(__file__).parent
NODE = HERE / "node"
PYTHON = HERE.parents[1] / "build" / "client-tools" / "bin"
WITHOUT_CALLING_HOME = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "NO_COLOR": "1",
}

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules" / ".package-lock.json").exists(),
    reason="`make client-tools` has not been run, or there is no Node",
)
needs_generator = pytest.mark.skipif(
    not (PYTHON / "openapi-python-client").exists(),
    reason="`make client-tools` has not been run",
)


@needs_node
def test_redocly_finds_nothing() -> None:
    said = run([npm("redocly"), "lint", "--config", "redocly.yaml", str(PATH)], folder=NODE)
    assert "Your API description is valid. " in said


@needs_node
def test_spectral_finds_no_error_by_the_rules_of_owasp() -> None:
    asked = ["lint", "--ruleset", "spectral.yaml", "--fail-severity", "error", str(PATH)]
    assert "(0 errors," in run([npm("spectral"), *asked], folder=NODE)


@needs_node
def test_a_typescript_client_type_checks(tmp_path: Path) -> None:
    run([npm("openapi-ts"), "--input", str(PATH), "--output", str(tmp_path)], folder=NODE)
    assert "createActivity" in (tmp_path / "sdk.gen.ts").read_text(encoding="utf-8")
    strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"]
    run([npm("tsc"), *strict, "--skipLibCheck", str(tmp_path / "index.ts")], folder=NODE)


@needs_generator
def test_a_python_client_type_checks_and_creates_submits_and_queries(
    own_database_url: str, tmp_path: Path
) -> None:
    """Generated once for both: the generator takes longer than all that is done with its client."""
    generate(tmp_path)
    drive = str(HERE / "client" / "drive.py")
    strict = [str(PYTHON / "mypy"), "--strict", "--no-color-output"]
    assert "no issues found" in run([*strict, "dajiatan_client", drive], folder=tmp_path)
    with running(own_database_url, tmp_path) as (service, key):
        command = [str(PYTHON / "python"), drive, service.address, key]
        run(command, folder=tmp_path, PYTHONPATH=str(tmp_path))


def generate(folder: Path) -> None:
    """The package `dajiatan_client` in the folder; whatever the generator could not do fails."""
    settings = ["--config", str(HERE / "client" / "generator.yaml"), "--fail-on-warning"]
    there = ["--meta", "none", "--output-path", str(folder / "dajiatan_client")]
    command = [str(PYTHON / "openapi-python-client"), "generate", "--path", str(PATH)]
    run([*command, *settings, *there], folder=folder)


def npm(name: str) -> str:
    """Where a tool of the lock file is."""
    return str(NODE / "node_modules" / ".bin" / name)


def run(command: Sequence[str], *, folder: Path, **environment: str) -> str:
    """What the command said; it must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **WITHOUT_CALLING_HOME, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout
