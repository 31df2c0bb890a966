"""Reading points from text: one row per point, one column per feature."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from imgcluster.types import Float64Array

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".dat")
_DELIMITERS = ",;\t"
_MOST_NAMES = 12  # in a message


class NamedTable(NamedTuple):
    """Points, and what their columns are called.

    Attributes
    ----------
    values : ndarray of shape (n, d), float64
    names : tuple of str
        Of the first line; empty if that holds numbers.
    available : tuple of str
        What all columns of the file are called, also those that were not chosen; their numbers from 1 without names.
    """

    values: Float64Array
    names: tuple[str, ...]
    available: tuple[str, ...] = ()


class _Fault(NamedTuple):
    """What is wrong with a line, by its number in the file."""

    line: int
    reason: str
    is_word: bool = False  # where a number should be


class WordsInTable(ValueError):
    """There are words where numbers should be.

    Attributes
    ----------
    problem : str
        What is wrong.
    columns : list of str or int
        Those that have numbers, by name or counted from 1; empty if the others have no words in the first row.
    """

    def __init__(self, problem: str, columns: list[str | int], way_out: str) -> None:
        super().__init__(f"{problem}; {way_out}")
        self.problem = problem
        self.columns = columns


def read_table(
    source: str | Path | IO[bytes], *, columns: Sequence[str | int] | None = None, standardize: bool = False
) -> Float64Array:
    r"""Read a table of numbers, such as a CSV file.

    Parameters
    ----------
    source : path or binary file object
        UTF-8 text with one point a line; columns are separated by commas, semicolons, tabs or blanks, whichever the
        first line has. A first line of names and what follows a # are skipped.
    columns : sequence of str or int, optional
        The columns to read, in this order: by their names in the first line, or counted from 1. The others need not
        hold numbers. By default all.
    standardize : bool, default False
        Shift and scale every column to mean 0 and standard deviation 1, so that features in different units count
        alike. A constant column is only shifted.

    Returns
    -------
    ndarray of shape (n, d), float64

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is empty or not text, a row does not hold as many numbers as the others, or there is no such column.

    Examples
    --------
    >>> from io import BytesIO
    >>> read_table(BytesIO(b"width,height\n1,10\n3,30\n")).tolist()
    [[1.0, 10.0], [3.0, 30.0]]
    >>> read_table(BytesIO(b"kind,width,height\ncat,1,10\ndog,3,30\n"), columns=["height", 2]).tolist()
    [[10.0, 1.0], [30.0, 3.0]]
    """
    return read_named_table(source, columns=columns, standardize=standardize).values


def read_named_table(
    source: str | Path | IO[bytes], *, columns: Sequence[str | int] | None = None, standardize: bool = False
) -> NamedTable:
    r"""Read a table of numbers with the names of its columns; parameters and errors are those of `read_table`.

    Returns
    -------
    NamedTable

    Examples
    --------
    >>> from io import BytesIO
    >>> read_named_table(BytesIO(b"width,height\n1,10\n3,30\n")).names
    ('width', 'height')
    """
    data = Path(source).read_bytes() if isinstance(source, str | Path) else source.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not text; give a table of numbers in UTF-8, such as a CSV file") from None
    lines = {i: line for i, line in enumerate(text.splitlines(), 1) if line.partition("#")[0].strip()}
    if not lines:
        raise ValueError("it holds no numbers; give a row for each point and a column for each feature")
    first = next(iter(lines))
    delimiter = next((mark for mark in _DELIMITERS if mark in lines[first]), None)
    header = names = _fields(lines[first], delimiter)
    chosen = None
    if columns is not None:
        chosen = [_place(column, names) for column in columns]
        names = [names[i] for i in chosen]
    if all(_is_number(name) for name in names):
        names = []
    else:
        del lines[first]
    if not lines:
        raise ValueError("it holds names but no numbers; give a row for each point below them")
    table = _numbers(lines, delimiter, chosen, header)
    available = header if names else [str(i + 1) for i in range(len(header))]
    return NamedTable(_standardized(table) if standardize else table, tuple(names), tuple(available))


def _numbers(lines: dict[int, str], delimiter: str | None, chosen: list[int] | None, header: list[str]) -> Float64Array:
    """Read the rows, or some of their columns; `lines` are by their numbers in the file."""
    try:
        rows = io.StringIO("\n".join(lines.values()))
        table: Float64Array = np.loadtxt(rows, delimiter=delimiter, ndmin=2, quotechar='"', usecols=chosen)
    except ValueError as error:
        fault = _first_fault(lines, delimiter, chosen, header)
        # rows that numpy counts are not lines of the file
        reason = fault.reason if fault else str(error).partition(";")[0].partition(" at row ")[0].rstrip(".")
        # who has words beside the numbers need not change the file
        numbers = _columns_of_numbers(next(iter(lines.values())), delimiter, header) if fault and fault.is_word else []
        way_out = (
            f"name the columns of numbers, such as columns={numbers} or --columns {','.join(map(str, numbers))}"
            if numbers
            else "give as many numbers in each row"
        )
        raise WordsInTable(f"it is not a table of numbers: {reason}", numbers, way_out) from None
    return table


def _first_fault(
    lines: dict[int, str], delimiter: str | None, chosen: list[int] | None, header: list[str]
) -> _Fault | None:
    """Find the first line that lacks a column or has a word where a number should be."""
    n_columns = 0
    for number, line in lines.items():
        fields = _fields(line, delimiter)
        n_columns = n_columns or len(fields)
        if len(fields) <= max(chosen) if chosen else len(fields) != n_columns:
            wanted = f"not {n_columns} as those before" if chosen is None else f"too few for column {max(chosen) + 1}"
            columns = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
            return _Fault(number, f"line {number} has {columns}, {wanted}")
        for i in range(n_columns) if chosen is None else chosen:
            if not _is_number(fields[i]):
                is_named = len(header) == len(fields) and not all(map(_is_number, header))
                column = f"{header[i]!r}" if is_named else f"{i + 1}"
                return _Fault(number, f"line {number} has {fields[i]!r} in column {column}", is_word=True)
    return None


def _columns_of_numbers(line: str, delimiter: str | None, header: list[str]) -> list[str | int]:
    """Return the columns where a row has numbers if it has words in others: by their names, or counted from 1."""
    fields = _fields(line, delimiter)
    places = [i for i, field in enumerate(fields) if _is_number(field)]
    if len(places) == len(fields) or len(fields) != len(header):
        return []
    named = all(
        header[i].replace("_", "a").isalnum() and not _is_number(header[i]) and header.count(header[i]) == 1
        for i in places
    )
    if not named and any(str(i + 1) in header for i in places):
        return []  # on a command line such a number would be taken for a name
    return [header[i] if named else i + 1 for i in places][:_MOST_NAMES]


def _fields(line: str, delimiter: str | None) -> list[str]:
    """Cut a line into its fields, without quotes."""
    line = line.partition("#")[0]
    # blanks in any number part fields, too
    rows = csv.reader([line if delimiter else " ".join(line.split())], delimiter=delimiter or " ")
    try:
        return [field.strip().strip('"') for field in next(rows)]
    except csv.Error as error:
        raise ValueError(f"it is not a table of numbers: {error}; give a row for each point") from None


def _place(column: str | int, names: list[str]) -> int:
    """Find a column, by its name or its number from 1."""
    if isinstance(column, str) and column in names:
        return names.index(column)
    number = int(column) if str(column).strip().isascii() and str(column).strip().isdigit() else 0
    if not 1 <= number <= len(names):
        named = not all(_is_number(name) for name in names)
        known = f": {', '.join(names[:_MOST_NAMES])}{', ...' if len(names) > _MOST_NAMES else ''}" if named else ""
        raise ValueError(f"there is no column {column!r}; it has {len(names)}, counted from 1{known}")
    return number - 1


def _is_number(field: str) -> bool:
    """Return whether a field is a number."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def _standardized(table: Float64Array) -> Float64Array:
    spread = table.std(axis=0)
    shifted: Float64Array = table - table.mean(axis=0)
    return shifted / np.where(spread > 0, spread, 1.0)
