"""The pages behind `type`: every problem and every field error, in both languages, as HTML."""

from collections.abc import Iterable
from html import escape
from inspect import getdoc
from typing import Final

from app.kit.problems import FieldErrorKind, Problem, catalogue

CONTENT_SECURITY_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #ccc;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}code{background:#f3f3f3;padding:0 .2rem}"
)
_ADVICE: Final[dict[int, tuple[str, str]]] = {
    400: ("请修正请求后再发。", "Correct the request before sending it again."),
    401: ("请换用有效凭证。", "Use a valid credential."),
    403: ("请向上级申请相应授权。", "Ask for a grant that allows it."),
    404: ("请核对编号与凭证的范围。", "Check the id and the credential's scope."),
    405: ("请查阅接口文档。", "See the API document."),
    408: ("请检查网络，整条重发。", "Check the network and send the whole request again."),
    409: ("请读取当前状态后再决定。", "Read the current state, then decide."),
    410: ("请按说明重新开始读取。", "Start over as the answer says."),
    412: ("请重新读取记录，合并后再提交。", "Read the record again, merge, then send."),
    413: ("请拆分后再发。", "Split it into smaller requests."),
    414: ("请缩短地址。", "Shorten the address."),
    415: ("请更换内容类型。", "Send another content type."),
    422: ("请按 errors 逐项修正。", "Correct each of the `errors`."),
    428: ("请先读取记录，再带 If-Match 提交。", "Read the record first, then send If-Match."),
    429: ("请按 Retry-After 稍后重试。", "Wait as long as Retry-After says."),
    431: ("请减少请求头。", "Send fewer or shorter headers."),
    500: (
        "可用同一 Idempotency-Key 重试；仍失败请联系管理员。",
        "Retry with the same Idempotency-Key; if it persists tell the operator.",
    ),
    503: (
        "请按 Retry-After 用同一 Idempotency-Key 重试。",
        "Retry after Retry-After with the same Idempotency-Key.",
    ),
}


def begin(name: str, version: str) -> str:
    """Return the page at which a person begins."""
    links = (
        ("/pages", "网页：进展、催办、整改台账等", "Pages: progress, what is overdue, the ledger"),
        ("/docs", "接口文档", "The operations, to read and to try"),
        ("/openapi.json", "接口描述文件（OpenAPI）", "The same for programs (OpenAPI)"),
        ("/v1/me", "核对凭证：带上密钥访问", "With your key: who you are and what you may do"),
        ("/problems", "问题目录", "Every problem that is answered"),
        ("/healthz/ready", "运行状况", "Whether it is ready"),
    )
    lines = (
        f'<li><a href="{path}">{escape(zh)}</a> {escape(en)} <code>{path}</code></li>'
        for path, zh, en in links
    )
    body = (
        "<p>各级党组织报送和查询主题活动情况的接口服务。填报由接入的网站、移动端或脚本完成，查看可用网页。</p>"
        "<p>The service to which organization departments' websites, mobile back ends and scripts "
        "submit a campaign's work, and from which they query it.</p>"
        f"<ul>{''.join(lines)}</ul><p>版本 Version {escape(version)}</p>"
    )
    return _page(name, body)


def index() -> str:
    """List all problems and field errors."""
    problems = _table(
        ("code", "status", "中文", "English"),
        (
            (
                f'<a href="/problems/{kind.code}"><code>{kind.code}</code></a>',
                str(kind.status),
                escape(kind.title.zh),
                escape(kind.title.en),
            )
            for kind in catalogue().values()
        ),
    )
    body = f"<h2>问题 Problems</h2>{problems}<h2>字段错误 Field errors</h2>{_field_errors()}"
    return _page("问题目录 Problem catalogue", body)


def page(code: str) -> str | None:
    """One problem's page, None where there is no such problem."""
    kind = catalogue().get(code)
    if kind is None:
        return None
    advice_zh, advice_en = _ADVICE[kind.status]
    body = (
        f"<p><code>{kind.code}</code> · HTTP {kind.status}</p>"
        f"<h2>中文</h2><p>{escape(kind.title.zh)}：{escape(kind.detail.zh)}</p><p>{advice_zh}</p>"
        f"<h2>English</h2><p>{escape(kind.title.en)}: {escape(kind.detail.en)}</p>"
        f"<p>{escape(_meaning(kind))}</p><p>{advice_en}</p>"
    )
    if kind.code == "invalid":
        body += f"<h2>errors[].code</h2>{_field_errors()}"
    body += '<p><a href="/problems">问题目录 Problem catalogue</a></p>'
    return _page(f"{kind.title.zh} {kind.title.en}", body)


def _meaning(kind: type[Problem]) -> str:
    return " ".join((getdoc(kind) or "").split())


def _field_errors() -> str:
    rows = (
        (
            f'<code id="{kind.code}">{kind.code}</code>',
            escape(kind.text.zh),
            escape(kind.text.en),
        )
        for _, kind in sorted(FieldErrorKind.catalogue.items())
    )
    return _table(("code", "中文", "English"), rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
