"""The chance of at least X of several runs, one over another."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from forecast.analysis.findings import Exceedance
from forecast.i18n import Words
from forecast.i18n.amounts import Scale
from forecast.reports.charts.exceedance import frame
from forecast.reports.charts.fan import key
from forecast.reports.charts.style import INK, OVERLAID, Margin, cut

MARGIN = Margin(3.6, 1.4, 0.2, 1.9)


def exceedances(axes: Axes, findings: Mapping[str, Exceedance], words: Words, scale: Scale) -> None:
    """Each run's curve with its own dashes; the upright line is a target that all of them share."""
    for number, (label, finding) in enumerate(findings.items()):
        colour, dashes = OVERLAID[number % len(OVERLAID)]
        chance = finding.chance if finding.higher_is_better else tuple(1 - c for c in finding.chance)
        axes.plot(finding.at, chance, color=colour, linestyle=dashes, linewidth=1.8, label=cut(label))
    frame(axes, tuple(x for finding in findings.values() for x in finding.at), words, scale)
    targets = {finding.target for finding in findings.values()}
    if len(targets) == 1 and (target := targets.pop()) is not None:
        axes.axvline(target, color=INK, linewidth=0.9)
    key(axes)
