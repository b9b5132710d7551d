"""Wrong calls are answered with what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import BAKERY_PLAN


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["rnu"], "command line:1:10: rnu: there is no such command; did you mean 'run'?"),
        (["xyzzy"], "command line:1:10: xyzzy: there is no such command; `forecast --help` lists them"),
        (["run", "a.yaml", "--pathz", "3"], "--pathz: there is no such option; did you mean '--paths'?"),
        (["run", "a.yaml", "--pin", "m"], "--pin: there is no such option; did you mean '--reuse-fit'?"),
        (["run", "a.yaml", "--repair"], "--repair: there is no such option; did you mean '--repair-correlations'?"),
        (["run"], "SCENARIO: is missing; write `forecast run [OPTIONS] SCENARIO...`"),
        (["run", "a.yaml", "--seed"], "--seed: its value is missing; `forecast run --help` says how it is written"),
        (["check", "a", "b"], "unexpected words (b); `forecast check --help` says how it is written"),
        (["data", "disagregate"], "disagregate: there is no such command; did you mean 'disaggregate'?"),
        (
            ["run", "a.yaml", "--engine", "dask:there"],
            "--engine: 'dask:there' is not an engine; write 'local', 'dask', or",
        ),
        (
            ["run", "a.yaml", "--engine", "ray"],
            "--engine: 'ray' is not an engine; write 'local', 'dask', or 'dask:ADDRESS'",
        ),
        (["run", "a.yaml", "--engine", "dask:tcp://a:1", "--workers", "2"], "workers that were started with it"),
        (["run", "a.yaml", "--precision", "0%"], "--precision: '0%' is not a precision above 0% and at most 50%"),
        (["run", "a.yaml", "--precision", "0.5"], "--precision: '0.5' is not a precision above 0% and at most 50%"),
        (["run", "a.yaml", "--paths", "8"], "--paths: '8' is not a whole number from 100 to"),
        (["run", "a.yaml", "--as-of", "2021-02-30"], "--as-of: '2021-02-30' is not a day"),
        (["run", "a.yaml", "--fail-under", "70"], "write for instance '70%' or 'revenue=70%'"),
        (["compare", "a.yaml"], "a.yaml: one plan cannot be compared; name a second one"),
        (["compare", *(f"{name}.yaml" for name in "abcdefg")], "g.yaml: at most 6 plans are compared at a time"),
        (["--lang", "fr", "schema"], "--lang: 'fr' is not a language of the reports; write vi or en"),
        (["--lang", "fr"], "--lang: 'fr' is not a language of the reports; write vi or en"),
        (["schema", "--lang", "fr"], "--lang: 'fr' is not a language of the reports; write vi or en"),
    ],
)
def test_a_wrong_call_says_what_to_write(call: Any, arguments: list[str], expected: str) -> None:
    done = call(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert len(done.complaints) == 1
    assert expected in done.err


def test_all_wrong_options_are_reported_at_once(call: Any) -> None:
    done = call("run", "a.yaml", "--paths", "0", "--seed", "-1", "--set", "x", "--workers", "many", "--lang", "xx")
    assert done.code == 2
    assert [line.split(": ")[1] for line in done.complaints] == ["--paths", "--seed", "--set", "--workers", "--lang"]


@pytest.mark.parametrize(
    "text", ["0", "-1", "1e3", "10_", "_10", "99999999999", "1.5", "", "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_paths_must_be_a_whole_number(call: Any, text: str) -> None:
    done = call("run", "a.yaml", f"--paths={text}")
    assert done.code == 2
    assert "--paths" in done.err


def test_messages_use_the_requested_language_or_that_of_the_plan(call: Any, plan: Path) -> None:
    plan.write_text("language: vi\n" + BAKERY_PLAN.replace("horizon:", "horizom:"))
    assert "có phải 'horizon'?" in call("check", plan).err
    assert "did you mean 'horizon'?" in call("check", plan, "--lang", "en").err
    (plan.parent / "child.yaml").write_text("extends: bakery.yaml\nname: x\n")
    assert "có phải 'horizon'?" in call("check", plan.parent / "child.yaml").err


def test_a_path_that_is_set_is_relative_to_the_plan(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the file itself, wherever one stands."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    months = [f"{2023 + row // 12}-{row % 12 + 1:02d}" for row in range(36)]
    ledger = "month,service,revenue,status\n" + "".join(f"{month},bread,5000000,actual\n" for month in months)
    (tmp_path / "data" / "ledger.csv").write_text(ledger)
    (tmp_path / "scenarios" / "a.yaml").write_text(
        "name: x\nhorizon: {from: 2026-01, months: 12}\nservices:\n  bread: {growth: 2%}\n"
    )
    for folder in ("elsewhere", "scenarios", "data"):
        monkeypatch.chdir(tmp_path / folder)
        done = call("check", tmp_path / "scenarios" / "a.yaml", "--set", "history=../data/ledger.csv")
        assert done.code == 0, done.err
