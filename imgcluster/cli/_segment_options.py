"""The options for what is written of segments, and the checks of their combinations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._run_options import AnyCommand, RunOptions, check_fields, with_options
from imgcluster.tasks import ANNOTATIONS, DRAWINGS, EXTRAS, NAME, NO_PICTURE, TABLE_PARAMETERS, TABLES


def segment_options(style: str) -> Callable[[AnyCommand], AnyCommand]:
    """Return the decorator that gives a command the options for the outputs of segments, with its default style."""
    choices = [
        click.option("--style", type=click.Choice(DRAWINGS), default=style, show_default=True, help="What to draw."),
        click.option("--labels", type=options.FILE, help="Also write the label map: .png, .tif, .npy."),
        click.option("--table", type=options.FILE, help="Also write a row per segment: .csv, .json, .parquet."),
        click.option("--edges", type=options.FILE, help="Also write which touch: .csv, .json, .parquet."),
        click.option("--polygons", type=options.FILE, help="Also write polygons: .geojson, .gpkg, .parquet."),
        click.option("--geojson", type=options.FILE, help="Also write the polygons as GeoJSON."),
        click.option("--npz", type=options.FILE, help="Also write labels, table and edges: .npz."),
        click.option(
            "--annotations",
            metavar="FORMAT[:FILE]",
            type=options.annotation,
            multiple=True,
            help="For qupath, labelme, coco, coco-rle, cvat.",
        ),
        click.option("--classes", type=options.FILE, help="Classes of annotations: .csv, by label."),
        click.option(
            "--layers",
            metavar="NAME=FILE",
            type=options.named_file,
            multiple=True,
            help="Also measure this layer in tables; can be repeated.",
        ),
        click.option(
            "--percentiles",
            metavar="NUMBERS",
            type=options.percentiles,
            help="Also these percentiles in tables: 5,50,95.",
        ),
        click.option("--band-names", metavar="NAMES", help="Names of bands in tables: red,nir."),
        click.option(
            "--start-label",
            metavar="INT",
            type=options.whole_number("start_label", 0, 1),
            default=0,
            show_default=True,
            help="Label of the first segment: 0 or 1.",
        ),
    ]
    return lambda command: with_options(command, choices)


def table_parameters(
    parameters: Mapping[str, Any], wish: RunOptions, style: str, inputs: Sequence[str]
) -> dict[str, Any]:
    """Return parameters without those of tables that are not given, and reject what no output is written for."""
    found = {name: value for name, value in parameters.items() if name not in TABLE_PARAMETERS or value}
    for name in TABLE_PARAMETERS:
        if name in found and not any(kind in wish.extras for kind in TABLES):
            raise click.UsageError(f"--{name.replace('_', '-')} is for tables; add --table or --npz (or --polygons)")
    if "layers" in found:
        names = [name for name, _ in found["layers"]]
        if len(set(names)) < len(names):
            raise click.UsageError(f"--layers must have different names, got {', '.join(names)}")
        found["layers"] = dict(found["layers"])
        for path in found["layers"].values():
            check_fields("layers", path)
            if NAME in path and wish.keeps(inputs):
                raise click.UsageError(f"--layers {path} is for single pictures; name these, as in photos/*.tif")
    _take_classes(found, wish, inputs)
    if found.get("start_label") == 0:
        del found["start_label"]
    if style == NO_PICTURE:
        _check_undrawn(wish)
    return found


def _take_classes(parameters: dict[str, Any], wish: RunOptions, inputs: Sequence[str]) -> None:
    """Remove classes that are not given, and reject them where no annotations are written."""
    path = parameters.pop("classes", None)
    if path is None:
        return
    if not any(kind in wish.extras for kind in ANNOTATIONS):
        raise click.UsageError("--classes is for annotations; add --annotations, such as --annotations coco")
    check_fields("classes", path)
    if NAME in path and wish.keeps(inputs):
        raise click.UsageError(f"--classes {path} is for single pictures; name these, as in photos/*.tif")
    parameters["classes"] = path


def _check_undrawn(wish: RunOptions) -> None:
    """Reject options of a picture that is not drawn."""
    if not wish.extras:
        flags = ", ".join([*(f"--{kind}" for kind in EXTRAS if kind not in ANNOTATIONS), "--annotations"])
        raise click.UsageError(f"--style {NO_PICTURE} draws nothing; add one of {flags}")
    for flag, value in (("-o/--output", wish.output), ("--name", wish.name), ("--format", wish.format)):
        if value is not None:
            raise click.UsageError(f"{flag} is for the picture, and --style {NO_PICTURE} draws none; leave one out")
