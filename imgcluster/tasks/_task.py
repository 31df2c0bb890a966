"""What is done to every file: the task and its parameters, checked before the first file is read."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgcluster import __version__

TASKS = {"quantize": "quantized", "superpixels": "superpixels", "segment": "segments"}
"""The tasks, and what ends the names of their pictures."""

COUNT = "count"
"""The task that writes nothing: it counts colors, for a palette of many pictures."""

STYLES = {"superpixels": "overlay", "segment": "mosaic"}
"""The tasks that can be drawn in several styles, and the one each is drawn in by default."""

_FORMATS = ("png", "webp", "gif", "tif", "tiff", "bmp")
_DRAWINGS = ("mosaic", "boundaries", "overlay", "labels")
_FILES = ("palette", "mask")  # parameters that may name a file: what it holds counts
_EXTRA_ENDINGS = {
    "labels": (".png", ".tif", ".tiff", ".npy"),
    "table": (".csv", ".json"),
    "geojson": (".geojson", ".json"),
}


@dataclass(frozen=True)
class Task:
    """What is done to every file. It can be pickled, and two that are equal make the same bytes."""

    name: str
    parameters: Mapping[str, Any]
    format: str = "png"
    style: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    own_psnr: bool = False
    n_threads: int = 1

    @property
    def endings(self) -> dict[str, str]:
        """Return what ends the names of the outputs: first that of the picture."""
        picture = f"-{TASKS[self.name]}.{self.format}"
        return {"picture": picture, **{kind: f"-{kind}{ending}" for kind, ending in self.extras.items()}}

    @property
    def compares(self) -> bool:
        """Tell whether pictures get a palette of their own, too, for a figure that says what sharing one costs."""
        return self.own_psnr and self.parameters.get("palette") is not None

    def import_function(self) -> None:
        """Import what takes time before it is taken."""
        function_of(self.name)

    def fingerprint(self) -> str:
        """Return what is equal for runs that make the same bytes of the same pictures."""
        defaults = inspect.signature(function_of(self.name)).parameters.values()
        values = {p.name: p.default for p in defaults if p.default is not p.empty and p.name != "n_threads"}
        values.update(self.parameters)
        for name in _FILES:
            if isinstance(values.get(name), str):
                values[name] = Path(values[name])
        # not the extras: a run that asks for another of them leaves the picture as it is
        said = [__version__, self.name, self.format, self.style, values]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_digest).encode()).hexdigest()[:32]


def make_task(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    own_psnr: bool = False,
) -> Task:
    """Check everything that can be checked before a file is read: the parameters are tried on a single pixel."""
    if name not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {name!r}")
    parameters, extras = dict(parameters or {}), dict(extras or {})
    kind = format.removeprefix(".").lower()
    if kind not in _FORMATS or (kind == "gif" and name != "quantize"):
        raise ValueError(f"format must be one of {', '.join(_FORMATS)} (gif to quantize only), got {format!r}")
    if name == "quantize" and (style is not None or extras):
        raise ValueError("style and extras are for superpixels and segment, got one with quantize; leave it out")
    style = STYLES.get(name, "") if style is None else style
    if name != "quantize" and style not in _DRAWINGS:
        raise ValueError(f"style must be one of {', '.join(_DRAWINGS)}, got {style!r}")
    for extra, ending in extras.items():
        if ending not in _EXTRA_ENDINGS.get(extra, ()):
            allowed = "; ".join(f"{key}: {', '.join(endings)}" for key, endings in _EXTRA_ENDINGS.items())
            raise ValueError(f"extras must map a kind to its ending ({allowed}), got {extra!r}: {ending!r}")
    if not {"image", "n_threads"}.isdisjoint(parameters):
        raise ValueError("parameters must not hold image or n_threads; a run sets them for each file")
    for parameter in list(inspect.signature(function_of(name)).parameters.values())[1:]:
        if parameter.default is parameter.empty and parameter.name not in parameters:
            raise ValueError(f"parameters must hold {parameter.name} for {name}, such as {{{parameter.name!r}: 6}}")
    task = Task(name, parameters, kind, style, extras, own_psnr)
    _try(task)
    task.fingerprint()
    return task


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


def _try(task: Task) -> None:
    """Run the function on one pixel, so that a wrong parameter is told once and not for every file."""
    import numpy as np

    # what must be of the pictures' size cannot be tried on a pixel
    parameters = {name: value for name, value in task.parameters.items() if name not in ("mask", "seeds", "labels")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function_of(task.name)(np.zeros((1, 1, 3), np.uint8), n_threads=1, **parameters)
    if task.name == "quantize" and task.format in ("png", "gif"):
        palette = task.parameters.get("palette")
        n_colors = task.parameters.get("n_colors", 256) if palette is None else len(result.palette)
        if n_colors > 256:
            kind = task.format.upper()
            way_out = "write lossless WebP instead, format webp"
            raise ValueError(f"n_colors must be between 1 and 256 for an indexed {kind}, got {n_colors}; {way_out}")


def _digest(value: Any) -> str:
    """Return what stands for a parameter that JSON does not know."""
    import numpy as np

    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, bytes | os.PathLike):
        return hashlib.sha256(Path(os.fsdecode(value)).read_bytes()).hexdigest()
    colors = getattr(value, "colors", None)
    if isinstance(colors, np.ndarray):
        return _digest(colors)
    raise TypeError(f"a parameter of a folder run must be a number, a text or an array, got {type(value).__name__}")
