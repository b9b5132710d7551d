"""A run with closed months tells the year to date on the terminal, when it is simulated and when it is found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.closed_plans import write_closed_plan


def test_a_run_says_how_many_months_are_closed(call: Any, tmp_path: Path) -> None:
    arguments = ("run", write_closed_plan(tmp_path), "--paths", "500", "--out", tmp_path / "reports", "--lang", "en")
    first = call(*arguments)
    assert first.code == 0, first.err
    starts = (
        "3 closed + 9 forecast months (3+9), as of 5 April 2025. Revenue to date, January 2025 to March 2025: 33.9",
        "Against the plan to date (",
        "Outlook against the last forecast (",
    )
    places = [first.text.find(start) for start in starts]
    assert -1 not in places
    assert places == sorted(places)
    assert 0 < first.text.rfind(" ≥ ") < places[0]
    assert call(*arguments).out == first.out  # found on disk, from its summary
    summary = json.loads((tmp_path / "reports" / "march" / "summary.json").read_text(encoding="utf-8"))
    assert summary["closed_months"] == ["2025-01", "2025-02", "2025-03"]
    assert (tmp_path / "reports" / "march" / "figures" / "chance_by_month.png").is_file()
