"""An image of any kind as the values that it holds, at their full depth, and which pixels have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ConversionWarning
from imgcluster.kernels import by_bands
from imgcluster.picture import Georeference, Picture, equal_to, open_source, warn_lost
from imgcluster.superpixel._inputs import check_image_shape
from imgcluster.types import BoolArray
from imgcluster.warning import warn


@dataclass(frozen=True, eq=False)
class Taken:
    """What an image holds.

    Attributes
    ----------
    values : ndarray of shape (H, W) or (H, W, C)
        Of any real type.
    is_color : bool
        Whether reading has made 8 bits of sRGB of it, on white.
    valid : ndarray of shape (H, W), bool, or None
        Where there is data; None is everywhere.
    name : str
        For messages.
    channels : {"srgb", "raw"}
        What was asked for, or raw where the file says that its channels are no colors.
    georeference : Georeference or None
        Where a raster lies on the map.
    band_names : tuple of str, or None
        Names of the channels, by the file.
    """

    values: NDArray[Any]
    is_color: bool
    valid: BoolArray | None
    name: str
    channels: str = "srgb"
    georeference: Georeference | None = None
    band_names: tuple[str, ...] | None = None


class _Source(NamedTuple):
    """The values of an image, before they are checked."""

    values: NDArray[Any]
    is_color: bool
    masked: BoolArray | None  # (H, W) or (H, W, C)
    nodata: float | None
    name: str
    axes: str | None = None
    georeference: Georeference | None = None
    band_names: tuple[str, ...] | None = None
    ignored: str | None = None


def take_image(image: object, channels: str, nodata: float | None = None, level: int = 0) -> Taken:
    """Read an image, or a level of its file: gray, colors and bands of any real type come through as they are.

    A pixel has no data where the image is masked in any channel, or holds `nodata` in any band, or in all of its
    colors.
    """
    source = _source_of(image, raw=channels == "raw", level=level)
    values, said = source.values, "" if isinstance(image, Picture) else f"{source.name}: "
    if source.ignored is not None:
        way_out = "pass it as a mask, written with gdal_translate -b mask"
        warn(f"{said}{source.ignored}; {way_out}", ConversionWarning)
    if source.axes is not None and channels == "srgb":
        n_bands = values.shape[2] if values.ndim == 3 else 1
        text = f"its {n_bands} channels (axes {source.axes}) are bands, not colors"
        warn(f"{said}{text}; they are compared as channels='raw' are", ConversionWarning)
        channels = "raw"
    if not source.is_color:
        check_image_shape(values, channels)
        values = values[..., 0] if values.shape[2:] == (1,) else values
    valid = _valid(source, values, source.nodata if nodata is None else nodata, channels)
    return Taken(values, source.is_color, valid, source.name, channels, source.georeference, source.band_names)


def _source_of(image: object, *, raw: bool, level: int) -> _Source:
    """Return the values of whatever holds an image."""
    if level and (isinstance(image, Picture) or hasattr(image, "__array__")):
        raise ValueError(f"level must be 0 for what is in memory, got {level}; name the file of a pyramid")
    if isinstance(image, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(image) if np.ma.is_masked(image) else None
        return _Source(np.asarray(image.data), False, masked, None, "the array")
    if isinstance(image, np.ndarray):
        return _Source(np.asarray(image), False, None, None, "the array")
    if isinstance(image, Picture):
        return _of_picture(image, "the picture")
    if hasattr(image, "__array__") and not isinstance(image, Image.Image):
        return _of_labeled(image)
    with open_source(image, raw=True, level=level) as opened:  # type: ignore[arg-type]
        picture = opened.values(raw=raw)
        warn_lost(opened.name, picture.lost)
        return _of_picture(picture, opened.name)


def _of_labeled(array: Any) -> _Source:
    """Return the values of an array with `__array__`, and what xarray and rioxarray say about them."""
    values, about = np.asarray(array), getattr(array, "attrs", {})
    fill, names, place = about.get("_FillValue"), about.get("long_name"), getattr(array, "rio", None)
    if place is not None:
        fill = place.nodata if fill is None else fill
        if values.ndim == 3 and getattr(array, "dims", ())[1:] == (place.y_dim, place.x_dim):
            values = np.moveaxis(values, 0, -1)
    bands = tuple(names) if isinstance(names, tuple | list) else None
    nodata = None if fill is None else float(fill)
    return _Source(values, False, None, nodata, "the array", None, _place_of(place), bands)


def _place_of(place: Any) -> Georeference | None:
    """Return where rioxarray says that an array lies on the map."""
    if place is None:
        return None
    crs, (a, b, c, d, e, f) = place.crs, tuple(place.transform())[:6]
    return Georeference(None if crs is None else crs.to_string(), (a, b, c, d, e, f))


def _of_picture(picture: Picture, name: str) -> _Source:
    return _Source(
        picture.pixels,
        picture.kind == "color",
        None,
        picture.nodata,
        name,
        picture.axes,
        picture.georeference,
        picture.band_names,
        picture.ignored,
    )


def _valid(source: _Source, values: NDArray[Any], nodata: float | None, channels: str) -> BoolArray | None:
    """Return where there is data; None if that is everywhere."""
    n_colors = 3 if channels == "srgb" and values.ndim == 3 and values.shape[2] >= 3 else None
    valid: BoolArray | None = None
    if source.masked is not None:
        masked = source.masked if source.masked.ndim == 2 else np.logical_or.reduce(source.masked, axis=2)
        valid = np.logical_not(masked)
    if nodata is not None:
        reduced = np.logical_or if n_colors is None else np.logical_and

        def there(values: NDArray[Any]) -> BoolArray:
            equal = equal_to(values[..., :n_colors] if values.ndim == 3 else values, nodata)
            return np.logical_not(reduced.reduce(equal, axis=2) if equal.ndim == 3 else equal)

        known = by_bands(there, np.bool_, values)
        valid = known if valid is None else np.logical_and(known, valid, out=known)
    if valid is None or valid.all():
        return None
    if not valid.any():
        what = "masked" if nodata is None else f"nodata ({nodata:g}) or masked"
        raise ValueError(f"image has no data: all of its {valid.size} pixels are {what}; check nodata")
    return np.ascontiguousarray(valid)
