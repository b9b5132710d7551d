"""Draw the gallery: six plans as page, phone, A4 sheet and workbook, in each language, and the pictures of the READMEs.

    python -m benchmarks.gallery            build/gallery/, with an index.html to look at them; and reports/gallery/
    python -m benchmarks.gallery --readme   reports/gallery/covid-*.png alone, which are committed

It needs chromium, pdftoppm (poppler) and soffice (LibreOffice), no screen and no network.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
README_GALLERY = ROOT / "reports" / "gallery"
README_PLAN = "covid.yaml"
PLANS = (
    "covid.yaml",
    "by-commune.yaml",
    "shop-chain.yaml",
    "competition-series.yaml",
    "without-history.yaml",
    "months/2025-06.yaml",
)
"""Below `scenarios/`: a province, one by place, one with profit, one from its series alone, one without a history, a
year whose first half is closed."""
LANGUAGES = ("en", "vi")
PAGE_SIZE = (1280, 1120)
"""Width and height of a page on a computer, in pixels: what is read first."""
PHONE_SIZE = (390, 844)
SHEET_DPI = 80
WORKBOOK_PAGES = 2
"""Printed pages of a workbook that are drawn, from the first."""
MAX_COLOURS = 64
"""Enough for pages of few colours; a third of the size of all of them."""
GAP = 24
"""White between pictures that stand together, in pixels."""


@dataclass(frozen=True)
class PublishedRun:
    """Files of a run."""

    page: Path
    sheet: Path
    workbook: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the pictures that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description="Draw the gallery.")
    parser.add_argument("--readme", action="store_true", help="only the pictures of the READMEs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gallery")
    parser.add_argument("--paths", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        project = copy_project(Path(folder))
        draw_readme_pictures(browser, project, README_GALLERY, options.paths)
        if not options.readme:
            for plan in PLANS:
                draw_plan(browser, project, plan, options.out, options.paths)
            write_index(options.out)
    return 0


def copy_project(folder: Path) -> Path:
    """Copy plans and data, so that no report of this folder is replaced."""
    for part in ("scenarios", "data"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


def publish(project: Path, plan: str, language: str, paths: int) -> PublishedRun:
    """Run a plan as a user does, with its workbook."""
    command = [sys.executable, "-m", "forecast", "run", f"scenarios/{plan}", "--lang", language, "--paths", str(paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    subprocess.run([*command, "--excel", "--quiet"], cwd=project, env=environment, stdout=quiet, check=True)
    name, reports = Path(plan).stem, project / "reports"
    return PublishedRun(reports / name / "report.html", reports / name / "report.pdf", reports / f"{name}.xlsx")


@contextmanager
def open_browser() -> Iterator[Any]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def screenshot(browser: Any, page: Path, size: tuple[int, int]) -> Image.Image:
    """The top of a page, in a window of that size."""
    window = browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=1)
    window.goto(page.as_uri())
    png = window.screenshot()
    window.close()
    return open_image(png)


def draw_pdf(file: Path, pages: int) -> list[Image.Image]:
    """The first pages of a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", str(SHEET_DPI), "-png", "-l", str(pages), str(file), f"{folder}/page"]
        subprocess.run(command, check=True)
        return [open_image(picture.read_bytes()) for picture in sorted(Path(folder).glob("*.png"))]


def draw_workbook(file: Path) -> list[Image.Image]:
    """The first printed pages of a workbook, as LibreOffice prints them."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(file)]
        subprocess.run(command, check=True, capture_output=True)
        return draw_pdf(Path(folder, f"{file.stem}.pdf"), WORKBOOK_PAGES)


def draw_plan(browser: Any, project: Path, plan: str, out: Path, paths: int) -> None:
    """Draw the four pictures of a plan in each language."""
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        run = publish(project, plan, language, paths)
        pictures = {
            "page": screenshot(browser, run.page, PAGE_SIZE),
            "phone": screenshot(browser, run.page, PHONE_SIZE),
            "sheet": side_by_side(draw_pdf(run.sheet, 1)),
            "workbook": side_by_side(draw_workbook(run.workbook)),
        }
        for kind, picture in pictures.items():
            save(picture, out / f"{Path(plan).stem}-{language}-{kind}.png")


def draw_readme_pictures(browser: Any, project: Path, out: Path, paths: int) -> None:
    """Draw the page of a computer beside that of a phone, for the README of each language."""
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        page = publish(project, README_PLAN, language, paths).page
        height = PAGE_SIZE[1]
        both = [screenshot(browser, page, size) for size in (PAGE_SIZE, (PHONE_SIZE[0], height))]
        save(side_by_side(both), out / f"{Path(README_PLAN).stem}-{language}.png")


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Join pictures from left to right on white."""
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    joined = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    position = 0
    for picture in pictures:
        joined.paste(picture, (position, 0))
        position += picture.width + GAP
    return joined


def open_image(png: bytes) -> Image.Image:
    """A picture from its bytes."""
    return Image.open(io.BytesIO(png)).convert("RGB")


def save(picture: Image.Image, file: Path) -> None:
    """Write a picture in few colours, and say how large it is."""
    picture.quantize(MAX_COLOURS).save(file, "png", optimize=True)
    print(f"{file.name}: {picture.width} x {picture.height}, {file.stat().st_size // 1000} kB")


def write_index(out: Path) -> None:
    """Write a page with every picture of a folder."""
    names = sorted(file.name for file in out.glob("*.png"))
    figures = "".join(
        f'<figure><figcaption>{escape(name)}</figcaption><img src="{escape(name)}"></figure>' for name in names
    )
    (out / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Gallery</title>{figures}", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
