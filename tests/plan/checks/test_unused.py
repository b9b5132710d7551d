"""What a planner writes is shown as it is written, changes something, or is refused."""

from __future__ import annotations

import pickle
import tomllib
import warnings
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

import forecast
from forecast.files.fingerprint import environment_versions
from forecast.history.ledger import read_history
from forecast.i18n import LANGUAGES, Translator
from forecast.i18n.amounts import choose_scale
from forecast.plan.record import Label
from forecast.reports import compare, pdf_page
from forecast.reports.charts import CHARTS
from forecast.reports.charts.style import chart_style, new_figure
from forecast.reports.content import tables
from forecast.reports.page_layout import TYPE_POINTS
from forecast.timeseries.checks import check_history
from tests.reports.test_figures import faults_of
from tests.support import report_fixture as fixture
from tests.support.plan_texts import SMALL_PLAN, problems_in

ROOT = Path(__file__).parents[2]


# Amounts


@pytest.mark.parametrize(
    ("measure", "value", "currency", "en", "vi"),
    [
        ("revenue", 12.6e9, "VND", "12.6 billion VND", "12,6 tỷ đồng"),
        ("revenue", 250e9, "VND", "250 billion VND", "250 tỷ đồng"),
        ("revenue", 12.3456789e9, "VND", "12.3456789 billion VND", "12,3456789 tỷ đồng"),
        ("revenue", 1_012_345_678, "VND", "1.012345678 billion VND", "1,012345678 tỷ đồng"),
        ("profit", -0.7, "EUR", "−0.7 EUR", "−0,7 EUR"),
        ("profit", 0.0, "EUR", "0 EUR", "0 EUR"),
        ("margin", 7.25 / 100, "EUR", "7.25%", "7,25%"),
        ("headcount", 1838.5, "VND", "1,838.5 people", "1.838,5 người"),
    ],
)
def test_a_threshold_is_shown_with_every_digit_that_was_written(
    measure: str, value: float, currency: str, en: str, vi: str
) -> None:
    for t, shown in ((Translator("en"), en), (Translator("vi"), vi)):
        assert choose_scale(measure, [value], currency, t).exact_amount(value) == shown


# The version


def test_the_version_is_that_of_the_package_whether_or_not_it_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "forecast/_version.py"
    assert f"\n## {forecast.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert environment_versions()["forecast"] == forecast.__version__


# Names


