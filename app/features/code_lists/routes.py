"""HTTP of code lists: the same for every caller, changed only by releases."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.features.code_lists.schemas import CodeListOut, CodeOut
from app.http.authorization import allow_every_caller
from app.http.paging import Page
from app.http.routing import ApiRoute
from app.kit.problems import NotFound
from app.models.vocabulary import CODE_LISTS

router = APIRouter(tags=["code-lists"], route_class=ApiRoute)


@router.get(
    "/v1/code-lists",
    operation_id="listCodeLists",
    summary="全部代码表 List code lists",
    dependencies=[allow_every_caller()],
)
async def list_code_lists() -> Page[CodeListOut]:
    """List every code list, whole, on one page."""
    return Page(
        data=[_code_list(name) for name in CODE_LISTS], has_more=False, total=len(CODE_LISTS)
    )


@router.get(
    "/v1/code-lists/{name}",
    operation_id="getCodeList",
    summary="读取代码表 Read a code list",
    dependencies=[allow_every_caller()],
)
async def read(name: Annotated[str, Path(max_length=64)], response: Response) -> CodeListOut:
    """Read one code list: every code with its labels."""
    if name not in CODE_LISTS:
        raise NotFound
    found = _code_list(name)
    response.headers["ETag"] = f'"{sha256(found.model_dump_json().encode()).hexdigest()[:16]}"'
    return found


def _code_list(name: str) -> CodeListOut:
    codes = [CodeOut(code=item.value, zh=item.zh, en=item.en) for item in CODE_LISTS[name]]
    return CodeListOut(name=name, codes=codes)
