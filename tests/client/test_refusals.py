"""What goes wrong is one plain sentence, with the status that says whose fault it is."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.client import names
from app.features.imports.schemas import OnError, ResourceName
from app.features.progress.schemas import GroupBy
from app.models.vocabulary import ExportFormat, ExportKind
from tests.support.processes import ROOT, running
from tests.support.server import free_port
from tests.support.standin import Told, problem, standing_in
from tests.support.town import UNIT, Town, found, write

pytestmark = pytest.mark.one_database


@pytest.fixture
def town(own_database_url: str, tmp_path: Path) -> Iterator[Town]:
    """A town with nothing in it."""
    (tmp_path / "var").mkdir()
    with running(own_database_url, tmp_path / "var") as (processes, key):
        yield found(processes, key)


def test_the_service_refuses_in_one_sentence(town: Town, tmp_path: Path) -> None:
    heading = ["编号", "党支部名称", "上级党组织", "领域", "支部类型"]
    rows = [
        heading,
        ["B1", "一村党支部", UNIT, "农村", "支部"],
        ["B2", "二村党支部", "无此党委", "农村", "支部"],
    ]
    file = str(write(tmp_path / "支部.xlsx", rows))
    text = tmp_path / "no.txt"
    text.write_text("no table at all", encoding="utf-8")
    out = str(tmp_path / "out.xlsx")
    viewer = town.key_of("viewer")
    cases = [
        ("密钥无效", "djt_aaaaaaaaaaaa_" + "a" * 32, ["progress"]),
        ("没有执行此操作的授权", viewer, ["import", file, "--resource", "branches"]),
        ("FILE：", town.key, ["import", str(text), "--resource", "branches"]),
        ("--mapping：", town.key,
         ["import", file, "--resource", "branches", "--mapping", "编号=nothing"]),
        ("没有代码为 x9 的主题活动", town.key, ["progress", "--campaign", "x9"]),
        ("--campaign", town.key, ["progress", "--campaign", "X 9"]),
        ("没有代码为 X9 的组织", town.key, ["export", "activities", "-o", out, "--unit", "X9"]),
        ("--filter x：", town.key, ["export", "activities", "-o", out, "--filter", '{"x": 1}']),
        ("--filter", town.key, ["export", "circular", "-o", str(tmp_path / "c.docx")]),
        ("--as-of：", town.key, ["progress", "--as-of", "yesterday"]),
        ("不在当前凭证的范围内", town.key, ["import", "--resume", town.unit["id"]]),
        ("不在当前凭证的范围内", town.key, ["export", "--resume", town.unit["id"], "-o", out]),
    ]  # fmt: skip
    for said, key, arguments in cases:
        refused = town.run(*arguments, key=key, status=1)
        told = [
            line
            for line in refused.stderr.splitlines()
            if not line.startswith(("上传", "导入", "接着", "生成", "读取"))
        ]
        assert (len(told), said in told[-1]) == (1, True), (arguments, refused.stderr)
        assert refused.stdout == ""
        document = json.loads(town.run(*arguments, "--json", key=key, status=1).stdout)
        assert document["error"].keys() >= {"code", "detail"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["no.txt", "var", "支部.xlsx"]

    _skip_what_is_wrong(town, file, tmp_path / "back.xlsx")


def _skip_what_is_wrong(town: Town, file: str, back: Path) -> None:
    """The right row is written, the wrong one comes back, and the status says so."""
    skipping = ("import", file, "--resource", "branches", "--on-error", "skip_bad_rows")
    done = town.read(*skipping, "--apply", "--result", str(back), status=1)
    assert (done["status"], done["plan"]["created"], done["plan"]["rejected"]) == ("applied", 1, 1)
    assert done["result_file"] == str(back)
    assert stat.S_ISREG(back.stat().st_mode)


def test_an_address_where_nobody_is_or_somebody_else(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("djt_aaaaaaaaaaaa_" + "a" * 32, encoding="ascii")
    nobody = f"http://127.0.0.1:{free_port()}"
    with standing_in() as other:
        other.answers = [Told(200, b"<html>")]
        for url, said in ((nobody, "无法连接服务"), (other.url, "不是本服务")):
            done = CliRunner().invoke(app, ["progress", "--url", url, "--key-file", str(key)])
            assert done.exit_code == 1
            (told,) = done.stderr.splitlines()
            assert said in told
            assert url in told


def test_who_is_busy_is_waited_for_and_of_several_campaigns_one_is_to_be_named() -> None:
    campaigns = [{"code": "a", "name": "甲\x1b[31m活动"}, {"code": "b", "name": "乙活动"}]
    page = {"data": campaigns, "has_more": False, "next_cursor": None}
    with standing_in() as busy:
        busy.answers = [
            problem(429, "too_many_requests", **{"Retry-After": "1"}),
            Told(body=json.dumps(page).encode()),
        ]
        environment = {"DAJIATAN_URL": busy.url, "DAJIATAN_KEY": "k" * 20}
        done = CliRunner().invoke(app, ["progress"], env=environment)
    assert (done.exit_code, done.stdout) == (2, "")
    pause, told = done.stderr.splitlines()
    assert "1 秒后重试" in pause
    assert "a 甲 [31m活动、b 乙活动" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["import", "--resource", "branches"],
        ["import", "FILE"],
        ["import", "FILE", "--resource", "nothing"],
        ["import", "FILE", "--resource", "branches", "--resume", "1"],
        ["import", "FILE", "--resource", "branches", "--mapping", "heading"],
        ["import", "FILE", "--resource", "branches", "--on-error", "ignore"],
        ["import", "FILE", "--resource", "branches", "--result", "FILE"],
        ["import", "FILE", "--resource", "branches", "--result", "none/x.xlsx"],
        ["import", "none.xlsx", "--resource", "branches"],
        ["import", "--resume", "1", "--on-error", "skip_bad_rows"],
        ["export", "activities"],
        ["export", "-o", "out.xlsx"],
        ["export", "nothing", "-o", "out.xlsx"],
        ["export", "activities", "-o", "none/out.xlsx"],
        ["export", "activities", "-o", "out.xlsx", "--format", "pdf"],
        ["export", "activities", "-o", "out.xlsx", "--filter", "[]"],
        ["export", "activities", "-o", "out.xlsx", "--resume", "1"],
        ["progress", "--by", "rank"],
        ["progress", "--url", "nowhere"],
    ],
)
def test_wrong_usage_is_status_2_and_nothing_is_sent(arguments: list[str], tmp_path: Path) -> None:
    file = write(tmp_path / "a.xlsx", [["编号"]])
    given = [str(file) if each == "FILE" else each for each in arguments]
    environment = {"DAJIATAN_URL": f"http://127.0.0.1:{free_port()}", "DAJIATAN_KEY": "k" * 20}
    done = CliRunner().invoke(app, given, env=environment)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "无法连接" not in done.stderr


def test_a_key_is_needed_and_never_an_option() -> None:
    done = CliRunner().invoke(app, ["progress"], env={"DAJIATAN_KEY": ""})
    assert done.exit_code == 2
    assert "DAJIATAN_KEY" in done.stderr
    assert CliRunner().invoke(app, ["progress", "--key", "x"]).exit_code == 2


def test_the_choices_are_those_of_the_service() -> None:
    assert set(get_args(names.Resource)) == set(get_args(ResourceName))
    assert get_args(names.OnError) == get_args(OnError)
    assert get_args(names.GroupBy) == get_args(GroupBy)
    assert set(get_args(names.ExportKind)) == {str(kind.value) for kind in ExportKind}
    assert set(get_args(names.ExportFormat)) == {str(each.value) for each in ExportFormat}


@pytest.mark.parametrize(
    ("locale", "said"), [("zh_CN.UTF-8", "无法连接"), ("en_US.UTF-8", "cannot be")]
)
def test_it_speaks_the_language_of_the_locale(locale: str, said: str) -> None:
    environment = {
        "LC_ALL": locale,
        "DAJIATAN_URL": f"http://127.0.0.1:{free_port()}",
        "DAJIATAN_KEY": "k" * 20,
    }
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "progress"],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_choices(shell: str) -> None:
    done = CliRunner().invoke(
        app, prog_name="dajiatan", env={"_DAJIATAN_COMPLETE": f"source_{shell}"}
    )
    assert "dajiatan" in done.stdout
    words = {"COMP_WORDS": "dajiatan export ", "COMP_CWORD": "2"}
    args = {"_TYPER_COMPLETE_ARGS": "dajiatan export ", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    asked = {"_DAJIATAN_COMPLETE": f"complete_{shell}", **words, **args}
    assert "three_ones_summary" in CliRunner().invoke(app, prog_name="dajiatan", env=asked).stdout
