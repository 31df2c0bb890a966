"""``imgcluster quantize``: pictures with few colors from photos."""

from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run import make_run
from imgcluster.cli._run_options import RunOptions, check_format, output_options, picture_options, run_options
from imgcluster.cli._targets_options import place_web, target_options
from imgcluster.files import STREAM

# parameters of a search for colors, which have no effect when a palette is given
_SEARCH = {"method": "-m/--method", "effort": "--effort", "random_state": "--seed"}

_EPILOG = """\b
Examples:
  imgcluster quantize photo.jpg -k 16
  imgcluster quantize *.jpg -d small --effort best
  imgcluster quantize photos -r -d small --report small.html
  imgcluster quantize photo.png -k 1000 -o photo.webp
  imgcluster quantize photo.png --palette spectra-6 -o panel.bmp
  imgcluster quantize logo.png --palette threads.gpl -k 4
  curl -s URL | imgcluster quantize - -k 32 > photo.png
"""


@click.command("quantize", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@target_options
@click.option(
    "-m",
    "--method",
    type=click.Choice(["kmeans", "soft-kmeans", "gmm"]),
    default="kmeans",
    show_default=True,
    help="How to cluster.",
)
@click.option("--palette", type=options.FILE, metavar="PALETTE", help="Use these colors: FILE, '#fff,#000', NAME or -.")
@click.option("--measured", type=options.FILE, metavar="PALETTE", help="The colors that a panel shows.")
@click.option("--native", type=options.FILE, metavar="PALETTE", help="The colors that it is sent.")
@click.option("--lock", type=options.FILE, metavar="PALETTE", help="Colors to keep exactly, as for --palette.")
@options.color_space_option
@click.option("--background", metavar="COLOR", type=options.color, help="Put transparent parts on a color.")
@click.option(
    "--dither",
    type=click.Choice(["none", "floyd-steinberg", "blue-noise", "ordered", "auto"]),
    default="none",
    show_default=True,
    help="How to mix colors of pixels.",
)
@click.option("--dither-strength", metavar="0..1", type=options.share("dither_strength"), help="How much.")
@click.option(
    "--lossy",
    metavar="PERCENT",
    type=options.number("lossy"),
    default=0.0,
    help="Mean error to give for smaller files.",
)
@click.option("--frame", metavar="N", type=click.IntRange(0), help="Take one frame of an animation, from 0.")
@click.option("--palette-per-frame", is_flag=True, help="Colors of its own for each frame.")
@output_options
@picture_options
@click.option("--soft-masks", "masks", type=options.DIR, help="Also write a gray mask for each cluster.")
@run_options
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
def command(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    palette: str | None,
    measured: str | None,
    native: str | None,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Reduce pictures to a few well-chosen colors.

    Each of the INPUTS becomes an indexed PNG, NAME-quantized.png, unless --format says otherwise. The input - is
    standard input and goes to standard output. With -o the ending chooses the format: .png, .webp, .gif, .tif or .bmp.
    Of folders, a picture that would be larger than its original is not written: the original is copied in its place.
    Folders are processed on all cores; after an interruption the same command resumes and does nothing twice.
    A palette is a file (.gpl, .hex, .json, .css, .aco, .ase, .act, .pal), a picture, - for standard input, a list of
    colors, or one of web-safe, game-boy, cga, ega, c64, pico-8, grey-16, spectra-6, acep-7. The last two are panels of
    electronic paper: pixels are compared with the colors they show, and written as those they are sent. With -k the
    best so many of its colors are chosen for each picture.
    """
    console = options.make_console(ctx, quiet, verbose)
    place_web(ctx, parameters)
    run = make_run("quantize", inputs, parameters, RunOptions.take(parameters), console)
    n_colors = 256 if parameters["n_colors"] == "auto" else int(parameters["n_colors"])
    if not palette == measured == native is None:
        _check_alone(ctx, [STREAM in (palette, measured, native), STREAM in inputs])
        parameters["palette"], n_given = _palette(palette, measured, native)
        parameters["n_colors"] = n_colors = _n_chosen(ctx, parameters["n_colors"], n_given)
    check_format(run.wish, n_colors)
    ctx.exit(run.go())


def _check_alone(ctx: click.Context, reads_stdin: list[bool]) -> None:
    """Reject options that have no effect with a palette, and two readers of standard input."""
    for name, flags in _SEARCH.items():
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--palette and {flags} exclude each other; leave one out")
    if ctx.params["n_colors"] == "auto":
        raise click.UsageError("--palette and -k auto exclude each other; give a number of its colors, or leave it out")
    if all(reads_stdin):
        raise click.UsageError("--palette - and the input - cannot both be standard input; name a file for one of them")


def _n_chosen(ctx: click.Context, n_colors: int | str, n_given: int) -> int:
    """Return how many colors of a palette to take: all, if it is not said how many."""
    if ctx.get_parameter_source("n_colors") is click.core.ParameterSource.DEFAULT:
        return n_given
    return min(int(n_colors), n_given)


def _palette(palette: str | None, measured: str | None, native: str | None) -> tuple[Any, int]:
    """Return the palette, or the file that it can be read from again, and how many colors it has."""
    from imgcluster.palette import as_palette, for_device, palette_file

    if measured is None and native is None and palette is not None:
        found = as_palette(palette)
        return (found if palette_file(palette) is None else palette), len(found)
    if palette is None and None in (measured, native):
        given, missing = ("--measured", "--native") if native is None else ("--native", "--measured")
        raise click.UsageError(f"{given} needs {missing} or --palette; add one")
    if [palette, measured, native].count(STREAM) > 1:
        raise click.UsageError("only one of --palette, --measured and --native can be -; name a file for the other")
    try:
        found = for_device(palette, measured=measured, native=native)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return found, len(found)
