"""`forecast run`: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from forecast.runs import repository
from forecast.workflows import publish
from tests.support.command_line import BAKERY_PLAN, run_command
from tests.support.plans import ROOT


def test_pandas_and_matplotlib_are_loaded_for_no_command_that_prints(project: Path) -> None:
    plan, reports = project / "scenarios" / "bakery.yaml", project / "reports"
    for arguments in (
        ["--help"],
        ["check", str(plan)],
        ["run", str(plan), "--paths", "2_000", "--quiet"],  # found
        ["list", "--out", str(reports)],
    ):
        code = "import sys; from forecast.cli import main; print(main(sys.argv[1:]), *sys.modules, file=sys.stderr)"
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, cwd=ROOT, check=True)
        result, *loaded = done.stderr.decode().split()
        assert result == "0", arguments
        assert not set(loaded) & {"pandas", "matplotlib", "statsmodels"}, arguments
        assert "scipy" not in loaded or arguments[0] == "check", arguments


def test_every_wrong_value_of_an_option_is_said(call: Any) -> None:
    typed = "--fail-under x --engine ray --set a --set b=1 --set b=2 --fail-under =1% --paths 0"
    done = call("run", "a.yaml", *typed.split())
    assert done.code == 2
    assert sorted(line.split(": ")[1] for line in done.complaints) == sorted(
        ["--engine", "--fail-under", "--fail-under", "--paths", "--set", "--set"]
    )
    single = call("compare", "a.yaml", "--paths", "0")
    assert [line.split(": ")[1] for line in single.complaints] == ["a.yaml", "--paths"]


def test_a_quiet_run_prints_its_summary_to_stdout_only(call: Any, project: Path) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2_000", "--quiet")
    assert done.code == 0
    assert done.err == ""
    assert re.search(r"Revenue 2026 ≥ 60 million VND +\d+% ±\d+(\.\d)? ", done.out)
    assert "±: simulation error" in done.out
    assert "60 million VND" in done.out
    assert str(project / "reports" / "bakery" / "report.html") in done.out


@pytest.mark.usefixtures("undrawn")
def test_the_answer_is_printed_before_anything_is_drawn(
    call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []
    render_files = publish.render_files

    def render(*arguments: Any) -> dict[str, bytes]:
        printed.append(capfd.readouterr().out)
        return render_files(*arguments)

    monkeypatch.setattr(publish, "render_files", render)
    done = call("run", plan, "--paths", "2_000", "--seed", "31", "--quiet")
    assert re.search(r"Revenue 2026 ≥ 60 million VND +\d+% ±", printed[0])
    assert "other cases" in printed[0]
    assert "Biggest drivers of revenue" in printed[0]
    assert "Open:" not in printed[0]
    assert done.out.startswith("  Open: ")
    assert done.out.splitlines()[-1] == f"  Next: forecast check {plan} --only unsure"
    again = call("run", plan, "--paths", "2_000", "--seed", "31", "--quiet")
    assert again.out == printed[0] + done.out
    answer = call("run", plan, "--paths", "2_000", "--seed", "32", "--json")
    assert printed[1:] == [""]
    assert json.loads(answer.out)["summary"]["seed"] == 32


@pytest.mark.usefixtures("undrawn")
def test_a_run_that_is_stopped_after_its_answer_leaves_the_earlier_report(
    call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = plan.parent / "reports"
    assert call("run", plan, "--paths", "2_000", "--seed", "41").code == 0
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    monkeypatch.setattr(publish, "render_files", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    done = call("run", plan, "--paths", "2_000", "--seed", "42")
    assert done.code == 130
    assert "Revenue 2026 ≥ 60 million VND" in done.out
    assert "Open:" not in done.out
    assert {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()} == before
    assert repository.verify(reports / "bakery").manifest["seed"] == 41


@pytest.mark.slow
def test_an_output_that_fails_costs_no_report(plan: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = run_command("run", plan, "--paths", "2_000", "--seed", "51", stdout=full)
    assert done.code == 4
    assert repository.verify(plan.parent / "reports" / "bakery").manifest["seed"] == 51


def test_json_output_has_the_run_folder_and_the_summary(call: Any, project: Path) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2_000", "--json")
    answer = json.loads(done.out)
    assert set(answer) == {"run_dir", "summary"}
    assert json.loads((Path(answer["run_dir"]) / "summary.json").read_text()) == answer["summary"]
    assert answer["summary"]["paths"] == 2_000
    assert answer["summary"]["run_id"] == Path(answer["run_dir"]).name
    assert Path(answer["run_dir"]) == (project / "reports" / "bakery").resolve()


def test_a_run_contains_every_documented_file(project: Path) -> None:
    kept = repository.verify(project / "reports" / "bakery")
    outputs = set(kept.manifest["outputs"])
    assert {"report.html", "report.pdf", "summary.json", "quantiles.csv"} < outputs
    assert any(name.startswith("figures/") and name.endswith(".png") for name in outputs)
    assert {"scenario_hash", "data", "seed", "paths", "versions", "parameters", "schema"} < set(kept.manifest)
    rows = (kept.folder / "quantiles.csv").read_text().splitlines()
    assert rows[0] == "measure,period,p,value,low,high"
    assert any(row.startswith("revenue,2026,0.5,") for row in rows)
    for row in rows[1:]:
        value, low, high = map(float, row.split(",")[3:])
        assert low <= value <= high


def test_the_same_call_finds_the_stored_run(call: Any, project: Path) -> None:
    plan = project / "scenarios" / "bakery.yaml"
    written = (project / "reports" / "bakery" / "report.html").stat().st_mtime_ns
    first, again = (json.loads(call("run", plan, "--paths", "2000", "--json").out)["run_dir"] for _ in range(2))
    assert first == again
    assert (project / "reports" / "bakery" / "report.html").stat().st_mtime_ns == written
    listed = json.loads(call("list", "--out", project / "reports", "--json").out)["runs"]
    assert [row["run_id"] for row in listed] == [Path(first).name]


@pytest.mark.parametrize(
    ("gate", "code"), [("0%", 0), ("revenue=1%", 0), ("revenue=99.9%", 3), ("revenue=0.999", 3), ("0.999", 3)]
)
def test_fail_under_exits_after_the_report_is_published(call: Any, project: Path, gate: str, code: int) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2000", "--fail-under", gate)
    assert done.code == code
    assert "Open:" in done.out
    assert ("less likely than asked: bakery" in done.err) == (code == 3)
    assert ("revenue" in done.err) == (code == 3)


def test_fail_under_an_unknown_target_suggests_the_nearest(call: Any, plan: Path) -> None:
    done = call("run", plan, "--fail-under", "revenu=50%")
    assert done.code == 2
    assert "did you mean 'revenue'?" in done.err
    assert not (plan.parent / "reports").exists()


@pytest.mark.usefixtures("undrawn")
def test_strict_rejects_assumptions_known_later(call: Any, plan: Path) -> None:
    plan.write_text(BAKERY_PLAN.replace("noise: 4%", "noise: {value: 2% to 4%, known: 2026-03}"))
    assert call("run", plan, "--as-of", "2026-01-05", "--paths", "500").code == 0
    done = call("run", plan, "--as-of", "2026-01-05", "--strict")
    assert done.code == 2
    assert done.complaints == [
        f"{plan}:5:101: services.bread.baseline.noise: '2% to 4%' rests on what was known only in 2026-03, "
        "after 2026-01-05; write what was known then, or leave out --strict"
    ]


def test_problems_of_every_plan_are_reported_at_once(call: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(BAKERY_PLAN.replace("targets:", "tragets:"))
    done = call("run", tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert done.code == 2
    assert [line.split(":")[0] for line in done.complaints] == [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    assert not (tmp_path / "reports").exists()


def test_two_plans_of_one_name_are_rejected(call: Any, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plan.yaml").write_text(BAKERY_PLAN)
    done = call("run", tmp_path / "one" / "plan.yaml", tmp_path / "two" / "plan.yaml", "--out", tmp_path / "out")
    assert done.code == 2
    assert "same folder 'plan'" in done.err


YEARS_PLAN = """name: Three years
horizon: {from: 2021-01, months: 36}
services:
  a: {growth: 2% to 12%, baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {growth: 1% to 8%, baseline: {method: given, annual: 130 tỷ, shape: flat}}
targets: {revenue: {measure: revenue, period: 2023, at_least: 275 tỷ}}
"""
STANDING = ["growths_together", "independent_years", "same_growth_every_year", "wider_ranges"]
TITLES = {
    "en": ["Growths of all services move together", "Growth of each year independent", "correlated 0.5"],
    "vi": ["Tăng trưởng các dịch vụ cùng chiều", "Tăng trưởng từng năm độc lập", "tương quan 0,5"],
}


@pytest.mark.parametrize("language", TITLES)
def test_a_plan_without_cases_has_the_standing_ones(call: Any, tmp_path: Path, language: str) -> None:
    plan = tmp_path / "years.yaml"
    plan.write_text(YEARS_PLAN, encoding="utf-8")
    done = call("run", plan, "--paths", "4_000", "--quiet", "--lang", language)
    low, high = re.findall(r"(\d+)% (?:to|đến) (\d+)%$", done.out, re.MULTILINE)[0]
    summary = json.loads(call("run", plan, "--paths", "4_000", "--json", "--lang", language).out)["summary"]
    target = summary["targets"]["revenue"]
    assert list(target["cases"]) == STANDING
    assert (int(low), int(high)) == tuple(round(100 * end) for end in target["spread"])
    assert target["spread"][0] <= min(target["cases"].values()) <= target["chance"] <= max(target["cases"].values())
    assert target["cases"]["independent_years"] != target["cases"]["same_growth_every_year"]
    assert (summary["growth_correlation"]["value"], summary["case_paths"]) == (0.5, 4_000)
    page = (tmp_path / "reports" / "years" / "report.html").read_text(encoding="utf-8")
    assert TITLES[language][2] in page
    sheet = PdfReader(tmp_path / "reports" / "years" / "report.pdf").pages[0].extract_text()
    one_line = " ".join(sheet.split())
    for title in TITLES[language][:2]:
        assert title in one_line
