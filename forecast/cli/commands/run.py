"""`forecast run`: simulate plans and publish a report of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.completed_run import CompletedRun
from forecast.cli.grade_gate import judgement_problem
from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.option_types import DayParam, Gate, GateType, GradeGateType, HalfWidth, LanguageChoice
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines, print_status, stdout_encoding
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.errors import CheckError, InputError, LockError, OutputError, Problem, closest_match
from forecast.files.csv_output import CsvReader
from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent

if TYPE_CHECKING:
    from forecast.plan.loading.loader import LoadedPlan
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun
    from forecast.workflows.excel import ComparedRun
    from forecast.workflows.request import RunRequest


@command("run")
@common_options()
@click.option("--precision", cls=Option, metavar="HALF", type=HalfWidth())
@click.option("--as-of", cls=Option, metavar="DATE", type=DayParam())
@click.option("--strict", cls=Option, is_flag=True)
@click.option("--repair-correlations", cls=Option, is_flag=True)
@click.option("--reuse-fit", cls=Option, metavar="MANIFEST", type=click.Path(path_type=Path))
@click.option("--excel", cls=Option, is_flag=True)
@click.option("--csv-for", cls=Option, metavar="vi|en", type=LanguageChoice())
@click.option("--watch", cls=Option, is_flag=True)
@click.option("--decide", cls=Option, is_flag=True)
@click.option("--fail-under", cls=Option, metavar="[TARGET=]CHANCE", multiple=True, type=GateType())
@click.option("--fail-above", cls=Option, metavar="C=SHARE", type=GradeGateType())
@click.argument("scenario", nargs=-1, required=True, shell_complete=complete_files)
@click.pass_context
def run_command(ctx: click.Context, /, scenario: tuple[str, ...], **params: Any) -> None:
    """Simulate plans and publish a report of each."""
    session = get_session(ctx)
    if params["watch"]:
        _watch(session, scenario, params)
        return
    completed, failures = _run_plans(session, scenario, params)
    if params["json"]:
        print_json_answers(completed)
    raise_first(failures)
    _check_gates(completed, params)


def _run_plans(
    session: Session,
    scenario: tuple[str, ...],
    params: Mapping[str, Any],
    on_plan: Callable[[LoadedPlan], None] = lambda plan: None,
) -> tuple[list[CompletedRun], list[OutputError]]:
    """Run plans as the options say, and print what they give; also what failed after they were stored."""
    options = CommonOptions.from_params(params)
    if params["as_of"]:
        options = replace(options, overrides={**options.overrides, "as_of": params["as_of"].isoformat()})
    requests = read_requests(session, scenario, options, repair=params["repair_correlations"], on_plan=on_plan)
    requests = _reuse_fit(session, requests, params["reuse_fit"])
    if params["precision"] is not None:
        requests = [replace(request, precision=params["precision"], lock=None) for request in requests]
    if params["decide"]:
        requests = [replace(request, decides=True) for request in requests]
    _check_requests(session, requests, params)
    workbooks = _workbook_files(requests) if params["excel"] else [None] * len(requests)
    failures: list[OutputError] = []
    completed = [
        execute_request(session, request, options, failures, workbook, params["csv_for"])
        for request, workbook in zip(requests, workbooks, strict=True)
    ]
    return completed, failures


def _watch(session: Session, scenario: tuple[str, ...], params: Mapping[str, Any]) -> None:
    """Run plans again and again, until a signal ends it; InputError where that makes no sense."""
    from forecast.cli import watch
    from forecast.workflows.locked_plans import find_lock

    problems = [
        session.problem(file, file, "watch_with_lock") for file in scenario if find_lock(file, Path.cwd()) is not None
    ]
    if params["json"]:
        problems.append(session.problem("--watch", "--watch", "watch_with_json"))
    if problems:
        raise InputError(problems)
    watcher = watch.open_watcher()
    plans = watch.PlanWatch(session, scenario)
    plans.run_until_stopped(
        lambda: _run_plans(session, scenario, params, plans.add_plan),
        lambda completed: _check_gates(completed, params),
        watcher,
    )


def read_requests(
    session: Session,
    files: tuple[str, ...],
    options: CommonOptions,
    *,
    repair: bool = False,
    on_plan: Callable[[LoadedPlan], None] = lambda plan: None,
) -> list[RunRequest]:
    """The requests of some plans, or of locks by their names; InputError with the problems of all of them."""
    from forecast.plan.loading.loader import read_plan
    from forecast.workflows.locked_plans import find_lock

    requests: list[RunRequest] = []
    problems: list[Problem] = []
    for file in files:
        lock_path = find_lock(file, Path.cwd())
        try:
            if lock_path is not None:
                requests.append(_lock_request(session, lock_path, options, repair=repair))
                continue
            session.use_plan_language(file)
            plan = read_plan(Path(file), overrides=options.overrides or None, repair=repair)
        except LockError:
            raise
        except InputError as fault:
            problems.extend(fault.problems)
        else:
            on_plan(plan)
            requests.append(build_request(plan.scenario, options))
            _print_repairs(session, plan)
    if problems:
        raise InputError(problems)
    return requests


def _lock_request(session: Session, file: Path, options: CommonOptions, *, repair: bool) -> RunRequest:
    """The request of the plan of a lock as it was locked; its figures are the lock's where no option changes them."""
    from forecast.workflows.locked_plans import lock_fits, open_in_chain, restored_plan

    lock, _ = open_in_chain(file)
    session.language = options.language or lock.language
    context = click.get_current_context()
    plan = context.with_resource(restored_plan(lock, options.overrides or None, repair=repair))
    _print_repairs(session, plan)
    request = replace(
        build_request(plan.scenario, options),
        seed=lock.seed if options.seed is None else options.seed,
        paths=options.paths or lock.paths,
        language=session.language,
        reports=(options.out or file.parents[2] / "reports").absolute(),
        lock_name=lock.name,
        locks=file.parent,
    )
    if not options.overrides and (fits := lock_fits(lock)) is not None:
        request = request.with_pinned_fits(fits)
    is_own = (request.seed, request.paths) == (lock.seed, lock.paths) and not (options.overrides or repair)
    return replace(request, lock=lock) if is_own else request


