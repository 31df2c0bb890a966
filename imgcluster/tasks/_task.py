"""What is done to every file: the task and its parameters, checked before the first file is read."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster import __version__
from imgcluster.tasks._tables import (
    ANNOTATIONS,
    TABLE_PARAMETERS,
    check_classes,
    check_needed,
    check_tables,
    class_files,
    layer_files,
)
from imgcluster.tasks._volumes import check_volume, is_volume
from imgcluster.tasks._writing import Writing
from imgcluster.warning import unheard

if TYPE_CHECKING:
    from imgcluster.picture import Limits

NAME = "{name}"
"""The placeholder for the input's name in the name of a file."""

TASKS = {"quantize": "quantized", "superpixels": "superpixels", "segment": "segments"}
"""The tasks, and the endings of the names of their pictures."""

COUNT = "count"
"""The task that writes nothing: it counts colors, for a palette of many pictures."""

STYLES = {"superpixels": "overlay", "segment": "mosaic"}
"""The tasks that can be drawn in several styles, and the one each is drawn in by default."""

NO_PICTURE = "none"
"""The style that draws nothing: only what is written beside the picture is made."""

DRAWINGS = ("mosaic", "boundaries", "overlay", "labels", NO_PICTURE)

EXTRAS = {
    "labels": (".png", ".tif", ".tiff", ".npy"),
    "table": (".csv", ".json", ".parquet"),
    "edges": (".csv", ".json", ".parquet"),
    "polygons": (".geojson", ".json", ".gpkg", ".parquet"),
    "geojson": (".geojson", ".json"),
    "npz": (".npz",),
    **ANNOTATIONS,
}
"""What can be written for segments beside their picture, and the endings of these files."""

MASKS = "masks"
"""What can be written beside a quantized picture: a folder of gray masks, one a cluster."""

MERGE = "merge"
"""The parameter of superpixels that says how many segments are left when those that differ least are joined."""

_OF_A_RUN = ("n_threads", "format", "max_pixels", "max_memory")  # parameters that a run sets itself
_OF_A_FILE = ("level", "mask_level")  # parameters of reading
_ON_A_FILE = (
    *_OF_A_FILE,
    "mask",
    "seeds",
    "labels",
    "frame",
    "nodata",
    "value_range",
    "channels",
    *TABLE_PARAMETERS,
    "classes",
    MERGE,
)  # cannot be tried on a picture of one pixel


@dataclass(frozen=True)
class Task:
    """What is done to every file. It can be pickled, and equal ones make the same bytes."""

    name: str
    parameters: Mapping[str, Any]
    format: str = "png"
    style: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    own_psnr: bool = False
    writing: Writing = field(default_factory=Writing)
    n_threads: int = 1
    reads: tuple[str, ...] = ()  # files beside the inputs, which no output may replace
    limits: Limits | None = None  # of the pictures that are read
    scratch: str | None = None  # the folder for arrays of large pictures; None: that of the outputs

    @property
    def ending(self) -> str:
        """Return the ending of the names of the pictures."""
        return f"-{TASKS[self.name]}.{self.format}"

    @property
    def compares(self) -> bool:
        """Check whether pictures also get a palette of their own, to measure what sharing one costs."""
        return self.own_psnr and self.parameters.get("palette") is not None

    @property
    def fits_any_input(self) -> bool:
        """Check that no output or mask is a single file, or is named after its input in a special way."""
        named = [value for value in self.extras.values() if not is_ending(value)]
        read = [self.parameters.get("mask"), *layer_files(self.parameters), *class_files(self.parameters)]
        return not named and not any(map(has_name, read))

    @property
    def of_function(self) -> dict[str, Any]:
        """Return the parameters that the function of the task takes."""
        others = (*TABLE_PARAMETERS, *_OF_A_FILE, "classes", MERGE)
        return {name: value for name, value in self.parameters.items() if name not in others}

    def files_read(self, name: str) -> list[str]:
        """Return the other files that the work on an input of that name reads."""
        return [path.replace(NAME, name) for path in self.reads]

    def for_input(self, name: str) -> Task:
        """Return the task for the input of that name, which may have a mask of its own."""
        parameters, reads = dict(self.parameters), self.reads
        mask, layers = parameters.get("mask"), parameters.get("layers")
        if has_name(mask):
            path = str(mask).replace(NAME, name)
            parameters["mask"], reads = _mask_reader(parameters)(path), (path,)
        for classes in filter(has_name, class_files(parameters)):
            parameters["classes"] = classes.replace(NAME, name)
        if layers:
            parameters["layers"] = {
                key: path.replace(NAME, name) if isinstance(path, str) else path for key, path in layers.items()
            }
        return replace(self, parameters=parameters, reads=reads)

    def import_function(self) -> None:
        """Import slow modules before the time is measured."""
        function_of(self.name)

    def fingerprint(self) -> str:
        """Return a key that is equal for runs that make the same bytes from the same pictures."""
        defaults = inspect.signature(function_of(self.name)).parameters.values()
        values = {p.name: p.default for p in defaults if p.default is not p.empty and p.name not in _OF_A_RUN}
        values.update(self.parameters)
        # not the extras: a run that asks for others leaves the picture as it is
        said = [__version__, self.name, self.format, self.style, values, self.writing.of_bytes]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_digest).encode()).hexdigest()[:32]


