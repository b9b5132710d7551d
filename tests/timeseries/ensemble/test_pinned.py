"""Fits in a manifest: another machine repeats the run from them, and fits of other data are rejected."""

from __future__ import annotations

import json
import re
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.cli import main
from forecast.errors import InputError
from forecast.files.stored_json import DIGESTS_KEY, seal
from forecast.periods import format_month, parse_month
from forecast.plan.loading.loader import read
from forecast.timeseries.baseline import fit_baseline
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS
from forecast.timeseries.ensemble.pinned import COMBINATION_KEY, read_pinned_fits
from forecast.timeseries.ensemble.stored_fit import check_correlation

PLAN = """
name: {en: A plan}
currency: EUR
paths: 4096
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services:
  a: {baseline: {level: history}}
  b: {growth: 0% to 9%}
"""
MOVED = 0.05
"""Log by which the pinned mean of 'a' is moved."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan on two services of four actual years, run once: `run/manifest.json` and `run/summary.json`."""
    folder = tmp_path_factory.mktemp("pinned")
    first, rng, lines = parse_month("2017-01"), np.random.default_rng(3), ["month,service,revenue,status"]
    for service in "ab":
        age = np.arange(48)
        values = np.exp(8 + 0.004 * age + 0.1 * np.sin(age * np.pi / 6) + rng.normal(0, 0.05, 48))
        lines += [f"{format_month(first + row)},{service},{value:.3f},actual" for row, value in enumerate(values)]
    (folder / "ledger.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return folder


def run(folder: Path, *more: str, cache: str = "cache") -> tuple[int, str]:
    """Exit code and standard error."""
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()) as stderr, redirect_stdout(StringIO()):
        patch.setenv("FORECAST_CACHE", str(folder / cache))
        code = main(["run", str(folder / "plan.yaml"), "--quiet", "--lang", "en", *more])
    return code, re.sub(r"\s+", " ", stderr.getvalue())