def _print_repairs(session: Session, plan: LoadedPlan) -> None:
    """Name each correlation that was moved to the nearest feasible one."""
    for repair in plan.repairs:
        params = {"one": repair.pair[0], "other": repair.pair[1]}
        params |= {"asked": f"{repair.requested:g}", "made": f"{repair.feasible:.2f}"}
        print_status(session.t("said_repaired", file=plan.scenario.file, **params))


def build_request(scenario: Scenario, options: CommonOptions) -> RunRequest:
    """The request that the options make of a plan."""
    from forecast.workflows.request import RunRequest, reports_folder

    return RunRequest(
        scenario=scenario,
        seed=scenario.seed if options.seed is None else options.seed,
        paths=options.paths or scenario.paths,
        language=options.language or scenario.language,
        reports=(options.out or reports_folder(scenario)).absolute(),
        engine=options.engine,
        workers=options.worker_count,
    )


def _reuse_fit(session: Session, requests: list[RunRequest], manifest: Path | None) -> list[RunRequest]:
    """The request with the fits of a manifest; InputError where there is more than one."""
    if manifest is None:
        return requests
    if len(requests) > 1:
        raise InputError([session.problem("--reuse-fit", "--reuse-fit", "pin_one_plan")])
    from forecast.runs.ownership import follow_pointer
    from forecast.timeseries.ensemble.pinned import read_pinned_fits

    file = follow_pointer(manifest)
    return [replace(request, lock=None).with_pinned_fits(read_pinned_fits(file)) for request in requests]


def _check_requests(session: Session, requests: list[RunRequest], params: Mapping[str, Any]) -> None:
    """Refuse before anything is simulated: InputError with every problem, OutputError where a report has no room."""
    from forecast.runs.repository import prepare_reports

    problems: list[Problem] = []
    files: dict[Path, str] = {}
    for request in requests:
        folder, file = request.reports / request.name, request.argument
        if folder in files:
            problems.append(session.problem(file, file, "same_folder_name", first=files[folder], name=request.name))
        files.setdefault(folder, file)
        problems += [
            *(_hindsight_problems(request.scenario) if params["strict"] else ()),
            *_gate_problems(session, request, params["fail_under"]),
            *(_missing_target_problems(session, request, params)),
        ]
    if problems:
        raise InputError(problems)
    for request in requests:
        prepare_reports(request.reports, (request.name,))


def _hindsight_problems(scenario: Scenario) -> list[Problem]:
    """The assumptions that rest on what was known only after the day of the plan."""
    from forecast.plan.scenario import assumptions_known_after

    problems = []
    for assumption in assumptions_known_after(scenario, scenario.as_of) if scenario.as_of else ():
        params = {"text": assumption.text, "known": assumption.known_since, "day": str(scenario.as_of)}
        problems.append(Problem.of(assumption.location, assumption.name, "known_later", **params))
    return problems


def _gate_problems(session: Session, request: RunRequest, gates: tuple[Gate, ...]) -> list[Problem]:
    """A precision or a gate of a target that the plan has not."""
    targets = sorted(request.scenario.targets)
    problems = []
    if request.precision is not None and not targets:
        problems.append(session.problem("--precision", "--precision", "no_targets", scenario=request.name))
    option = "--fail-under"
    for gate in gates:
        if not targets:
            problems.append(session.problem(option, option, "no_targets", scenario=request.name))
        elif gate.target and gate.target not in targets:
            instead = closest_match(gate.target, targets, 0.0) or targets[0]
            params = {"target": gate.target, "scenario": request.name, "instead": instead}
            problems.append(session.problem(option, option, "no_target", **params))
    return problems


def _missing_target_problems(session: Session, request: RunRequest, params: Mapping[str, Any]) -> list[Problem]:
    """Options that ask about a target of a plan that has none."""
    asked = {"--decide": params["decide"], "--fail-above": params["fail_above"] is not None}
    return [
        session.problem(option, option, "no_targets", scenario=request.name)
        for option, is_asked in asked.items()
        if is_asked and not request.scenario.targets
    ]


