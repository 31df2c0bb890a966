"""What the commands print for people on stderr, and the data they pass on through stdout."""

import os
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from imgcluster.errors import ConvergenceWarning, ImgclusterError
from imgcluster.files import stdout_error as stdout_error
from imgcluster.files import write_stdout as write_stdout
from imgcluster.warning import heard_by
from imgcluster.wording import count_text as count_text
from imgcluster.wording import fault_text
from imgcluster.wording import printable as printable
from imgcluster.wording import size_text as size_text


@dataclass(frozen=True)
class Console:
    """The messages of a command: how many it prints, with control characters escaped."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def say(self, text: str) -> None:
        """Print a result."""
        if not self.quiet:
            _echo(printable(text))

    def detail(self, text: str) -> None:
        """Print details that were asked for with ``-v``."""
        if self.verbose:
            _echo("  " + printable(text))

    def warn(self, text: str) -> None:
        """Warn that something was lost although the work is done."""
        if not self.quiet:
            _echo(f"imgcluster: {click.style('warning:', fg='yellow')} {printable(text)}")

    @contextmanager
    def showing_warnings(self) -> Iterator[None]:
        """Print the library's warnings as lines."""

        def show(warning: Warning) -> None:
            if self.verbose or not isinstance(warning, ConvergenceWarning):
                self.warn(str(warning))

        with warnings.catch_warnings(), heard_by(show):
            warnings.showwarning = lambda text, *_, **__: self.warn(str(text))  # of other packages
            yield


def describe(error: Exception) -> str:
    """Format an error as one line; an unexpected one is named with its class."""
    if isinstance(error, (ImgclusterError, ValueError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for a picture of this size; close other programs or scale it down first"
    if text := fault_text(error):
        return text
    return f"unexpected {type(error).__name__}: {error}; --debug shows where it happened, please report it"


def print_error(text: str) -> None:
    """Print one line that reports what is wrong."""
    _echo(f"imgcluster: {click.style('error:', fg='red', bold=True)} {printable(text)}")


def print_traceback() -> None:
    """Print where the exception being handled came from."""
    print_lines(traceback.format_exc())


def print_lines(text: str) -> None:
    """Print the lines of a longer text."""
    for line in text.splitlines():
        _echo(printable(line))


def _echo(text: str) -> None:
    """Print a line on stderr; click drops the colors when it is not a terminal."""
    # a stderr that is full or closed must not stop the work it would have reported
    with suppress(OSError):
        click.echo(text, err=True, color=False if os.environ.get("NO_COLOR") else None)
