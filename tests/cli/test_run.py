"""The command line: what it prints where, and the exit code of every ending."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import COMMANDS, main
from forecast.i18n import LANGUAGES, message_catalog
from forecast.runs import repository as runs

ROOT = Path(__file__).parents[2]
PLAN = """\
name: {en: A bakery, vi: Tiệm bánh}
horizon: {from: 2026-01, months: 12}
services:
  bread:
    baseline: {method: given, annual: 50 million VND to 70 million VND, shape: flat, noise: 4%}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 60 million VND}
  first_quarter: {measure: revenue, period: 2026-Q1, at_least: 14 million VND}
"""


class Ended:
    """A call of the command line in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str | Path) -> Ended:
        code = main([str(argument) for argument in arguments])
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose plan was run once."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "bakery.yaml").write_text(PLAN)
    assert main(["run", str(folder / "scenarios" / "bakery.yaml"), "--paths", "2_000", "--quiet"]) == 0
    return folder


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "bakery.yaml").write_text(PLAN)
    return tmp_path / "bakery.yaml"


def start(*arguments: str | Path, **more: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "forecast", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(command, env=environment, **options)


def ended(*arguments: str | Path, **more: Any) -> Ended:
    process = start(*arguments, **more)
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, (out or b"").decode(), (err or b"").decode())


# Help and usage


def test_help_names_every_command_in_both_languages(call: Any) -> None:
    for language in LANGUAGES:
        page = call("--lang", language, "--help")
        assert page.code == 0
        assert page.err == ""
        for name in COMMANDS:
            assert message_catalog()[f"help_{name}"][language].split(".")[0][:20] in page.out
    assert call().out == call("--help").out


def test_every_command_has_a_page_of_its_own(call: Any) -> None:
    for name in [*COMMANDS, "data disaggregate"]:
        page = call(*name.split(), "--help")
        assert page.code == 0
        assert page.out.startswith(f"Usage: forecast {name}")


def test_every_option_is_explained(call: Any) -> None:
    for name in COMMANDS:
        for line in call(name, "--help").out.splitlines():
            if line.startswith("  --"):
                assert len(line.split()) > 2 or line.endswith("CHANCE"), line


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from forecast.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    loaded = set(done.stderr.decode().split())
    assert not loaded & {"numpy", "pandas", "pydantic", "matplotlib", "statsmodels", "rich", "jinja2", "ruamel.yaml"}


