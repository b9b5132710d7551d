"""The READMEs as programs: their blocks in order, what they print, and how to write true outputs back.

    python -m tests.support.readme writes the true outputs into README.md, README.vi.md, the guides in docs/,
    docs/model.md, docs/language.md and docs/architecture.md; with --tree only the layers and the tree of
    docs/architecture.md, with --guides only the guides

In a README, ```console holds commands (`$ forecast ...`) with their output, ```yaml FILE a plan that is written to FILE
before the commands below it, ```diff FILE a change of a shipped file that is shown and not made, ```python a program
whose output follows as ```text, ```bash what a machine is set up with.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.source_tree import ARCHITECTURE_PAGE, layers_table, module_tree

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "vi": ROOT / "README.vi.md"}
MODEL_PAGE = ROOT / "docs" / "model.md"
CODE_BLOCK_PATTERN = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class CodeBlock:
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


def code_blocks(text: str) -> list[CodeBlock]:
    """The blocks of a page, in order."""
    return [
        CodeBlock(match[1], match[2] or "", match[3], match.start(3)) for match in CODE_BLOCK_PATTERN.finditer(text)
    ]


@dataclass
class ReadmeWorkspace:
    """A copy of the project in which the READMEs are worked through; what two of them ask is done once."""

    folder: Path
    results: dict[tuple[object, ...], Any] = field(default_factory=dict)
    failed_commands: set[str] = field(default_factory=set)
    """Commands that ended with a complaint."""

    def _copy_project(self) -> None:
        """The plans, their data and the example workbooks, and nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("scenarios", "data", "docs/tutorial"):
            shutil.copytree(ROOT / part, self.folder / part)

    def outputs(self, text: str) -> list[tuple[CodeBlock, str]]:
        """Each console and text block of a page with what it truly prints."""
        self._copy_project()
        outputs, printed = [], ""
        with self._patched_folder():
            for fence in code_blocks(text):
                if fence.language == "console":
                    outputs.append(
                        (fence, "".join(f"$ {typed}\n{self._run_command(typed)}" for typed in fence.commands()))
                    )
                elif fence.language == "python":
                    printed = self._run_program(fence.body)
                elif fence.language == "text":
                    outputs.append((fence, printed))
                elif fence.file:
                    self._prepare_file(fence)
        return outputs

    def _prepare_file(self, fence: CodeBlock) -> None:
        """Do what a block that names a file asks for."""
        if fence.language == "yaml":
            Path(fence.file).write_text(fence.body, encoding="utf-8")

    def _run_command(self, typed: str) -> str:
        """Output of a command, both streams; `| grep WORD`, `| grep -A N WORD` and `| head -N` keep some lines."""
        from forecast.cli import main

        command, _, count = typed.partition(" | head -")
        command, _, pattern = command.partition(" | grep ")
        program, *arguments = shlex.split(command)
        assert program == "forecast", typed
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = main(arguments)
        if code != 0:
            self.failed_commands.add(command)
        lines = out.getvalue().splitlines(keepends=True)
        if pattern:
            *options, word = shlex.split(pattern)
            lines = _matching_lines(lines, word, int(options[1]) if options else 0)
        return "".join(lines[: int(count)] if count else lines)

    def _run_program(self, body: str) -> str:
        key = ("program", body)
        if key not in self.results:
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(body, "README", "exec"), {"__name__": "__readme__"})
            self.results[key] = out.getvalue()
        return str(self.results[key])

    @contextmanager
    def _patched_folder(self) -> Iterator[None]:
        """Work in the folder; read and run a plan once whatever the language; draw nothing, none of it is printed."""
        from forecast.plan.loading import loader
        from forecast.reports import compare, comparison_sheet
        from forecast.runs.repository import json_bytes
        from forecast.workflows import compare as compare_workflow
        from forecast.workflows import publish
        from forecast.workflows import run as run_workflow

        before, environment = Path.cwd(), dict(os.environ)
        replacements: list[tuple[Any, str, Any]] = [
            (loader, "read_plan", self._cached_read(loader.read_plan)),
            (run_workflow, "simulate_request", self._cached_simulate(run_workflow.simulate_request)),
            (compare_workflow, "simulate_request", self._cached_simulate(compare_workflow.simulate_request)),
            (run_workflow, "run_plan", self._cached_run(run_workflow.run_plan)),
            (compare_workflow, "run_comparison", self._cached_compare(compare_workflow.run_comparison)),
            (publish, "render_files", lambda run, view, t: {"summary.json": json_bytes(view.summary)}),
            (compare_workflow, "simulate_cases", lambda _: ()),  # a comparison prints none
            (compare, "comparison_charts", lambda *_: {}),
            (compare, "render_comparison_page", lambda *_: b""),
            (comparison_sheet, "render_comparison_pdf", lambda *_: b""),
        ]
        originals = [(module, name, getattr(module, name)) for module, name, _ in replacements]
        os.chdir(self.folder)
        os.environ.update(COLUMNS="80", FORECAST_CACHE=str(self.folder.parent / "fits"))
        for module, name, replacement in replacements:
            setattr(module, name, replacement)
        try:
            yield
        finally:
            for module, name, original in originals:
                setattr(module, name, original)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(before)

    def _cached_read(self, read_plan: Callable[..., Any]) -> Callable[..., Any]:
        def once(path: Path, **options: Any) -> Any:
            text = Path(path).read_text(encoding="utf-8")  # its parents are shipped and do not change
            key = ("read", str(path), text, repr(sorted(options.items())))
            if key not in self.results:
                self.results[key] = read_plan(path, **options)
            return self.results[key]

        return once

    def _cached_simulate(self, simulate: Callable[..., Any]) -> Callable[..., Any]:
        def once(request: Any, *more: Any, **options: Any) -> Any:
            key = ("simulated", *_content_key(request))
            if key not in self.results:
                self.results[key] = simulate(request, *more, **options)
            return self.results[key]

        return once

    def _cached_run(self, run_plan: Callable[..., Any]) -> Callable[..., Any]:
        def once(request: Any, callbacks: Any) -> Any:
            key = ("run", *_content_key(request))
            is_new = key not in self.results
            run = self._cached_stored_run(key, request, lambda: run_plan(request, callbacks))
            if not is_new:
                callbacks.on_answer(run.summary())
            return run

        return once

    def _cached_compare(self, compare_plans: Callable[..., Any]) -> Callable[..., Any]:
        def once(requests: Any, *watch: Any) -> Any:
            key = ("compared", *(_content_key(request) for request in requests))
            return self._cached_stored_run(key, requests[0], lambda: compare_plans(requests, *watch))

        return once

    def _cached_stored_run(self, key: tuple[object, ...], request: Any, run: Callable[[], Any]) -> Any:
        """A run, or the stored files of the same run in another language."""
        from forecast.runs.repository import link_run, open_run

        if key not in self.results:
            stored = run()
            self.results[key] = {path.name: path.read_bytes() for path in stored.folder.iterdir() if path.is_file()}
            return stored
        files = self.results[key]
        folder = request.reports / ".runs" / json.loads(files["manifest.json"])["run_id"]
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        restored = open_run(folder)
        link_run(request.reports, restored)
        return restored


