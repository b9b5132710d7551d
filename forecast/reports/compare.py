"""Runs side by side: a table, their differences on the same luck, their fans and curves over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.figure import Figure

from forecast.analysis.findings import Difference, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import PHONE_WIDTH_INCHES, Chart
from forecast.reports.charts.style import MUTED, chart_style, fit_label, new_figure, to_pdf, truncate_label, wrap_text
from forecast.reports.content import assumptions as grounds
from forecast.reports.content import tables
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range_text,
    goal_text,
    measure_text,
    period_text,
    sentence_case,
    target_text,
    whole_tenths,
)
from forecast.reports.html_page import chart_image, render_template
from forecast.reports.page_layout import (
    A4_INCHES,
    EDGE_INCHES,
    HEADING_TEXT,
    LINE_HEIGHT_EMS,
    SMALL_TEXT,
    TYPE_POINTS,
    PrintedPage,
    TextStyle,
)

Differences = Mapping[tuple[str, str], Difference]
"""(first, second) -> second less first; the names are `RunView.short_name`."""
MIN_CHANCE_DIFFERENCE = 0.02
"""Chances that lie closer than this are called alike."""
MAX_SCENARIO_NAME_GRAPHEMES = 240
"""Graphemes of a scenario's name that are set; they are wrapped."""


def render_comparison_page(views: Sequence[RunView], differences: Differences, words: Translator) -> bytes:
    """Two runs or more as one HTML page."""
    facts = {
        "title": comparison_title(views, words),
        "about": comparison_scope(views, words),
        "side_by_side": comparison_table(views, words),
        "pairs": difference_table(views, differences, words),
        "unlike": "" if _has_same_goal(views) else words("compare_unlike"),
        "pictures": {name: chart_image(drawing) for name, drawing in comparison_charts(views, words).items()},
        "how": grounds.reader_notes(views[0], words),
        "provenance": [(_scenario_name(view, words), grounds.run_provenance(view, words)) for view in views],
    }
    return render_template("compare.html.jinja", words, facts)


def render_comparison_pdf(views: Sequence[RunView], differences: Differences, words: Translator) -> bytes:
    """Two runs or more on one A4 page."""
    with chart_style(TYPE_POINTS):
        return to_pdf(draw_comparison_sheet(views, differences, words), comparison_title(views, words))


def _scenario_name(view: RunView, words: Translator) -> str:
    return truncate_label(
        view.scenario.name.in_language(words.language) or view.short_name, MAX_SCENARIO_NAME_GRAPHEMES
    )


def comparison_title(views: Sequence[RunView], words: Translator) -> str:
    """Which run is the likeliest to reach its target, and which the least."""
    chances = [(view.main_target.chance.value, _scenario_name(view, words)) for view in views if view.main_target]
    if len(chances) < len(views):
        return " · ".join(_scenario_name(view, words) for view in views)
    (worst, worse), (best, better) = min(chances), max(chances)
    if best - worst < MIN_CHANCE_DIFFERENCE:
        return words("compare_title_same", count=whole_tenths(best))
    if whole_tenths(best) == whole_tenths(worst):
        facts = {"high": words.percent(best), "low": words.percent(worst)}
        return words("compare_title_close", better=better, worse=worse, **facts)
    return words("compare_title", better=better, worse=worse, high=whole_tenths(best), low=whole_tenths(worst))


def comparison_scope(views: Sequence[RunView], words: Translator) -> str:
    """What is compared."""
    row = views[0].main_target
    goal = target_text(row, views[0], words) if row else " · ".join(_scenario_name(view, words) for view in views)
    return words("compare_about", goal=goal)


def _has_same_goal(views: Sequence[RunView]) -> bool:
    goals = {
        (row.measure, row.period, row.threshold, row.direction) if (row := view.main_target) else None for view in views
    }
    return len(goals) == 1


def _common_scale(views: Sequence[RunView], words: Translator) -> AmountScale:
    first = views[0]
    sizes = [value for view in views for key, value in view.statistics.items() if key.startswith("p")]
    sizes += [row.threshold for view in views if (row := view.main_target)]
    return first.scale_for(first.measure, first.period, sizes, words)


def comparison_table(views: Sequence[RunView], words: Translator) -> tables.Table:
    """One column a run: chances with their error and spread, quantiles, the miss."""
    scale, first = _common_scale(views, words), views[0]
    facts = {"measure": measure_text(first.measure, first.scenario, words), "period": period_text(first.period, words)}
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(row.name for view in views for row in view.findings.targets):
        rows += _target_rows(name, views, words)
    for key, label in (("p10", "P10"), ("p50", "P50"), ("p90", "P90"), ("mean", "")):
        if any(key in view.statistics for view in views):
            head = words("compare_quantile", name=label, **facts) if label else words("compare_mean", **facts)
            amounts = (
                scale.amount(view.statistics[key], min(scale.decimals + 1, 2)) if key in view.statistics else "–"
                for view in views
            )
            rows.append((sentence_case(head), *amounts))
    heads = (words("compare_figure"), *(_scenario_name(view, words) for view in views))
    return tables.Table(heads, tuple(rows))


