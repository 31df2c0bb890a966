"""What the commands say to people on stderr, and the data they hand on by stdout."""

import os
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from imgcluster.errors import ConvergenceWarning, ConversionWarning, ImgclusterError
from imgcluster.files import stdout_error as stdout_error
from imgcluster.files import write_stdout as write_stdout
from imgcluster.wording import count_text as count_text
from imgcluster.wording import printable as printable
from imgcluster.wording import size_text as size_text


@dataclass(frozen=True)
class Console:
    """The voice of a command: how much it says, and that nothing it says can steer a terminal."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def say(self, text: str) -> None:
        """Tell a result."""
        if not self.quiet:
            _echo(printable(text))

    def detail(self, text: str) -> None:
        """Tell what only a curious user asked for with ``-v``."""
        if self.verbose:
            _echo("  " + printable(text))

    def warn(self, text: str) -> None:
        """Tell that something was lost, though the work is done."""
        if not self.quiet:
            _echo(f"imgcluster: {click.style('warning:', fg='yellow')} {printable(text)}")

    @contextmanager
    def showing_warnings(self) -> Iterator[None]:
        """Show the library's warnings as lines."""
        with warnings.catch_warnings():
            warnings.simplefilter("always", ConversionWarning)
            warnings.simplefilter("always" if self.verbose else "ignore", ConvergenceWarning)
            warnings.showwarning = lambda text, *_, **__: self.warn(str(text))
            yield


def describe(error: Exception) -> str:
    """Say in one line what went wrong; an error nobody foresaw is named with its class."""
    if isinstance(error, (ImgclusterError, ValueError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for a picture of this size; close other programs or scale it down first"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return f"unexpected {type(error).__name__}: {error}; --debug shows where it happened, please report it"


def print_error(text: str) -> None:
    """Print one line that says what is wrong."""
    _echo(f"imgcluster: {click.style('error:', fg='red', bold=True)} {printable(text)}")


def print_traceback() -> None:
    """Print where the exception being handled came from."""
    print_lines(traceback.format_exc())


def print_lines(text: str) -> None:
    """Print lines of more than a person asked for."""
    for line in text.splitlines():
        _echo(printable(line))


def _echo(text: str) -> None:
    """Print a line on stderr; click drops the colors when that is no terminal."""
    # a stderr that is full or gone must not stop the work it would have told of
    with suppress(OSError):
        click.echo(text, err=True, color=False if os.environ.get("NO_COLOR") else None)
