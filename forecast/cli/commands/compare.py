"""`forecast compare`: simulate plans on the same luck and show what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import orders_of
from forecast.cli.group import command, session_of
from forecast.cli.options import Reader, common, read_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import progress
from forecast.cli.session import Session
from forecast.files.paths import shown

if TYPE_CHECKING:
    from forecast.workflows.run import Order


@command("compare")
@common
@click.argument("plans", nargs=-1, required=True, metavar="A B...")
@click.pass_context
def compare(ctx: click.Context, /, plans: tuple[str, ...], **typed: Any) -> None:
    """Simulate plans on the same luck and show what differs."""
    from forecast.workflows.compare import compare_orders

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    if len(plans) < 2:
        reader.complaints.append(session.complaint(plans[0], plans[0], "compare_needs_two"))
    reader.finish()
    orders = orders_of(session, plans, asked)
    session.spoken = orders[0].language
    _check(session, orders)
    with progress(session.words, quiet=asked.quiet) as watch:
        paths = session.words.number(orders[0].paths)
        kept = compare_orders(orders, lambda key, name: watch.step(key, scenario=name, paths=paths))
    summary = kept.summary()
    if asked.json:
        print_json({"run_dir": str(kept.folder), "summary": summary})
        return
    for difference in summary["differences"]:
        print_lines(*_lines(session, difference))
    print_lines(session.words("said_report", path=shown(kept.folder.parent.parent / kept.scenario / "report.html")))


def _check(session: Session, orders: list[Order]) -> None:
    """One luck, and a name for each."""
    reader = Reader(session)
    first = orders[0]
    names: dict[str, str] = {}
    for order in orders:
        file = order.scenario.file
        if order.name in names:
            code = "same_plan_twice" if names[order.name] == file else "same_names_compared"
            reader.complaints.append(session.complaint(file, file, code, first=names[order.name]))
        names.setdefault(order.name, file)
        if (order.seed, order.paths) != (first.seed, first.paths):
            facts = {"first": first.name, "first_paths": first.paths, "first_seed": first.seed}
            reader.complaints.append(
                session.complaint(file, file, "compare_other_paths", paths=order.paths, seed=order.seed, **facts)
            )
    reader.finish()


def _lines(session: Session, difference: dict[str, Any]) -> list[str]:
    words = session.words
    lines = []
    for target, change in difference["chances"].items():
        value, low, high = (words.number(100 * change[key], 1) for key in ("value", "low", "high"))
        pair = {"first": difference["first"], "second": difference["second"], "target": target}
        sign = "+" if change["value"] > 0 else ""
        lines.append(words("said_difference", **pair, change=sign + value, low=low, high=high))
    return lines
