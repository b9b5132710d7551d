"""The READMEs as programs: their blocks in order, what they print, and how to write true outputs back.

    python -m tests.support.readme writes the true outputs into README.md, README.vi.md, docs/model.md, docs/language.md

In a README, ```console holds commands (`$ forecast ...`) with their output, ```yaml FILE a plan that is written to FILE
before the commands below it, ```diff FILE a change of a shipped file that is shown and not made, ```python a program
whose output follows as ```text, ```bash what a machine is set up with.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "vi": ROOT / "README.vi.md"}
MODEL = ROOT / "docs" / "model.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page."""

    language: str
    file: str
    """Named after the language; empty where none is."""
    body: str
    start: int
    """Of the body, in the page."""

    @property
    def end(self) -> int:
        """Of the body, in the page."""
        return self.start + len(self.body)

    def commands(self) -> list[str]:
        """What is typed in a console."""
        return [line[2:] for line in self.body.splitlines() if line.startswith("$ ")]


def fences(text: str) -> list[Fence]:
    """The blocks of a page, in order."""
    return [Fence(found[1], found[2] or "", found[3], found.start(3)) for found in BLOCK.finditer(text)]


@dataclass
class Desk:
    """A copy of the project in which the READMEs are worked through; what two of them ask is done once."""

    folder: Path
    done: dict[tuple[object, ...], Any] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """Commands that ended with a complaint."""

    def _lay(self) -> None:
        """The plans and their data, and nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("scenarios", "data"):
            shutil.copytree(ROOT / part, self.folder / part)

    def outputs(self, text: str) -> list[tuple[Fence, str]]:
        """Each console and text block of a page with what it truly prints."""
        self._lay()
        found, printed = [], ""
        with self._seated():
            for fence in fences(text):
                if fence.language == "yaml" and fence.file:
                    Path(fence.file).write_text(fence.body, encoding="utf-8")
                elif fence.language == "console":
                    found.append((fence, "".join(f"$ {typed}\n{self._type(typed)}" for typed in fence.commands())))
                elif fence.language == "python":
                    printed = self._program(fence.body)
                elif fence.language == "text":
                    found.append((fence, printed))
        return found

    def _type(self, typed: str) -> str:
        """What a command prints, both streams; `| grep WORD` keeps some lines."""
        from forecast.cli import main

        command, _, rest = typed.partition(" | grep ")
        program, *arguments = shlex.split(command)
        assert program == "forecast", typed
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = main(arguments)
        if code != 0:
            self.failed.add(command)
        lines = out.getvalue().splitlines(keepends=True)
        return "".join(line for line in lines if not rest or re.search(shlex.split(rest)[0], line))

    def _program(self, body: str) -> str:
        key = ("program", body)
        if key not in self.done:
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(body, "README", "exec"), {"__name__": "__readme__"})
            self.done[key] = out.getvalue()
        return str(self.done[key])

    @contextmanager
    def _seated(self) -> Iterator[None]:
        """Work in the folder; read and run a plan once whatever the language; draw nothing, none of it is printed."""
        from forecast.analysis import collect as find
        from forecast.plan.loading import loader as reader
        from forecast.reports import compare
        from forecast.runs.repository import json_bytes
        from forecast.workflows import compare as comparing
        from forecast.workflows import run as reporting

        before, environment = Path.cwd(), dict(os.environ)
        swapped: list[tuple[Any, str, Any]] = [
            (reader, "read_plan", self._once_read(reader.read_plan)),
            (reporting, "play", self._once_played(reporting.play)),
            (comparing, "play", self._once_played(comparing.play)),
            (reporting, "run_order", self._once_run(reporting.run_order)),
            (comparing, "compare_orders", self._once_compared(comparing.compare_orders)),
            (reporting, "files_of", lambda run, view, words: {"summary.json": json_bytes(view.summary)}),
            (find, "readings_of", lambda *_, **__: ()),  # those of a run are played before; a comparison prints none
            (compare, "drawings", lambda views, words: {}),
            *((compare, name, lambda *_: b"") for name in ("page", "pdf")),
        ]
        kept = [(module, name, getattr(module, name)) for module, name, _ in swapped]
        os.chdir(self.folder)
        os.environ.update(COLUMNS="80", FORECAST_CACHE=str(self.folder.parent / "fits"))
        for module, name, own in swapped:
            setattr(module, name, own)
        try:
            yield
        finally:
            for module, name, own in kept:
                setattr(module, name, own)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(before)

    def _once_read(self, read_plan: Callable[..., Any]) -> Callable[..., Any]:
        def once(path: Path, **options: Any) -> Any:
            text = Path(path).read_text(encoding="utf-8")  # its parents are shipped and do not change
            key = ("read", str(path), text, repr(sorted(options.items())))
            if key not in self.done:
                self.done[key] = read_plan(path, **options)
            return self.done[key]

        return once

    def _once_played(self, play: Callable[..., Any]) -> Callable[..., Any]:
        def once(order: Any, *more: Any, **options: Any) -> Any:
            key = ("played", *_content(order))
            if key not in self.done:
                self.done[key] = play(order, *more, **options)
            return self.done[key]

        return once

    def _once_run(self, run_order: Callable[..., Any]) -> Callable[..., Any]:
        def once(order: Any, *watch: Any) -> Any:
            kept = self._kept(("run", *_content(order)), order, lambda: run_order(order, *watch)[0])
            return kept, False

        return once

    def _once_compared(self, compare_orders: Callable[..., Any]) -> Callable[..., Any]:
        def once(orders: Any, *watch: Any) -> Any:
            key = ("compared", *(_content(order) for order in orders))
            return self._kept(key, orders[0], lambda: compare_orders(orders, *watch))

        return once

    def _kept(self, key: tuple[object, ...], order: Any, run: Callable[[], Any]) -> Any:
        """A run, or what is left of the same in another language."""
        from forecast.runs import repository as runs

        if key not in self.done:
            kept = run()
            self.done[key] = {path.name: path.read_bytes() for path in kept.folder.iterdir() if path.is_file()}
            return kept
        files = self.done[key]
        runs_folder = order.reports / ".runs"
        runs_folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=runs_folder))
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return runs.open_run(folder)


def _content(order: Any) -> tuple[object, ...]:
    """What a run is, whatever its language."""
    from forecast.runs.manifest import inputs_of

    inputs = inputs_of(order.scenario, seed=order.seed, paths=order.paths, language="")
    return order.name, inputs.manifest["scenario_hash"], order.seed, order.paths


def with_outputs(text: str, outputs: list[tuple[Fence, str]]) -> str:
    """A page with its outputs replaced."""
    for fence, output in reversed(outputs):
        text = text[: fence.start] + output + text[fence.end :]
    return text


LANGUAGE = ROOT / "docs" / "language.md"


def between(page: str, mark: str, content: str) -> str:
    """A page with what stands between `<!-- mark -->` and `<!-- end of mark -->` replaced."""
    found = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- end of {mark} -->)", re.S)
    return found.sub(lambda _: content, page)


CHANCE_PATHS = 200_000
BOTH = "covid-and-floods.yaml"
SHIPPED = {
    "no shock but slow competition": ("plan-2021.yaml", ""),
    "Covid": ("covid.yaml", ""),
    "storms and floods": ("storms-and-floods.yaml", ""),
    "both": (BOTH, ""),
    "both, no initiatives": (BOTH, "trend_holds_the_initiatives"),
    "both, growth over 2020 as stated": (BOTH, "stated_base"),
    "both, on the parts": (BOTH, "parts"),
    "2021's dated waves": ("hindcast-2021.yaml", ""),
}
"""A shipped plan, and one of its readings or none."""
REFERENCE = {
    "no shock but slow competition": (0.78, 259.7),
    "Covid": (0.74, 258.2),
    "storms and floods": (0.78, 259.4),
    "both": (0.74, 258.0),
    "both, no initiatives": (0.66, 255.4),
    "both, growth over 2020 as stated": (0.64, None),
    "both, on the parts": (0.79, None),
    "2021's dated waves": (0.65, 255.1),
}
"""Chance and mean in tỷ of a first sketch of the model: see docs/model.md."""


def chances(paths: int, fits: Path) -> Mapping[str, tuple[float, float]]:
    """Of each shipped plan, the chance of its revenue target and the mean of the year in tỷ; `fits` keeps the fits."""
    import forecast
    from forecast.timeseries.baseline import baseline_of

    plans = {file: forecast.read(ROOT / "scenarios" / file) for file, _ in SHIPPED.values()}
    found = {}
    for name, (file, reading) in SHIPPED.items():
        scenario = plans[file].readings[reading] if reading else plans[file]
        run = forecast.simulate(scenario, paths=paths, baseline=baseline_of(scenario, fits))
        mean = run.tally(*run.figure(run.scenario.targets["revenue"])).mean
        found[name] = (run.chance("revenue").value, mean / 1e9)
    return found


def chances_table(found: Mapping[str, tuple[float, float]]) -> str:
    """As docs/model.md shows them."""
    rows = ["| 2021 | chance | mean | sketch: chance | mean |", "|---|--:|--:|--:|--:|"]
    for name, (chance, mean) in found.items():
        sketch, middle = REFERENCE[name]
        rows.append(f"| {name} | {chance:.2f} | {mean:.1f} | {sketch:.2f} | {'' if middle is None else middle} |")
    return "\n".join(rows) + "\n"


def refresh() -> None:
    """Write what is true into the pages."""
    from tests.support.reference import tables

    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "desk")
        for page in READMES.values():
            text = page.read_text(encoding="utf-8")
            page.write_text(with_outputs(text, desk.outputs(text)), encoding="utf-8")
        found = chances(CHANCE_PATHS, Path(folder) / "fits")
    for page, mark, content in ((MODEL, "chances", chances_table(found)), (LANGUAGE, "keys", tables())):
        page.write_text(between(page.read_text(encoding="utf-8"), mark, content), encoding="utf-8")


if __name__ == "__main__":
    refresh()
