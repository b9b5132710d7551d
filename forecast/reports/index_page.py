"""`reports/index.html`: the runs of a folder on one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path

from forecast.files import atomic as store
from forecast.i18n import Language, Words
from forecast.runs import repository as runs
from forecast.runs.listing import Row, rows_of
from forecast.runs.repository import Kept

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #d8dee4;vertical-align:top}
th{font-weight:600}td.figure,th.figure{text-align:right;font-variant-numeric:tabular-nums}
.newest{font-weight:600}a{color:#0b57a4}
"""


def write_index(reports: Path) -> None:
    """List the runs of a folder in its `index.html`, in the language of the newest; OutputError if it cannot."""
    with runs.alone(reports):
        kept = list(runs.all_runs(reports))
        language: Language = "vi" if kept and kept[0].manifest.get("language") == "vi" else "en"
        store.write_file(reports / "index.html", index_page(kept, runs.shown_runs(reports), language))


def index_page(kept: Sequence[Kept], shown: Collection[str], language: Language) -> bytes:
    """`reports/index.html`: one file that lists the runs and opens offline."""
    words = Words(language)
    title = escape(words("runs_title"))
    keys = ("scenario", "made", "chances", "paths", "seed", "id")
    heads = "".join(f"<th{_figure(key)}>{escape(words(f'runs_{key}'))}</th>" for key in keys)
    rows = "\n".join(_row(row, words) for row in rows_of(kept, shown))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</body>\n</html>\n"
    ).encode()


def _row(row: Row, words: Words) -> str:
    manifest = row.kept.manifest
    newest = f' <span class="newest">({escape(words("runs_shown"))})</span>' if row.shown else ""
    link = f'<a href=".runs/{escape(row.kept.folder.name)}/report.html">{escape(row.kept.scenario)}</a>{newest}'
    paths = words.number(manifest["paths"]) if isinstance(manifest.get("paths"), int) else ""
    cells = (
        ("", link),
        ("", escape(row.made)),
        ("", "<br>".join(escape(said) for said in row.said(words))),
        (_figure("paths"), escape(paths)),
        (_figure("seed"), escape(str(manifest.get("seed", "")))),
        ("", f"<code>{escape(row.kept.run_id)}</code>"),
    )
    return "<tr>" + "".join(f"<td{mark}>{content}</td>" for mark, content in cells) + "</tr>"


def _figure(key: str) -> str:
    return ' class="figure"' if key in ("paths", "seed") else ""
