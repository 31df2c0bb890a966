"""``imgcluster palette``: the colors of pictures, shown or written as a file."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._building import build as build_file
from imgcluster.cli._building import check_ending
from imgcluster.cli._codes import SKIPPED
from imgcluster.cli._command import Command
from imgcluster.cli._console import write_stdout
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run_options import RunOptions, check_inputs, search_options

if TYPE_CHECKING:
    from imgcluster.batch import BuiltPalette

_EPILOG = """\b
Examples:
  imgcluster palette extract photo.jpg -k 8
  imgcluster palette extract logo.png -k 6 -o brand.ase
  imgcluster palette build photos -r -k 64 -o folder.gpl
  imgcluster palette build *.jpg -k 16 -o few.hex
  imgcluster quantize *.jpg --palette folder.gpl
"""


@click.group("palette", invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Find the palette of a picture or of many."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@command.command("build", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False), metavar="INPUTS...")
@options.colors_option
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default="outputs/palette.gpl",
    show_default=True,
    help="A .gpl .hex .json .css .aco .ase .act .pal .png",
)
@search_options
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.limit_options
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
    check_ending(output)
    options.check_executor(parameters["executor"], jobs=parameters["n_jobs"])
    if not force and Path(output).exists():
        console.say(f"{output}: skipped, it exists; -f overwrites it")
        ctx.exit(SKIPPED)
    if parameters["executor"] is None:
        parameters["n_jobs"] = parameters["n_jobs"] or parameters["n_threads"]
    ctx.exit(build_file(inputs, output, folder, parameters, console)[1])


@command.command("extract", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False), metavar="IMAGES...")
@click.option(
    "-k",
    "--colors",
    "n_colors",
    type=options.whole_number("n_colors", 1, 65536),
    default=16,
    show_default=True,
    metavar="INT",
    help="Number of colors.",
)
@click.option("-o", "--output", type=options.FILE, help="Also .gpl .hex .json .css .aco .ase .act .pal .png")
@click.option("--riff", is_flag=True, help="Write .pal as Microsoft's RIFF.")
@search_options
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.limit_options
@options.jobs_option
@preset_option
@options.effort_option
@options.seed_option
@options.threads_option
@options.json_option
@options.quiet_option
@options.verbose_option
@options.debug_option
@options.version_option
@click.pass_context
def extract(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    output: str | None,
    riff: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Show the best colors of pictures: swatch, hex, share of the pixels, nearest name of CSS.

    IMAGES are pictures and folders of pictures, whose pixels count together; - is stdin. Colors are shown dark to
    light, on stdout; as blocks on a terminal, unless NO_COLOR is set.
    """
    console = options.make_console(ctx, quiet, verbose)
    found = {name: parameters[name] for name in ("recursive", "include", "exclude", "files_from")}
    folder = RunOptions(**found)
    check_inputs(inputs, folder, "imgcluster palette extract photo.jpg -k 8")
    if output is not None:
        check_ending(output)
    if riff and not (output or "").lower().endswith(".pal"):
        raise click.UsageError("--riff is for -o NAME.pal; add it or leave --riff out")
    if output is not None and not force and Path(output).exists():
        console.say(f"{output}: skipped, it exists; -f overwrites it")
        ctx.exit(SKIPPED)
    parameters["n_jobs"] = parameters["n_jobs"] or parameters["n_threads"]
    built, code = build_file(inputs, output, folder, parameters, console, riff=riff)
    if built is not None:
        colored = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        write_stdout((_as_json(built) if as_json else _swatches(built, colored=colored)).encode())
    ctx.exit(code)


def _swatches(built: "BuiltPalette", *, colored: bool) -> str:
    """Return a line for each color: a block of it on a terminal, hex, share of the pixels and name."""
    lines = []
    for color, code, share, name in _rows(built):
        red, green, blue, *alpha = color
        block = f"\x1b[48;2;{red};{green};{blue}m      \x1b[0m " if alpha != [0] else " " * 7
        lines.append(f"{block if colored else ''}{code:7s} {100 * share:6.2f} %  {name}\n")
    return "".join(lines)


def _as_json(built: "BuiltPalette") -> str:
    """Return the colors as one line of JSON."""
    colors = [
        {"hex": code, "rgb": color, "share": round(share, 6), "name": name} for color, code, share, name in _rows(built)
    ]
    counts = {"n_pixels": built.histogram.n_pixels, "n_distinct": len(built.histogram)}
    return json.dumps({"colors": colors, **counts}) + "\n"


def _rows(built: "BuiltPalette") -> "list[tuple[list[int], str, float, str]]":
    """Return numbers, hex, share and name of each color."""
    from imgcluster.palette import color_names

    palette = built.palette
    columns = palette.colors.tolist(), palette.hex, built.shares.tolist(), color_names(palette.colors)
    return list(zip(*columns, strict=True))
