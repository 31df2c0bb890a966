"""The report on a run: a single HTML file that needs nothing from the network."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from imgcluster.files import replacing
from imgcluster.report._page import MARK, page
from imgcluster.report._previews import previews
from imgcluster.tasks import FileResult
from imgcluster.threads import check_threads
from imgcluster.types import PathLike

__all__ = ["is_report", "write_report"]


def write_report(
    results: Iterable[FileResult],
    path: PathLike,
    *,
    title: str | None = None,
    seconds: float | None = None,
    n_threads: int | None = None,
) -> None:
    """Write a report of a run: figures, pictures before and after, palettes and failures in one HTML file.

    Parameters
    ----------
    results : iterable of FileResult
        What became of the files, in the order in which the page lists them.
    path : str, bytes or os.PathLike
        The HTML file, replaced as a whole or left as it was. Its links to the outputs are relative to its folder.
    title : str, optional
        The heading of the page, such as the command that was run.
    seconds : float, optional
        How long the run took; by default the page gives the sum over its files. That for its pictures is given, too.
    n_threads : int, optional
        Threads that shrink the pictures, by default as many as processors.

    Raises
    ------
    ImageWriteError
        When the file cannot be written (no folder, no permission, disk full).
    TypeError, ValueError
        When `n_threads` is not a whole number above 0.

    Notes
    -----
    The page contains its style, script and pictures and allows nothing else, by a content security policy. It
    works from disk, in dark mode, with the keyboard and on a phone; without scripts it is a plain table.

    The first 120 files get pictures of 480 pixels, the next 2,000 of 160, and the others none, which keeps the pictures
    below some 40 MB. The first 40 files of up to 33 megapixels get a part of 480 x 320 pixels at full size, too, the
    most detailed one and without loss, as long as these take no more than 20 MB. A file takes 0.1 to 0.2 s at
    12 megapixels, with a part at full size about 1 s. A picture that cannot be read is left out. Transparency is
    shown on a checkerboard.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from imgcluster.facts import Code, Reason
    >>> from imgcluster.tasks import FileResult
    >>> with TemporaryDirectory() as folder:
    ...     write_report([FileResult("<b>.png", "failed", Reason(Code.NO_MEMORY))], f"{folder}/report.html")
    ...     "&lt;b&gt;.png" in Path(folder, "report.html").read_text(encoding="utf-8")
    True
    """
    results = list(results)
    start = perf_counter()
    pictures = previews(results, check_threads(n_threads))
    preview_seconds = perf_counter() - start
    with replacing(path) as stream:
        for piece in page(results, pictures, path, title=title, seconds=seconds, preview_seconds=preview_seconds):
            stream.write(piece.encode())


def is_report(path: PathLike) -> bool:
    """Check whether a file is a report, which the next run may overwrite."""
    try:
        with Path(os.fsdecode(path)).open("rb") as stream:
            return MARK.encode() in stream.read(1024)
    except OSError:
        return False
