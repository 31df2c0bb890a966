"""Masks from picture files: which pixels are inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture import equal_to, open_source
from imgcluster.superpixel._inputs import inside_of
from imgcluster.types import BoolArray, PathLike, UInt8Array

_HALF = 128


def read_mask(path: PathLike, level: int = 0) -> BoolArray:
    """Read a mask: what is not transparent, or else what is not black.

    Parameters
    ----------
    path : path
        A picture with transparency is inside where it is at least half opaque; any other one, a label map and a .npy
        file of any depth where it is not black, that is not 0; of integers with negative values, as label maps have
        outside of a mask, where they are not below 0. A JPEG or WebP blurs black, so there it is what is at least half
        as bright as white. Of a raster whose bands are no colors, whatever their number, a pixel is inside where any
        band is neither 0 nor NaN nor the file's value of "no data"; what has that in all colors is outside, too.
    level : int
        Which resolution of a pyramid in a TIFF or SVS file.

    Returns
    -------
    ndarray of shape (H, W), bool

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from imgcluster import write_image
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mask.png"
    ...     write_image(np.array([[0, 1, 255]], np.uint8), path)
    ...     read_mask(path).tolist()
    [[False, True, True]]
    """
    with open_source(path, raw=True, level=level) as source:
        lossy = source.format is not None and source.format.lossy
        stored = source.values(raw=not lossy)
        # two or four samples of a picture are colors and alpha, those of a raster are bands
        is_translucent = stored.axes is None and stored.pixels.shape[2:] in ((2,), (4,))
        if stored.kind == "bands" and (source.format is None or not is_translucent):
            return _of_values(stored.pixels, stored.nodata, are_colors=stored.axes is None)
        picture = source.read()
    if picture.alpha is not None:
        opaque: BoolArray = picture.alpha >= _HALF
        if not opaque.all():
            return opaque
    brightest: UInt8Array = picture.on("white").pixels.max(axis=2)
    return brightest >= (_HALF if lossy else 1)


def _of_values(values: NDArray[Any], nodata: float | None, *, are_colors: bool) -> BoolArray:
    """Return what is inside by values of any type: (H, W), or (H, W, C), where the last of 2 or 4 colors is alpha."""
    inside = inside_of(np.nan_to_num(values) if values.dtype.kind == "f" else values)
    if nodata is not None and (gaps := equal_to(values, nodata)).any():
        if are_colors and gaps.ndim == 3:
            gaps = np.logical_and.reduce(gaps, axis=2, keepdims=True)
        if nodata < -1:
            # it is no label, and does not make one of 0
            inside = inside_of(np.where(gaps, 0, values).astype(values.dtype))
        inside = np.logical_and(inside, np.logical_not(gaps))
    if inside.ndim == 2:
        return inside
    is_translucent = are_colors and inside.shape[2] in (2, 4)
    colors: BoolArray = np.logical_or.reduce(inside[..., : -1 if is_translucent else None], axis=2)
    return np.logical_and(colors, inside[..., -1]) if is_translucent else colors
