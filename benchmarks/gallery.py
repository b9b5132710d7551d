"""Draw the pictures of the READMEs, reports/gallery/covid-*.png, from a real run."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).parents[1]
GALLERY = HERE / "reports" / "gallery"
GALLERY_DPI = 110
"""An inch."""
MAX_COLOURS = 64
"""Enough for a page of few colours; a third of the size of all of them."""


def main() -> int:
    """Simulate scenarios/covid.yaml once and draw its A4 page in each language."""
    import forecast
    from forecast.analysis.sensitivity import SENSITIVITY_PATHS
    from forecast.files.cache import cache_folder
    from forecast.i18n import LANGUAGES, Translator
    from forecast.reports.charts.style import chart_style, to_png
    from forecast.reports.page_layout import TYPE_POINTS
    from forecast.reports.pdf_page import draw_run_sheet
    from forecast.timeseries.baseline import fit_baseline
    from forecast.workflows.publish import build_view
    from forecast.workflows.request import RunRequest
    from forecast.workflows.run import simulate_cases

    os.chdir(HERE)  # the page names files as they are named from here
    scenario = forecast.read("scenarios/covid.yaml")
    run = forecast.simulate(scenario, keep=SENSITIVITY_PATHS, baseline=fit_baseline(scenario, cache_folder()))
    request = RunRequest.from_simulation(run)
    view = build_view(run, request, simulate_cases(request))
    GALLERY.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        with chart_style(TYPE_POINTS):
            picture = reduce_colours(to_png(draw_run_sheet(view, Translator(language)), GALLERY_DPI))
        (GALLERY / f"covid-{language}.png").write_bytes(picture)
        print(f"reports/gallery/covid-{language}.png: {len(picture) // 1000} kB")
    return 0


def reduce_colours(png: bytes) -> bytes:
    """The same picture, smaller."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(MAX_COLOURS).save(out, "png", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
