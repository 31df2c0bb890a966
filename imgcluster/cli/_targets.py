"""Where each plot goes: names made from the inputs, and what must not be overwritten."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Code, Reason
from imgcluster.files import STREAM, place, plain


class SkippedError(Exception):
    """An input needs no work; the message says why."""


class ExistingOutputError(SkippedError):
    """The output exists and may not be overwritten."""


class Targets:
    """The outputs of one run, assigned input by input."""

    def __init__(
        self, inputs: Sequence[str], output: str | None, output_dir: str | None, *, ending: str, force: bool
    ) -> None:
        from imgcluster.batch import name_inputs

        self._output, self._folder, self._ending, self._force = output, output_dir, ending, force
        self._names = name_inputs(inputs, ending)
        self._input_files = {file for file in map(_file_id, inputs) if file}
        self._seen: set[str] = set()

    @property
    def is_one(self) -> bool:
        """Check whether a single file was named."""
        return self._output is not None

    def name_for(self, source: str) -> str:
        """Name the output of an input, ``-`` for standard output."""
        if self._output is not None:
            return self._output
        if source == STREAM and self._folder is None:
            return STREAM
        return str(Path(self._folder or "outputs", f"{self._names[source]}{self._ending}"))

    def claim(self, source: str) -> str:
        """Return the output's name for this input alone.

        Raises
        ------
        SkippedError
            If the input was given before, or its output exists and may not be overwritten.
        ImageWriteError
            If writing would lose an input.
        """
        if _place(source) in self._seen:
            raise SkippedError(str(Reason(Code.GIVEN_TWICE)))
        self._seen.add(_place(source))
        target = self.name_for(source)
        if target != STREAM and _is_readable(source):
            if _file_id(target) in self._input_files:
                raise ImageWriteError(target, "it is an input of this run", "choose another name or folder")
            if not self._force and Path(target).exists():
                raise ExistingOutputError(Reason(Code.EXISTS, {"output": target}).in_flags())
        return target


def check_writable(target: str) -> None:
    """Reject a file that could not be written at the end of long work, before the work begins."""
    folder = next(folder for folder in Path(target).absolute().parents if folder.exists())
    if not folder.is_dir():
        raise ImageWriteError(target, f"{folder} is a file, not a folder", "write elsewhere")
    for path in (Path(target), folder):
        if path.exists() and not os.access(path, os.W_OK):
            raise ImageWriteError(target, f"no permission for {path}", "write elsewhere")


def check_targets(inputs: Sequence[str], output: str | None, output_dir: str | None, format: str | None = None) -> None:
    """Reject contradictory or impossible outputs before any work."""
    if output_dir == "":
        raise click.UsageError("-d/--output-dir must name a folder, got ''; use -d . for the current one")
    if output is None:
        return
    if output_dir is not None:
        raise click.UsageError("-o/--output and -d/--output-dir exclude each other; leave one out")
    if len(inputs) > 1:
        raise click.UsageError(f"-o/--output takes one input, got {len(inputs)}; use -d for a folder of outputs")
    if output == STREAM:
        return
    if format is not None:
        raise click.UsageError(
            f"-o/--output and --format exclude each other, got -o {output} and {format}; "
            "the ending of -o says the format"
        )
    if not output or output.endswith("/") or Path(output).is_dir():
        raise click.UsageError(f"-o/--output must name a file, got {output!r}; use -d for a folder")


def check_streams(
    inputs: Sequence[str], output: str | None, output_dir: str | None, *, what: str = "picture", as_json: bool = False
) -> None:
    """Reject a terminal in place of a picture, and two kinds of data on standard output."""
    to_stdout = output == STREAM or (STREAM in inputs and output is None and output_dir is None)
    if to_stdout and as_json:
        raise click.UsageError("--json and the picture cannot share stdout; send the picture to a file with -o or -d")
    if to_stdout and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError(f"a terminal cannot show the {what}; send it to a file with -o, or > name.png")
    if STREAM in inputs and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal; pipe a picture in or name a file")


def same_place(path: str, other: str) -> bool:
    """Check whether two paths are spellings of the same one."""
    return place(plain(path)) == place(plain(other))


def _place(path: str) -> str:
    """Return one spelling for every way to write a path."""
    return path if path == STREAM else os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)


def _file_id(path: str) -> tuple[int, int] | None:
    """Return what identifies a file, or None if it does not exist."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_readable(source: str) -> bool:
    """Check whether there is something to read: a missing input must fail, whatever its output would be."""
    return source == STREAM or (Path(source).exists() and not Path(source).is_dir())
