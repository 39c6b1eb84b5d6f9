"""Every field, parameter and code of the document is named in Chinese and in English."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from app.contract.document import operations
from app.contract.fields import FIELDS
from app.contract.naming import properties
from app.contract.words import PARAMETERS
from app.features.findings.rules import FINDING, OPINION
from app.features.inspections import rules as inspections
from app.features.reports import rules as reports
from app.features.submissions.rules import SUBMISSION
from app.kit.problems import FieldErrorKind, catalogue
from app.models.vocabulary import CODE_LISTS, Action, FindingAction, JobKind
from app.worker import HANDLERS
from tests.support.openapi import current
from tests.support.processes import ROOT

Json = dict[str, Any]
DOCUMENT: Final[Json] = current()
CODE: Final = re.compile(r"`[^`]*`")
CHINESE: Final = re.compile("[\u4e00-\u9fff]")
ENGLISH: Final = re.compile(r"[A-Za-z]{2,}")
PROTOCOL: Final = frozenset({"*", "true", "ok", "Bearer"})
"""What HTTP, OAuth and a balancer's question say."""
FORMER: Final = (
    "采纳", "客户端", "接口用户", "组织关系", "拆分", "督查", "督促检查", "应完成事项", "谈法",
    "查摆项", "超额", "入选优秀", "纸质公文", "无密级", "已报完成", "逆耳", "谈了就做", "党的作风",
    "移到另一", "活动未开放", "斥耳",
)  # fmt: skip
TABLES: Final = (
    SUBMISSION, reports.LIFE, FINDING, OPINION, inspections.LIFE, inspections.FOLLOW_UP,
)  # fmt: skip


def speaks_both(text: str | None) -> bool:
    """Return whether a description has Chinese and English words beside its code words."""
    words = CODE.sub("", text or "")
    return bool(CHINESE.search(words) and ENGLISH.search(words))


def parameters() -> Iterator[tuple[str, Json]]:
    """Yield every parameter with the operation that takes it."""
    for _, _, operation in operations(DOCUMENT):
        for parameter in operation.get("parameters", ()):
            yield operation["operationId"], parameter


def test_every_field_is_named_in_both_languages() -> None:
    """One that is not is told as `Schema.field`: describe it there, or in `contract/fields.py`."""
    silent = {
        f"{where}.{name}"
        for where, name, described in properties(DOCUMENT)
        if not speaks_both(described.get("description"))
    }
    assert sorted(silent) == []


def test_every_parameter_is_named_in_both_languages() -> None:
    """One that is not is told with its operation; words that recur are in `contract/words.py`."""
    silent = {
        f"{operation}: {parameter['in']} {parameter['name']}"
        for operation, parameter in parameters()
        if not speaks_both(parameter.get("description"))
    }
    assert sorted(silent) == []


def test_no_name_is_kept_for_a_field_that_is_gone() -> None:
    fields = {name for _, name, _ in properties(DOCUMENT)}
    assert sorted(FIELDS.keys() - fields) == []
    assert sorted(PARAMETERS.keys() - {parameter["name"] for _, parameter in parameters()}) == []


def test_the_rule_itself() -> None:
    assert speaks_both("Whether another page follows. 后面是否还有。")
    assert speaks_both("活动记录编号。 The activity.")
    for text in (None, "", "发文字号。", "Where it was found.", "`status`: 状态。", "A 人。"):
        assert not speaks_both(text), text


def enumerations(value: Any = DOCUMENT, where: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield every enumeration of the document with its place."""
    if isinstance(value, list):
        for inner in value:
            yield from enumerations(inner, where)
    if not isinstance(value, dict):
        return
    if isinstance(value.get("enum"), list):
        yield where, tuple(value["enum"])
    if isinstance(value.get("const"), str):
        yield where, (value["const"],)
    for word, inner in value.items():
        if word not in {"example", "examples"}:
            yield from enumerations(inner, f"{where}/{word}")


def test_every_code_has_a_label_in_a_code_list() -> None:
    """All codes of one enumeration are in one list; words of the protocols are none of ours."""
    lists = [{str(code) for code in codes} for codes in CODE_LISTS.values()]
    unlisted = {
        (where.rpartition("/components/")[2], codes)
        for where, codes in enumerations()
        if not set(codes) <= PROTOCOL and not any(set(codes) <= known for known in lists)
    }
    assert sorted(unlisted) == []
    for name, codes in CODE_LISTS.items():
        for code in codes:
            assert CHINESE.search(code.zh), (name, code)
            assert code.en.strip(), (name, code)
            assert not CHINESE.search(code.en), (name, code)
        for labels in ([code.zh for code in codes], [code.en for code in codes]):
            assert len(set(labels)) == len(labels), name


def test_every_action_and_every_job_has_a_label() -> None:
    actions = {action for table in TABLES for action in table}
    assert sorted(actions - {str(code) for code in Action}) == []
    assert sorted(HANDLERS.keys() - {str(code) for code in JobKind}) == []
    assert {str(code) for code in FindingAction} <= {str(code) for code in Action}


def texts() -> Iterator[tuple[str, str]]:
    """Yield what people read, with its place."""
    yield "document", json.dumps(DOCUMENT, ensure_ascii=False)
    for name, codes in CODE_LISTS.items():
        yield name, "、".join(code.zh for code in codes)
    for code, kind in catalogue().items():
        yield code, f"{kind.title.zh}：{kind.detail.zh}"
    for code, error in FieldErrorKind.catalogue.items():
        yield code, error.text.zh
    for path in (ROOT / "README.zh-CN.md", *(ROOT / "docs/guides").glob("*.zh-CN.md")):
        yield path.name, path.read_text(encoding="utf-8")
    for path in (ROOT / "app/features/campaigns/templates").rglob("*.py"):
        yield path.name, path.read_text(encoding="utf-8")


def test_each_thing_has_one_word() -> None:
    """Words that stood for something else, or beside the word of an official, do not return."""
    found = {(place, word) for place, text in texts() for word in FORMER if word in text}
    assert sorted(found) == []
    for place, text in texts():
        for said in re.findall(".{0,6}视察广东重要讲话", text):
            assert said == "习近平总书记视察广东重要讲话", place


def test_a_campaign_is_not_called_as_an_activity_is() -> None:
    for name, labels in (("record_types", {"主题活动", "活动记录"}), ("subject_types", set())):
        assert labels <= {code.zh for code in CODE_LISTS[name]}
        assert "活动" not in {code.zh for code in CODE_LISTS[name]}
    for _, _, operation in operations(DOCUMENT):
        chinese = operation["summary"].split(" ")[0]
        if "campaigns" in operation["tags"]:
            assert "活动" not in chinese.replace("主题活动", ""), chinese
        if "activities" in operation["tags"]:
            assert "活动" not in chinese.replace("活动记录", "").replace("活动台账", ""), chinese
