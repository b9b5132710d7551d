"""The same plan in other surroundings: is every file of its run, its id included, the same byte for byte?

One plan is run in processes of their own: with other numbers of workers, engines, hash seeds, locales, time zones,
working folders and threads of linear algebra, with an empty cache and with fits from it. Prints one JSON object; exit 1
where a file differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from forecast.workflows.new_plan import TEMPLATES, template_files
from tests.support.plans import ROOT

__all__ = ["compare_surroundings"]

PATHS = 409_600
"""More than are simulated in one process, so that workers have something to share."""
RUN_ID = "the id of the run"
NO_UTF8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@dataclass(frozen=True)
class Surroundings:
    """Where and how a plan is run."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ("--workers", "1")
    folder: str = "."
    """Working folder, from the project."""
    has_own_cache: bool = False
    """True where its cache is empty at the start, so that it fits anew."""
    locale: tuple[str, str] | None = None
    """Locale of the C library and its encoding, which `localedef` makes for this run."""


BASE = Surroundings("one worker")
VARIANTS = (
    Surroundings("two workers", options=("--workers", "2")),
    Surroundings("three workers", options=("--workers", "3")),
    Surroundings("Dask", options=("--workers", "2", "--engine", "dask")),
    Surroundings("hash seed 0", {"PYTHONHASHSEED": "0"}, has_own_cache=True),
    Surroundings("hash seed 4242", {"PYTHONHASHSEED": "4242"}, has_own_cache=True),
    Surroundings("locale C without UTF-8", {"LC_ALL": "C", "LANG": "C", **NO_UTF8}, has_own_cache=True),
    Surroundings("locale C.UTF-8", {"LC_ALL": "C.UTF-8"}),
    Surroundings("Turkish in ISO-8859-9", NO_UTF8, locale=("tr_TR", "ISO-8859-9"), has_own_cache=True),
    Surroundings("German in ISO-8859-1", NO_UTF8, locale=("de_DE", "ISO-8859-1")),
    Surroundings("Vietnamese in UTF-8", locale=("vi_VN", "UTF-8")),
    Surroundings("time zone of Hà Nội", {"TZ": "Asia/Ho_Chi_Minh"}),
    Surroundings("time zone of Kiritimati", {"TZ": "Pacific/Kiritimati"}),
    Surroundings("time zone of St. John's", {"TZ": "America/St_Johns"}),
    Surroundings("another folder", folder="data/deeper"),
    Surroundings("two threads of OpenBLAS", {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}, has_own_cache=True),
    Surroundings("an empty cache", has_own_cache=True),
    Surroundings(
        "all at once",
        {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "OPENBLAS_NUM_THREADS": "2", **NO_UTF8},
        ("--workers", "2"),
        "data/deeper",
        has_own_cache=True,
        locale=("tr_TR", "ISO-8859-9"),
    ),
)
SAMPLE = ("Dask", "all at once")
"""Names of the variants that stand for all of them in CI."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", action="store_true")
    asked = parser.parse_args()
    result = compare_surroundings(sample=asked.sample)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if result["holds"] else 1


def compare_surroundings(*, sample: bool = False) -> dict[str, Any]:
    """Run one plan in many surroundings and compare every file of its run.

    Parameters
    ----------
    sample : bool
        Run those of `SAMPLE` alone.

    Returns
    -------
    dict
        `variants`, `skipped` (with the reason), `files` that are compared, `kinds` of them, `faults` and `holds`.
    """
    variants = [variant for variant in VARIANTS if not sample or variant.name in SAMPLE]
    faults: list[str] = []
    compared, skipped = [], []
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "project"
        for name, content in template_files(TEMPLATES[0], "vi").items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_bytes(content)
        (project / "data" / "deeper").mkdir()
        expected = _run_in(BASE, project, Path(place), 0)
        for number, variant in enumerate(variants, start=1):
            if reason := _missing_part(variant, Path(place)):
                skipped.append(f"{variant.name}: {reason}")
                continue
            digests = _run_in(variant, project, Path(place), number)
            names = sorted(name for name in {*expected, *digests} if expected.get(name) != digests.get(name))
            faults += [f"{variant.name}: {name} differs" for name in names]
            compared.append(variant.name)
    files = [name for name in expected if name != RUN_ID]
    kinds = sorted({Path(name).suffix.lstrip(".") for name in files})
    result = {"variants": compared, "skipped": skipped, "files": len(files), "kinds": kinds, "paths": PATHS}
    return {**result, "faults": faults, "holds": not faults and len(compared) > 0}


def _missing_part(variant: Surroundings, place: Path) -> str:
    """Why a variant cannot be run here; empty where it can."""
    if variant.name == "Dask" and find_spec("distributed") is None:
        return "Dask is not installed"
    if variant.locale is None or (place / "locales" / _locale_name(variant.locale)).exists():
        return ""
    if shutil.which("localedef") is None:
        return "no localedef on this machine"
    (place / "locales").mkdir(exist_ok=True)
    name, encoding = variant.locale
    made = subprocess.run(
        ["localedef", "-i", name, "-f", encoding, str(place / "locales" / _locale_name(variant.locale))],
        capture_output=True,
        check=False,
    )
    is_made = (place / "locales" / _locale_name(variant.locale) / "LC_CTYPE").exists()
    return "" if is_made else f"localedef cannot make it: {made.stderr.decode(errors='replace').strip()[:100]}"


def _locale_name(locale: tuple[str, str]) -> str:
    return ".".join(locale)


def _run_in(variant: Surroundings, project: Path, place: Path, number: int) -> dict[str, str]:
    """Run the plan; the digest of each file of its run by name, and its id."""
    reports, cache = place / f"reports-{number}", place / (f"cache-{number}" if variant.has_own_cache else "cache")
    working_folder = project / variant.folder
    plan = os.path.relpath(project / "scenarios" / "plan.yaml", working_folder)
    locale = {} if variant.locale is None else {"LC_ALL": _locale_name(variant.locale)}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ"))},
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "FORECAST_CACHE": str(cache),
        "LOCPATH": str(place / "locales"),
        **locale,
        **variant.environment,
    }
    if not locale:
        del environment["LOCPATH"]
    words = ["run", plan, "--paths", str(PATHS), "--out", str(reports), "--quiet", "--json", *variant.options]
    done = subprocess.run(
        [sys.executable, "-m", "forecast", *words],
        cwd=working_folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        return {f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()[:300]}": ""}
    folder = Path(json.loads(done.stdout)["run_dir"])
    digests = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    shutil.rmtree(reports)
    return {**digests, RUN_ID: folder.name}


if __name__ == "__main__":
    sys.exit(main())
