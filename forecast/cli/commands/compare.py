"""`forecast compare`: simulate plans on the same luck and show what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.group import command, get_session
from forecast.cli.options import OptionReader, common_options, read_common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.files.paths import display_path

if TYPE_CHECKING:
    from forecast.workflows.run import RunRequest


@command("compare")
@common_options
@click.argument("plans", nargs=-1, required=True, metavar="A B...")
@click.pass_context
def compare_command(ctx: click.Context, /, plans: tuple[str, ...], **typed: Any) -> None:
    """Simulate plans on the same luck and show what differs."""
    from forecast.workflows.compare import run_comparison

    session = get_session(ctx)
    reader = OptionReader(session)
    asked = read_common_options(reader, typed)
    if len(plans) < 2:
        reader.problems.append(session.problem(plans[0], plans[0], "compare_needs_two"))
    reader.raise_problems()
    orders = read_requests(session, plans, asked)
    session.language = orders[0].language
    _check_comparable(session, orders)
    with show_progress(session.t, quiet=asked.quiet) as watch:
        paths = session.t.number(orders[0].paths)
        kept = run_comparison(orders, lambda key, name: watch.show_step(key, scenario=name, paths=paths))
    summary = kept.summary()
    if asked.json:
        print_json({"run_dir": str(kept.folder), "summary": summary})
        return
    for difference in summary["differences"]:
        print_lines(*_difference_lines(session, difference))
    print_lines(session.t("said_report", path=display_path(kept.folder.parent.parent / kept.scenario / "report.html")))


def _check_comparable(session: Session, orders: list[RunRequest]) -> None:
    """One luck, and a name for each."""
    reader = OptionReader(session)
    first = orders[0]
    names: dict[str, str] = {}
    for order in orders:
        file = order.scenario.file
        if order.name in names:
            code = "same_plan_twice" if names[order.name] == file else "same_names_compared"
            reader.problems.append(session.problem(file, file, code, first=names[order.name]))
        names.setdefault(order.name, file)
        if (order.seed, order.paths) != (first.seed, first.paths):
            facts = {"first": first.name, "first_paths": first.paths, "first_seed": first.seed}
            reader.problems.append(
                session.problem(file, file, "compare_other_paths", paths=order.paths, seed=order.seed, **facts)
            )
    reader.raise_problems()


def _difference_lines(session: Session, difference: dict[str, Any]) -> list[str]:
    words = session.t
    lines = []
    for target, change in difference["chances"].items():
        value, low, high = (words.number(100 * change[key], 1) for key in ("value", "low", "high"))
        pair = {"first": difference["first"], "second": difference["second"], "target": target}
        sign = "+" if change["value"] > 0 else ""
        lines.append(words("said_difference", **pair, change=sign + value, low=low, high=high))
    return lines