LONG = {
    "vi": "Covid-19 quay lại vào mùa hè, lũ lớn tháng Mười ngập sáu huyện, và giá cước giảm mạnh do cạnh tranh",
    "en": "Covid-19 returns in the summer, great floods drown six districts, and prices fall under competition",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comparison_wraps_a_long_name_and_cuts_nothing(language: str) -> None:
    other, t = fixture.other_view(), Translator(language)  # type: ignore[arg-type]
    named = other.scenario.model_copy(update={"name": Label(**LONG)})
    views = [replace(other, scenario=named), fixture.covid_view()]
    assert LONG[language] in compare.comparison_title(views, t)
    assert compare.render_comparison_page(views, fixture.make_differences(), t).decode().count(LONG[language]) >= 4
    paper = (
        PdfReader(BytesIO(compare.render_comparison_pdf(views, fixture.make_differences(), t))).pages[0].extract_text()
    )
    assert " ".join(paper.split()).count(LONG[language]) >= 3
    with chart_style(TYPE_POINTS):
        assert faults_of(compare.draw_comparison_sheet(views, fixture.make_differences(), t)) == []


# Months of last year


@pytest.mark.parametrize("language", LANGUAGES)
def test_estimated_months_are_named_apart_from_reconstructed_and_actual_ones(language: str) -> None:
    t, months = Translator(language), fixture.make_months()  # type: ignore[arg-type]
    known = ["actual"] * 9 + ["estimate"] * 2 + ["reconstructed"]
    history = tuple((month, value, one) for (month, value, _), one in zip(months.history, known, strict=True))
    mixed = replace(months, history=history)
    names = [t(f"months_{one}") for one in ("actual", "estimate", "reconstructed")]
    assert len(set(names)) == 3
    with chart_style(12):
        figure = new_figure(11, 4)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        CHARTS["months"][0](axes, finding=mixed, t=t, scale=choose_scale("revenue", [20e9], "VND", t))
        assert [text.get_text() for text in axes.get_legend().get_texts()][:3] == names
        patches = axes.get_legend().get_patches()[:3]
        faces = [patch.get_facecolor() for patch in patches]
        drawn = [bar.get_facecolor() for bar in axes.patches[:12]]
    assert [drawn.count(face) for face in faces] == [9, 2, 1]
    view = fixture.covid_view()
    table = tables.monthly_table(replace(view, findings=replace(view.findings, months=mixed)), t)
    filled = {head: sum(bool(row[at]) for row in table.rows) for at, head in enumerate(table.heads)}
    assert [filled[name] for name in names] == [9, 2, 1]


# What would change nothing

MARCH = "kind: event, from: 2021-03-01, until: 2021-03-31"
WAVES = "kind: epidemic, waves_per_year: 2, length: 3 weeks"
IDLE = [
    (f"shocks: {{e: {{{MARCH}, effect: {{unit_cost: {{postal: 5%}}}}}}}}", "shocks.e.effect.unit_cost.postal: no cost"),
    (f"shocks: {{e: {{{MARCH}, effect: {{unit_cost: {{all: 5%}}}}}}}}", "shocks.e.effect.unit_cost.all: no cost"),
    (
        f"shocks: {{w: {{{WAVES}, mild: {{effect: {{unit_cost: {{postal: 5%}}}}}}}}}}",
        "shocks.w.mild.effect.unit_cost.postal: no",
    ),
    (
        f"shocks: {{w: {{{WAVES}, mild: {{effect: {{headcount: -5%}}}}}}}}",
        "shocks.w.mild.effect.headcount: a change of",
    ),
    (
        "initiatives: {i: {start: 2021-02, effect: {unit_cost: {postal: -5%}}}}",
        "write 'per_unit' under 'costs:', or take",
    ),
    ("initiatives: {i: {start: 2021-02, effect: {}, takes_from: {all: 5%}}}", "'all' does not say which service loses"),
    ("shocks: {d: {kind: drift, over: 3 months, recovered: {postal: 5%}, effect: {}}}", "shocks.d.recovered: a drift"),
    (
        "costs: {c: {per_person_month: 5 triệu}}",
        "a cost of each person needs 'workforce:'; add it, or write 'per_month'",
    ),
    ("costs: {c: {per_unit: {postal: 5 nghìn đồng}}}", "costs.c.per_unit.postal: a cost of each piece needs pieces"),
    ("costs: {c: {per_unit: {all: 5 nghìn đồng}}}", "costs.c.per_unit.all: a cost of each piece needs pieces"),
    ("  b: {baseline: {method: given, annual: 5000}}", "services.b.baseline.annual: '5000' has no unit"),
    ("  b: {baseline: {method: given, annual: 5 tỷ, level: history}}", "services.b.baseline.level: 'level' asks"),
    ("  b: {baseline: {method: given, annual: 5 tỷ, mask: [2020-01]}}", "services.b.baseline.mask: 'mask' asks a"),
]


@pytest.mark.parametrize(("text", "said"), IDLE)
def test_what_would_change_nothing_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    complaints = problems_in(f"{SMALL_PLAN}{text}\n", tmp_path)
    assert len(complaints) == 1
    assert complaints[0].startswith("a.yaml:6:")
    assert said in complaints[0]


def test_a_year_may_come_from_a_column_of_figures(tmp_path: Path) -> None:
    (tmp_path / "years.csv").write_text("sold\n4000000000\n5000000000\n", encoding="utf-8")
    assert (
        problems_in(
            f'{SMALL_PLAN}  b: {{baseline: {{method: given, annual: "empirical(years.csv, sold)"}}}}\n', tmp_path
        )
        == []
    )


def test_a_cost_of_a_piece_may_change_where_there_is_one(tmp_path: Path) -> None:
    assert forecast.read(ROOT / "scenarios" / "shop-chain.yaml").initiatives["new_oven"].effect.unit_cost
    drivers = {"price": "-5%", "unit_cost": "5%"}
    for driver, change in drivers.items():
        past = f"shocks: {{e: {{{MARCH}, effect: {{{driver}: {{bread: {change}}}}}}}}}"
        wrong = f"extends: shop-chain.yaml\nhistory: {{file: ../data/shop-chain.csv, {past}}}\n"
        assert f"history.shocks.e.effect.{driver}: growth is over the year" in problems_in(wrong, ROOT / "scenarios")[0]


# Readings

PARENT = f"""{SMALL_PLAN}  parcels: {{baseline: {{method: given, annual: 2 tỷ}}}}
cases:
  more:
    services: {{parcels: {{growth: 5%}}}}
"""


def test_a_reading_brings_no_deleted_service_back(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(PARENT, encoding="utf-8")
    assert problems_in("extends: p.yaml\n", tmp_path) == []
    assert problems_in("extends: p.yaml\nservices: {parcels: null}\n", tmp_path) == [
        "p.yaml:9:16: cases.more.services.parcels: 'services.parcels' is deleted at a.yaml:2:12, and a case does "
        "not bring it back; take this out of the case, or keep 'services.parcels'"
    ]
    both = "extends: p.yaml\nservices: {parcels: null}\ncases: {more: null}\n"
    assert problems_in(both, tmp_path) == []
    own = "extends: p.yaml\nservices: {parcels: null}\ncases: {more: {services: {parcels: {growth: 1%}}}}\n"
    assert problems_in(own, tmp_path)[0].startswith("a.yaml:3:27: cases.more.services.parcels")


# The plan against its history


def test_where_a_plan_and_its_history_do_not_meet_both_lines_are_named(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13)]
    names = ("postal", "parcels")
    rows = [f"{month},{name},{100 + place % 7},actual" for name in names for place, month in enumerate(months)]
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows]) + "\n", encoding="utf-8")
    plan = (
        "name: n\nas_of: 2020-12-05\nhistory: h.csv\nhorizon:\n  months: 12\n  from: 2021-02\n"
        "services:\n  postal: {baseline: {mask: [2017-01]}}\n  banking: {growth: 1%}\n"
    )
    (tmp_path / "a.yaml").write_text(plan, encoding="utf-8")
    scenario = forecast.read(tmp_path / "a.yaml")
    assert scenario.location_of("targets.x").line == 1
    found = check_history(scenario, read_history(str(tmp_path / "h.csv"), "VND"))
    places = {(one.code, Path(one.location.file).name, one.location.line, one.location.column) for one in found}
    assert places == {
        ("history_lacks_service", "a.yaml", 9, 3),
        ("plan_lacks_service", "h.csv", 38, 9),
        ("history_ends_before_plan", "a.yaml", 6, 9),
        ("history_of_the_future", "h.csv", 37, 20),
        ("history_of_the_future", "h.csv", 73, 21),
        ("mask_outside", "a.yaml", 8, 29),
    }
    assert pickle.loads(pickle.dumps(scenario)).location_of("horizon.from").line == 6


