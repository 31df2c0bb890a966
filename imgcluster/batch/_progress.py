"""A bar that counts files, for scripts and notebooks that ask for one; the command line has its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

from imgcluster.tasks import FileResult
from imgcluster.threads import make_bar


@contextmanager
def counted(wanted: bool, total: int) -> Iterator[Callable[[], object]]:
    """Yield what to call after each of some files; it moves a bar if that is wanted."""
    if not wanted:
        yield lambda: None
        return
    with make_bar("file", total) as bar:
        yield bar.update


def drawn(results: Generator[FileResult, None, None], total: int) -> Generator[FileResult, None, None]:
    """Yield the results of a run, and count them on a bar."""
    with closing(results), counted(True, total) as count:
        for result in results:
            count()
            yield result