def raise_first(failures: list[OutputError]) -> None:
    """Raise the first of what failed after runs were stored, once their results are printed."""
    for failure in failures:
        raise failure


def _workbook_files(requests: list[RunRequest]) -> list[Path | None]:
    """The workbook of each request; OutputError where one is there whose inputs were edited."""
    from forecast.workflows.excel import default_workbook, require_replaceable

    files: list[Path | None] = []
    for request in requests:
        file = default_workbook(request)
        require_replaceable(file)
        files.append(file)
    return files


def execute_request(
    session: Session,
    request: RunRequest,
    options: CommonOptions,
    failures: list[OutputError],
    workbook: Path | None = None,
    csv_for: CsvReader | None = None,
    *,
    is_silent: bool = False,
) -> CompletedRun:
    """Run one plan and print its answer, then write its workbook and its table where they are asked for.

    With `is_silent` no answer is printed: the files are all that was asked for.
    """
    from forecast.cli.run_summary import answer_lines, next_line, print_set_aside, report_line
    from forecast.workflows.run import RunCallbacks, run_plan

    session.language = request.language
    name, t = request.name, session.t
    prints_lines = not (options.json or is_silent)
    with show_progress(t, quiet=options.quiet) as display:

        def print_answer(summary: Mapping[str, Any]) -> None:
            if prints_lines:
                with suppress(OSError):  # the line of the report will fail as well, once the report is written
                    display.print_result(answer_lines(summary, request.scenario, t, stdout_encoding()))

        callbacks = RunCallbacks(
            on_stage=lambda key: display.show_step(key, scenario=name, paths=t.number(request.paths)),
            on_paths=lambda done, total: display.show_paths(name, done, total),
            on_checkpoint=lambda key, paths: display.print_line(key, scenario=name, paths=t.number(paths)),
            on_answer=print_answer,
            on_failure=failures.append,
        )
        run = run_plan(request, callbacks)
    print_set_aside(run, t)
    if prints_lines:
        print_lines(report_line(run, t), next_line(request, t))
    if workbook is not None:
        print_workbook(request, run, workbook, options, t)
    table = None if csv_for is None else _write_csv_copy(request, run, csv_for, options, t)
    return CompletedRun(run, run.summary(), t, request.scenario, workbook, table)


def print_workbook(
    request: RunRequest,
    run: StoredRun,
    file: Path,
    options: CommonOptions,
    t: Translator,
    others: Sequence[ComparedRun] = (),
    *,
    is_silent: bool = False,
) -> None:
    """Write the workbook of a run and print where it is."""
    from forecast.workflows.excel import write_workbook

    write_workbook(request, run, file, others)
    if not (options.json or is_silent):
        print_lines(t("said_excel", path=display_path(file)))


def _write_csv_copy(
    request: RunRequest, run: StoredRun, csv_for: CsvReader, options: CommonOptions, t: Translator
) -> Path:
    from forecast.workflows.csv_copies import write_csv_copy

    file = write_csv_copy(run, request.reports, "quantiles.csv", csv_for)
    if not options.json:
        print_lines(t("said_csv", path=display_path(file)))
    return file


def print_json_answers(completed: list[CompletedRun]) -> None:
    """Print one object for one plan, and a list for more, once all of them are published."""
    answers = [
        {"run_dir": str(each.run.folder), "summary": each.summary}
        | {
            name: str(file.absolute())
            for name, file in (("workbook", each.workbook), ("table", each.table))
            if file is not None
        }
        for each in completed
    ]
    print_json(answers[0] if len(answers) == 1 else answers)


def _check_gates(completed: list[CompletedRun], params: Mapping[str, Any]) -> None:
    """CheckError with every target that is less likely, and every plan that rests more on judgement, than its gate."""
    sentences = _chance_problems(completed, params["fail_under"])
    if (gate := params["fail_above"]) is not None:
        for each in completed:
            sensitivity = each.summary["sensitivity"]
            rows = sensitivity["fifths"]
            sentences.append(judgement_problem(each.t, each.run.scenario, sensitivity["grades"], rows, gate))
    if any(sentences):
        raise CheckError("gates_missed", sentences="; ".join(filter(None, sentences)))


def _chance_problems(completed: list[CompletedRun], gates: tuple[Gate, ...]) -> list[str]:
    """The sentence of the targets that are less likely than their gates; none where all are kept."""
    missed = []
    for each in completed:
        for gate in gates:
            for name, target in each.summary["targets"].items():
                if gate.target in ("", name) and target["chance"] < gate.chance:
                    chance = whole_percent(target["chance"], each.t, gate.chance)
                    params = {"scenario": each.run.scenario, "target": name, "asked": gate.text}
                    missed.append(each.t("chance_below_one", chance=chance, **params))
    return [completed[-1].t("chance_below", names="; ".join(missed))] if missed else []
