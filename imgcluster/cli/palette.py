"""``imgcluster palette``: one palette for many pictures."""

import sys
from collections import Counter
from collections.abc import Sequence
from math import isinf
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console, count_text, print_error
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run import nothing_matched
from imgcluster.cli._run_options import RunOptions, check_inputs, search_options
from imgcluster.cli._targets import check_writable
from imgcluster.files import make_folder_of

if TYPE_CHECKING:
    from imgcluster.batch import BuiltPalette
    from imgcluster.tasks import FileResult

_EPILOG = """\b
Examples:
  imgcluster palette build photos -r -k 64 -o folder.gpl
  imgcluster palette build *.jpg -k 16 -o few.hex
  imgcluster quantize *.jpg --palette folder.gpl
"""


@click.group("palette", invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Build one palette for many pictures."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@command.command("build", epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False), metavar="INPUTS...")
@options.colors_option
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default="outputs/palette.gpl",
    show_default=True,
    help="Output: .gpl, .hex or .json.",
)
@search_options
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.jobs_option
@options.executor_option
@preset_option
@options.effort_option
@options.seed_option
@options.threads_option
@options.quiet_option
@options.verbose_option
@options.debug_option
@options.version_option
@click.pass_context
def build(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    output: str,
    force: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Find the best colors for all pixels of all pictures.

    INPUTS are pictures and folders of pictures. All their distinct colors are counted exactly, and clustered as for one
    picture: the file has the same bytes for any order of the pictures. Each file counts once, however often
    it is named; hidden files are skipped.
    """
    console = options.make_console(ctx, quiet, verbose)
    found = {name: parameters[name] for name in ("recursive", "include", "exclude", "files_from")}
    folder = RunOptions(**found)
    check_inputs(inputs, folder, "imgcluster palette build photos -o photos.gpl")
    _check_ending(output)
    options.check_executor(parameters["executor"], jobs=parameters["n_jobs"])
    if not force and Path(output).exists():
        console.say(f"{output}: skipped, it exists; -f overwrites it")
        return
    if parameters["executor"] is None:
        parameters["n_jobs"] = parameters["n_jobs"] or parameters["n_threads"]
    ctx.exit(_build(inputs, output, folder, parameters, console))


def _check_ending(output: str) -> None:
    """Reject a file whose ending is not that of a palette format."""
    from imgcluster.palette import palette_ending

    try:
        palette_ending(output)
    except ValueError as error:
        raise click.UsageError(f"-o/--output {output}: {error}") from None


def _build(inputs: Sequence[str], output: str, folder: RunOptions, parameters: dict[str, Any], console: Console) -> int:
    """Count the pictures, find the colors and write them; returns the exit code."""
    from imgcluster.batch import build_palette
    from imgcluster.errors import NoPictureError

    start = perf_counter()
    check_writable(output)
    with _Counter(console) as counter:
        try:
            built = build_palette(inputs, on_result=counter.add, **parameters)
        except NoPictureError:
            built = None
    n_done, n_failed = counter.counts["done"], counter.counts["failed"]
    if built is None:
        if not counter.counts:
            return nothing_matched(inputs, folder)
        console.say(f"nothing written, failed {n_failed}")
        return 1
    make_folder_of(output)
    built.palette.save(output)
    _sum_up(built, output, console, n_done, n_failed, perf_counter() - start)
    return 1 if n_failed else 0


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


def _sum_up(built: "BuiltPalette", output: str, console: Console, n_done: int, n_failed: int, seconds: float) -> None:
    """Report what was made of which pictures."""
    from imgcluster.metrics import psnr_from_mse
    from imgcluster.quantization import palette_mse

    palette, histogram = built.palette, built.histogram
    distinct, psnr = count_text(len(histogram), "color"), psnr_from_mse(palette_mse(histogram, palette.colors))
    quality = f"has only {distinct}: all kept" if isinf(psnr) else f"{distinct} -> {len(palette):,}, PSNR {psnr:.1f} dB"
    console.say(
        f"{count_text(n_done, 'picture')} -> {output}  {count_text(histogram.n_pixels, 'pixel')}, {quality}, "
        f"{seconds:.2f} s{f', failed {n_failed}' if n_failed else ''}"
    )
