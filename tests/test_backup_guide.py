"""The operator's page on backups: every command in it works, in both languages alike."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import make_url

from tests.contract.test_guide import commands
from tests.support.databases import Copies
from tests.support.processes import ROOT, Processes


def test_both_languages_have_the_same_commands() -> None:
    assert commands("backup.md") == commands("backup.zh-CN.md")


def test_every_command_of_the_guide_works(
    own_database_url: str, database_copies: Copies, tmp_path: Path
) -> None:
    processes = Processes(own_database_url, tmp_path / "first")
    (tmp_path / "first").mkdir()
    processes.found()
    new = make_url(database_copies()).render_as_string(hide_password=False)
    environment = os.environ | processes.environment | {
        "NEW_DATABASE_URL": new,
        "NEW_STATE_DIR": str(tmp_path / "second"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    script = "set -euo pipefail\n" + "\n".join(commands("backup.md"))
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "已恢复" in done.stderr or "Restored" in done.stderr
    assert [path.suffix for path in (tmp_path / "backups").iterdir()] == [".tar"]
