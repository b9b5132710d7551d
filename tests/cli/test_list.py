"""`forecast list` and `forecast verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_list_verify_and_index_include_the_run(call: Any, project: Path) -> None:
    reports = project / "reports"
    assert "bakery" in call("list", "--out", reports).out
    assert call("verify", reports / "bakery").code == 0
    assert call("verify", "bakery", "--out", reports).code == 0
    assert "bakery" in (reports / "index.html").read_text()
    assert call("verify", reports / "nothing").code == 4
