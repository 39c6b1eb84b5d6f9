"""Tables as people make them: workbooks of two writers, texts in several encodings."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter

from tests.support import triggered
from tests.support.client import Api

Rows = Sequence[Sequence[Any]]


def workbook(sheets: Mapping[str, Rows], *, hidden: Sequence[str] = ()) -> bytes:
    """A workbook; days in it are shown as days."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    days = book.add_format({"num_format": "yyyy/m/d"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, days)
                elif cell is not None:
                    sheet.write(line, column, cell)
    book.close()
    return out.getvalue()


def text(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Separated values."""
    return "".join(delimiter.join(map(str, row)) + "\r\n" for row in rows).encode(encoding)


async def send(
    api: Api, content: bytes, name: str = "台账.xlsx", *, expect: int = 202, **form: Any
) -> Any:
    """The answer to a table that is sent in."""
    response = await api.http.post(
        "/v1/imports", files={"file": (name, content)}, data={"resource": "activities", **form}
    )
    assert response.status_code == expect, response.text
    return response.json()


async def planned(api: Api, content: bytes, name: str = "台账.xlsx", **form: Any) -> Any:
    """The import of a table, once its plan is made."""
    made = await send(api, content, name, **form)
    await api.work()
    return await read(api, f"/v1/imports/{made['id']}")


async def applied(api: Api, made: Any, *, expect: int = 202) -> Any:
    """The import, once its plan is written; or why it cannot be."""
    path = f"/v1/imports/{made['id']}"
    answer = await api.change("POST", f"{path}/apply", of=path, expect=expect)
    if expect != 202:
        return answer
    await api.work()
    return await read(api, path)


async def read(api: Api, path: str) -> Any:
    """The import as it stands; what is wrong with it is noted as met."""
    made = await api.get(path)
    for error in [*(made["plan"] or {"errors": []})["errors"], made["problem"]]:
        if error is not None:
            triggered.elsewhere(error["code"])
    return made
