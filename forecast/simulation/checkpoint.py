"""The finished chunks of a run, on disk from time to time, so that a run that was stopped goes on where it stood.

A checkpoint is named by all that the numbers come from (`compiled.run_key`). Writing takes less than a hundredth of the
time of a run, and is done after a chunk.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forecast.files.cache import Cache
from forecast.simulation.chunks import ChunkJob, PartialResult

__all__ = ["Checkpoint"]

MIN_SECONDS_BETWEEN_WRITES = 5.0
MAX_WRITING_SHARE = 0.01
"""Share of the time of a run that writing may take."""
MIN_SECONDS_TO_SAVE = 2.0
"""Seconds of simulation below which a run that is stopped keeps nothing: it is as soon simulated again."""
MAX_AGE_DAYS = 30
"""Age at which a checkpoint that nobody came back for is removed."""

CheckpointNotifier = Callable[[str, int], None]
"""Called with a message key and a number of paths."""


class Checkpoint:
    """The chunks of one run that are on disk, and when they are written again.

    Parameters
    ----------
    folder : Path
        Of all checkpoints; those that are too old are removed.
    key : str
        Name of the run, from `compiled.run_key`.
    notify : callable
        Called with a message key and a number of paths when a run is resumed or kept.
    """

    def __init__(self, folder: Path, key: str, notify: CheckpointNotifier = lambda message, paths: None) -> None:
        self._cache = Cache(folder)
        self._cache.remove_older_than(MAX_AGE_DAYS)
        self.key = key
        self.notify = notify
        self.saved_chunks = 0
        """Chunks that are on the disk."""
        self._layout: list[int] = []
        self._start = self._next_write = 0.0

    def restore(self, job: ChunkJob) -> tuple[int, PartialResult]:
        """Read back what was saved.

        Parameters
        ----------
        job : ChunkJob
            The run; one that is cut in other chunks, or keeps other paths, cannot go on.

        Returns
        -------
        tuple of int and PartialResult
            Number of saved chunks and their result; 0 and an empty one where there is nothing that can be used.
        """
        self._layout = list(job.layout)
        self._start = time.monotonic()
        self._next_write = self._start + MIN_SECONDS_BETWEEN_WRITES
        entry = self._cache.get(self.key)
        if entry is not None and (entry.metadata.get("key"), entry.metadata.get("layout")) == (self.key, self._layout):
            with suppress(KeyError, ValueError, TypeError, IndexError):
                result = job.restore_result(entry.metadata["chunks"], entry.metadata, entry.arrays)
                self.saved_chunks = entry.metadata["chunks"]
                return self.saved_chunks, result
        if entry is not None or self._cache.has(self.key):
            self.notify("said_kept_unusable", 0)
        return 0, job.empty_result()

    def save_if_due(self, chunks: int, result: PartialResult) -> None:
        """Save after a chunk, unless that was done a short while ago.

        Parameters
        ----------
        chunks : int
            Number of finished chunks.
        result : PartialResult
            Of all of them.
        """
        if time.monotonic() >= self._next_write:
            self._save(chunks, result)

    def save_at_end(self, chunks: int, result: PartialResult) -> None:
        """Save what a run that ends has simulated, if it took long enough.

        Parameters
        ----------
        chunks : int
            Number of finished chunks.
        result : PartialResult
            Of all of them.
        """
        if chunks != self.saved_chunks and time.monotonic() - self._start >= MIN_SECONDS_TO_SAVE:
            self._save(chunks, result)

    def delete(self) -> None:
        """Remove the checkpoint: the run is published."""
        self._cache.remove(self.key)

    def _save(self, chunks: int, result: PartialResult) -> None:
        start = time.monotonic()
        metadata, arrays = result.state()
        if self._cache.put(self.key, {**metadata, "key": self.key, "layout": self._layout, "chunks": chunks}, arrays):
            self.saved_chunks = chunks
        end = time.monotonic()
        self._next_write = end + max(MIN_SECONDS_BETWEEN_WRITES, (end - start) / MAX_WRITING_SHARE)