# What the pages leave out, and what they name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_says_how_many_targets_and_decisions_it_leaves_out(language: str) -> None:
    view, t = fixture.covid_view(), Translator(language)  # type: ignore[arg-type]
    row = view.findings.targets[0]
    rows = (*view.findings.targets, *(replace(row, name=f"more_{n}") for n in range(3)))
    named, (first, *_) = dict(view.scenario.decisions), view.scenario.decisions.values()
    decisions = named | {f"more_{n}": first for n in range(4)}
    scenario = view.scenario.model_copy(update={"decisions": decisions})
    crowded = replace(view, scenario=scenario, findings=replace(view.findings, targets=rows))
    with chart_style(TYPE_POINTS):
        figure = pdf_page.draw_run_sheet(crowded, t)
        said = [text.get_text() for text in figure.texts]
        assert faults_of(figure) == []
    left_out = [t("sheet_more", count=len(all_of) - 4) for all_of in (rows, decisions)]
    assert [text for text in said if text in left_out] == left_out


def test_a_sure_figure_has_its_curve_and_a_productivity_is_that_of_a_year() -> None:
    at, t = (12e9,) * 3, Translator("en")
    finding = replace(fixture.make_exceedance(12e9, 1e9, 12e9), amounts=at, chances=(1.0,) * 3)
    with chart_style(12), warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = new_figure(5, 4).add_axes((0.1, 0.1, 0.8, 0.8))
        CHARTS["exceedance"][0](axes, finding=finding, t=t, scale=choose_scale("revenue", at, "VND", t))
    low, high = axes.get_xlim()
    assert low < 12e9 < high
    scale = fixture.covid_view().scale_for("productivity", "2021-Q2", [136e6], t)
    assert scale.exact_amount(136e6) == "136 million VND per person and year"


def test_what_more_than_hides_is_added_to_the_last_year_and_taken_off_the_gap(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13)]
    rows = [f"{month},a,{95 + place % 5},reconstructed" for place, month in enumerate(months)]
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhistory: h.csv\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        "  a: {growth: 10%, baseline: {noise: 0%}}\n  b: {baseline: {method: given, annual: 800 EUR}}\n"
        "stated: {2020: {total: 2000 EUR, services: {a: 1200 EUR, b: 700 EUR}, understated_by: {a: 60 EUR, b: 50 EUR}, "
        "gap: {at_most: 10%}}}\n",
        encoding="utf-8",
    )
    run = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1.1 * 1260)
    assert run.tally("gap", "2021").mean == pytest.approx(2000 - 1260 - 750)


def test_a_service_that_loses_to_another_does_not_lose_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        "  a: {baseline: {method: given, annual: 1200 EUR}}\n  b: {baseline: {method: given, annual: 600 EUR}}\n"
        "initiatives: {i: {start: 2021-01, effect: {revenue: {a: 10%, b: 5%}}, takes_from: {b: 20%}}}\n",
        encoding="utf-8",
    )
    run = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1200 * 1.1)
    assert run.tally("revenue.b", "2021").mean == pytest.approx(600 * 1.05 * (1 - 0.2 * 120 / 600))