def _target_rows(name: str, views: Sequence[RunView], words: Translator) -> list[tuple[str, ...]]:
    found = [next((row for row in view.findings.targets if row.name == name), None) for view in views]
    example, view = next((row, view) for row, view in zip(found, views, strict=True) if row)
    goal = target_text(example, view, words)
    lines: list[tuple[str, ...]] = [
        (words("compare_chance", goal=goal), *(_chance_text(row, words) for row in found)),
    ]
    if any(view.findings.cases for view in views):
        lines.append(
            (
                sentence_case(words("compare_spread", goal=goal)),
                *(chance_range_text(*row.spread, words) if row else "–" for row in found),
            )
        )
    misses = (_shortfall_text(row, one, words) for row, one in zip(found, views, strict=True))
    lines.append((words("compare_shortfall", goal=goal), *misses))
    return lines


def _chance_text(row: TargetRow | None, words: Translator) -> str:
    if row is None:
        return "–"
    value = words.percent(row.chance.value)
    half = 50 * (row.chance.high - row.chance.low)
    return f"{value} {words('points_of', points=words.number(half, 1 if half >= 0.05 else 2))}"


def _shortfall_text(row: TargetRow | None, view: RunView, words: Translator) -> str:
    if row is None:
        return "–"
    return view.scale_for(row.measure, row.period, [row.threshold], words).short_amount(abs(row.expected_shortfall))


def difference_table(views: Sequence[RunView], differences: Differences, words: Translator) -> tables.Table | None:
    """Each difference with its error: of the mean, and of the chance of each target that both have."""
    if not differences:
        return None
    names = {view.short_name: _scenario_name(view, words) for view in views}
    first = next(iter(differences.values()))
    scale = views[0].scale_for(first.measure, first.period, [d.mean.value for d in differences.values()], words)
    targets = list(dict.fromkeys(name for one in differences.values() for name in one.chances))
    labels = {row.name: target_text(row, view, words) for view in views for row in view.findings.targets}
    heads = [words("compare_pair_head"), words("compare_mean_difference", unit=scale.unit)]
    heads += [f"{words('compare_chance_difference')}: {labels.get(name, name)}" for name in targets]
    rows = []
    for (a, b), one in differences.items():
        cells = [words("compare_pair", a=names.get(a, a), b=names.get(b, b)), _difference_text(one.mean, scale, words)]
        points = AmountScale(words, 0.01, "", 1)
        cells += [
            _difference_text(one.chances[name], points, words) if name in one.chances else "–" for name in targets
        ]
        rows.append(tuple(cells))
    return tables.Table(tuple(heads), tuple(rows))


def _difference_text(found: tuple[float, float, float], scale: AmountScale, words: Translator) -> str:
    """A signed difference and its interval, with the digits that the interval deserves."""
    value, low, high = found
    half = (high - low) / 2 / scale.factor
    decimals = 0 if half >= 2 else 1 if half >= 0.05 else 2
    texts = {"value": value, "low": low, "high": high}
    return words("compare_with_error", **{key: scale.signed_number(amount, decimals) for key, amount in texts.items()})


def comparison_charts(views: Sequence[RunView], words: Translator) -> dict[str, Chart]:
    """The fans and the curves, where two runs or more have them."""
    return {
        drawing.name: drawing
        for drawing in (_fan_chart(views, words), _exceedance_chart(views, words))
        if drawing is not None
    }


def _run_labels(views: Sequence[RunView], words: Translator) -> list[str]:
    """One label a run, all different."""
    names = [truncate_label(_scenario_name(view, words), 48) for view in views]
    return [
        f"{name} ({view.short_name})" if names.count(name) > 1 else name
        for name, view in zip(names, views, strict=True)
    ]


def _fan_chart(views: Sequence[RunView], words: Translator) -> Chart | None:
    found = {
        label: view.findings.months
        for label, view in zip(_run_labels(views, words), views, strict=True)
        if view.findings.months.bars
    }
    if len({months.measure for months in found.values()}) != 1:
        return None
    scale = views[0].months_scale(words)
    measure = sentence_case(measure_text(views[0].findings.months.measure, views[0].scenario, words))
    heading = words("fan_title", measure=measure, unit=scale.unit)
    draw, margin = CHARTS["fan"]
    drawn = partial(draw, findings=found, words=words, scale=scale)
    return Chart("fan", heading, f"{heading}: {', '.join(found)}", drawn, margin, (5.4, 3.9), (PHONE_WIDTH_INCHES, 4.0))


