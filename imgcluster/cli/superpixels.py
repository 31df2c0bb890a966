"""``imgcluster superpixels``: pictures divided into many small segments that follow their edges."""

from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run import make_run
from imgcluster.cli._run_options import (
    RunOptions,
    check_fields,
    check_format,
    output_options,
    run_options,
)
from imgcluster.cli._segment_options import segment_options, table_parameters
from imgcluster.cli._volumes import check_volumes, volume_options
from imgcluster.tasks import NAME

_EPILOG = """\b
Examples:
  imgcluster superpixels photo.jpg -n 400
  imgcluster superpixels photo.jpg --style mosaic -o mosaic.png
  imgcluster superpixels photo.jpg --labels labels.png --table t.csv
  imgcluster superpixels *.jpg -d out --labels 'out/{name}.npy'
  imgcluster superpixels scene.tif --labels labels.tif --table t.csv
  imgcluster superpixels ct.tif --ndim 3 --labels cells.tif
"""

_LEFT_OUT = ("merge", "nodata", "value_range", "spacing", "mask_level")  # where they are not given


@click.command("superpixels", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@click.option(
    "-n",
    "--segments",
    "n_segments",
    metavar="INT",
    type=options.whole_number("n_segments", 1),
    default=400,
    show_default=True,
    help="Number of segments.",
)
@click.option(
    "-m",
    "--method",
    type=click.Choice(["boundary", "slic", "gmm"]),
    default="boundary",
    show_default=True,
    help="How to segment.",
)
@click.option(
    "-c",
    "--compactness",
    metavar="NUMBER",
    type=options.number("compactness"),
    help="More is rounder.  [default: by method]",
)
@click.option(
    "--merge",
    metavar="INT",
    type=options.whole_number("merge", 1),
    help="Then join the most alike, down to so many.",
)
@click.option("--mask", type=options.FILE, help="A picture; black or transparent parts are left out.")
@click.option(
    "--nodata", metavar="NUMBER", type=options.any_number("nodata"), help="Pixels of this value are left out."
)
@click.option(
    "--level",
    metavar="INT",
    type=options.whole_number("level", 0),
    default=0,
    show_default=True,
    help="Resolution of a TIFF or SVS pyramid.",
)
@click.option(
    "--mask-level", metavar="INT", type=options.whole_number("mask_level", 0), help="That of the mask.  [default: 0]"
)
@click.option(
    "--channels",
    type=click.Choice(["srgb", "raw"]),
    default="srgb",
    show_default=True,
    help="Colors, or bands of any meaning.",
)
@click.option(
    "--value-range",
    metavar="LOW:HIGH",
    type=options.ranges("value_range"),
    help="Black and white.  [default: by quantiles]",
)
@click.option("--scratch", type=options.FILE, help="Folder for scratch files of large pictures.")
@volume_options
@segment_options("overlay")
@output_options
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
    mask: str | None,
    style: str,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Divide pictures into many small, connected segments.

    Each of the INPUTS becomes a picture of its segments, NAME-superpixels.png: their borders on the photo, the borders
    alone, a mosaic of mean colors, or the labels in clearly different colors. The input - is standard input and goes
    to standard output. In the name of a label map, table, GeoJSON or mask {name} stands for the input's name. Of a
    volume there is no picture: its labels are a .npy, or a TIFF with a page a slice, as napari and ImageJ open it.
    """
    console = options.make_console(ctx, quiet, verbose)
    check_fields("mask", mask or "")
    parameters = {name: value for name, value in parameters.items() if value is not None or name not in _LEFT_OUT}
    wish = RunOptions.take(parameters)
    style = check_volumes(ctx, inputs, parameters, wish, style)
    parameters = table_parameters(parameters, wish, style, inputs)
    run = make_run("superpixels", inputs, parameters, wish, console, style=style)
    if mask is not None:
        if NAME in mask and run.wish.keeps(inputs):
            raise click.UsageError(
                f"--mask {mask} is for single pictures, got it with a folder; name these, as in photos/*.jpg"
            )
        parameters["mask"] = mask
    check_format(run.wish, None)
    ctx.exit(run.go())
