"""``imgcluster palette``: one palette for many pictures."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isinf
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console, count_text, print_error
from imgcluster.cli._inputs import name_of
from imgcluster.cli._presets import preset_option
from imgcluster.cli._targets import make_folder_of

if TYPE_CHECKING:
    from imgcluster.histogram import Histogram
    from imgcluster.palette import Palette
    from imgcluster.results import FileResult

_PICTURES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".tif", ".tiff", ".bmp"}
_NOTHING_MATCHED = 3
_SUBFOLDERS = "-r looks into subfolders"

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
@click.option(
    "-k",
    "--colors",
    "n_colors",
    metavar="INT",
    type=options.whole_number("n_colors", 1, 65536),
    default=256,
    show_default=True,
    help="Colours of the palette.",
)
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default="outputs/palette.gpl",
    show_default=True,
    help="Output: .gpl, .hex or .json.",
)
@click.option("-r", "--recursive", is_flag=True, help="Look into subfolders, too.")
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
    recursive: bool,
    force: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Find the best colours for all pixels of all pictures.

    INPUTS are pictures and folders of pictures. All their distinct colours are counted, exactly, and clustered as one
    picture's are: the file has the same bytes for any order of the pictures. Each file counts once, however often
    it is named; hidden files are passed over.
    """
    console = options.make_console(ctx, quiet, verbose)
    _check_usage(inputs, output)
    options.check_executor(parameters["executor"], jobs=parameters["n_jobs"])
    if not force and Path(output).exists():
        console.say(f"{output}: skipped, it exists; -f overwrites it")
        return
    ctx.exit(_build(inputs, output, parameters, console, recursive=recursive))


def _check_usage(inputs: Sequence[str], output: str) -> None:
    """Refuse what cannot be meant, before any file is read."""
    if not inputs:
        raise click.UsageError("no input given; name a folder, as in: imgcluster palette build photos -o photos.gpl")
    from imgcluster.palette import palette_ending

    try:
        palette_ending(output)
    except ValueError as error:
        raise click.UsageError(f"-o/--output {output}: {error}") from None


def _build(inputs: Sequence[str], output: str, parameters: dict[str, Any], console: Console, *, recursive: bool) -> int:
    """Count the pictures, find the colours and write them; returns the exit code."""
    from imgcluster.histogram import Histogram
    from imgcluster.palette import extract_palette

    start, failed = perf_counter(), list[str]()
    executor, n_jobs = parameters.pop("executor"), parameters.pop("n_jobs") or parameters["n_threads"]
    if executor is not None:
        return _build_there(inputs, output, {**parameters, "executor": executor, "recursive": recursive}, console)
    files = _find_pictures(inputs, console, failed, recursive=recursive)
    if not files and not failed:
        return _nothing_matched(inputs, recursive=recursive)
    make_folder_of(output)
    histogram = Histogram.merge(_count(files, n_jobs, console, failed))
    n_done = len(files) - len(set(failed) & set(files))
    if not n_done:
        console.say(f"nothing written, failed {len(failed)}")
        return 1
    palette = extract_palette(histogram, **parameters)
    palette.save(output)
    return _sum_up(palette, histogram, output, console, n_done, len(failed), perf_counter() - start)


def _build_there(inputs: Sequence[str], output: str, parameters: dict[str, Any], console: Console) -> int:
    """Have the pictures counted by the workers of a scheduler; returns the exit code."""
    from imgcluster.batch import build_palette
    from imgcluster.errors import ImageReadError

    start, counts = perf_counter(), Counter[str]()

    def tell(result: "FileResult") -> None:
        counts[result.status] += 1
        if result.status == "failed":
            print_error(f"{name_of(result.input)}: {result.reason}")
        else:
            console.detail(f"{name_of(result.input)}: {result.reason or 'counted'}")

    try:
        built = build_palette(inputs, on_result=tell, **parameters)
    except ImageReadError:
        if counts["done"]:
            raise
        if not counts:
            return _nothing_matched(inputs, recursive=parameters["recursive"])
        console.say(f"nothing written, failed {counts['failed']}")
        return 1
    make_folder_of(output)
    built.palette.save(output)
    spent = perf_counter() - start
    return _sum_up(built.palette, built.histogram, output, console, counts["done"], counts["failed"], spent)


def _nothing_matched(inputs: Sequence[str], *, recursive: bool) -> int:
    """Say that there is nothing to count, and what to try."""
    print_error(f"no pictures in {', '.join(inputs)}; {'name other files or folders' if recursive else _SUBFOLDERS}")
    return _NOTHING_MATCHED


def _sum_up(
    palette: "Palette",
    histogram: "Histogram",
    output: str,
    console: Console,
    n_done: int,
    n_failed: int,
    seconds: float,
) -> int:
    """Say what was made of what; returns the exit code."""
    from imgcluster.metrics import psnr_from_mse
    from imgcluster.palette import nearest_colors

    distinct, psnr = count_text(len(histogram), "colour"), psnr_from_mse(nearest_colors(histogram, palette.colors).mse)
    quality = f"has only {distinct}: all kept" if isinf(psnr) else f"{distinct} -> {len(palette):,}, PSNR {psnr:.1f} dB"
    console.say(
        f"{count_text(n_done, 'picture')} -> {output}  {count_text(histogram.n_pixels, 'pixel')}, {quality}, "
        f"{seconds:.2f} s{f', failed {n_failed}' if n_failed else ''}"
    )
    return 1 if n_failed else 0


def _find_pictures(inputs: Sequence[str], console: Console, failed: list[str], *, recursive: bool) -> list[str]:
    """List the pictures, each file once; folders that cannot be read are told of and noted as failed."""

    def note(error: OSError) -> None:
        failed.append(str(error.filename))
        console.failure(str(error.filename), error)

    found: dict[str, str] = {}
    for source in inputs:
        if not Path(source).is_dir():
            found.setdefault(os.path.realpath(source), source)
            continue
        for folder, subfolders, names in os.walk(source, onerror=note):
            subfolders[:] = [name for name in subfolders if recursive and not name.startswith(".")]
            for path in (Path(folder, name) for name in names if not name.startswith(".")):
                # a pipe would be waited for; a link to nothing is a failure to be told of
                if path.suffix.lower() in _PICTURES and (path.is_file() or not path.exists()):
                    found.setdefault(os.path.realpath(path), str(path))
    return list(found.values())


def _count(files: Sequence[str], n_jobs: int | None, console: Console, failed: list[str]) -> "Iterator[Histogram]":
    """Yield the histogram of each picture, and pass over those that cannot be read."""
    from imgcluster.kernels import check_threads
    from imgcluster.palette import count_pictures

    for file, (_, histogram, lost, error) in zip(files, count_pictures(files, check_threads(n_jobs)), strict=True):
        name = name_of(file)
        for what in lost:
            console.warn(f"{name}: {what}")
        if histogram is None:
            failed.append(file)
            console.failure(name, error or RuntimeError("not counted"))
            continue
        console.detail(f"{name}: {count_text(len(histogram), 'colour')}")
        yield histogram
