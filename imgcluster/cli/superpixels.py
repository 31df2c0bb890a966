"""``imgcluster superpixels``: pictures cut into many small segments that follow their edges."""

from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console
from imgcluster.cli._folder_options import FolderOptions, folder_options, is_folder_run
from imgcluster.cli._folders import run_folder
from imgcluster.cli._presets import preset_option
from imgcluster.cli._segments import (
    Segmenter,
    make_folder_task,
    make_outputs,
    output_options,
    wants_single,
    write_segments,
)
from imgcluster.cli._targets import NAME, check_fields

_ENDING = "-superpixels"

_EPILOG = """\b
Examples:
  imgcluster superpixels photo.jpg -n 400
  imgcluster superpixels photo.jpg --style mosaic -o mosaic.png
  imgcluster superpixels photo.jpg --labels labels.png --table t.csv
  imgcluster superpixels *.jpg -d out --labels 'out/{name}.npy'
"""


@click.command("superpixels", epilog=_EPILOG)
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
@click.option("--mask", type=options.FILE, help="A picture: segment where it is not black or clear.")
@output_options("overlay")
@folder_options
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
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Cut pictures into many small, connected segments.

    Each of the INPUTS becomes a picture of its segments, NAME-superpixels.png: their borders on the photo, the borders
    alone, a mosaic of mean colors, or the labels in clearly different colors. The input - is standard input and goes
    to standard output. In the name of a label map, table, GeoJSON or mask {name} stands for the input's name.
    """
    console = options.make_console(ctx, quiet, verbose)
    folder = FolderOptions.take(parameters)
    check_fields("mask", mask or "")
    is_for_each = NAME in (mask or "")
    wants_one = is_for_each or wants_single(parameters, as_json=as_json)
    if is_folder_run(inputs, folder, parameters["output_dir"], wants_one=wants_one):
        if is_for_each:
            raise click.UsageError(
                f"--mask {mask} is for single pictures, got it with a folder; name these, as in photos/*.jpg"
            )
        parameters |= {} if mask is None else {"mask": _read(mask)}
        task, n_threads = make_folder_task(inputs, "superpixels", parameters, folder)
        ctx.exit(run_folder(inputs, task, folder, console, n_threads=n_threads, as_json=as_json))
    outputs = make_outputs(
        inputs,
        parameters,
        ending=_ENDING,
        as_json=as_json,
        example="imgcluster superpixels photo.jpg -n 400",
        also_read=() if mask is None else (mask,),
    )
    segmenter = _make_segmenter(parameters, mask, console)
    ctx.exit(write_segments(inputs, segmenter, outputs, console, as_json=as_json))


def _make_segmenter(parameters: dict[str, Any], mask: str | None, console: Console) -> Segmenter:
    """Import the library, read the mask, and bind the parameters."""
    from imgcluster import kernels
    from imgcluster.superpixel import superpixels

    # asking for the backend raises KernelError here, once, and not for every input
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    if mask is None:
        return lambda pixels, _: superpixels(pixels, **parameters)
    if NAME in mask:
        return lambda pixels, name: superpixels(pixels, mask=_read(mask.replace(NAME, name)), **parameters)
    same = _read(mask)
    return lambda pixels, _: superpixels(pixels, mask=same, **parameters)


def _read(mask: str) -> Any:
    """Read a mask."""
    from imgcluster.superpixel import read_mask

    return read_mask(mask)
