"""`forecast check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_check_shows_values_with_their_location(call: Any, plan: Path) -> None:
    (plan.parent / "child.yaml").write_text(
        "extends: bakery.yaml\nname: x\ntargets: {revenue: {at_least: 61 million VND}}\n"
    )
    done = call("check", plan.parent / "child.yaml")
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if "targets.revenue.at_least" in line]
    assert "61 million VND" in line
    assert "child.yaml:3" in line
    assert "60 million VND" in line
    assert "bakery.yaml:7" in line
