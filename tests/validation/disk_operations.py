"""Writes of a process to a folder, operation by operation, so that any of them can be the last or can fail."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["NEEDS_SPACE", "DiskOperation", "count_operations", "fail_at", "kill_at", "read_operations", "watch_disk"]

_CREATING = ("mkdir", "symlink", "link", "rename", "replace")
_REMOVING = ("unlink", "remove", "rmdir")
NEEDS_SPACE = frozenset({"open", "write", "flush", "close", "fsync", "mkdir", "symlink", "link"})
"""Operations that a full disk refuses; it renames and removes as before."""


class DiskOperation(NamedTuple):
    """One operation, before it is done."""

    number: int
    """From 0, in the order of the process."""
    kind: str
    """`open`, `write`, `flush`, `close`, `fsync`, `mkdir`, `rename`, `replace`, `symlink`, `link`, `unlink`, ..."""
    path: str


class _Watch:
    """Calls `on_operation` before each operation below some folders."""

    def __init__(self, folders: tuple[str, ...], on_operation: Callable[[DiskOperation], None]) -> None:
        self.folders = folders
        self.on_operation = on_operation
        self.count = 0
        self.process = os.getpid()

    def report(self, kind: str, path: object) -> None:
        name = self.name_of(path)
        if os.getpid() != self.process or not name.startswith(self.folders):
            return  # a child draws, and writes nothing
        operation = DiskOperation(self.count, kind, name)
        self.count += 1
        self.on_operation(operation)

    @staticmethod
    def name_of(path: object) -> str:
        if isinstance(path, int):
            try:
                return os.readlink(f"/proc/self/fd/{path}")
            except OSError:
                return ""
        return os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""


class _WatchedFile:
    """A file opened for writing, whose writes are operations."""

    def __init__(self, file: Any, watch: _Watch, path: object) -> None:
        self._file, self._watch, self._path = file, watch, path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _WatchedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, content: Any) -> Any:
        self._watch.report("write", self._path)
        return self._file.write(content)

    def flush(self) -> None:
        self._watch.report("flush", self._path)
        self._file.flush()

    def close(self) -> None:
        if not self._file.closed:
            try:
                self._watch.report("close", self._path)
            finally:
                self._file.close()


def watch_disk(folders: tuple[Path, ...], on_operation: Callable[[DiskOperation], None]) -> None:
    """From now on call `on_operation` before each operation of this process below `folders`; it may raise OSError.

    Only for a process that ends soon: nothing is put back.
    """
    watch = _Watch(tuple(map(str, folders)), on_operation)
    real_open, real_os_open, real_fsync = io.open, os.open, os.fsync

    def watched_open(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+") or not watch.name_of(file).startswith(watch.folders):
            return real_open(file, mode, *more, **options)
        watch.report("open", file)
        return _WatchedFile(real_open(file, mode, *more, **options), watch, file)

    def watched_os_open(path: Any, flags: int, *more: Any, **options: Any) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            watch.report("open", path)
        return real_os_open(path, flags, *more, **options)

    def watched_fsync(descriptor: Any) -> None:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        watch.report("fsync", number)
        real_fsync(descriptor)

    def watched(kind: str) -> Callable[..., Any]:
        function = getattr(os, kind)

        def call(path: Any, *more: Any, **options: Any) -> Any:
            folder = options.get("dir_fd")
            name = path if folder is None else os.path.join(watch.name_of(folder), os.fsdecode(path))
            watch.report(kind, more[0] if kind in ("symlink", "link") else name)
            return function(path, *more, **options)

        return call

    for kind in (*_CREATING, *_REMOVING):
        setattr(os, kind, watched(kind))
    setattr(builtins, "open", watched_open)  # noqa: B010
    setattr(io, "open", watched_open)  # noqa: B010
    setattr(os, "open", watched_os_open)  # noqa: B010
    setattr(os, "fsync", watched_fsync)  # noqa: B010


def count_operations(folders: tuple[Path, ...], record: Path) -> None:
    """Write each operation to a file outside the folders, one a line, for `read_operations`."""
    stream = os.open(record, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)

    def append(operation: DiskOperation) -> None:
        os.write(stream, f"{operation.number}\t{operation.kind}\t{operation.path}\n".encode())

    watch_disk(folders, append)


def read_operations(record: Path) -> list[DiskOperation]:
    """The operations that `count_operations` wrote."""
    rows = (line.split("\t", 2) for line in record.read_text(encoding="utf-8").splitlines())
    return [DiskOperation(int(number), kind, path) for number, kind, path in rows]


def fail_at(folders: tuple[Path, ...], number: int, code: int) -> None:
    """Raise OSError at an operation; a full disk stays full for all that needs space after it."""

    def fail(operation: DiskOperation) -> None:
        is_full = code == errno.ENOSPC and operation.number > number and operation.kind in NEEDS_SPACE
        if operation.number == number or is_full:
            raise OSError(code, os.strerror(code), operation.path)

    watch_disk(folders, fail)


def kill_at(folders: tuple[Path, ...], number: int) -> None:
    """End this process and its group by SIGKILL before an operation."""

    def end(operation: DiskOperation) -> None:
        if operation.number == number:
            os.killpg(0, signal.SIGKILL)

    watch_disk(folders, end)
