"""The figures of the shipped scenarios do not move unless somebody means them to."""

from __future__ import annotations

import re

import pytest

from tests.support.golden_text import GOLDEN_FOLDER, GOLDEN_SCENARIOS, render_golden


def parts(line: str) -> tuple[str, list[float]]:
    """The name of a line and its figures."""
    about, _, figures = line.rpartition(": ")
    return about, [float(figure) for figure in re.findall(r"-?\d[\d.e+-]*\d|\d", figures)]


@pytest.mark.parametrize("name", GOLDEN_SCENARIOS)
def test_figures_of_a_shipped_scenario_do_not_move(name: str) -> None:
    """Names exactly, numbers to 1 in 1,000, because fits depend on the processor."""
    lines, kept = (
        render_golden(name).splitlines(),
        (GOLDEN_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines(),
    )
    assert lines[0] == kept[0]
    assert [parts(line)[0] for line in lines[1:]] == [parts(line)[0] for line in kept[1:]]
    for line, was in zip(lines[1:], kept[1:], strict=True):
        assert parts(line)[1] == pytest.approx(parts(was)[1], rel=1e-3, abs=2e-3), line
