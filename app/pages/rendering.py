"""How a page is written: templates of Jinja, in the reader's language, with strict headers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app import __version__
from app.http.context import get_context
from app.kit.language import Language, Text, preferred
from app.kit.problems import Problem
from app.models.vocabulary import CODE_LISTS

FOLDER: Final = Path(__file__).parent / "templates"
STYLE: Final = (FOLDER / "style.css").read_bytes()
STYLE_VERSION: Final = hashlib.sha256(STYLE).hexdigest()[:12]
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors {ancestors}"
)
_LANGUAGES: Final = ("zh", "en")
_environment: Final = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class View:
    """One request for a page, and the language in which it is answered."""

    request: Request
    language: Language
    chosen: bool
    """Whether the address names the language, as those of the page's links do then."""

    def say(self, zh: str, en: str) -> str:
        """Return one of two texts."""
        return en if self.language == "en" else zh

    def tell(self, text: Text) -> str:
        """Return a sentence in the reader's language."""
        return text.say(self.language)

    def label(self, name: str, code: str) -> str:
        """Return what a code of a list is called, the code itself where it is unknown."""
        for known in CODE_LISTS[name]:
            if known.value == code:
                return known.en if self.language == "en" else known.zh
        return code

    def link(self, path: str, **query: object) -> str:
        """Return an address of the pages, in the language that was chosen."""
        given = {name: value for name, value in query.items() if value is not None}
        if self.chosen:
            given["lang"] = self.language
        return f"{path}?{urlencode(given)}" if given else path

    def other_language(self) -> tuple[str, str]:
        """Return the other language and the address of this page in it."""
        other = "zh" if self.language == "en" else "en"
        left = [
            (name, value)
            for name, value in self.request.query_params.multi_items()
            if name not in {"lang", "cursor"}
        ]
        return other, f"{self.request.url.path}?{urlencode([*left, ('lang', other)])}"

    def day(self, day: date | None) -> str:
        """Return a day as it is written, nothing where there is none."""
        if day is None:
            return ""
        return day.isoformat() if self.language == "en" else f"{day.year}年{day.month}月{day.day}日"

    def answer(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return a page made of a template."""
        content = _environment.get_template(template).render(
            {
                "view": self,
                "t": self.say,
                "label": self.label,
                "link": self.link,
                "day": self.day,
                "version": __version__,
                "style": f"/pages/style.css?v={STYLE_VERSION}",
                "lang_tag": "en" if self.language == "en" else "zh-CN",
                "is_signed_in": get_context(self.request).caller is not None,
                **values,
            }
        )
        return HTMLResponse(content, status, self._headers(template) | dict(headers or {}))

    def refuse(self, problem: Problem) -> Response:
        """Return the page of a problem: the same for what is hidden as for what is absent."""
        embedded = self.request.url.path.startswith("/embed/")
        values = {
            "title": self.tell(problem.title),
            "detail": problem.detail.say(self.language, **problem.parameters),
            "errors": [error.rendered(self.language) for error in problem.errors[:_MOST_ERRORS]],
        }
        template = "embed_problem.html" if embedded else "problem.html"
        headers = dict(problem.headers)
        return self.answer(template, values, status=problem.status, headers=headers)

    def _headers(self, template: str) -> dict[str, str]:
        ancestors = "'none'"
        if template.startswith("embed"):
            origins = self.request.app.state.settings.embed_origins
            ancestors = " ".join(origins) or ancestors
        return {
            "Content-Security-Policy": _POLICY.format(ancestors=ancestors),
            "Content-Language": "en" if self.language == "en" else "zh-CN",
            "Vary": "Accept-Language, Authorization, Cookie",
        }


_MOST_ERRORS: Final = 20


def find_view(request: Request, lang: Language | None = None) -> View:
    """Return how a request is answered: in the language of its address, else of its header."""
    named = lang or request.query_params.get("lang")
    if named in _LANGUAGES:
        return View(request, "en" if named == "en" else "zh", chosen=True)
    return View(request, preferred(request.headers.get("accept-language")), chosen=False)


async def _view(
    request: Request,
    lang: Annotated[Language | None, Query(description="Language of the page. 页面语言。")] = None,
) -> View:
    return find_view(request, lang)


ViewDep = Annotated[View, Depends(_view)]
