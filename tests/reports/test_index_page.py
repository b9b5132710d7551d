"""The index of runs."""

from __future__ import annotations

from pathlib import Path

from forecast.reports import index_page
from tests.support.stored_runs import publish_example


def test_the_index_lists_every_run_and_escapes_names(tmp_path: Path) -> None:
    publish_example(tmp_path, "aaaa1111", scenario="shop")
    publish_example(tmp_path, "bbbb2222", scenario="<script>alert(1)<script>")
    index_page.write_index(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert page.count("<tr>") == 2 * 3
    assert "41%" in page
    assert ".runs/aaaa1111/report.html" in page
    assert page.count("<script") == 1
    assert "alert(1)<script>" not in page
    assert "&lt;script" in page
