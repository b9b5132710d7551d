"""`forecast schema`."""

from __future__ import annotations

from typing import Any

from tests.support.plans import ROOT


def test_the_shipped_schema_is_up_to_date(call: Any) -> None:
    printed = call("schema").out
    assert printed == (ROOT / "scenarios" / "plan.schema.json").read_text(encoding="utf-8")
