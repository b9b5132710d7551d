"""A plan to extend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plan_texts import SMALL_PLAN

PARENT = f"""{SMALL_PLAN}    growth: {{value: 0% to 9%, grade: B, source: s}}
    label: {{vi: Bưu chính, en: Post}}
initiatives:
  a: {{start: 2021-01, effect: {{}}}}
  b: {{start: 2021-01, effect: {{}}}}
  c: {{start: 2021-01, needs: [a, b], effect: {{volume: {{all: 1% to 2%}}}}}}
"""


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PARENT, encoding="utf-8")
    return tmp_path