def _exceedance_chart(views: Sequence[RunView], words: Translator) -> Chart | None:
    curves = (
        (label, view.findings.exceedance.get(view.findings.main_target))
        for label, view in zip(_run_labels(views, words), views, strict=True)
    )
    found = {label: curve for label, curve in curves if curve is not None}
    if (
        len({(curve.measure, curve.period, curve.higher_is_better) for curve in found.values()}) != 1
        or views[0].main_target is None
    ):
        return None
    example, scale = next(iter(found.values())), _common_scale(views, words)
    heading = words(
        "exceedance_title" if example.higher_is_better else "exceedance_title_most",
        measure=measure_text(example.measure, views[0].scenario, words),
        period=period_text(example.period, words),
        unit=scale.unit,
    )
    alt = f"{heading}: {goal_text(views[0].main_target, views[0], words)}: " + ", ".join(
        f"{label} {words.percent(curve.target_chance.value)}" for label, curve in found.items() if curve.target_chance
    )
    draw, margin = CHARTS["exceedances"]
    return Chart(
        "exceedances",
        heading,
        alt,
        partial(draw, findings=found, words=words, scale=scale),
        margin,
        (5.4, 3.9),
        (PHONE_WIDTH_INCHES, 4.0),
    )


def draw_comparison_sheet(views: Sequence[RunView], differences: Differences, words: Translator) -> Figure:
    """The comparison as one A4 figure; call it inside `style`."""
    paper = PrintedPage(new_figure(*A4_INCHES))
    paper.line(
        fit_label(comparison_scope(views, words), paper.width, 7.5), EDGE_INCHES, paper.y, TextStyle(7.5, color=MUTED)
    )
    said = comparison_title(views, words)
    size = next((size for size in (15, 12, 10) if len(wrap_text(said, paper.width, size, "bold")) <= 3), 9)
    paper.y = paper.text(said, EDGE_INCHES, paper.y + 0.19, paper.width, TextStyle(size, "bold")) + 0.08
    if not _has_same_goal(views):
        paper.y = paper.text(words("compare_unlike"), EDGE_INCHES, paper.y, paper.width, lines=2) + 0.05
    for drawing in comparison_charts(views, words).values():
        paper.chart(drawing, EDGE_INCHES, paper.y, paper.width, 2.35)
        paper.y += 2.5
    shown = comparison_table(views, words)
    _draw_table(paper, words("compare_table"), shown)
    if (paired := difference_table(views, differences, words)) is not None:
        _draw_table(paper, words("compare_pairs"), paired)
        lead = words("compare_pairs_lead")
        paper.y = paper.text(lead, EDGE_INCHES, paper.y, paper.width, TextStyle(6.6, color=MUTED), lines=2) + 0.06
    runs = " · ".join(f"{view.short_name}: {str(view.summary.get('run_id', ''))[:16]}" for view in views)
    about_luck = views[0].summary
    paths = f"{words.number(int(about_luck.get('paths', 0)))} {words('provenance_paths')}"
    source = f"{paths} · {words('provenance_seed')} {about_luck.get('seed', '')} · {runs}"
    paper.text(source, EDGE_INCHES, A4_INCHES[1] - 0.6, paper.width, SMALL_TEXT, lines=2)
    return paper.figure


def _draw_table(paper: PrintedPage, heading: str, table: tables.Table) -> None:
    """A table on paper: as many rows as there is room for; what is long is wrapped."""
    size = max(5.2, 6.8 - 0.25 * max(0, len(table.heads) - 4))
    paper.y = paper.text(heading, EDGE_INCHES, paper.y, paper.width, HEADING_TEXT) + 0.02
    share = 0.34 if len(table.heads) <= 4 else 0.24
    width = paper.width * (1 - share) / max(len(table.heads) - 1, 1)
    starts = [EDGE_INCHES, *(EDGE_INCHES + paper.width * share + width * n for n in range(len(table.heads) - 1))]
    rooms = [room - 0.1 for room in (paper.width * share, *[width] * (len(starts) - 1))]
    for number, row in enumerate((table.heads, *table.rows)):
        letters = TextStyle(size, "normal" if number else "bold")
        cells = list(zip(row, starts, rooms, strict=True))
        tall = max(len(wrap_text(cell, room, letters.size, letters.weight)) for cell, _, room in cells)
        if paper.y + tall * LINE_HEIGHT_EMS * size / 72 > A4_INCHES[1] - 0.75:
            break
        paper.y = max(paper.text(cell, x, paper.y, room, letters, lines=99) for cell, x, room in cells) + 0.03
        paper.rule(paper.y)
        paper.y += 0.04
    paper.y += 0.1
