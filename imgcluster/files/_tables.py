"""Reading points from text: one row per point, one column per feature."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

import numpy as np

from imgcluster.types import Float64Array

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".dat")
_DELIMITERS = ",;\t"


def read_table(source: str | Path | IO[bytes], *, standardize: bool = False) -> Float64Array:
    r"""Read a table of numbers, such as a CSV file.

    Parameters
    ----------
    source : path or binary file object
        UTF-8 text with one point a line; columns are separated by commas, semicolons, tabs or blanks, whichever the
        first line has. A first line of names and what follows a # are skipped.
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
        If it is empty or not text, or a row does not hold as many numbers as the others.

    Examples
    --------
    >>> from io import BytesIO
    >>> read_table(BytesIO(b"width,height\n1,10\n3,30\n")).tolist()
    [[1.0, 10.0], [3.0, 30.0]]
    """
    data = Path(source).read_bytes() if isinstance(source, str | Path) else source.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not text; give a table of numbers in UTF-8, such as a CSV file") from None
    lines = [line for line in text.splitlines() if line.partition("#")[0].strip()]
    if not lines:
        raise ValueError("it holds no numbers; give a row for each point and a column for each feature")
    delimiter = next((mark for mark in _DELIMITERS if mark in lines[0]), None)
    if not _is_numeric(lines[0], delimiter):
        lines = lines[1:]
    if not lines:
        raise ValueError("it holds names but no numbers; give a row for each point below them")
    try:
        table = np.loadtxt(io.StringIO("\n".join(lines)), delimiter=delimiter, ndmin=2, quotechar='"')
    except ValueError as error:
        reason = str(error).partition(";")[0].rstrip(".")
        raise ValueError(f"it is not a table of numbers: {reason}; give as many numbers in each row") from None
    return _standardized(table) if standardize else table


def _is_numeric(line: str, delimiter: str | None) -> bool:
    """Return whether a line holds only numbers."""
    try:
        for field in line.partition("#")[0].split(delimiter):
            float(field.strip().strip('"'))
    except ValueError:
        return False
    return True


def _standardized(table: Float64Array) -> Float64Array:
    spread = table.std(axis=0)
    shifted: Float64Array = table - table.mean(axis=0)
    return shifted / np.where(spread > 0, spread, 1.0)
