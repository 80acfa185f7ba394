"""Font files for a PDF report: FiraGO for text, Noto for formulas and symbols (SIL Open Font License), from pymupdf-fonts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

REGULAR, BOLD = "figo", "figbo"
FALLBACKS = ("math", "symbol2")
MAX_CURVE_ERROR = 1.0  # font units, of 1000 to the em, when cubic curves become quadratic ones


def write_fonts(folder: Path, characters: AbstractSet[str]) -> tuple[dict[str, Path], set[str]]:
    """Write the fonts that a text needs as TrueType files. Returns name -> file, and the characters that have a glyph."""
    from fontTools.ttLib import TTFont
    from pymupdf_fonts import fontbuffers  # type: ignore[import-untyped]

    files: dict[str, Path] = {}
    drawn: set[str] = set()
    for name in (REGULAR, BOLD, *FALLBACKS):
        data = fontbuffers[name]()
        font = TTFont(BytesIO(data))
        glyphs = font.getBestCmap() or {}
        needed = {c for c in characters - drawn if ord(c) in glyphs}
        if name in FALLBACKS and not needed:
            continue
        drawn |= needed
        files[name] = folder / f"{name}.ttf"
        if "CFF " in font:
            _to_truetype(font, needed).save(files[name])
        else:
            files[name].write_bytes(data)
    return files, drawn


def _to_truetype(font: TTFont, characters: AbstractSet[str]) -> TTFont:
    """The glyphs of some characters with quadratic outlines: fpdf2 embeds CFF outlines under the wrong type.

    Source: the otf2ttf recipe of fontTools' snippets.
    """
    from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import newTable

    subsetter = Subsetter(Options(layout_features=[], notdef_outline=True, drop_tables=["MATH", "GSUB", "GPOS", "GDEF", "FFTM"]))
    subsetter.populate(unicodes=[ord(c) for c in characters])
    subsetter.subset(font)
    outlines, glyphs = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, MAX_CURVE_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = font.getGlyphOrder(), glyphs
    del font["CFF "]
    font["post"].formatType = 3.0
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    for field in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions",
    ):
        setattr(limits, field, 0)
    limits.maxZones, limits.maxComponentElements, limits.maxComponentDepth = 1, 0, 0
    font.sfntVersion = "\x00\x01\x00\x00"
    return font
