"""Masks from picture files: which pixels are inside."""

from __future__ import annotations

from imgcluster.picture import open_source
from imgcluster.types import BoolArray, PathLike, UInt8Array

_HALF = 128


def read_mask(path: PathLike) -> BoolArray:
    """Read a mask: what is not transparent, or else what is not black.

    Parameters
    ----------
    path : path
        A picture with transparency is inside where it is at least half opaque; any other one where it is not black. A
        JPEG or WebP blurs black, so there it is what is at least half as bright as white.

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
    with open_source(path) as source:
        picture, lossy = source.read(), source.format is not None and source.format.lossy
    if picture.alpha is not None:
        opaque: BoolArray = picture.alpha >= _HALF
        if not opaque.all():
            return opaque
    brightest: UInt8Array = picture.on("white").pixels.max(axis=2)
    return brightest >= (_HALF if lossy else 1)
