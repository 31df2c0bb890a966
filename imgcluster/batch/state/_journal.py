"""Lines that survive the end of a run: one file to append to, or numbered objects on storage without appending.

On this machine a line is appended by one write() before the next file is started. Object stores cannot append, so
there lines are gathered for a few seconds and put as a new object. What a killed run had not put yet is redone, to
the same bytes; the outputs it may touch are put before it begins, so that they are known to be ours.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.files import create, is_url, join, listing, read_bytes, remove, replacing, shown, write, write_error

Line: TypeAlias = dict[str, Any]

_NAME = ".imgcluster-state.jsonl"
_NUMBERED = re.compile(r"\.imgcluster-state-([0-9]{6,})\.jsonl")
_GATHER_SECONDS = 5.0
_GATHER_LINES = 256
_MOST_OBJECTS = 20
_ATTEMPTS = 5


def is_journal(name: str) -> bool:
    """Check whether a file of that name holds lines of a journal."""
    return name == _NAME or _NUMBERED.fullmatch(name) is not None


def has_journal(folder: str) -> bool:
    """Check whether earlier runs kept a journal in a folder of this machine."""
    return not is_url(folder) and Path(folder, _NAME).exists()


class Journal(Protocol):
    """The lines of a folder: read in one go, then added to by the one run that may write there."""

    def read(self) -> list[bytes]:
        """Return all lines, including incomplete ones."""
        ...

    def announce(self, started: Sequence[list[str]], live: Callable[[], Iterable[Line]]) -> None:
        """Prepare for the outputs of a run; `live` returns the lines that count."""
        ...

    def append(self, line: Line, live: Callable[[], Iterable[Line]]) -> None:
        """Add a line."""
        ...

    def close(self) -> None:
        """Keep all lines; a second call does nothing."""
        ...


def journal_of(folder: str | None) -> Journal:
    """Return the journal of a folder of outputs, or for None one that keeps nothing."""
    if folder is None:
        return NoJournal()
    return UrlJournal(folder) if is_url(folder) else FileJournal(folder)


class NoJournal:
    """A journal that keeps nothing, for runs that are not to be resumed."""

    def read(self) -> list[bytes]:
        """Return no lines."""
        return []

    def announce(self, started: Sequence[list[str]], live: Callable[[], Iterable[Line]]) -> None:
        """Do nothing."""

    def append(self, line: Line, live: Callable[[], Iterable[Line]]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class FileJournal:
    """A file of JSON lines, appended to."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder, _NAME)
        self._descriptor = -1
        self._n_lines = 0

    def read(self) -> list[bytes]:
        """Return all lines."""
        try:
            lines = [line for line in self._path.read_bytes().split(b"\n") if line]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise write_error(self._path, error) from error
        self._n_lines = len(lines)
        return lines

    def announce(self, started: Sequence[list[str]], live: Callable[[], Iterable[Line]]) -> None:
        """Do nothing: a line costs so little that each file gets its own."""

    def append(self, line: Line, live: Callable[[], Iterable[Line]]) -> None:
        """Write a line at once."""
        data = _encoded([line])
        try:
            if self._descriptor < 0:
                self._open(live)
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise write_error(self._path, error) from error

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self, live: Callable[[], Iterable[Line]]) -> None:
        """Open the file to append, without the lines that no longer count if these are many."""
        lines = list(live())
        if _is_stale(self._n_lines, len(lines)):
            with replacing(self._path) as stream:
                stream.write(_encoded(lines))
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o666)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            # the incomplete last line of a killed run
            os.write(self._descriptor, b"\n")


class UrlJournal:
    """Objects of JSON lines: one with the lines of many runs, and numbered ones that are read after it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._numbered: dict[int, str] = {}
        self._gathered: list[Line] = []
        self._announced: set[str] = set()
        self._n_lines = 0
        self._next, self._n_put = 1, 0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._failure: ImageWriteError | None = None

    def read(self) -> list[bytes]:
        """Return all lines, in their order."""
        for _ in range(_ATTEMPTS):
            try:
                names = self._list()
            except FileNotFoundError:
                return []
            # between listing and reading, the run that holds the folder may merge them
            with suppress(FileNotFoundError):
                objects = [read_bytes(join(self._folder, name)) for name in names]
                lines = [line for data in objects for line in data.split(b"\n") if line]
                self._n_lines = len(lines)
                return lines
        raise ImageReadError(f"the journal in {shown(self._folder)}", "it changes all the time", "try again")

    def _list(self) -> list[str]:
        """Find the objects, and return their names in the order in which they are read."""
        names = {name for name, _ in listing(self._folder, recursive=False)}
        found = {int(match[1]): name for name in names if (match := _NUMBERED.fullmatch(name))}
        self._numbered = dict(sorted(found.items()))
        self._next = max(found, default=0) + 1
        return [*([_NAME] if _NAME in names else []), *self._numbered.values()]

    def announce(self, started: Sequence[list[str]], live: Callable[[], Iterable[Line]]) -> None:
        """Put all outputs of a run in one object, before the first is started."""
        self._announced = {outputs[0] for outputs in started}
        with self._lock:
            lines = list(live())
            if len(self._numbered) > _MOST_OBJECTS or _is_stale(self._n_lines, len(lines)):
                self._merge(_encoded(lines))
            self._gathered += [{"started": outputs} for outputs in started]
            self._put()

    def append(self, line: Line, live: Callable[[], Iterable[Line]]) -> None:
        """Gather a line, and put the gathered lines when they are many or a few seconds old."""
        if "started" in line and line["started"][0] in self._announced:
            self._announced.discard(line["started"][0])
            return
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._gathered.append(line)
            if len(self._gathered) >= _GATHER_LINES:
                self._put()
            elif self._timer is None:
                self._timer = threading.Timer(_GATHER_SECONDS, self._put_late)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Put what is gathered; outputs that were announced but not started are no longer ours."""
        with self._lock:
            self._gathered += [{"dropped": [output]} for output in sorted(self._announced)]
            self._announced = set()
            try:
                self._put()
                if self._n_put > _MOST_OBJECTS:
                    # so that the next run reads one
                    self._merge(b"".join(line + b"\n" for line in self.read()))
            finally:
                self._gathered = []

    def _put_late(self) -> None:
        """Put what is gathered; an error in this thread is reported at the next line."""
        with self._lock:
            try:
                self._put()
            except ImageWriteError as error:
                self._failure = error

    def _put(self) -> None:
        """Put the gathered lines as a new object; an existing one is never replaced."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._gathered:
            return
        data = _encoded(self._gathered)
        while not create(join(self._folder, f".imgcluster-state-{self._next:06d}.jsonl"), data):
            self._next += 1
        self._next, self._n_put = self._next + 1, self._n_put + 1
        self._gathered = []

    def _merge(self, lines: bytes) -> None:
        """Put all lines, or those that count, in one object, and remove the other objects, the oldest first.

        The objects that a killed run leaves are then the newest, and reading them after that object changes nothing.
        """
        write(join(self._folder, _NAME), lines)
        for name in self._numbered.values():
            remove(join(self._folder, name))
        self._numbered, self._n_put = {}, 0


def _is_stale(n_lines: int, n_live: int) -> bool:
    """Check whether so many lines no longer count that it is worth rewriting the others."""
    return n_lines > 1000 + 2 * n_live


def _encoded(lines: Iterable[Line]) -> bytes:
    """Return lines as bytes."""
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
