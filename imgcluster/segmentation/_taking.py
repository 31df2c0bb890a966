"""Label maps and images as files: what they hold, and what they say of it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ConversionWarning
from imgcluster.picture import Georeference, Picture, open_source, warn_lost
from imgcluster.segmentation._label_files import OUTSIDE_0, SHIFTED
from imgcluster.warning import warn


class LabelMap(NamedTuple):
    """A map of any integers, and what its file says of it: numbers stand for those less `shift`."""

    labels: Any
    nodata: float | None = None
    georeference: Georeference | None = None
    shift: int = 0


class TakenImage(NamedTuple):
    """The values of an image, whether they are colors, and what its file says of them."""

    values: Any
    channels: str
    georeference: Georeference | None = None
    band_names: tuple[str, ...] | None = None


def read_labels(labels: Any) -> LabelMap:
    """Read labels, if they are a file. A PNG of `save_labels` says in its text what 0 is."""
    if not isinstance(labels, str | bytes | os.PathLike):
        return LabelMap(labels)
    with open_source(labels, raw=True) as source:
        picture = source.values(raw=True)
    comment = dict(picture.metadata.text).get("Comment", "")
    if not comment.endswith(OUTSIDE_0):
        return LabelMap(picture.pixels, picture.nodata, picture.georeference)
    return LabelMap(picture.pixels.astype(np.int32), 0, picture.georeference, int(comment.startswith(SHIFTED)))


def take_image(image: Any, channels: str) -> TakenImage:
    """Read an image, if it is a file or a picture, at its full depth; arrays stay as they are."""
    if isinstance(image, Picture):
        return _of_picture(image, "the picture", channels)
    if not (isinstance(image, str | bytes | os.PathLike | Image.Image) or _is_stream(image)):
        return TakenImage(image, channels)
    with open_source(image, raw=True) as source:
        picture = source.values(raw=channels == "raw")
        warn_lost(source.name, picture.lost)
        return _of_picture(picture, source.name, channels)


def _is_stream(image: Any) -> bool:
    return hasattr(image, "read") and not hasattr(image, "__array__")


def _of_picture(picture: Picture, name: str, channels: str) -> TakenImage:
    """Return the values of a picture, as raw channels if they are bands of no known color."""
    if picture.axes is not None and channels == "srgb":
        text = f"{name}: its channels (axes {picture.axes}) are bands, not colors; they are taken as channels='raw' are"
        warn(text, ConversionWarning)
        channels = "raw"
    pixels: NDArray[Any] = picture.pixels
    return TakenImage(pixels, channels, picture.georeference, _distinct(picture.band_names, pixels))


def _distinct(names: tuple[str, ...] | None, pixels: NDArray[Any]) -> tuple[str, ...] | None:
    """Return the names of bands, if there is a different one for each."""
    n_bands = 1 if pixels.ndim == 2 else pixels.shape[2]
    return tuple(names) if names is not None and len(names) == len(set(names)) == n_bands else None
