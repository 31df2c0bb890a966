"""What the commands for palettes share: counting pictures with progress, finding the colors, writing a file."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isinf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli._console import Console, count_text, print_error
from imgcluster.cli._run import nothing_matched
from imgcluster.cli._run_options import RunOptions
from imgcluster.cli._targets import check_writable
from imgcluster.files import STREAM, make_folder_of, read_stdin

if TYPE_CHECKING:
    from imgcluster.batch import BuiltPalette
    from imgcluster.palette import Palette
    from imgcluster.tasks import FileResult


def check_ending(output: str) -> None:
    """Reject a file whose ending is not that of a palette format."""
    from imgcluster.palette import palette_ending

    try:
        palette_ending(output)
    except ValueError as error:
        raise click.UsageError(f"-o/--output {output}: {error}") from None


@contextmanager
def _stdin_as_file(inputs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Let workers read what comes from standard input, in a file that lasts as long as they need it."""
    if STREAM not in inputs:
        yield inputs
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        path.write_bytes(read_stdin().getbuffer())
        yield [str(path) if name == STREAM else name for name in inputs]


def build(
    inputs: Sequence[str],
    output: str | None,
    folder: RunOptions,
    parameters: dict[str, Any],
    console: Console,
    *,
    riff: bool = False,
) -> "tuple[BuiltPalette | None, int]":
    """Count the pictures, find the colors and write them; returns the palette, if there is one, and the exit code."""
    from imgcluster.batch import build_palette
    from imgcluster.errors import NoPictureError

    start = perf_counter()
    if output is not None:
        check_writable(output)
    with _Counter(console) as counter, _stdin_as_file(inputs) as files:
        try:
            built = build_palette(files, on_result=counter.add, **parameters)
        except NoPictureError:
            built = None
    n_done, n_failed = counter.counts["done"], counter.counts["failed"]
    if built is None:
        if not counter.counts:
            return None, nothing_matched(inputs, folder)
        console.say(f"nothing written, failed {n_failed}")
        return None, 1
    if output is not None:
        _save(built.palette, output, console, riff=riff)
    _sum_up(built, output, console, n_done, n_failed, perf_counter() - start)
    return built, 1 if n_failed else 0


def _save(palette: "Palette", output: str, console: Console, *, riff: bool) -> None:
    """Write the palette, without transparency if its format does not hold it."""
    from imgcluster.palette import holds_alpha

    make_folder_of(output)
    if not holds_alpha(output, palette.colors):
        console.warn(f"{output}: not kept: transparency; .gpl, .hex, .css, .json and .png hold it")
        palette = palette.opaque()
    palette.save(output, riff=riff)


class _Counter:
    """The progress of counting pictures: a line that counts on a terminal, and what went wrong."""

    def __init__(self, console: Console) -> None:
        from tqdm import tqdm

        self.counts = Counter[str]()
        self._console = console
        silent = console.quiet or sys.stderr is None or not sys.stderr.isatty()
        self._bar = tqdm(bar_format="{n_fmt} counted, {elapsed}", file=sys.stderr, disable=silent, leave=False)

    def __enter__(self) -> "_Counter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.close()

    def add(self, result: "FileResult") -> None:
        """Count a picture, and report what is worth reporting about it."""
        self.counts[result.status] += 1
        if result.status == "failed" or result.dropped or self._console.verbose:
            with self._bar.external_write_mode(file=sys.stderr):
                self._tell(result)
        self._bar.update()

    def _tell(self, result: "FileResult") -> None:
        """Report what is worth reporting about a picture."""
        name = result.input
        if result.status == "failed":
            print_error(f"{name}: {result.text}")
        else:
            self._console.detail(f"{name}: {result.text or 'counted'}")
        if result.dropped:
            self._console.warn(f"{name}: not kept: {result.dropped_text}")


def _sum_up(
    built: "BuiltPalette", output: str | None, console: Console, n_done: int, n_failed: int, seconds: float
) -> None:
    """Report what was made of which pictures."""
    from imgcluster.metrics import psnr_from_mse
    from imgcluster.quantization import palette_mse

    palette, histogram = built.palette, built.histogram
    distinct, psnr = count_text(len(histogram), "color"), psnr_from_mse(palette_mse(histogram, palette.colors))
    quality = f"has only {distinct}: all kept" if isinf(psnr) else f"{distinct} -> {len(palette):,}, PSNR {psnr:.1f} dB"
    where = "" if output is None else f" -> {output}"
    console.say(
        f"{count_text(n_done, 'picture')}{where}  {count_text(histogram.n_pixels, 'pixel')}, {quality}, "
        f"{seconds:.2f} s{f', failed {n_failed}' if n_failed else ''}"
    )
