"""`forecast new`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.i18n import LANGUAGES


def test_a_new_plan_is_valid_in_both_languages(call: Any, tmp_path: Path) -> None:
    for language in LANGUAGES:
        done = call("new", tmp_path / language, "--lang", language)
        assert done.code == 0
        assert call("check", tmp_path / language / "scenarios" / "plan.yaml").code == 0
        assert call("new", tmp_path / language).code == 2