def _matching_lines(lines: list[str], word: str, after: int) -> list[str]:
    """Lines with a match of a word, and some after each, as `grep -A` prints them (no line between groups)."""
    matches = {number for number, line in enumerate(lines) if re.search(word, line)}
    return [line for number, line in enumerate(lines) if matches & set(range(number - after, number + 1))]


def _content_key(request: Any) -> tuple[object, ...]:
    """What a run is, whatever its language."""
    from forecast.runs.manifest import run_inputs

    inputs = run_inputs(request.scenario, seed=request.seed, paths=request.paths, language="")
    return request.name, inputs.manifest["scenario_hash"], request.seed, request.paths


def replace_outputs(text: str, outputs: list[tuple[CodeBlock, str]]) -> str:
    """A page with its outputs replaced."""
    for fence, output in reversed(outputs):
        text = text[: fence.start] + output + text[fence.end :]
    return text


LANGUAGE_PAGE = ROOT / "docs" / "language.md"


def replace_between_marks(page: str, mark: str, content: str) -> str:
    """A page with what stands between `<!-- mark -->` and `<!-- end of mark -->` replaced."""
    between = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- end of {mark} -->)", re.S)
    return between.sub(lambda _: content, page)


CHANCE_PATHS = 200_000
COVID_AND_FLOODS = "covid-and-floods.yaml"
SHIPPED_CASES = {
    "no shock but slow competition": ("plan-2021.yaml", ""),
    "Covid": ("covid.yaml", ""),
    "storms and floods": ("storms-and-floods.yaml", ""),
    "both": (COVID_AND_FLOODS, ""),
    "both, no initiatives": (COVID_AND_FLOODS, "trend_holds_the_initiatives"),
    "both, growth over 2020 as stated": (COVID_AND_FLOODS, "stated_base"),
    "both, on the parts": (COVID_AND_FLOODS, "parts"),
    "2021's dated waves": ("hindcast-2021.yaml", ""),
}
"""A shipped plan, and one of its cases or none."""
SKETCH_RESULTS = {
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


def simulate_chances(paths: int, fits: Path) -> Mapping[str, tuple[float, float]]:
    """Of each shipped plan, the chance of its revenue target and the mean of the year in tỷ; `fits` keeps the fits."""
    import forecast
    from forecast.timeseries.baseline import fit_baseline

    plans = {file: forecast.read(ROOT / "scenarios" / file) for file, _ in SHIPPED_CASES.values()}
    chances = {}
    for name, (file, case) in SHIPPED_CASES.items():
        scenario = plans[file].cases[case] if case else plans[file]
        run = forecast.simulate(scenario, paths=paths, baseline=fit_baseline(scenario, fits))
        mean = run.tally(*run.target_figure(run.scenario.targets["revenue"])).mean
        chances[name] = (run.chance("revenue").value, mean / 1e9)
    return chances


def chances_table(chances: Mapping[str, tuple[float, float]]) -> str:
    """As docs/model.md shows them."""
    rows = ["| 2021 | chance | mean | sketch: chance | mean |", "|---|--:|--:|--:|--:|"]
    for name, (chance, mean) in chances.items():
        sketch, middle = SKETCH_RESULTS[name]
        rows.append(f"| {name} | {chance:.2f} | {mean:.1f} | {sketch:.2f} | {'' if middle is None else middle} |")
    return "\n".join(rows) + "\n"


def refresh() -> None:
    """Write what is true into the pages."""
    from tests.support.guides import refresh_guides
    from tests.support.limits import limits_table
    from tests.support.reference import key_tables

    with tempfile.TemporaryDirectory() as folder:
        desk = ReadmeWorkspace(Path(folder) / "desk")
        for page in READMES.values():
            text = page.read_text(encoding="utf-8")
            page.write_text(replace_outputs(text, desk.outputs(text)), encoding="utf-8")
        chances = simulate_chances(CHANCE_PATHS, Path(folder) / "fits")
    refresh_guides()
    write_between_marks(MODEL_PAGE, "chances", chances_table(chances))
    write_between_marks(LANGUAGE_PAGE, "keys", key_tables())
    write_between_marks(LANGUAGE_PAGE, "limits", limits_table())
    refresh_architecture()


def refresh_architecture() -> None:
    """Write the layers and the tree of packages into docs/architecture.md."""
    write_between_marks(ARCHITECTURE_PAGE, "layers", layers_table())
    write_between_marks(ARCHITECTURE_PAGE, "tree", module_tree())


def write_between_marks(page: Path, mark: str, content: str) -> None:
    """Replace what stands between two marks of a file."""
    page.write_text(replace_between_marks(page.read_text(encoding="utf-8"), mark, content), encoding="utf-8")


if __name__ == "__main__":
    if "--tree" in sys.argv[1:]:
        refresh_architecture()
    elif "--guides" in sys.argv[1:]:
        from tests.support.guides import refresh_guides

        refresh_guides()
    else:
        refresh()
