"""A report as PDF: the blocks of `practice/report_blocks.py`, printed with fpdf2."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from practice.report import Report, note_link
from practice.report_blocks import Block, Span, to_blocks
from practice.report_fonts import BOLD, FALLBACKS, REGULAR, write_fonts

if TYPE_CHECKING:
    from fpdf import FPDF

FAMILY = "text"
_SIZES = {"title": 20.0, "heading": 14.0, "subheading": 11.0}  # points
_BODY = 9.5
_LINE = 1.35  # line height in ems
_INDENT_MM, _QUOTE_MM, _MARGIN_MM = 5.0, 4.0, 18.0
_INK, _GREY = (30, 30, 30), (90, 90, 90)
MISSING = "□"  # U+25A1, for a character that no font has


def to_pdf(report: Report) -> bytes:
    """The report as a PDF document; sections are named, not linked.

    A character that no font has (Chinese, emoji) is printed as a box, and a line at the end says so.
    """
    blocks = [_printable(block) for block in to_blocks(report, note_link)]
    note = f"{MISSING} stands for a character that this document's fonts do not have; the Markdown report shows it."
    with TemporaryDirectory() as folder:
        files, drawn = write_fonts(Path(folder), set(note).union(*(span.text for block in blocks for span in block.spans)))
        pdf = _new_document(report, files)
        blocks = [_boxed(block, drawn | {"\n"}) for block in blocks]
        if any(MISSING in span.text for block in blocks for span in block.spans):
            blocks.append(Block("text", (Span(note),)))
        for is_row, group in groupby(blocks, key=lambda block: block.kind == "row"):
            if is_row:
                _print_table(pdf, list(group))
            else:
                for block in group:
                    _print_block(pdf, block)
        return bytes(pdf.output())


def _new_document(report: Report, files: Mapping[str, Path]) -> FPDF:
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_title("Mock interview report")
    pdf.set_lang("en")
    pdf.set_creation_date(report.interview.seen_at)
    pdf.add_font(FAMILY, "", files[REGULAR])
    pdf.add_font(FAMILY, "B", files[BOLD])
    fallbacks = [name for name in FALLBACKS if name in files]
    for name in fallbacks:
        pdf.add_font(name, "", files[name])
    pdf.set_fallback_fonts(fallbacks, exact_match=False)
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(True, _MARGIN_MM)
    pdf.add_page()
    return pdf


def _print_block(pdf: FPDF, block: Block) -> None:
    size = _SIZES.get(block.kind, _BODY)
    height = size * _LINE * 25.4 / 72
    heading = block.kind in _SIZES
    if heading:
        pdf.ln(height * 0.5)
        if pdf.will_page_break(3 * height):  # a heading stays with what follows it
            pdf.add_page()
    indent = _INDENT_MM * (block.depth + 1) if block.kind == "bullet" else _QUOTE_MM if block.kind == "quote" else 0.0
    pdf.set_left_margin(_MARGIN_MM + indent)
    pdf.set_x(_MARGIN_MM + indent)
    if block.kind == "bullet":
        pdf.set_font(FAMILY, "", size)
        pdf.set_text_color(*_INK)
        pdf.set_x(_MARGIN_MM + indent - 3.5)
        pdf.write(height, "•" if block.depth == 0 else "–")
        pdf.set_x(_MARGIN_MM + indent)
    for span in block.spans:
        pdf.set_font(FAMILY, "B" if span.bold or heading else "", size)
        pdf.set_text_color(*(_GREY if block.kind == "quote" and not span.bold else _INK))
        pdf.write(height, span.text)
    pdf.set_left_margin(_MARGIN_MM)
    pdf.ln(height * (1.25 if block.kind in {"text", "quote"} else 1.1))


def _print_table(pdf: FPDF, rows: Iterable[Block]) -> None:
    pdf.set_font(FAMILY, "", _BODY)
    pdf.set_text_color(*_INK)
    with pdf.table(
        col_widths=(50, 12, 22, 16), text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT"), borders_layout="HORIZONTAL_LINES",
        line_height=_BODY * 1.7 * 25.4 / 72,
    ) as table:
        for block in rows:
            row = table.row()
            for span in block.spans:
                row.cell(span.text)
    pdf.ln(2)


def _printable(block: Block) -> Block:
    """The block with composed letters and without control characters."""
    return _map_text(block, lambda text: "".join(
        c for c in unicodedata.normalize("NFC", text.replace("\t", "    ")) if c == "\n" or unicodedata.category(c)[0] != "C"
    ))


def _boxed(block: Block, drawn: set[str]) -> Block:
    """The block with a box for each character that cannot be drawn."""
    return _map_text(block, lambda text: "".join(c if c in drawn else MISSING for c in text))


def _map_text(block: Block, change: Callable[[str], str]) -> Block:
    return replace(block, spans=tuple(replace(span, text=change(span.text)) for span in block.spans))
