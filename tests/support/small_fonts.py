"""Small fonts for the PDF: the glyphs of our letters alone, cut out of those that matplotlib ships.

`python -m tests.support.small_fonts` writes them to `forecast/reports/font_files/`, beside the licence of DejaVu.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from forecast.reports.fonts import COMMON_LETTERS, SMALL_FONT_FAMILY, SMALL_FONT_FILES

FULL_FONT_FILES = tuple(
    Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
)
"""In the order of `SMALL_FONT_FILES`."""
_LAYOUT_FEATURES = ["kern", "mark", "mkmk"]
"""Kerning and marks, so that a line is as wide as in the full font; no ligatures, so that its text can be searched."""


def cut_font(full: Path) -> TTFont:
    """The font with our letters alone, under a name of its own."""
    options = Options(hinting=False, layout_features=_LAYOUT_FEATURES, name_IDs=["*"])
    options.drop_tables += ["FFTM", "MATH", "kern"]
    font = TTFont(full, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=map(ord, COMMON_LETTERS))
    subsetter.subset(font)
    names = font["name"]
    for record in names.names:
        if record.nameID in (1, 4, 16):
            record.string = str(record).replace("DejaVu Sans", SMALL_FONT_FAMILY)
        elif record.nameID == 6:
            record.string = str(record).replace("DejaVuSans", SMALL_FONT_FAMILY.replace(" ", ""))
    return font


def main(folders: Sequence[str] = ()) -> int:
    """Write the fonts, to another folder where one is given."""
    for full, small in zip(FULL_FONT_FILES, SMALL_FONT_FILES, strict=True):
        file = Path(folders[0]) / small.name if folders else small
        file.parent.mkdir(parents=True, exist_ok=True)
        cut_font(full).save(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
