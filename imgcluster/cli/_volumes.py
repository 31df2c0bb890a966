"""The options for volumes, and what they exclude: a volume is not drawn, its labels are written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from imgcluster.cli import _options as options
from imgcluster.cli._run_options import RunOptions
from imgcluster.files import STREAM
from imgcluster.tasks import ANNOTATIONS, NO_PICTURE, VOLUME_LABELS

_WAY_OUT = "write the labels, as in --labels out.tif"


def spacing(value: str) -> tuple[float, ...]:
    """Parse the distances of slices, rows and columns: 2.5,1,1."""
    from imgcluster.segmentation import check_spacing

    try:
        found = tuple(map(float, value.split(",")))
    except ValueError:
        found = ()
    if len(found) != 3:
        raise click.BadParameter(f"spacing must be three numbers Z,Y,X, such as 2.5,1,1, got {value!r}")
    try:
        return check_spacing(found)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def volume_options(command: Any) -> Any:
    """Give a command the options for volumes."""
    ndim = click.option(
        "--ndim",
        metavar="INT",
        type=options.whole_number("ndim", 2, 3),
        default=2,
        show_default=True,
        help="3: volumes, .npy or .tif pages.",
    )
    distances = click.option("--spacing", metavar="Z,Y,X", type=spacing, help="Distances in volumes.  [default: 1,1,1]")
    return ndim(distances(command))


def check_volumes(
    ctx: click.Context, inputs: Sequence[str], parameters: dict[str, Any], wish: RunOptions, style: str
) -> str:
    """Return the style, which draws nothing of volumes, and reject options that are for the other kind of input."""
    if parameters["ndim"] == 2:
        if parameters.get("spacing") is not None:
            raise click.UsageError("--spacing is for volumes; add --ndim 3")
        del parameters["ndim"]
        return style
    drawn = ctx.get_parameter_source("style") is not ParameterSource.DEFAULT and style != NO_PICTURE
    _refuse(f"--style {style}" if drawn else None)
    _refuse(None if parameters["method"] == "boundary" else f"--method {parameters['method']}", "leave it out")
    _refuse_wishes(wish)
    _refuse("--report" if wish.report else None, "--manifest lists what was done")
    if STREAM in inputs:
        raise click.UsageError("- is for pictures, not for volumes; name the file of the volume")
    if not wish.extras:
        raise click.UsageError(f"a volume has no picture; {_WAY_OUT} (or --table, --edges, --npz)")
    return NO_PICTURE


def _refuse_wishes(wish: RunOptions) -> None:
    """Reject places and formats of pictures."""
    given: Mapping[str, Any] = {
        "-o/--output": wish.output,
        "--name": wish.name,
        "--format": wish.format,
        "--polygons": wish.extras.get("polygons"),
        "--geojson": wish.extras.get("geojson"),
        **{f"--annotations {kind}": wish.extras.get(kind) for kind in ANNOTATIONS},
    }
    for flag, value in given.items():
        _refuse(None if value is None else flag)
    labels = wish.extras.get("labels", VOLUME_LABELS[0])
    ending = labels if labels.startswith(".") else Path(labels).suffix
    if ending.lower() not in VOLUME_LABELS:
        allowed = ", ".join(VOLUME_LABELS)
        raise click.UsageError(f"--labels of a volume must end in {allowed}, got {labels!r}; try --labels out.tif")


def _refuse(flag: str | None, way_out: str = _WAY_OUT) -> None:
    """Reject an option that is for pictures, if it is given."""
    if flag is not None:
        raise click.UsageError(f"{flag} is for pictures, not for volumes; {way_out}")
