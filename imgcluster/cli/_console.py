"""What the commands say to people on stderr, and the data they hand on by stdout."""

import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from imgcluster.errors import (
    ConvergenceWarning,
    ConversionWarning,
    FileError,
    ImageReadError,
    ImageWriteError,
    ImgclusterError,
)
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

    def failure(self, name: str, error: Exception) -> str:
        """Tell why an input failed, with the traceback after ``--debug``, and return the reason."""
        reason = error.without_name if isinstance(error, FileError) else describe(error)
        print_error(f"{name}: {reason}")
        if self.debug:
            print_traceback()
        return reason

    @contextmanager
    def warnings_about(self, name: str) -> Iterator[None]:
        """Tell the library's warnings as lines about the input of that name."""
        with warnings.catch_warnings():
            warnings.simplefilter("always", ConversionWarning)
            warnings.simplefilter("always" if self.verbose else "ignore", ConvergenceWarning)
            warnings.showwarning = lambda text, *_, **__: self.warn(f"{name}: {_without(name, str(text))}")
            yield


def _without(name: str, text: str) -> str:
    """Drop the name at the beginning of the library's text, because every line here begins with it."""
    for shown in (name, ascii(name)):
        text = text.removeprefix(f"cannot read {shown}: ").removeprefix(f"{shown}: ")
    return text


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
    for line in traceback.format_exc().splitlines():
        _echo(printable(line))


def _echo(text: str) -> None:
    """Print a line on stderr; click drops the colors when that is no terminal."""
    # a stderr that is full or gone must not stop the work it would have told of
    with suppress(OSError):
        click.echo(text, err=True, color=False if os.environ.get("NO_COLOR") else None)


class _Stdin(io.BytesIO):
    """The bytes of standard input, under a name for messages."""

    name = "stdin"


def read_stdin() -> io.BytesIO:
    """Read all of standard input."""
    if sys.stdin is None:
        raise ImageReadError("stdin", "it is closed", "pipe a picture in or name a file")
    data = sys.stdin.buffer.read()
    if not data:
        raise ImageReadError("stdin", "it is empty", "pipe a picture in or name a file")
    return _Stdin(data)


def write_stdout(data: bytes) -> None:
    """Write data to standard output at once, so that a full disk or a closed pipe shows here and not at exit."""
    if sys.stdout is None:
        raise stdout_error("it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise stdout_error(error.strerror or str(error)) from error


def stdout_error(reason: str) -> ImageWriteError:
    """Say why nothing can be written to standard output."""
    return ImageWriteError("stdout", reason, "redirect it elsewhere")
