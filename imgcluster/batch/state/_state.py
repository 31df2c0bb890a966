"""What earlier runs made in a folder of outputs: a journal of JSON lines.

Why no database: a line appended by one write() survives kill -9 at once and needs no transaction (SQLite's costs a
sync to the disk for each file, or gives up the safety it is chosen for); there is one writer, under a lock, and the
whole is read at the start anyway (10,000 files in 0.1 s). An incomplete last line is one file redone. People can read
it. Three kinds of lines, each with the outputs of one input below the folder: "started" before anything is written,
so that what a killed run left is known to be ours and may be replaced; "done"; and "dropped" when nothing was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgcluster.batch.state._journal import Line, journal_of
from imgcluster.tasks import FileResult


@dataclass(frozen=True)
class Record:
    """How outputs were made: with what, from which file, and the sizes by which they are recognized."""

    fingerprint: str
    size: int
    mtime_ns: int
    outputs: Mapping[str, int]
    result: dict[str, Any]

    @property
    def hash(self) -> str:
        """Return the hash of the content the outputs were made from."""
        return str(self.result.get("hash") or "")

    def to_result(self) -> FileResult:
        """Return the result of that run."""
        colors = self.result.get("palette") or ""
        # those with alpha are of different lengths, and keep their marks
        palette = re.findall("#[0-9a-f]+", colors) or [f"#{colors[i : i + 6]}" for i in range(0, len(colors), 6)]
        return FileResult.from_dict({"input": "", "status": "done", **self.result, "palette": palette})


class State:
    """The contents of the journal of a folder: read in one go, then added to.

    Parameters
    ----------
    folder : str or None
        The folder, by path or URL; for None nothing is known and nothing is kept.
    """

    def __init__(self, folder: str | None) -> None:
        self.is_kept = folder is not None
        self._journal = journal_of(folder)
        self.done: dict[str, Line] = {}  # by the first output
        self.started: dict[str, list[str]] = {}
        for text in self._journal.read():
            self._take(text)

    def record_of(self, output: str) -> Record | None:
        """Return how an output was made, or None if that is not known."""
        line = self.done.get(output)
        try:
            if line is None:
                return None
            keys = ("fingerprint", "size", "mtime_ns", "result")
            fingerprint, size, mtime_ns, result = (line[key] for key in keys)
            outputs = {path: int(n) for path, n in zip(line["done"], line["sizes"], strict=False) if n >= 0}
            return Record(str(fingerprint), int(size), int(mtime_ns), outputs, dict(result))
        except (KeyError, TypeError, ValueError):
            return None

    def all_outputs(self) -> set[str]:
        """Return every file below the folder that runs made, or were about to."""
        lists = (*(line["done"] for line in self.done.values()), *self.started.values())
        return {path for paths in lists for path in paths if isinstance(path, str)}

    def started_outputs(self) -> set[str]:
        """Return the files below the folder that a killed run was about to write."""
        return {path for paths in self.started.values() for path in paths if isinstance(path, str)}

    def announce(self, started: Sequence[list[str]]) -> None:
        """Record the outputs of all inputs that a run is about to start, if one by one would take long."""
        self._journal.announce(started, self._live)

    def record_started(self, outputs: list[str]) -> None:
        """Record outputs before they are written."""
        self._append({"started": outputs})

    def record_done(self, picture: str, record: Record) -> None:
        """Record that outputs are complete; those an earlier run made the same way from the same content stay known."""
        # the picture, by which the line is found, comes first, even if it is not ours
        made, before = {picture: -1, **record.outputs}, self.record_of(picture)
        if before is not None and (before.fingerprint, before.hash) == (record.fingerprint, record.hash):
            made = {**made, **before.outputs, **record.outputs}
        result = {key: value for key, value in record.result.items() if value not in (None, [], "", {})}
        # 10,000 palettes of 256 strings each would make reading slow; where the files are is known
        palette = result.get("palette", ())
        is_opaque = all(len(color) == 7 for color in palette)
        result["palette"] = "".join(palette).replace("#", "" if is_opaque else "#")
        for key in ("input", "outputs", "kept", "status", "reason", "text", "about"):
            result.pop(key, None)
        line = {"done": list(made), "fingerprint": record.fingerprint, "size": record.size}
        self._append({**line, "mtime_ns": record.mtime_ns, "sizes": list(made.values()), "result": result})

    def record_dropped(self, outputs: list[str]) -> None:
        """Record that nothing was written: what appears under these names from now on is not ours."""
        self._append({"dropped": outputs})

    def close(self) -> None:
        """Close the journal; a second call does nothing."""
        self._journal.close()

    def _take(self, text: bytes) -> None:
        """Apply one line."""
        try:
            line = json.loads(text)
            kind = next(iter(line))
            first = line[kind][0]
        except (ValueError, TypeError, LookupError, StopIteration, RecursionError):
            return
        if not isinstance(first, str):
            return
        if kind == "started":
            # it is no longer known whether the old file is there or already the new one
            self.started[first] = line[kind]
            self.done.pop(first, None)
        elif kind == "done":
            self.done[first] = line
            for path in line[kind]:
                self.started.pop(path, None)
        elif kind == "dropped":
            self.started.pop(first, None)

    def _append(self, line: Line) -> None:
        """Add a line."""
        self._journal.append(line, self._live)

    def _live(self) -> Iterator[Line]:
        """Yield the lines that count."""
        yield from self.done.values()
        yield from ({"started": paths} for paths in self.started.values())