def run_outputs(folder: Path, name: str, *more: str, cache: str = "cache") -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and summary of a run."""
    code, message = run(folder, "--out", str(folder / name), *more, cache=cache)
    assert code == 0, message
    outputs = folder / name / "plan"
    return tuple(json.loads((outputs / f"{kind}.json").read_text("utf-8")) for kind in ("manifest", "summary"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def first(project: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return run_outputs(project, "first")


def changed(project: Path, manifest: dict[str, Any], name: str, **edits: Any) -> Path:
    """A copy of the manifest whose combination of 'a' has other entries, sealed as if a run had written it."""
    copy = json.loads(json.dumps(manifest))
    copy["parameters"]["a"][COMBINATION_KEY].update(edits)
    return write_sealed(project / f"{name}.json", copy)


def write_sealed(path: Path, manifest: dict[str, Any]) -> Path:
    """Write a manifest with the digests of its own entries."""
    content = {key: value for key, value in manifest.items() if key != DIGESTS_KEY}
    path.write_text(json.dumps(seal(content)), encoding="utf-8")
    return path


def test_a_manifest_restores_the_fits_exactly(project: Path, first: tuple[dict[str, Any], dict[str, Any]]) -> None:
    scenario = read(project / "plan.yaml")
    fitted = fit_baseline(scenario)
    pin = read_pinned_fits(project / "first" / "plan")
    again = fit_baseline(scenario, pinned_fits=pin)
    assert again.correlation is not None
    assert np.array_equal(again.correlation, fitted.correlation)
    for name, service in again.services.items():
        before = fitted.services[name]
        assert service.forecast is not None
        assert before.forecast is not None
        assert np.array_equal(service.forecast.mean, before.forecast.mean)
        assert np.array_equal(service.forecast.cholesky, before.forecast.cholesky)
        assert np.array_equal(service.shape, before.shape)
        keys = (
            "annual_quantiles",
            "noise",
            "persistence",
            "weights",
            "mase",
            "coverage80",
            "coverage95",
            "notes",
            "checks",
        )
        assert {key: getattr(service, key) for key in keys} == {key: getattr(before, key) for key in keys}
    assert again.parameters == fitted.parameters
    assert len(again.parameters["a"][COMBINATION_KEY]["root"]) == 12 < FORECAST_MONTHS


@pytest.mark.slow
def test_a_pinned_run_repeats_the_results_without_fitting(
    project: Path, first: tuple[dict[str, Any], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a pinned run has fitted")

    monkeypatch.setattr("forecast.timeseries.ensemble.cache.fit_ensemble", refuse)
    manifest, summary = run_outputs(
        project, "again", "--reuse-fit", str(project / "first" / "plan" / "manifest.json"), cache="other"
    )
    first_manifest, first_summary = first
    assert {**summary, "run_id": ""} == {**first_summary, "run_id": ""}
    assert manifest["parameters"] == first_manifest["parameters"]
    assert manifest["run_id"] != first_manifest["run_id"]
    assert manifest["pinned"]


@pytest.mark.slow
def test_pinned_means_are_used(project: Path, first: tuple[dict[str, Any], dict[str, Any]]) -> None:
    manifest, summary = first
    mean = [float(value) for value in manifest["parameters"]["a"][COMBINATION_KEY]["mean"].split()]
    path = changed(project, manifest, "moved", mean=" ".join(repr(value + MOVED) for value in mean))
    _, moved = run_outputs(project, "moved", "--reuse-fit", str(path))
    before, after = (each["measures"]["revenue.a"]["2021"]["mean"] for each in (summary, moved))
    assert after / before == pytest.approx(np.exp(MOVED), rel=1e-6)
    before, after = (each["measures"]["revenue.b"]["2021"]["mean"] for each in (summary, moved))
    assert after == before


def test_pinned_fits_of_other_data_are_rejected(project: Path, first: tuple[dict[str, Any], dict[str, Any]]) -> None:
    manifest, _ = first
    blend = manifest["parameters"]["a"][COMBINATION_KEY]
    wrong = {
        "other_past": {"masked": "1" + blend["masked"][1:]},
        "other_month": {"past": blend["past"].replace(blend["past"].split()[5], "7.5")},
        "too_short": {"root": blend["root"][:6], "mean": " ".join(blend["mean"].split()[:6])},
        "no_number": {"mean": "one two"},
        "no_mean": {"mean": None},
        "no_noise": {"noise": -1.0},
        "no_correlation": {"correlation": {"a": 1.0, "b": 7.0}},
        "other_history": {"history": "0" * 64},
    }
    results = {
        name: run(project, "--reuse-fit", str(changed(project, manifest, name, **edits)))
        for name, edits in wrong.items()
    }
    assert {code for code, _ in results.values()} == {2}
    assert "another past of 'a'" in results["other_past"][1]
    assert "leave out --reuse-fit to fit again" in results["other_month"][1]
    assert "reaches 6 months after the history and the plan needs 12" in results["too_short"][1]
    for damaged in ("no_number", "no_mean", "no_noise", "no_correlation"):
        assert "there is nothing fitted in it" in results[damaged][1]
    assert "there is nothing fitted in it" in results["other_history"][1]  # its services disagree on the history
    path = changed(project, manifest, "both")
    content = json.loads(path.read_text("utf-8"))
    for models in content["parameters"].values():
        models[COMBINATION_KEY]["history"] = "0" * 64
    pin = read_pinned_fits(write_sealed(path, content))
    with pytest.raises(InputError, match="another history"):
        fit_baseline(read(project / "plan.yaml"), pinned_fits=pin)


def test_a_file_without_fits_is_rejected(project: Path, first: tuple[dict[str, Any], dict[str, Any]]) -> None:
    code, message = run(project, "--reuse-fit", str(project / "nowhere.json"))
    assert (code, "cannot be read" in message) == (2, True)
    code, message = run(project, "--reuse-fit", str(project / "first" / "plan" / "summary.json"))
    assert (code, "there is nothing fitted in it" in message) == (2, True)
    code, message = run(project, str(project / "plan.yaml"), "--reuse-fit", str(project / "first" / "plan"))
    assert (code, "one plan" in message) == (2, True)


def test_a_pin_that_was_edited_is_refused_by_the_name_of_the_entry(
    project: Path, first: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    manifest, _ = first
    mean = manifest["parameters"]["a"][COMBINATION_KEY]["mean"]
    edits = {
        "parameters.a": lambda copy: copy["parameters"]["a"][COMBINATION_KEY].update(mean="9" + mean[1:]),
        "parameters.b": lambda copy: copy["parameters"]["b"].update(ets={"alpha": 0.1}),
        "seed": lambda copy: copy.update(seed=1),
        DIGESTS_KEY: lambda copy: copy.pop(DIGESTS_KEY),
    }
    for name, edit in edits.items():
        copy = json.loads(json.dumps(manifest))
        edit(copy)
        (project / "edited.json").write_text(json.dumps(copy), encoding="utf-8")
        code, message = run(project, "--reuse-fit", str(project / "edited.json"))
        assert (code, f"not as its run wrote it: {name};" in message) == (2, True)


def _with_number(text: str, row: int, number: str) -> str:
    numbers = text.split()
    numbers[row] = number
    return " ".join(numbers)


def test_a_pin_of_what_no_fit_has_is_refused(project: Path, first: tuple[dict[str, Any], dict[str, Any]]) -> None:
    manifest, _ = first
    blend = manifest["parameters"]["a"][COMBINATION_KEY]
    root, check = blend["root"], blend["checks"][0]
    wrong: list[dict[str, Any]] = [
        {"mean": _with_number(blend["mean"], 3, text)} for text in ("nan", "inf", "-inf", "1e999", "one")
    ]
    wrong += [{"root": [*root[:-1], _with_number(root[-1], row, text)]} for row, text in ((0, "nan"), (-1, "-0.1"))]
    wrong += [{"root": [*root[:-1], root[-1] + " 0.1"]}, {"root": root[:-1]}, {"root": []}, {"root": "x"}, {"mean": ""}]
    wrong += [{"weights": weights} for weights in ({}, {"ets": 0.5}, {"ets": 2.0, "theta": -1.0}, {"ets": "1"}, [1])]
    wrong += [{key: value} for key in ("noise", "mase") for value in (-1.0, "0.1", True, [0.1], 10**12 * 10**12)]
    wrong += [{key: 1.5} for key in ("coverage80", "coverage95", "persistence")]
    wrong += [{"correlation": value} for value in ({"a": 1.0}, {"a": 0.5, "b": 0.0}, {"a": 1.0, "b": 0.9}, 5)]
    wrong += [{"notes": value} for value in ([["no_such_sentence", []]], [["pin_edited", []]], [[1, []]], "x")]
    wrong += [{"checks": [value]} for value in ([], [*check[:3], "1.0"], [-1, *check[1:]], {}, [*check, 1])]
    wrong += [{"checks": [[*check[:2], _with_number(check[2], 0, "-1.0"), check[3]]]}]
    wrong += [{"first": "x"}, {"first": 2**40}, {"scale": "root"}, {"masked": "0x1"}, {"more": 1}, {"history": "x"}]
    for number, edit in enumerate(wrong):
        code, message = run(project, "--reuse-fit", str(changed(project, manifest, f"wrong-{number}", **edit)))
        assert (code, message.count("--reuse-fit: ")) == (2, 1), (edit, message)
    copy = json.loads(json.dumps(manifest))
    copy["parameters"]["a"]["ets"] = {"alpha": [1, 2]}
    code, message = run(project, "--reuse-fit", str(write_sealed(project / "model.json", copy)))
    assert (code, "there is nothing fitted in it" in message) == (2, True)


def test_correlations_that_are_not_possible_together_are_refused() -> None:
    impossible = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    for matrix in (
        impossible,
        np.full((2, 2), np.nan),
        np.eye(3)[:2],
        np.array([[1.0, 0.5], [0.4, 1.0]]),
        2 * np.eye(2),
    ):
        with pytest.raises(ValueError, match=r"."):
            check_correlation(matrix, len(matrix))
    assert check_correlation(np.array([[1.0, 1.0], [1.0, 1.0]]), 2).shape == (2, 2)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"[" * 99_999, b'{"parameters": NaN}', b"{}", b"\xff", b'{"parameters":[]}']
)
def test_a_pin_of_other_content_is_refused(project: Path, content: bytes) -> None:
    (project / "other.json").write_bytes(content)
    code, message = run(project, "--reuse-fit", str(project / "other.json"))
    assert (code, "there is nothing fitted in it" in message) == (2, True)
