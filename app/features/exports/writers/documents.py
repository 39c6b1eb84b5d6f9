"""Official documents as DOCX, in the layout of GB/T 9704-2012.

A4 with 37 mm above and 28 mm left of a text area of 156 × 225 mm; 22 lines of 28 characters in
16-point FangSong; the title in 22 points; page numbers outside, between dashes. Fonts are named,
never embedded: where one is missing, another stands in.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from app.features.exports.writers.blocks import Block, Grid, Head, Official

_BODY, _TITLE, _HEADING, _SUBHEADING = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
_SONG: Final = "宋体"
_BODY_PT, _TITLE_PT, _NOTE_PT, _TABLE_PT = 16, 22, 14, 12
_LINE_PT: Final = 28.95
"""225 mm by 22 lines."""
_TABLE_LINE_PT: Final = 18
_NAME_PT: Final = 44
_RED: Final = RGBColor(0xE6, 0x00, 0x00)
_CENTRE: Final = WD_ALIGN_PARAGRAPH.CENTER
_RIGHT: Final = WD_ALIGN_PARAGRAPH.RIGHT
_LEFT: Final = WD_ALIGN_PARAGRAPH.LEFT
_TAB_RIGHT: Final = WD_TAB_ALIGNMENT.RIGHT
_WIDTH: Final = 156
"""Of the text area, in millimetres."""
_THICK, _THIN = 8, 6
"""Lines of 0.35 and 0.25 mm, in eighths of a point."""


def write_document(path: Path, official: Official) -> None:
    """Write a document."""
    document: Any = Document()
    document.core_properties.title = official.title
    document.core_properties.author = ""
    _set_page(document)
    _add_head(document, official.head)
    for block in official.blocks:
        if isinstance(block, Grid):
            _add_grid(document, block)
        else:
            _add_block(document, block)
    _add_signature(document, official.signature)
    _add_imprint(document, official.imprint)
    document.save(str(path))


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.left_margin = Mm(37), Mm(28)
    section.right_margin, section.bottom_margin = Mm(26), Mm(35)
    section.footer_distance = Mm(25)
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 - the library has no name for it
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)  # noqa: SLF001 - as above
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(_LINE_PT * 20)))
    document.settings.odd_and_even_pages_header_footer = True
    _number_pages(section.footer, _RIGHT)
    _number_pages(section.even_page_footer, _LEFT)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(_BODY_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)


def _number_pages(footer: Any, side: Any) -> None:
    """Put the number outside, one character in from the edge, between dashes."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = side
    indent = paragraph.paragraph_format
    indent.left_indent = indent.right_indent = Pt(_NOTE_PT)
    _add_run(paragraph, "— ", _SONG, _NOTE_PT)
    run = _add_run(paragraph, "", _SONG, _NOTE_PT)
    for kind in ("begin", None, "end"):
        if kind is None:
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = "PAGE"
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)  # noqa: SLF001 - the library knows no fields
    _add_run(paragraph, " —", _SONG, _NOTE_PT)


def _add_head(document: Any, head: Head) -> None:
    name = _add_paragraph(document, exact=False)
    name.alignment = _CENTRE
    # As large as the width lets it be.
    points = min(_NAME_PT, int(_WIDTH / 25.4 * 72 / max(len(head.name), 1)))
    run = _add_run(name, head.name, _TITLE, points)
    run.font.color.rgb = _RED
    if head.below:
        _add_paragraph(document)
        below = _add_paragraph(document)
        below.alignment = _CENTRE
        _add_run(below, head.below, _BODY, _BODY_PT)
    last = _add_paragraph(document)
    if head.left or head.right:
        last.paragraph_format.tab_stops.add_tab_stop(Mm(_WIDTH), alignment=_TAB_RIGHT)
        _add_run(last, f"{head.left or ''}\t{head.right or ''}", _BODY, _BODY_PT)
    _draw_line(last, "bottom", 12, "E60000")
    _add_paragraph(document)


def _add_block(document: Any, block: Block) -> None:
    paragraph = _add_paragraph(document)
    match block.kind:
        case "title":
            paragraph.alignment = _CENTRE
            paragraph.paragraph_format.keep_with_next = True
            _add_run(paragraph, block.text, _TITLE, _TITLE_PT)
        case "byline":
            paragraph.alignment = _CENTRE
            _add_run(paragraph, block.text, _SUBHEADING, _BODY_PT)
        case "addressees":
            _add_run(paragraph, block.text, _BODY, _BODY_PT)
        case "heading" | "subheading":
            paragraph.paragraph_format.keep_with_next = True
            _indent(paragraph)
            font = _HEADING if block.kind == "heading" else _SUBHEADING
            _add_run(paragraph, block.text, font, _BODY_PT)
        case "text":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            _indent(paragraph)
            _add_run(paragraph, block.text, _BODY, _BODY_PT)


def _add_grid(document: Any, grid: Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.widths))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Mm(width)
    for number, line in enumerate(grid.lines):
        row = table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - as below
        if number == 0:
            mark = OxmlElement("w:tblHeader")
            row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - the head is repeated on each page
        for place, (cell, text, width) in enumerate(zip(row.cells, line, grid.widths, strict=True)):
            cell.width = Mm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.line_spacing = Pt(_TABLE_LINE_PT)
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.alignment = _CENTRE if number == 0 or place else _LEFT
            font = _HEADING if number == 0 else _BODY
            _add_run(paragraph, text, font, _TABLE_PT)


def _add_signature(document: Any, lines: Sequence[str]) -> None:
    if not lines:
        return
    _add_paragraph(document)
    for line in lines:
        paragraph = _add_paragraph(document)
        paragraph.alignment = _RIGHT
        paragraph.paragraph_format.right_indent = Pt(_BODY_PT * 4)
        paragraph.paragraph_format.keep_together = True
        _add_run(paragraph, line, _BODY, _BODY_PT)


def _add_imprint(document: Any, lines: Sequence[str]) -> None:
    if lines:
        _add_paragraph(document)
    for number, line in enumerate(lines):
        paragraph = _add_paragraph(document)
        paragraph.paragraph_format.left_indent = Pt(_NOTE_PT)
        paragraph.paragraph_format.right_indent = Pt(_NOTE_PT)
        width = Mm(_WIDTH) - Pt(_NOTE_PT)
        paragraph.paragraph_format.tab_stops.add_tab_stop(width, alignment=_TAB_RIGHT)
        _add_run(paragraph, line, _BODY, _NOTE_PT)
        _draw_line(paragraph, "top", _THIN if number else _THICK, "000000")
        if number == len(lines) - 1:
            _draw_line(paragraph, "bottom", _THICK, "000000")


def _add_paragraph(document: Any, *, exact: bool = True) -> Any:
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    if exact:
        form.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        form.line_spacing = Pt(_LINE_PT)
    return paragraph


def _add_run(paragraph: Any, text: str, font: str, points: int) -> Any:
    run = paragraph.add_run(text)
    run.font.size = Pt(points)
    run.font.name = font if font == _SONG else "Times New Roman"
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - the library sets Latin fonts only
    return run


def _indent(paragraph: Any) -> None:
    paragraph.paragraph_format.first_line_indent = Pt(_BODY_PT * 2)


def _draw_line(paragraph: Any, side: str, size: int, colour: str) -> None:
    """Draw a line above or below a paragraph, as wide as the text area."""
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - the library has no name for it
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", size), ("space", 4), ("color", colour)):
        line.set(qn(f"w:{name}"), str(value))
    borders.append(line)
