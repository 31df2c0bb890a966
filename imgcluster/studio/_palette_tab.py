"""The tab for palettes: what is seen while a slider moves, the exact result, and the files made of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imgcluster.errors import PaletteReadError
from imgcluster.files import shown
from imgcluster.palette import Palette, as_palette, rgba_of
from imgcluster.picture import encode_picture, open_source
from imgcluster.quantization import Quantized, quantize
from imgcluster.studio._background import in_background
from imgcluster.studio._commands import as_argument, call, command_line, options, output_name, run_call
from imgcluster.studio._made_files import Made, made_file, made_in
from imgcluster.studio._messages import Reply, Route, Wish, facts, uploaded_name
from imgcluster.studio._presets import save_preset
from imgcluster.studio._session import OpenPicture, Session
from imgcluster.tasks import FileResult, make_task
from imgcluster.types import UInt8Array
from imgcluster.warning import unheard

_DEFAULTS: Mapping[str, Any] = {
    "n_colors": 256,
    "method": "kmeans",
    "color_space": "rgb",
    "effort": "default",
    "dither": "none",
    "dither_strength": None,
    "lock": None,
    "palette": None,
}
_OF_A_SEARCH = ("n_colors", "method", "effort", "lock")  # have no effect where a palette is given
UPLOAD = "palette/open"
"""The route that takes a palette file rather than JSON."""

_MOST_COLORS = 256
_FORMATS = ("png", "webp", "gif", "tif", "bmp")
_PALETTES = ("gpl", "hex", "json", "css", "aco", "ase", "act", "pal", "png")


def _parameters(wish: Wish) -> dict[str, Any]:
    """Return the parameters that differ from their defaults."""
    given = wish.table("parameters")
    if unknown := given.keys() - _DEFAULTS.keys():
        raise ValueError(f"parameters must be of {', '.join(_DEFAULTS)}, got {min(unknown)}; reload the page")
    found = {name: given[name] for name in _DEFAULTS if name in given and given[name] != _DEFAULTS[name]}
    if "palette" in found:
        found = {name: value for name, value in found.items() if name not in _OF_A_SEARCH}
    if found.get("dither", "none") == "none":
        found.pop("dither_strength", None)
    for name in ("lock", "palette"):
        # a list of colors alone: a name would be that of a file
        if name in found and not all(color.startswith("#") for color in str(found[name]).split(",")):
            raise ValueError(f"{name} must be colors such as #ff0000,#00ff00, got {found[name]!r}")
    return found


def draft(session: Session, wish: Wish) -> Reply:
    """Return what can be shown at once: by the fast search, of a picture that is scaled down if it is large."""
    picture, parameters = session.picture(wish.text("picture")), _parameters(wish)
    pixels = picture.draft()
    is_whole = pixels is picture.pixels and not picture.is_animated
    is_exact = is_whole and ("palette" in parameters or parameters.get("effort") == "fast")
    if "palette" not in parameters:
        parameters["effort"] = "fast"
    with unheard():
        made = quantize(pixels, n_threads=session.n_threads, **parameters)
    n_bytes = len(encode_picture(made.indices, format=".png", palette=made.palette, compress_level=1, optimize=0))
    share = picture.pixels.shape[0] * picture.pixels.shape[1] / made.indices.size
    return _shown(made, made.indices, made.palette, exact=is_exact, about_bytes=round(n_bytes * share))


def exact(session: Session, wish: Wish) -> Reply:
    """Return the result that is downloaded, as far as it is shown."""
    picture, parameters = session.picture(wish.text("picture")), _parameters(wish)
    if picture.is_animated:
        written = in_background(lambda: _written(session, wish))
        indices, palette = _first_frame(written)
        return _shown(written.result, picture.as_shown(indices), palette, exact=True)
    made = in_background(lambda: _quantized(session, picture, parameters))
    return _shown(made, picture.as_shown(made.indices), made.palette, exact=True)


def _first_frame(made: Made) -> tuple[np.ndarray[Any, Any], UInt8Array]:
    """Return the indices of the first frame of an animation that was made, and the colors of all its frames."""
    with open_source(made.file("picture")) as source:
        pixels = source.read().to_array()
    named = ",".join(made.result.palette)  # none if they are very many
    palette = rgba_of(as_palette(named).colors) if named else np.empty((0, 4), np.uint8)
    seen, indices = np.unique(rgba_of(pixels.reshape(-1, pixels.shape[2])), axis=0, return_inverse=True)
    # clear pixels need no color of their own
    entries = np.concatenate([palette, seen[~(seen[:, None] == palette).all(axis=2).any(axis=1)]])
    places = (seen[:, None] == entries).all(axis=2).argmax(axis=1)
    return places[indices].reshape(pixels.shape[:2]).astype(np.min_scalar_type(len(entries))), entries


def _quantized(session: Session, picture: OpenPicture, parameters: Mapping[str, Any]) -> Quantized:
    """Return the exact result, made once."""

    def make() -> Quantized:
        with unheard():
            made = quantize(picture.source(), n_threads=session.n_threads, format=".png", **parameters)
        # the fit holds what pixels belong to
        return replace(made, memberships=None)

    return picture.kept(("quantize", *sorted(parameters.items())), make)


def _shown(made: Quantized | FileResult, indices: np.ndarray[Any, Any], palette: UInt8Array, **more: Any) -> Reply:
    """Return indices, colors and figures for the page."""
    psnr = None if made.psnr is None or not np.isfinite(made.psnr) else float(made.psnr)
    values = {
        "height": indices.shape[0],
        "width": indices.shape[1],
        "deep": indices.dtype.itemsize,
        "psnr": psnr,
        "n_distinct": made.n_distinct,
        "lossless": made.lossless,
        "colors": Palette(palette).hex,
        **more,
    }
    return facts(values, np.ascontiguousarray(indices).data.cast("B"), rgba_of(palette).tobytes())


def lines(session: Session, wish: Wish) -> Reply:
    """Return the lines that write the picture."""
    picture, parameters, format = session.picture(wish.text("picture")), _parameters(wish), _format(wish)
    name = output_name(picture.name, f"-quantized.{format}")
    words = ["imgcluster", "quantize", as_argument(picture.name), *options(parameters), "-o", as_argument(name)]
    if picture.is_animated:
        made = run_call("quantize", picture.name, parameters, name)
    else:
        made = f"{call('ic.quantize', [picture.name], {**parameters, 'format': format})}.save({name!r})"
    python = f"import imgcluster as ic\n{made}"
    return facts({"command": command_line(words), "python": python, "name": name})


def preset(session: Session, wish: Wish) -> Reply:
    """Write what is set as a preset, and return the line for a folder."""
    parameters, format = _parameters(wish), _format(wish)
    if format != "png":
        parameters["format"] = format
    line = save_preset("quantize", wish.text("name"), parameters, replace=wish.fields.get("replace") is True)
    return facts({"command": line})


def download(session: Session, wish: Wish) -> Reply:
    """Return the file that the command line writes."""
    return made_file(_written(session, wish).files["picture"])


def size(session: Session, wish: Wish) -> Reply:
    """Return how large the file is that the command line writes, and what it does not keep."""
    made = in_background(lambda: _written(session, wish))
    return facts({"bytes": len(made.files["picture"]), "lost": made.result.dropped_text})


def _written(session: Session, wish: Wish) -> Made:
    """Write the picture as the command line does, once."""
    picture, parameters, format = session.picture(wish.text("picture")), _parameters(wish), _format(wish)
    task = make_task("quantize", parameters, format=format, tried=False)
    names = {"picture": output_name(picture.name, f"-quantized.{format}")}
    key = ("file", format, *sorted(parameters.items()))
    return picture.kept(key, lambda: made_in(session, picture, task, names))


def _format(wish: Wish) -> str:
    """Return the ending of the picture."""
    format = wish.fields.get("format", "png")
    if format not in _FORMATS:
        raise ValueError(f"format must be one of {', '.join(_FORMATS)}, got {format!r}")
    return str(format)


def open_palette(session: Session, wish: Wish) -> Reply:
    """Return the colors of a palette file that was dropped on the page."""
    name = uploaded_name(wish)
    with tempfile.TemporaryDirectory(prefix="imgcluster-studio-") as folder:
        path = Path(folder, f"palette{Path(name).suffix.lower()}")
        path.write_bytes(wish.body)
        try:
            palette = Palette.read(path)
        except PaletteReadError as error:
            place = error.name.replace(shown(path), shown(name))  # a line may be named, too
            raise PaletteReadError(place, error.problem, error.way_out) from None
    colors = list(dict.fromkeys(palette.hex))
    if len(colors) > _MOST_COLORS:
        problem = f"it holds {len(colors)} colors, the page shows at most {_MOST_COLORS}"
        raise PaletteReadError(shown(name), problem, "use imgcluster quantize --palette")
    return facts({"colors": colors})


def save_palette(session: Session, wish: Wish) -> Reply:
    """Return a palette file of colors in the order in which the page shows them."""
    format, name = wish.text("format"), wish.text("name")[:200]
    if format not in _PALETTES:
        raise ValueError(f"format must be one of {', '.join(_PALETTES)}, got {format!r}")
    colors = wish.text("colors")
    if not all(color.startswith("#") for color in colors.split(",")):
        raise ValueError(f"colors must be such as #ff0000,#00ff00, got {colors[:40]!r}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"palette.{format}")
        Palette(as_palette(colors).colors, name).save(path)
        return made_file(path.read_bytes())


ROUTES: dict[str, Route] = {
    "palette/draft": draft,
    "palette/exact": exact,
    "palette/size": size,
    "palette/lines": lines,
    "palette/download": download,
    "palette/save": save_palette,
    UPLOAD: open_palette,
    "palette/preset": preset,
}
"""What the page asks for in this tab, by the name behind /api/."""