def is_ending(value: str) -> bool:
    """Check whether the value of an extra is the ending of its files rather than a name."""
    return value.startswith(".") and "/" not in value and "." not in value[1:]


def has_name(value: object) -> bool:
    """Check whether a parameter is a name that differs from input to input."""
    return isinstance(value, str) and NAME in value


def make_task(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    own_psnr: bool = False,
    tried: bool = True,
) -> Task:
    """Check what can be checked before a file is read; parameters are tried on a pixel, unless that saves nothing."""
    if name not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {name!r}")
    parameters, extras = dict(parameters or {}), dict(extras or {})
    kind = format.removeprefix(".").lower()
    _check_format(name, kind)
    if name == "quantize" and style is not None:
        raise ValueError("style is for superpixels and segment, got one with quantize; leave it out")
    if style is None:
        style = NO_PICTURE if name == "superpixels" and is_volume(parameters) else STYLES.get(name, "")
    if name != "quantize" and style not in DRAWINGS:
        raise ValueError(f"style must be one of {', '.join(DRAWINGS)}, got {style!r}")
    _check_extras(name, extras)
    if style == NO_PICTURE and not extras:
        raise ValueError(f"style {style!r} draws nothing; ask for extras, such as {{'table': '.csv'}}")
    _check_parameters(name, parameters)
    check_volume(parameters, style, NO_PICTURE, extras)
    check_tables(name, parameters, extras)
    check_classes(name, parameters, extras)
    reads = []
    for parameter, read in (("palette", _read_palette), ("lock", _read_palette), ("mask", _mask_reader(parameters))):
        path = parameters.get(parameter)
        if isinstance(path, str | bytes | os.PathLike):
            if parameter == "mask" or _palette_file(path):
                reads.append(os.fsdecode(path))
            if not has_name(path):
                # the same for all, so it is read once
                parameters[parameter] = read(path)
    reads += layer_files(parameters) + class_files(parameters)
    task = Task(name, parameters, kind, style, extras, own_psnr, reads=tuple(reads))
    if tried:
        _try(task)
    return task


def _check_format(name: str, kind: str) -> None:
    """Reject a format that cannot be written, or cannot hold what a task makes."""
    from imgcluster.picture import WRITABLE_ENDINGS, format_of_ending

    found = format_of_ending(kind)
    if found is None or found.write is None or not (found.rgb or name == "quantize"):
        allowed = ", ".join(ending.removeprefix(".") for ending in WRITABLE_ENDINGS)
        raise ValueError(f"format must be one of {allowed} (gif to quantize only), got {kind!r}")


