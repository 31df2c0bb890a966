"""Where each output goes: names made from the inputs, and what must not be overwritten."""

import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from imgcluster.errors import ImageWriteError
from imgcluster.files import place, plain

STREAM = "-"
"""The name of standard input among the inputs, and of standard output after -o."""

NAME = "{name}"
"""What stands for the input's name in a file of several inputs."""

_N_INDEXED = 256
"""The most colors a palette in a PNG or GIF file can hold."""


class SkippedError(Exception):
    """An input needs no work, and the message says why."""


class ExistingOutputError(SkippedError):
    """The output exists and may not be overwritten."""


class Targets:
    """The outputs of one run, given out input by input."""

    def __init__(
        self,
        inputs: Sequence[str],
        output: str | None,
        output_dir: str | None,
        *,
        ending: str,
        force: bool,
        also_read: Sequence[str] = (),
    ) -> None:
        self._output = output
        self._folder = output_dir
        self._ending = ending
        self._force = force
        self._names = Counter(Path(source).stem for source in {_place(source) for source in inputs})
        own = {file.replace(NAME, self.stem_of(source)) for file in also_read for source in inputs}
        self._input_files = {file for file in map(_file_id, [*inputs, *own]) if file}
        self._owners: dict[str, str] = {}
        self._seen: set[str] = set()

    def name_for(self, source: str) -> str:
        """Name the output of an input, ``-`` for standard output; inputs of one stem keep their extension."""
        if self._output is not None:
            return self._output
        if source == STREAM:
            return STREAM if self._folder is None else str(Path(self._folder, f"stdin{self._ending}"))
        return str(Path(self._folder or "outputs", f"{self.stem_of(source)}{self._ending}"))

    def stem_of(self, source: str) -> str:
        """Name an input without its folder, and without its extension where that leaves it the only one."""
        if source == STREAM:
            return "stdin"
        path = Path(source)
        return path.name if self._names[path.stem] > 1 else path.stem

    def claim(self, source: str) -> str:
        """Return the output's name for this input alone.

        Raises
        ------
        SkippedError
            If the input was given before, or its output exists and may not be overwritten.
        ImageWriteError
            If writing would lose an input or an output of this run.
        """
        if _place(source) in self._seen:
            raise SkippedError("given twice")
        self._seen.add(_place(source))
        target = self.name_for(source)
        if target != STREAM and _is_readable(source):
            self.claim_file(target, source, "run them apart, with different -d")
        return target

    def claim_file(self, target: str, owner: str, way_out: str) -> None:
        """Keep a file for an owner alone; raises as `claim` does."""
        first = self._owners.setdefault(_place(target), owner)
        if first != owner:
            raise ImageWriteError(f"{target} is the output of {first} already; {way_out}")
        if _file_id(target) in self._input_files:
            raise ImageWriteError(f"its output {target} is an input of this run; choose another name or folder")
        if not self._force and Path(target).exists():
            raise ExistingOutputError(f"{target} exists; -f overwrites it")


def make_folder_of(target: str) -> None:
    """Make the folder of an output when it is missing."""
    folder = Path(target).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "a file is in the way" if isinstance(error, (FileExistsError, NotADirectoryError)) else error.strerror
        raise ImageWriteError(f"cannot make the folder {folder}: {why}; choose another with -d or -o") from error


def check_writable(target: str) -> None:
    """Refuse a file that cannot be written at the end of long work, before that begins."""
    folder = next(folder for folder in Path(target).absolute().parents if folder.exists())
    if not folder.is_dir():
        raise ImageWriteError(f"cannot write {target}: {folder} is a file, not a folder; write elsewhere")
    for path in (Path(target), folder):
        if path.exists() and not os.access(path, os.W_OK):
            raise ImageWriteError(f"cannot write {target}: no permission for {path}; write elsewhere")


def check_targets(inputs: Sequence[str], output: str | None, output_dir: str | None, format: str | None = None) -> None:
    """Refuse contradictory or impossible outputs before any work."""
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
    """Refuse a terminal in the place of a picture, and two kinds of data on standard output."""
    to_stdout = output == STREAM or (STREAM in inputs and output is None and output_dir is None)
    if to_stdout and as_json:
        raise click.UsageError("--json and the picture cannot share stdout; send the picture to a file with -o or -d")
    if to_stdout and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError(f"a terminal cannot show the {what}; send it to a file with -o, or > name.png")
    if STREAM in inputs and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal; pipe a picture in or name a file")


def check_ending(output: str | None, format: str) -> str:
    """Name the format: of what has no ending that which is given, else that of the ending, which must have one."""
    from imgcluster.picture import output_format

    try:
        return output_format(f"x.{format}" if output is None or output == STREAM else output)
    except ImageWriteError as error:
        raise click.UsageError(str(error)) from error


def check_format(n_colors: int, output: str | None, format: str) -> None:
    """Refuse an ending that names no format, and a palette that the format cannot hold."""
    kind = check_ending(output, format)
    if n_colors > _N_INDEXED and kind in ("PNG", "GIF"):
        way_out = "--format webp" if output is None or output == STREAM else "-o name.webp"
        raise click.UsageError(
            f"n_colors must be between 1 and {_N_INDEXED} for an indexed {kind}, got {n_colors}; "
            f"write lossless WebP instead: {way_out}"
        )


def check_fields(option: str, file: str) -> None:
    """Refuse what stands in braces and for nothing, such as a misspelt name."""
    for found in re.findall(r"\{[^{}]*\}", file):
        if found != NAME:
            raise click.UsageError(
                f"--{option} may hold {NAME} and no other field, got {found}; "
                f"write {NAME} where the input's name is to be"
            )


def same_place(path: str, other: str) -> bool:
    """Tell whether two paths are spellings of one."""
    return place(plain(path)) == place(plain(other))


def _place(path: str) -> str:
    """Return one spelling for every way to write a path."""
    return path if path == STREAM else os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)


def _file_id(path: str) -> tuple[int, int] | None:
    """Return what tells a file from every other, or None when it does not exist."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_readable(source: str) -> bool:
    """Tell whether there is something to read: reading a missing input must fail, whatever its output would be."""
    return source == STREAM or (Path(source).exists() and not Path(source).is_dir())
