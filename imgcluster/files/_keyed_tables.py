"""Tables that give each label a value, as people keep them: CSV files, data frames and series."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imgcluster.files._opening import read_errors
from imgcluster.files._replacing import shown
from imgcluster.types import PathLike

_DELIMITERS = ",;\t"
_LABEL = "label"


class KeyedFile(NamedTuple):
    """The last column of a file, by label: its texts, and what it is called."""

    values: dict[int, str]
    column: str


def by_label(table: Any) -> Any:
    """Return a data frame or series as a mapping from labels, or as an array if its rows are only counted.

    Of a frame labels are the column "label", or else the first one, and values the last one. Whatever else there is
    comes back as it is.
    """
    columns = getattr(table, "columns", None)
    if columns is not None and hasattr(table, "__getitem__") and not isinstance(table, Mapping):
        names = list(columns)
        if len(names) > 1:
            labels = table[_LABEL if _LABEL in names else names[0]]
            return _mapping(np.asarray(labels).tolist(), np.asarray(table[names[-1]]).tolist())
        return by_label(table[names[0]]) if names else table
    if hasattr(table, "index") and hasattr(table, "iloc"):
        labels, values = np.asarray(table.index).tolist(), np.asarray(table)
        return values if labels == list(range(len(labels))) else _mapping(labels, values.tolist())
    return table


def _mapping(labels: list[Any], values: list[Any]) -> dict[Any, Any]:
    """Return a mapping; a label that stands there twice is an error."""
    found: dict[Any, Any] = {}
    for label, value in zip(labels, values, strict=True):
        if found.setdefault(label, value) != value:
            raise ValueError(f"table has label {label} twice, with {found[label]} and {value}; leave one out")
    return found


def read_by_label(path: PathLike) -> KeyedFile:
    """Read a text file with a row for each label: by commas, semicolons, tabs or blanks, whichever the first line has.

    Labels are the column "label" of the first line, if that holds names, or else the first one; values the last one.
    """
    name = shown(os.fsdecode(path))
    with read_errors(name):
        content = Path(os.fsdecode(path)).read_bytes()
    rows = _rows(content, name)
    at, column = 0, "the last column"
    if rows and not _is_label(rows[0][0]):
        header = [field.strip() for field in rows.pop(0)]
        at, column = header.index(_LABEL) if _LABEL in header else 0, f"column {header[-1]!r}"
        if at == len(header) - 1:
            raise ValueError(f"{name} must have labels in its first column and values in its last one, got {header}")
    found: dict[int, str] = {}
    for row in rows:
        if len(row) < 2 or at >= len(row) or not _is_label(row[at]):
            raise ValueError(f"{name} must have a label and a class in each row, got {','.join(row)!r}")
        label, value = int(float(row[at])), row[-1].strip()
        if found.setdefault(label, value) != value:
            raise ValueError(f"{name} has label {label} twice, with {found[label]!r} and {value!r}; leave one out")
    return KeyedFile(found, column)


def _rows(content: bytes, name: str) -> list[list[str]]:
    """Return the fields of lines that are neither empty nor remarks."""
    try:
        text = content.decode("utf-8-sig")
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        delimiter = next((mark for mark in _DELIMITERS if lines and mark in lines[0]), None)
        return [line.split() for line in lines] if delimiter is None else list(csv.reader(lines, delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"{name} is not a table in UTF-8; save it as CSV") from None


def _is_label(text: str) -> bool:
    """Check whether a field is a whole number."""
    try:
        return float(text).is_integer()
    except ValueError:
        return False
