"""A bar that counts files, for scripts and notebooks that ask for one; the command line has its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from imgcluster.tasks import FileResult


@contextmanager
def counted(wanted: bool, total: int) -> Iterator[Callable[[], object]]:
    """Yield what to call after each of some files; it moves a bar if that is wanted."""
    if not wanted:
        yield lambda: None
        return
    with _make_bar(total) as bar:
        yield bar.update


def drawn(results: Generator[FileResult, None, None], total: int) -> Generator[FileResult, None, None]:
    """Yield the results of a run, and count them on a bar."""
    with closing(results), counted(True, total) as count:
        for result in results:
            count()
            yield result


def _make_bar(total: int) -> Any:
    """Make the bar of tqdm for where this runs: a terminal, or a notebook."""
    with warnings.catch_warnings():
        # without ipywidgets a notebook gets the bar of a terminal, which serves as well
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

        return tqdm(total=total, unit="file")
