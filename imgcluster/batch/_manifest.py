"""The manifest of a run: one row per file, as JSON lines or CSV, for other programs."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

from imgcluster.files import replacing, write_error
from imgcluster.tasks import FileResult
from imgcluster.types import PathLike

ENDINGS = (".jsonl", ".csv")
COLUMNS = tuple(FileResult("", "done").to_dict())

# a spreadsheet takes a cell that begins like this for a formula
_FORMULA = ("=", "+", "-", "@")


class Manifest:
    r"""Write the results of a run to a manifest as they arrive, one row for each input.

    Parameters
    ----------
    path : str, bytes or os.PathLike
        A file ending in .jsonl (one JSON object per line) or .csv (a line of names, then one line per file). It takes
        the place of an older one as a whole when the block ends, however it ends: an interrupted run leaves a
        manifest of what it did, a killed one leaves the old manifest.

    Raises
    ------
    ValueError
        If the ending is a different one.
    ImageWriteError
        If the file cannot be written (no folder, no permission, disk full), at once and not after hours of work.

    Notes
    -----
    A row of .jsonl is plain ASCII and follows the JSON Schema of `manifest_schema`. Bytes of a name that are not
    UTF-8 are written as Python's surrogate escapes, ``"\udcff"`` for 255, which `os.fsencode` converts back.

    A row of .csv is one line of UTF-8, whatever a name contains: in the columns of text a backslash is doubled and
    what cannot be printed is written ``\n``, ``\x1b`` or ``\udcff``. A name that a spreadsheet would take for a formula
    begins with ``./``, which is the same file. Lists are JSON, and what is not
    known is empty.

    Examples
    --------
    >>> from imgcluster.facts import Code, Reason
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with Manifest(f"{folder}/run.jsonl") as manifest:
    ...         manifest.write(FileResult("a.jpg", "failed", Reason(Code.UNREADABLE, {"problem": "it is empty"})))
    ...     row = json.loads(Path(folder, "run.jsonl").read_text())
    >>> row["input"], row["status"], row["reason"], row["text"]
    ('a.jpg', 'failed', 'unreadable', 'it is empty')
    """

    def __init__(self, path: PathLike) -> None:
        self._path = path
        self._as_csv = manifest_ending(path) == ".csv"
        self._written: set[str] = set()

    def __enter__(self) -> Manifest:
        with ExitStack() as opening:
            self._file = opening.enter_context(replacing(self._path, for_long=True))
            if self._as_csv:
                self._add(_csv_line(COLUMNS))
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # the rows are valid however the run ended; and an OSError of the run does not concern the manifest
        self._closing.close()

    def write(self, result: FileResult) -> None:
        """Add the row of a result; a second result of the same input is ignored."""
        if result.input in self._written:
            return
        self._written.add(result.input)
        row = result.to_dict()
        self._add(_csv_line([_cell(name, row[name]) for name in COLUMNS]) if self._as_csv else json.dumps(row) + "\n")

    def _add(self, line: str) -> None:
        try:
            self._file.write(line.encode())
            # a full disk shows here, while the run can still stop
            self._file.flush()
        except OSError as error:
            raise write_error(self._path, error) from error


def manifest_ending(path: PathLike) -> str:
    """Return .jsonl or .csv, or raise ValueError for a name with another ending."""
    name = os.fsdecode(path)
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"a manifest must end in {' or '.join(ENDINGS)}, got {name!r}")
    return ending


def is_manifest(path: PathLike) -> bool:
    """Check whether a file is a manifest, which the next run may overwrite; an empty file counts as one."""
    try:
        with Path(os.fsdecode(path)).open("rb") as stream:
            first = stream.readline(1 << 20).decode()
        if not first:
            return True
        if manifest_ending(path) == ".csv":
            return first == _csv_line(COLUMNS)
        row = json.loads(first)
        return isinstance(row, dict) and set(COLUMNS) <= set(row)
    except (OSError, ValueError):
        return False


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a line of a .jsonl manifest.

    Returns
    -------
    dict

    Examples
    --------
    >>> manifest_schema()["properties"]["status"]["enum"]
    ['done', 'skipped', 'failed']
    """
    text = resources.files("imgcluster.batch").joinpath("manifest.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _cell(name: str, value: object) -> object:
    """Write a value as a cell of a CSV file."""
    if isinstance(value, list | dict):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in value)
    return f"./{text}" if name == "input" and text.startswith(_FORMULA) else text


def _csv_line(cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)  # type: ignore[arg-type]
    return line.getvalue()
