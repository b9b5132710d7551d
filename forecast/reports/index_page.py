"""`reports/index.html`: the runs of a folder on one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path

from forecast.files import atomic as store
from forecast.i18n import Language, Translator
from forecast.runs import repository as runs
from forecast.runs.listing import ListedRun, listed_runs
from forecast.runs.repository import StoredRun

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #d8dee4;vertical-align:top}
th{font-weight:600}td.figure,th.figure{text-align:right;font-variant-numeric:tabular-nums}
.newest{font-weight:600}a{color:#0b57a4}
"""


def write_index(reports: Path) -> None:
    """List the runs of a folder in its `index.html`, in the language of the newest; OutputError if it cannot."""
    with runs.lock_reports(reports):
        kept = list(runs.all_runs(reports))
        language: Language = "vi" if kept and kept[0].manifest.get("language") == "vi" else "en"
        store.write_file(reports / "index.html", render_index(kept, runs.linked_run_ids(reports), language))


def render_index(kept: Sequence[StoredRun], shown: Collection[str], language: Language) -> bytes:
    """`reports/index.html`: one file that lists the runs and opens offline."""
    words = Translator(language)
    title = escape(words("runs_title"))
    keys = ("scenario", "made", "chances", "paths", "seed", "id")
    heads = "".join(f"<th{_number_class(key)}>{escape(words(f'runs_{key}'))}</th>" for key in keys)
    rows = "\n".join(_table_row(row, words) for row in listed_runs(kept, shown))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</body>\n</html>\n"
    ).encode()


def _table_row(row: ListedRun, words: Translator) -> str:
    manifest = row.run.manifest
    newest = f' <span class="newest">({escape(words("runs_shown"))})</span>' if row.is_linked else ""
    link = f'<a href=".runs/{escape(row.run.folder.name)}/report.html">{escape(row.run.scenario)}</a>{newest}'
    paths = words.number(manifest["paths"]) if isinstance(manifest.get("paths"), int) else ""
    cells = (
        ("", link),
        ("", escape(row.created_text)),
        ("", "<br>".join(escape(said) for said in row.chance_texts(words))),
        (_number_class("paths"), escape(paths)),
        (_number_class("seed"), escape(str(manifest.get("seed", "")))),
        ("", f"<code>{escape(row.run.run_id)}</code>"),
    )
    return "<tr>" + "".join(f"<td{mark}>{content}</td>" for mark, content in cells) + "</tr>"


def _number_class(key: str) -> str:
    return ' class="figure"' if key in ("paths", "seed") else ""
