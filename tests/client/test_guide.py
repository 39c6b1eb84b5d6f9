"""The guide of the command line: every command and script in it works, in both languages alike."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.test_guide import commands
from tests.support.processes import ROOT, running
from tests.support.town import found

NAMES = ("command-line.md", "command-line.zh-CN.md")


def scripts(name: str) -> list[str]:
    text = (ROOT / "docs/guides" / name).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_both_languages_have_the_same_commands() -> None:
    assert commands(NAMES[0]) == commands(NAMES[1])
    assert scripts(NAMES[0]) == scripts(NAMES[1])


@pytest.mark.one_database
def test_every_command_and_the_script_of_the_guide_work(
    own_database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "var").mkdir()
    with running(own_database_url, tmp_path / "var") as (processes, key):
        found(processes, key)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("DAJIATAN_")
        } | {
            "DAJIATAN_URL": processes.address,
            "KEY": key,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        (script,) = scripts(NAMES[0])
        (tmp_path / "script.py").write_text(script, encoding="utf-8")
        lines = ["set -euo pipefail", *commands(NAMES[0]), "echo ---; python3 script.py"]
        done = subprocess.run(
            ["/bin/bash", "-c", "\n".join(lines)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    shown, _, scripted = done.stdout.partition("---\n")
    assert key not in done.stdout + done.stderr
    assert "branches.csv：新增 2，更新 0，不变 0，拒绝 0" in shown
    assert "已写入。branches.csv：新增 2" in shown
    assert "已写入。branches.csv：新增 0，更新 0，不变 2" in shown
    assert "activities.xlsx：0 行" in shown
    assert "overdue.csv: 0 rows" in shown
    assert "╭" in shown
    assert "_dajiatan_completion" in (tmp_path / "completion.sh").read_text(encoding="utf-8")
    summary, size, due, *errors = scripted.splitlines()
    assert summary == "0 rows were written."
    assert int(size) == (tmp_path / "statistics.xlsx").stat().st_size
    assert int(due) > 0
    assert any(line.startswith("/title ") for line in errors)
