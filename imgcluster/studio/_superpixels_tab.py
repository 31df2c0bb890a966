"""The tab for superpixels: segments with the tree by which they merge, which the page cuts, and files made of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from imgcluster.picture import write_image
from imgcluster.segmentation import Segmentation
from imgcluster.studio._background import in_background
from imgcluster.studio._commands import as_argument, call, command_line, options, output_name, run_call
from imgcluster.studio._made_files import made_file, made_in
from imgcluster.studio._messages import Reply, Route, Wish, facts
from imgcluster.studio._presets import save_preset
from imgcluster.studio._session import OpenPicture, Session
from imgcluster.superpixel import superpixels
from imgcluster.tasks import make_task
from imgcluster.warning import unheard

_DEFAULTS: Mapping[str, Any] = {"n_segments": 400, "method": "boundary", "compactness": None, "effort": "default"}
_STYLES = ("overlay", "mosaic", "labels")
# style -> what draws it, and how the command writes it
_DRAWN = {"overlay": ("overlay", ", compress_level=1"), "mosaic": ("mosaic", ""), "labels": ("label_colors", "")}
# kind of file -> the extra that it is, and its ending; a mask is made of a selection
_EXTRAS = {
    "labels": ("labels", "-labels.png"),
    "labels-tif": ("labels", "-labels.tif"),
    "labels-npy": ("labels", "-labels.npy"),
    "geojson": ("geojson", ".geojson"),
    "coco": ("coco", "-coco.json"),
}
_MASK = "mask"
KINDS = ("picture", *_EXTRAS, _MASK)


def _parameters(wish: Wish) -> dict[str, Any]:
    """Return the parameters that differ from their defaults."""
    given = wish.table("parameters")
    if unknown := given.keys() - _DEFAULTS.keys():
        raise ValueError(f"parameters must be of {', '.join(_DEFAULTS)}, got {min(unknown)}; reload the page")
    return {name: given[name] for name in _DEFAULTS if name in given and given[name] != _DEFAULTS[name]}


def draft(session: Session, wish: Wish) -> Reply:
    """Return segments that can be shown at once: by the fast search, of a picture scaled down if it is large."""
    picture, parameters = session.picture(wish.text("picture")), _parameters(wish)
    pixels = picture.draft()
    is_exact = pixels is picture.pixels and parameters.get("effort") == "fast"
    with unheard():
        found = superpixels(pixels, n_threads=session.n_threads, **{**parameters, "effort": "fast"})
    return _shown(found, 1, exact=is_exact)


def exact(session: Session, wish: Wish) -> Reply:
    """Return the segments that files are made of, as far as they are shown."""
    picture, parameters = session.picture(wish.text("picture")), _parameters(wish)
    found = in_background(lambda: _segmented(session, picture, parameters))
    return _shown(found, picture.shown_step, exact=True)


def _segmented(session: Session, picture: OpenPicture, parameters: Mapping[str, Any]) -> Segmentation:
    """Return the exact segments, made once."""

    def make() -> Segmentation:
        with unheard():
            return superpixels(picture.source(), n_threads=session.n_threads, **parameters)

    return picture.kept(("superpixels", *sorted(parameters.items())), make)


def _shown(found: Segmentation, step: int, *, exact: bool) -> Reply:
    """Return labels, merges, and the color and area of each segment."""
    labels, n = found.labels[::step, ::step], found.n_segments
    colors = np.zeros((n, 3), np.uint8)
    # the last pixel of a segment decides, and all of them are alike
    colors[found.labels] = found.mosaic()
    kind = np.uint16 if n <= 1 << 16 else np.uint32
    values = {"height": labels.shape[0], "width": labels.shape[1], "n_segments": n, "exact": exact}
    parts = (labels.astype(kind), found.merges.astype(np.uint32), colors, found.areas.astype(np.uint32))
    return facts({**values, "deep": np.dtype(kind).itemsize}, *(part.tobytes() for part in parts))


def _made(wish: Wish) -> tuple[dict[str, Any], int | None, str, str]:
    """Return what a file is made by: parameters, segments that are left, kind and style."""
    kind, style, merge = (
        wish.fields.get("kind", "picture"),
        wish.fields.get("style", "overlay"),
        wish.fields.get("merge"),
    )
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if style not in _STYLES:
        raise ValueError(f"style must be one of {', '.join(_STYLES)}, got {style!r}")
    return _parameters(wish), None if merge is None else wish.whole("merge"), str(kind), str(style)


def _name(picture: OpenPicture, kind: str) -> str:
    """Return the name of a file."""
    if kind == _MASK:
        return output_name(picture.name, "-mask.png")
    return output_name(picture.name, "-superpixels.png" if kind == "picture" else _EXTRAS[kind][1])


def lines(session: Session, wish: Wish) -> Reply:
    """Return the lines that write a file."""
    picture = session.picture(wish.text("picture"))
    parameters, merge, kind, style = _made(wish)
    name = _name(picture, kind)
    python = "\n".join(_script(picture, parameters, merge, kind, style, _selected(wish)))
    if kind == _MASK:
        return facts({"command": command_line(["python3", "-c", python]), "python": python, "name": name})
    words = ["imgcluster", "superpixels", as_argument(picture.name)]
    words += options(parameters if merge is None else {**parameters, "merge": merge})
    if kind == "picture":
        words += [*options({"style": style} if style != "overlay" else {}), "-o", as_argument(name)]
    elif kind == "coco":
        words += ["--style", "none", "--annotations", f"coco:{as_argument(name)}"]
    else:
        words += ["--style", "none", f"--{_EXTRAS[kind][0]}", as_argument(name)]
    return facts({"command": command_line(words), "python": python, "name": name})


def _script(
    picture: OpenPicture, parameters: Mapping[str, Any], merge: int | None, kind: str, style: str, selected: list[int]
) -> list[str]:
    """Return the lines for Python."""
    name = _name(picture, kind)
    made = call("ic.superpixels", [picture.name], parameters)
    if kind == _MASK:
        selection = f"np.isin({made}.labels, {selected})"
        return ["import imgcluster as ic, numpy as np", f"ic.write_image(np.uint8(255) * {selection}, {name!r})"]
    # the short call drops metadata, and takes no more segments than there are
    is_long = picture.has_metadata or (merge or 0) > parameters.get("n_segments", _DEFAULTS["n_segments"])
    if kind == "picture" and is_long:
        given = dict(parameters) if merge is None else {**parameters, "merge": merge}
        return ["import imgcluster as ic", run_call("superpixels", picture.name, given, name, style=style)]
    found = made if merge is None else f"{made}.merge({merge})"
    if kind == "picture":
        drawing, more = _DRAWN[style]
        return ["import imgcluster as ic", f"ic.write_image({found}.{drawing}(), {name!r}{more})"]
    if kind == "coco":
        saved = f"save_annotations({name!r}, 'coco', image_path={picture.name!r})"
    else:
        saved = f"save_{_EXTRAS[kind][0]}({name!r})"
    return ["import imgcluster as ic", f"{found}.{saved}"]


def preset(session: Session, wish: Wish) -> Reply:
    """Write what is set as a preset, and return the line for a folder."""
    parameters, merge, _, style = _made(wish)
    parameters |= {} if merge is None else {"merge": merge}
    parameters |= {} if style == "overlay" else {"style": style}
    line = save_preset("superpixels", wish.text("name"), parameters, replace=wish.fields.get("replace") is True)
    return facts({"command": line})


def download(session: Session, wish: Wish) -> Reply:
    """Return the file that the lines write."""
    picture = session.picture(wish.text("picture"))
    parameters, merge, kind, style = _made(wish)
    name = _name(picture, kind)
    if kind == _MASK:
        return _mask(_segmented(session, picture, parameters), _selected(wish))
    if kind == "coco":
        found = _segmented(session, picture, parameters)
        return _coco(found if merge is None else found.merge(min(merge, found.n_segments)), picture.name, name)
    if merge is not None:
        parameters["merge"] = merge
    if kind == "picture":
        task = make_task("superpixels", parameters, style=style, tried=False)
        return made_file(made_in(session, picture, task, {"picture": name}).files["picture"])
    extra, ending = _EXTRAS[kind]
    extras = {extra: f".{ending.rpartition('.')[2]}"}
    task = make_task("superpixels", parameters, style="none", extras=extras, tried=False)
    return made_file(made_in(session, picture, task, {extra: name}).files[extra])


def _selected(wish: Wish) -> list[int]:
    """Return the labels of a selection."""
    selected = wish.fields.get("selected", [])
    if not isinstance(selected, list) or not all(isinstance(label, int) for label in selected):
        raise ValueError("selected must be a list of labels; reload the page")
    return sorted(set(selected))


def _mask(found: Segmentation, selected: list[int]) -> Reply:
    """Return a mask of selected segments: white on black."""
    with tempfile.TemporaryDirectory(prefix="imgcluster-studio-") as folder:
        path = Path(folder, "mask.png")
        write_image(np.uint8(255) * np.isin(found.labels, selected), path)
        return made_file(path.read_bytes())


def _coco(found: Segmentation, picture: str, name: str) -> Reply:
    """Return annotations that name the picture as it is seen from the current folder."""
    with tempfile.TemporaryDirectory(prefix="imgcluster-studio-") as folder:
        path = Path(folder, name)
        found.save_annotations(path, "coco", image_path=os.path.join(folder, os.path.relpath(picture)))  # noqa: PTH118
        return made_file(path.read_bytes())


ROUTES: dict[str, Route] = {
    "superpixels/draft": draft,
    "superpixels/exact": exact,
    "superpixels/lines": lines,
    "superpixels/download": download,
    "superpixels/preset": preset,
}
"""What the page asks for in this tab, by the name behind /api/."""