def test_pandas_is_loaded_for_no_command_that_prints(project: Path) -> None:
    plan, reports = project / "scenarios" / "bakery.yaml", project / "reports"
    for arguments in (
        ["--help"],
        ["check", str(plan)],
        ["run", str(plan), "--paths", "2_000", "--quiet"],  # found
        ["list", "--out", str(reports)],
    ):
        code = "import sys; from forecast.cli import main; sys.exit(main(sys.argv[1:]) or 'pandas' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, cwd=ROOT, check=False)
        assert done.returncode == 0, arguments


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "command line:1:10: rnu: there is no such command; did you mean 'run'?"),
        (["xyzzy"], "command line:1:10: xyzzy: there is no such command; `forecast --help` lists them"),
        (["run", "a.yaml", "--pathz", "3"], "--pathz: there is no such option; did you mean '--paths'?"),
        (["run"], "SCENARIO: is missing; write `forecast run [OPTIONS] SCENARIO...`"),
        (["run", "a.yaml", "--seed"], "--seed: its value is missing; `forecast run --help` says how it is written"),
        (["check", "a", "b"], "Got unexpected extra argument (b); `forecast check --help` says how it is written"),
        (["data", "disagregate"], "disagregate: there is no such command; did you mean 'disaggregate'?"),
        (["run", "a.yaml", "--engine", "dask:there"], "--engine: 'dask:there' is not an engine; write local, dask, or"),
        (["run", "a.yaml", "--engine", "ray"], "--engine: 'ray' is not an engine; write local, dask, or dask:ADDRESS"),
        (["run", "a.yaml", "--engine", "dask:tcp://a:1", "--workers", "2"], "workers that were started with it"),
        (["run", "a.yaml", "--precision", "0%"], "--precision: '0%' is not a precision above 0% and at most 50%"),
        (["run", "a.yaml", "--precision", "0.5"], "--precision: '0.5' is not a precision above 0% and at most 50%"),
        (["run", "a.yaml", "--paths", "8"], "--paths: '8' is not a whole number from 100 to"),
        (["run", "a.yaml", "--as-of", "2021-02-30"], "--as-of: '2021-02-30' is not a day"),
        (["run", "a.yaml", "--fail-under", "70"], "write for instance 70% or revenue=70%"),
        (["compare", "a.yaml"], "a.yaml: one plan cannot be compared; name a second one"),
        (["schema", "--lang", "fr"], "--lang: 'fr' is not a language of the reports; write vi or en"),
    ],
)
def test_a_wrong_call_is_told_what_to_write(call: Any, arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert len(done.complaints) == 1
    assert said in done.err


def test_everything_wrong_with_the_options_is_said_at_once(call: Any) -> None:
    done = call("run", "a.yaml", "--paths", "0", "--seed", "-1", "--set", "x", "--workers", "many", "--lang", "xx")
    assert done.code == 2
    assert [line.split(": ")[1] for line in done.complaints] == ["--paths", "--seed", "--set", "--workers", "--lang"]


def test_every_wrong_value_of_an_option_is_said(call: Any) -> None:
    typed = "--fail-under x --engine ray --set a --set b=1 --set b=2 --fail-under =1% --paths 0"
    done = call("run", "a.yaml", *typed.split())
    assert done.code == 2
    assert sorted(line.split(": ")[1] for line in done.complaints) == sorted(
        ["--engine", "--fail-under", "--fail-under", "--paths", "--set", "--set"]
    )
    single = call("compare", "a.yaml", "--paths", "0")
    assert [line.split(": ")[1] for line in single.complaints] == ["a.yaml", "--paths"]


@pytest.mark.parametrize(
    "text", ["0", "-1", "1e3", "10_", "_10", "99999999999", "1.5", "", "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_paths_are_a_whole_number(call: Any, text: str) -> None:
    done = call("run", "a.yaml", f"--paths={text}")
    assert done.code == 2
    assert "--paths" in done.err


def test_messages_speak_the_language_that_is_asked_for_or_that_of_the_plan(call: Any, plan: Path) -> None:
    plan.write_text("language: vi\n" + PLAN.replace("horizon:", "horizom:"))
    assert "có phải 'horizon'?" in call("check", plan).err
    assert "did you mean 'horizon'?" in call("check", plan, "--lang", "en").err
    (plan.parent / "child.yaml").write_text("extends: bakery.yaml\nname: x\n")
    assert "có phải 'horizon'?" in call("check", plan.parent / "child.yaml").err


# Runs


def test_a_run_says_its_message_on_stdout_and_nothing_on_stderr(call: Any, project: Path) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2_000", "--quiet")
    assert done.code == 0
    assert done.err == ""
    assert "in 10" in done.out
    assert "simulation error" in done.out
    assert "60 million VND" in done.out
    assert str(project / "reports" / "bakery" / "report.html") in done.out


def test_json_names_a_folder_that_can_be_opened_and_its_summary(call: Any, project: Path) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2_000", "--json")
    answer = json.loads(done.out)
    assert set(answer) == {"run_dir", "summary"}
    assert json.loads((Path(answer["run_dir"]) / "summary.json").read_text()) == answer["summary"]
    assert answer["summary"]["paths"] == 2_000
    assert answer["summary"]["run_id"] == Path(answer["run_dir"]).name
    assert Path(answer["run_dir"]) == (project / "reports" / "bakery").resolve()


def test_a_run_holds_every_file_that_is_promised(project: Path) -> None:
    kept = runs.verify(project / "reports" / "bakery")
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


def test_the_same_inputs_find_the_same_run_and_another_seed_is_another(call: Any, project: Path) -> None:
    plan = project / "scenarios" / "bakery.yaml"
    written = (project / "reports" / "bakery" / "report.html").stat().st_mtime_ns
    first, again = (json.loads(call("run", plan, "--paths", "2000", "--json").out)["run_dir"] for _ in range(2))
    assert first == again
    assert (project / "reports" / "bakery" / "report.html").stat().st_mtime_ns == written
    listed = json.loads(call("list", "--out", project / "reports", "--json").out)["runs"]
    assert [row["run_id"] for row in listed] == [Path(first).name]


def test_list_and_verify_and_the_index_know_the_run(call: Any, project: Path) -> None:
    reports = project / "reports"
    assert "bakery" in call("list", "--out", reports).out
    assert call("verify", reports / "bakery").code == 0
    assert call("verify", "bakery", "--out", reports).code == 0
    assert "bakery" in (reports / "index.html").read_text()
    assert call("verify", reports / "nothing").code == 4


@pytest.mark.parametrize(
    ("gate", "code"), [("0%", 0), ("revenue=1%", 0), ("revenue=99.9%", 3), ("revenue=0.999", 3), ("0.999", 3)]
)
def test_a_gate_says_no_after_the_report_is_out(call: Any, project: Path, gate: str, code: int) -> None:
    done = call("run", project / "scenarios" / "bakery.yaml", "--paths", "2000", "--fail-under", gate)
    assert done.code == code
    assert "Report:" in done.out
    assert ("less likely than asked: bakery" in done.err) == (code == 3)
    assert ("revenue" in done.err) == (code == 3)


def test_a_gate_on_no_target_is_told_the_nearest(call: Any, plan: Path) -> None:
    done = call("run", plan, "--fail-under", "revenu=50%")
    assert done.code == 2
    assert "did you mean 'revenue'?" in done.err
    assert not (plan.parent / "reports").exists()


def test_what_was_known_later_is_refused_by_name(call: Any, plan: Path) -> None:
    plan.write_text(PLAN.replace("noise: 4%", "noise: {value: 2% to 4%, known: 2026-03}"))
    done = call("run", plan, "--as-of", "2026-01-05")
    assert done.code == 2
    assert done.complaints == [
        f"{plan}:5:101: services.bread.baseline.noise: '2% to 4%' rests on what was known only in 2026-03, "
        "after 2026-01-05; write what was known then, or leave out --as-of"
    ]


def test_complaints_about_every_plan_come_at_once(call: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(PLAN.replace("targets:", "tragets:"))
    done = call("run", tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert done.code == 2
    assert [line.split(":")[0] for line in done.complaints] == [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    assert not (tmp_path / "reports").exists()


def test_two_plans_of_one_name_are_not_published_over_each_other(call: Any, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plan.yaml").write_text(PLAN)
    done = call("run", tmp_path / "one" / "plan.yaml", tmp_path / "two" / "plan.yaml", "--out", tmp_path / "out")
    assert done.code == 2
    assert "same folder 'plan'" in done.err


def test_check_shows_every_value_and_where_it_comes_from(call: Any, plan: Path) -> None:
    (plan.parent / "child.yaml").write_text(
        "extends: bakery.yaml\nname: x\ntargets: {revenue: {at_least: 61 million VND}}\n"
    )
    done = call("check", plan.parent / "child.yaml")
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if "targets.revenue.at_least" in line]
    assert "61 million VND" in line
    assert "child.yaml:3" in line
    assert "60 million VND" in line
    assert "bakery.yaml:7" in line


def test_a_new_plan_runs_as_it_stands_in_both_languages(call: Any, tmp_path: Path) -> None:
    for language in LANGUAGES:
        done = call("new", tmp_path / language, "--lang", language)
        assert done.code == 0
        assert call("check", tmp_path / language / "scenarios" / "plan.yaml").code == 0
        assert call("new", tmp_path / language).code == 2


def test_the_shipped_schema_is_the_one_that_is_printed(call: Any) -> None:
    printed = call("schema").out
    assert printed == (ROOT / "scenarios" / "plan.schema.json").read_text(encoding="utf-8")


def test_the_schema_takes_every_shipped_plan_and_refuses_an_unknown_key() -> None:
    import jsonschema
    from ruamel.yaml import YAML

    schema = json.loads((ROOT / "scenarios" / "plan.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    plans = [*ROOT.glob("scenarios/*.yaml"), *ROOT.glob("forecast/starter/*.yaml")]
    for plan in plans:
        written = YAML(typ="safe", pure=True).load(plan)
        content = json.loads(json.dumps(written, default=str))  # keys of a season are texts, days too
        assert [error.message for error in validator.iter_errors(content)] == [], plan
    assert len(plans) > 5
    assert list(validator.iter_errors({"shokcs": {}}))


# The disk, the pipe, and signals


def test_a_file_size_limit_leaves_the_earlier_report(project: Path) -> None:
    before = runs.verify(project / "reports" / "bakery").run_id

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    plan = project / "scenarios" / "bakery.yaml"
    done = ended("run", plan, "--paths", "2000", "--seed", "9", preexec_fn=limit)
    assert done.code == 4
    assert len(done.complaints) == 1
    assert "no file of that size" in done.err
    assert runs.verify(project / "reports" / "bakery").run_id == before
    assert not [path for path in (project / "reports").rglob("*") if ".tmp-" in path.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_told_before_anything_is_played(tmp_path: Path, plan: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False).returncode:
        pytest.skip("no right to mount")
    try:
        (small / "filler").write_bytes(b"x" * 40_000)
        started = time.monotonic()
        done = ended("run", plan, "--out", small, "--paths", "1_000_000_000")
        assert time.monotonic() - started < 30  # a billion paths would take minutes
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.code == 4
    assert "the disk is full" in done.err
    assert len(done.complaints) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, whom the mode of a folder stops")
def test_a_read_only_folder_is_told_before_anything_is_played(
    tmp_path: Path, plan: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(folder.stat().st_mode | 0o055)
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        os.setuid(65534)
        os._exit(main(["run", str(plan), "--out", str(closed), "--paths", "1_000_000_000"]))
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 4
    assert time.monotonic() - started < 30  # a billion paths would take minutes
    told = capfd.readouterr().err
    assert "may not be written" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["schema"], ["list"]])
def test_a_full_output_is_one_line_and_exit_4(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = ended(*arguments, stdout=full)
    assert done.code == 4
    assert done.complaints == ["the output cannot be written (No space left on device)"]


def test_a_closed_pipe_is_one_line_and_exit_4() -> None:
    with start("schema") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(20) == 4
        assert process.stderr.read().decode().count("\n") == 1


def test_a_closed_output_is_no_fault() -> None:
    assert ended("list", preexec_fn=lambda: os.close(1)).code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_stops_cleanly(plan: Path, number: signal.Signals, code: int, ignored: bool) -> None:
    def as_in_the_background() -> None:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = start("run", plan, "--paths", "1_000_000_000", preexec_fn=as_in_the_background)
    wait_for(lambda: (plan.parent / "reports" / ".runs").is_dir())
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert err.decode() == "stopped; what was published before is untouched\n"
    assert not list((plan.parent / "reports" / ".runs").glob("*.tmp-*"))


def test_short_memory_is_exit_4(plan: Path, monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    import forecast.workflows.run

    def short(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(forecast.workflows.run, "run_plan", short)
    done = call("run", plan)
    assert done.code == 4
    assert "memory ran short" in done.err


def test_a_fault_of_our_own_is_exit_1_and_says_how_to_see_it(
    plan: Path, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    import forecast.workflows.run

    monkeypatch.setattr(forecast.workflows.run, "run_plan", lambda *_: 1 / 0)
    monkeypatch.delenv("FORECAST_DEBUG", raising=False)
    done = call("run", plan)
    assert done.code == 1
    assert len(done.complaints) == 1
    assert "FORECAST_DEBUG=1" in done.err
    monkeypatch.setenv("FORECAST_DEBUG", "1")
    assert "Traceback" in call("run", plan).err


def test_python_m_and_the_version_work() -> None:
    done = ended("--version")
    assert done.code == 0
    assert done.out.startswith("forecast ")


@pytest.mark.slow
def test_no_kill_makes_an_earlier_report_unreadable(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "kills.py"), "--times", "8", "--paths", "2000"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    found = json.loads(done.stdout)
    assert found["unreadable"] == found["strays_after_next_start"] == 0
    assert done.returncode == 0


def wait_for(ready: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