def _check_extras(name: str, extras: Mapping[str, str]) -> None:
    """Reject extras that a task does not write, or not in such a format."""
    allowed = {MASKS: ()} if name == "quantize" else EXTRAS
    for extra, value in extras.items():
        if extra not in allowed:
            raise ValueError(f"extras of {name} may be {', '.join(allowed)}, got {extra!r}; leave it out")
        endings = allowed[extra]
        check_needed(extra, value)
        ending = value if is_ending(value) else Path(value).suffix
        if endings and ending.lower() not in endings:
            way_out = f"write {{{extra!r}: {endings[0]!r}}}"
            raise ValueError(f"{extra} must end in {', '.join(endings)}, got {value!r}; {way_out}")


def _check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Reject parameters that a run sets itself, and missing ones that have no default."""
    if not {"image", *_OF_A_RUN}.isdisjoint(parameters):
        names = "image, n_threads, format, max_pixels or max_memory"
        raise ValueError(f"parameters must not hold {names}; a run sets them for each file")
    _check_levels(name, parameters)
    if MERGE in parameters:
        from imgcluster.parameters import check_int

        check_int(MERGE, parameters[MERGE], 1)
        if name != "superpixels":
            raise ValueError(f"{MERGE} is for superpixels, got it with {name}; leave it out")
    for parameter in list(inspect.signature(function_of(name)).parameters.values())[1:]:
        if parameter.default is parameter.empty and parameter.name not in parameters:
            raise ValueError(f"parameters must hold {parameter.name} for {name}, such as {{{parameter.name!r}: 6}}")


def _check_levels(name: str, parameters: Mapping[str, Any]) -> None:
    """Reject levels of a pyramid that are no numbers, or where nothing has levels."""
    from imgcluster.parameters import check_int

    for parameter in _OF_A_FILE:
        if parameter in parameters:
            check_int(parameter, parameters[parameter], 0)
            if name != "superpixels":
                raise ValueError(f"{parameter} is for superpixels, got it with {name}; leave it out")
    if parameters.get("mask_level") and not isinstance(parameters.get("mask"), str | bytes | os.PathLike):
        raise ValueError("mask_level is for a mask in a file, got it without one; leave it out")


def function_of(name: str) -> Callable[..., Any]:
    """Import the function of a task."""
    if name == "quantize":
        from imgcluster.quantization import quantize

        return quantize
    if name == "superpixels":
        from imgcluster.superpixel import superpixels

        return superpixels
    if name == COUNT:
        from imgcluster.palette import count_picture

        return count_picture
    from imgcluster.segmentation import segment

    return segment


def _mask_reader(parameters: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Import what reads a mask: that of a volume is a volume."""
    if is_volume(parameters):
        from imgcluster.picture import read_volume

        return read_volume
    from imgcluster.superpixel import read_mask

    return partial(read_mask, level=parameters.get("mask_level", 0))


def _read_palette(path: Any) -> Any:
    """Read a palette."""
    from imgcluster.palette import as_palette

    return as_palette(path)


def _palette_file(path: Any) -> str | None:
    """Return the file of a palette, None for a list of colors or a known palette."""
    from imgcluster.palette import palette_file

    return palette_file(path)


def _try(task: Task) -> None:
    """Run the function on one pixel, so that a wrong parameter is reported once and not for every file."""
    import numpy as np

    from imgcluster.picture import check_output

    parameters = {name: value for name, value in task.parameters.items() if name not in _ON_A_FILE}
    with unheard():
        result = function_of(task.name)(np.zeros((1, 1, 3), np.uint8), n_threads=1, **parameters)
    if task.name == "quantize":
        palette = task.parameters.get("palette")
        n_colors = (task.parameters.get("n_colors") or 256) if palette is None else len(result.palette)
        n_colors = 256 if isinstance(n_colors, str) else n_colors
        check_output(f"x.{task.format}", None, n_colors)


def _digest(value: Any) -> str:
    """Return a JSON substitute for a parameter that JSON cannot represent."""
    import numpy as np

    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    colors = getattr(value, "colors", None)
    if isinstance(colors, np.ndarray):
        native = getattr(value, "native", None)
        return _digest(colors) if native is None else f"{_digest(colors)} {_digest(native)}"
    raise TypeError(f"a parameter of a folder run must be a number, a text or an array, got {type(value).__name__}")
