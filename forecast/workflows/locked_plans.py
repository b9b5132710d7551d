"""Locks where a plan is named: which lock a name means, and its plan restored as it was locked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import OutputError
from forecast.files.paths import display_path, find_project
from forecast.plan.loading.loader import LoadedPlan, read_plan
from forecast.runs.lock_files import read_locks
from forecast.runs.lock_restore import restored_project
from forecast.runs.locks import LOCK_SUFFIX, LOCKED_FOLDER, Lock, is_lock_name, lock_file, locks_folder

if TYPE_CHECKING:
    from forecast.timeseries.ensemble.pinned import PinnedFits

__all__ = ["find_lock", "lock_fits", "open_in_chain", "restored_plan"]

PLAN_ENDINGS = (".yaml", ".yml")


def find_lock(text: str, folder: Path) -> Path | None:
    """Find the lock that a word of the command line means.

    Parameters
    ----------
    text : str
        The name of a lock, or the path of its file. A path of anything else, and what ends as a plan does, is no lock.
    folder : Path
        Where one stands.

    Returns
    -------
    Path, optional
        File of the lock; None where it means none.
    """
    path = Path(text)
    if path.suffix == LOCK_SUFFIX and path.absolute().parent.name == LOCKED_FOLDER:
        return path.absolute()
    if text.endswith(PLAN_ENDINGS) or not is_lock_name(text):
        return None
    file = lock_file(locks_folder(find_project(folder)), text)
    return file if os.path.lexists(file) else None


def open_in_chain(file: Path) -> tuple[Lock, tuple[Lock, ...]]:
    """Open a lock with the chain that it stands in.

    Parameters
    ----------
    file : Path
        File of the lock.

    Returns
    -------
    lock : Lock
        The lock.
    chain : tuple of Lock
        All locks, first to last.

    Raises
    ------
    LockError
        The chain is broken.
    OutputError
        There is no such lock.
    """
    chain = read_locks(file.parent)
    for lock in chain:
        if lock_file(file.parent, lock.name).name == file.name:
            return lock, chain
    raise OutputError("lock_missing", path=display_path(file))


@contextmanager
def restored_plan(
    lock: Lock, overrides: Mapping[str, object] | None = None, *, repair: bool = False
) -> Iterator[LoadedPlan]:
    """Read the plan of a lock from what it holds; today's files do not count.

    Parameters
    ----------
    lock : Lock
        The lock.
    overrides : mapping of str to object, optional
        Values that replace those of the plan, as `--set` does.
    repair : bool
        Whether correlations that are not possible together are moved to the nearest that are.

    Yields
    ------
    LoadedPlan
        The plan; its files are there until the block ends.

    Raises
    ------
    InputError
        This version of the program cannot read it.
    """
    with restored_project(lock.sources, lock.ledger) as project:
        yield read_plan(project / lock.plan, overrides=overrides, repair=repair)


def lock_fits(lock: Lock) -> PinnedFits | None:
    """Take the fits of a lock.

    Parameters
    ----------
    lock : Lock
        The lock.

    Returns
    -------
    PinnedFits, optional
        None where nothing was fitted.

    Raises
    ------
    InputError
        They are no fits.
    """
    from forecast.timeseries.ensemble.pinned import pin_parameters  # scipy takes .2 s to load

    return pin_parameters(lock.fits, lock.name) if lock.fits else None
