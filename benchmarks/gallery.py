"""Draw the pictures of the READMEs, reports/gallery/covid-*.png, from a real run."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).parents[1]
GALLERY = HERE / "reports" / "gallery"
DOTS = 110
"""An inch."""
COLOURS = 64
"""Enough for a page of few colours; a third of the size of all of them."""


def main() -> int:
    """Play scenarios/covid.yaml once and draw its A4 page in each language."""
    import forecast
    from forecast.analysis.sensitivity import KEEP
    from forecast.i18n import LANGUAGES, Words
    from forecast.reports.charts.style import style, to_png
    from forecast.reports.page_layout import TYPE
    from forecast.reports.pdf import sheet
    from forecast.runs.manifest import inputs_of
    from forecast.timeseries.baseline import baseline_of
    from forecast.workflows.run import fits_folder, view_of

    os.chdir(HERE)  # the page names files as they are named from here
    scenario = forecast.read("scenarios/covid.yaml")
    run = forecast.simulate(scenario, keep=KEEP, baseline=baseline_of(scenario, fits_folder()))
    view = view_of(run, inputs_of(scenario, seed=run.seed, paths=run.paths, language=scenario.language))
    GALLERY.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        with style(TYPE):
            picture = fewer_colours(to_png(sheet(view, Words(language)), DOTS))
        (GALLERY / f"covid-{language}.png").write_bytes(picture)
        print(f"reports/gallery/covid-{language}.png: {len(picture) // 1000} kB")
    return 0


def fewer_colours(png: bytes) -> bytes:
    """The same picture, smaller."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(out, "png", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
